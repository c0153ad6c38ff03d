// A pipeline that is made up: the same accounts, payments, alerts and cases for the same seed, moving with the clock.
//
// It knows the shapes of the wire and nothing of the rules behind them. No test of the console rests on it.

import type {
  Account,
  AlertRow,
  Case,
  CaseDetail,
  CaseEvent,
  DeadLetterRow,
  EdgeFigures,
  LedgerMinute,
  Notification,
  Overview,
  Passport,
  Transaction,
  TransactionRow,
} from "../src/api/wire.ts";
import { drawFrom, hex } from "./draw.ts";
import { hopsOf, type Payment, partitionOf, partitions, windowsOf } from "./made-up-passport.ts";
import { type CaseChange, caseAfter, hashLike } from "./stand-in-cases.ts";

const minuteMs = 60_000;

/** A record as the feed passes it on, without its place in the journal. */
export interface WorldEvent {
  readonly kind: "alert" | "case" | "notification" | "dead-letter" | "transaction" | "aggregate";
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly accountId: string;
  readonly data: unknown;
}

function lagOf(
  to: string,
  rate: number,
  wave: number,
  share: number,
): Pick<EdgeFigures, "lagRecords" | "lagSeconds"> {
  if (to === "readers" || to === "channels") return { lagRecords: null, lagSeconds: null };
  if (rate === 0) return { lagRecords: 0, lagSeconds: 0 };
  const slowness = to === "notifier" ? 90 : 1;
  return { lagRecords: Math.round(3 * share * wave * slowness), lagSeconds: (0.08 + 0.05 * wave) * slowness };
}

/** All that the stand-in answers from. */
export class SeededWorld {
  readonly #draw: () => number;
  readonly #payments: Payment[] = [];
  readonly alerts: AlertRow[] = [];
  readonly notifications: Notification[] = [];
  readonly deadLetters: DeadLetterRow[] = [];
  readonly #cases = new Map<string, CaseEvent[]>();
  #offset = 1_000;
  #perSecond = 0;

  constructor(seed: number) {
    this.#draw = drawFrom(seed);
  }

  /** Lets traffic of `perSecond` payments begin, with an hour of it behind. */
  begin(nowMs: number, perSecond: number): void {
    this.#perSecond = perSecond;
    for (let minute = 60; minute > 0; minute--) {
      const atMs = nowMs - minute * minuteMs;
      for (let i = 0; i < 3 + Math.floor(this.#draw() * 9); i++) this.#pay(atMs + this.#draw() * minuteMs);
      if (minute % 7 === 3) this.story(atMs);
    }
    this.deadLetters.push(this.#deadLetter(nowMs - 11 * minuteMs, "VALUE_INVALID"));
    this.deadLetters.push(this.#deadLetter(nowMs - 3 * minuteMs, "SCHEMA_UNKNOWN"));
  }

  /** What a second brings. */
  tick(nowMs: number): WorldEvent[] {
    const events: WorldEvent[] = [];
    for (let i = 0; i < this.#perSecond; i++) {
      if (this.#draw() < 0.9) events.push(this.#pay(nowMs - this.#draw() * 900));
    }
    if (this.#perSecond > 0 && this.#draw() < 0.12) events.push(...this.story(nowMs));
    return events;
  }

  /** Three small purchases and a large one: their alert, its case and its delivery. */
  story(nowMs: number): WorldEvent[] {
    this.#perSecond = Math.max(1, this.#perSecond);
    const accountId = `demo-${hex(6, this.#draw)}`;
    const payments = [900, 1_200, 1_500, 250_000].map((amount, i) =>
      this.#pay(nowMs - 4_000 + i * 1_000, { accountId, amount }),
    );
    const evidence = payments.map(({ data }) => data as Transaction);
    const alert = this.#alert(accountId, evidence, nowMs);
    const opened = this.#open(alert, nowMs);
    const told: Notification = {
      id: `nt_${hex(32, this.#draw)}`,
      alertId: alert.id,
      alertStatus: "raised",
      accountId,
      channel: "console",
      outcome: "delivered",
      attempts: [{ at: new Date(nowMs + 40).toISOString(), status: 200, durationMs: 18 }],
    };
    this.notifications.unshift(told);
    const { caseId: _, partition, offset, atMs: __, ...value } = alert;
    return [
      ...payments,
      { kind: "alert", topic: "alerts.v1", partition, offset: Number(offset), accountId, data: value },
      this.#event("case", "cases.events.v1", accountId, opened),
      this.#event("notification", "notifications.v1", accountId, told),
    ];
  }

  /** A poisoned record. */
  poison(nowMs: number): WorldEvent {
    const letter = this.#deadLetter(nowMs, "VALUE_INVALID");
    this.deadLetters.unshift(letter);
    return this.#event("dead-letter", letter.topic, letter.key ?? "", letter);
  }

  overview(nowMs: number): Overview {
    const wave = 1 + 0.2 * Math.sin(nowMs / 9_000);
    const rate = this.#perSecond * wave;
    const edge = (
      from: EdgeFigures["from"],
      to: EdgeFigures["to"],
      topic: string,
      share: number,
      p99Ms: number,
    ): EdgeFigures => ({
      from,
      to,
      topic,
      ratePerSecond: rate * share,
      ...lagOf(to, rate, wave, share),
      p50Ms: rate === 0 ? null : p99Ms / 3,
      p99Ms: rate === 0 ? null : p99Ms * wave,
    });
    const replica = (
      name: string,
      n: number,
      of: number,
    ): Overview["services"][number]["replicas"][number] => ({
      instance: `${name}-${n}`,
      partitions: Array.from({ length: partitions }, (_, i) => i).filter((i) => i % of === n),
      ready: !(name === "notifier" && Math.floor(nowMs / 15_000) % 4 === 3),
    });
    const group = (name: string, of: number): Overview["services"][number] => ({
      name,
      replicas: Array.from({ length: of }, (_, n) => replica(name, n, of)),
    });
    return {
      nowMs,
      clusterAtMs: nowMs,
      edges: [
        edge("ingest", "filter", "transactions.received.v1", 1, 14),
        edge("filter", "aggregator", "transactions.screened.v1", 0.95, 31),
        edge("filter", "fraud-detector", "transactions.screened.v1", 0.95, 38),
        edge("filter", "readers", "transactions.rejected.v1", 0.05, 15),
        edge("aggregator", "readers", "aggregates.account.v1", 3.8, 31),
        edge("fraud-detector", "notifier", "alerts.v1", 0.02, 64),
        edge("notifier", "channels", "notifications.v1", 0.02, 118),
      ],
      services: [
        group("filter", 2),
        group("aggregator", 2),
        group("fraud-detector", 3),
        group("notifier", 1),
      ],
      totals: {
        received: this.#payments.length,
        screened: this.#payments.filter(({ isRejected }) => !isRejected).length,
        rejected: this.#payments.filter(({ isRejected }) => isRejected).length,
        deadLettered: this.deadLetters.length,
        alerts: this.alerts.length,
        notifications: this.notifications.length,
      },
    };
  }

  ledger(nowMs: number, minutes: number): LedgerMinute[] {
    const first = Math.floor(nowMs / minuteMs) - minutes + 1;
    const rows = Array.from({ length: minutes }, () => ({ received: 0, screened: 0, rejected: 0 }));
    for (const { atMs, isRejected } of this.#payments) {
      const row = rows[Math.floor(atMs / minuteMs) - first];
      if (row === undefined) continue;
      row.received++;
      if (isRejected) row.rejected++;
      else row.screened++;
    }
    return rows.map((row, i) => ({
      minute: new Date((first + i) * minuteMs).toISOString(),
      ...row,
      deadLettered: 0,
      gap: 0,
    }));
  }

  passport(id: string): Passport | undefined {
    const payment = this.#payments.find(({ transaction }) => transaction.id === id);
    if (payment === undefined) return undefined;
    const { transaction, isRejected } = payment;
    const alerts = this.alerts.filter(({ evidence }) => evidence.some((cause) => cause.id === id));
    return {
      id,
      accountId: transaction.accountId,
      status: isRejected ? "rejected" : "screened",
      transaction,
      traceId: "4bf92f3577b34da6a3ce929d0e0e4736",
      hops: hopsOf(payment, alerts),
      windows: isRejected ? [] : windowsOf(this.transactionsOf(transaction.accountId), payment.atMs),
      patterns: alerts.map(({ id: alertId, rule, ruleVersion, status, evidence, evidenceSteps }) => ({
        alertId,
        rule,
        ruleVersion,
        status,
        step: evidence.findIndex((cause) => cause.id === id) + 1,
        steps: evidence.length,
        stepName: evidenceSteps[evidence.findIndex((cause) => cause.id === id)] ?? "",
      })),
      alerts,
      deliveries: this.notifications.filter(({ alertId }) => alerts.some((alert) => alert.id === alertId)),
      deadLetter: null,
      late: [],
      others: [],
    };
  }

  account(accountId: string): Account | undefined {
    const own = this.transactionsOf(accountId);
    const newest = own[0];
    if (newest === undefined) return undefined;
    return {
      accountId,
      transactions: {
        count: own.length,
        isAtLeast: false,
        first: own.at(-1)?.occurredAt ?? null,
        last: newest.occurredAt,
      },
      windows: windowsOf(own, Date.parse(newest.occurredAt)),
      alerts: this.alerts.filter((alert) => alert.accountId === accountId),
      cases: this.cases().filter((found) => found.accountId === accountId),
      deliveries: this.notifications.filter((told) => told.accountId === accountId),
    };
  }

  rowsOf(accountId: string): TransactionRow[] {
    return this.#payments
      .filter(({ transaction }) => transaction.accountId === accountId)
      .map(({ transaction, isRejected, offset, atMs }) => ({
        id: transaction.id,
        accountId,
        status: isRejected ? ("rejected" as const) : ("screened" as const),
        transaction,
        partition: partitionOf(accountId),
        offset,
        receivedAtMs: Math.round(atMs),
      }))
      .reverse();
  }

  transactionsOf(accountId: string): Transaction[] {
    return this.#payments
      .map(({ transaction }) => transaction)
      .filter((transaction) => transaction.accountId === accountId)
      .reverse();
  }

  points(
    accountId: string,
    sizeMs: number,
  ): { start: number; end: number; count: number; sum: number; final: boolean }[] {
    const byStart = new Map<number, { count: number; sum: number }>();
    for (const { occurredAt, amount } of this.transactionsOf(accountId)) {
      const start = Math.floor(Date.parse(occurredAt) / sizeMs) * sizeMs;
      const { count, sum } = byStart.get(start) ?? { count: 0, sum: 0 };
      byStart.set(start, { count: count + 1, sum: sum + amount });
    }
    return [...byStart].map(([start, values]) => ({ start, end: start + sizeMs, ...values, final: true }));
  }

  cases(): Case[] {
    return [...this.#cases.values()]
      .map((events) => caseAfter(events))
      .sort((a, b) => (a.updatedAt < b.updatedAt ? 1 : -1));
  }

  caseAt(id: string, version = Number.POSITIVE_INFINITY): CaseDetail | undefined {
    const events = this.#cases.get(id);
    if (events === undefined) return undefined;
    return { case: caseAfter(events.filter((event) => event.version <= version)), events, next: null };
  }

  /** Appends an event to a case. */
  change(id: string, event: CaseChange): WorldEvent {
    const events = this.#cases.get(id) ?? [];
    const hash = hashLike(events.length + Number.parseInt(id.slice(3, 9), 16));
    const appended: CaseEvent = { ...event, caseId: id, version: events.length + 1, hash };
    events.push(appended);
    this.#cases.set(id, events);
    return this.#event("case", "cases.events.v1", caseAfter(events).accountId, appended);
  }

  #pay(atMs: number, given: Partial<Transaction> = {}): WorldEvent {
    const accountId = given.accountId ?? `acct-${1_000 + Math.floor(this.#draw() ** 2 * 40)}`;
    const transaction: Transaction = {
      id: `tx-${hex(12, this.#draw)}`,
      accountId,
      amount: Math.round(500 + this.#draw() ** 3 * 60_000),
      currency: "EUR",
      occurredAt: new Date(atMs - 150).toISOString(),
      type: "purchase",
      channel: "online",
      merchantId: `shop-${Math.floor(this.#draw() * 90)}`,
      country: "DE",
      ...given,
    };
    const isRejected = given.accountId === undefined && this.#draw() < 0.05;
    const offset = this.#offset++;
    this.#payments.push({ transaction, atMs, isRejected, offset });
    return {
      kind: "transaction",
      topic: "transactions.screened.v1",
      partition: partitionOf(accountId),
      offset,
      accountId,
      data: transaction,
    };
  }

  #alert(accountId: string, evidence: readonly Transaction[], nowMs: number): AlertRow {
    const [first] = evidence;
    const last = evidence.at(-1);
    const isHigh = this.#draw() < 0.6;
    const alert: AlertRow = {
      id: `al_${hex(32, this.#draw)}`,
      rule: isHigh ? "card-testing" : "amount-above-mean",
      ruleVersion: 1,
      severity: isHigh ? "high" : "medium",
      accountId,
      status: this.#draw() < 0.9 ? "raised" : "withdrawn",
      ...(last === undefined ? {} : { changedBy: last.id }),
      reason: isHigh
        ? "3 purchases under 100.00 EUR, then 2,500.00 EUR within 3 s"
        : "2,500.00 EUR, 208 times the mean of 12.00 EUR over 3 payments",
      evidence: [...evidence],
      evidenceSteps: evidence.map((_, i) => (i < evidence.length - 1 ? "small" : "large")),
      firstAt: first?.occurredAt ?? "",
      lastAt: last?.occurredAt ?? "",
      amount: 250_000,
      currency: "EUR",
      partition: partitionOf(accountId),
      offset: this.#offset++,
      caseId: `cs_${hex(32, this.#draw)}`,
      atMs: nowMs,
    };
    this.alerts.unshift(alert);
    return alert;
  }

  #open({ id, rule, severity, accountId, caseId }: AlertRow, nowMs: number): unknown {
    const event = {
      type: "opened",
      accountId,
      alertId: id,
      rule,
      severity,
      by: "riffle",
      at: new Date(nowMs).toISOString(),
    };
    return this.change(caseId ?? "", event).data;
  }

  #deadLetter(atMs: number, reasonCode: string): DeadLetterRow {
    return {
      topic: "filter.dlq.v1",
      partition: Math.floor(this.#draw() * partitions),
      offset: this.#offset++,
      key: `acct-${1_000 + Math.floor(this.#draw() * 40)}`,
      original: null,
      reasonCode,
      message:
        reasonCode === "VALUE_INVALID"
          ? "decode transaction/1: amount must be an integer from 1 to 9007199254740991; found a string"
          : "decode a record: its schema header names transaction/9, which this version does not know",
      at: new Date(atMs).toISOString(),
    };
  }

  #event(kind: WorldEvent["kind"], topic: string, accountId: string, data: unknown): WorldEvent {
    return { kind, topic, partition: partitionOf(accountId), offset: this.#offset++, accountId, data };
  }
}
