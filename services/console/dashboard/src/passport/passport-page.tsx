// The passport of one transaction: everything that the pipeline knows about it.

import { type ReactNode, useEffect, useState } from "react";
import { useResource } from "../api/use-resource.ts";
import type { Alert, DeadLetterView, Passport, PatternStep } from "../api/wire.ts";
import { useFeed } from "../feed/feed-context.tsx";
import { hasId, useReloadOn } from "../feed/use-reload-on.ts";
import { formatDuration, plural, shellWord, shorten } from "../format/text.ts";
import { CopyButton } from "../marks/copy.tsx";
import { Deliveries } from "../marks/deliveries.tsx";
import { Loaded, Nothing } from "../marks/empty.tsx";
import { Mark, Severity, StatusTag } from "../marks/mark.tsx";
import { PageHead, Panel } from "../marks/panel.tsx";
import { AccountLink, AlertLink, Money, Place } from "../marks/things.tsx";
import { Moment } from "../marks/time.tsx";
import { nameOfWindow, Windows } from "../marks/windows.tsx";
import { Journey, wholeTimeMs } from "./journey.tsx";

/** While a transaction is young and on its way, its passport is read again that often. */
const unsettledEveryMs = 2_000;
const youngMs = 60_000;

/** The page of `/transactions/<id>`. */
export function PassportPage({ id }: { readonly id: string }): ReactNode {
  const path = `/v1/transactions/${encodeURIComponent(id)}`;
  const { state } = useFeed();
  const [isOnItsWay, setOnItsWay] = useState(false);
  // Each reading of an account id is written down: what is settled is not read again and again.
  const passport = useResource<Passport>(path, isOnItsWay ? unsettledEveryMs : undefined);
  const { reload, data } = passport;
  useEffect(() => setOnItsWay(data !== undefined && mayChange(data, Date.now())), [data]);
  useReloadOn((event) => event.kind === "alert" && hasId(event, id), reload);
  return (
    <>
      <PageHead
        title={`Transaction ${shorten(id, 40)}`}
        tab={shorten(id)}
        marks={data === undefined ? undefined : <StatusTag status={data.status} />}
        actions={<Takeaways path={path} id={id} passport={data} />}
      />
      <Loaded key={state.resets} resource={passport}>
        {(read) => <PassportBody passport={read} />}
      </Loaded>
    </>
  );
}

function mayChange({ status, hops }: Passport, nowMs: number): boolean {
  const isYoung = hops.some(({ atMs }) => atMs !== null && nowMs - atMs < youngMs);
  const isCounted = hops.some(({ stage }) => stage === "counted");
  return isYoung && (status === "received" || (status === "screened" && !isCounted));
}

function Takeaways({
  path,
  id,
  passport,
}: {
  readonly path: string;
  readonly id: string;
  readonly passport: Passport | undefined;
}): ReactNode {
  if (passport === undefined) return null;
  return (
    <>
      <CopyButton label="JSON" text={JSON.stringify(passport, undefined, 2)} />
      <CopyButton label="curl" text={`curl -sS ${shellWord(location.origin + path)}`} />
      <CopyButton label="riffle explain" text={`npx -y pnpm@10 riffle explain ${shellWord(id)}`} />
    </>
  );
}

function PassportBody({ passport }: { readonly passport: Passport }): ReactNode {
  const { hops, windows, patterns, alerts, deliveries, deadLetter, late } = passport;
  const tookMs = wholeTimeMs(hops);
  return (
    <>
      <Others id={passport.id} others={passport.others} />
      <div className="columns columns-wide">
        <Panel
          title="Journey"
          note={tookMs === undefined ? plural(hops.length, "hop") : `${formatDuration(tookMs)} in all`}
        >
          <Journey hops={hops} />
        </Panel>
        <div className="stack">
          <Panel title="Transaction" isPadded>
            <Facts passport={passport} />
          </Panel>
          {deadLetter !== null && <DeadLetter place={deadLetter} />}
        </div>
      </div>
      <Panel title="Patterns" note={plural(patterns.length, "pattern")}>
        <Patterns patterns={patterns} alerts={alerts} />
      </Panel>
      <Panel title="Windows it fell into" note={plural(windows.length, "window")}>
        {windows.length > 0 ? <Windows windows={windows} /> : <Nothing>None: it was not counted</Nothing>}
      </Panel>
      {late.length > 0 && (
        <Panel title="Windows it missed" isPadded>
          <ul>
            {late.flatMap((record) =>
              record.windows.map((window) => (
                <li key={`${window.kind}/${window.sizeMs}/${window.start}`}>
                  {nameOfWindow(window)} from <Moment at={window.start} />: it had closed at stream time{" "}
                  <Moment at={record.streamTimeMs} />
                </li>
              )),
            )}
          </ul>
        </Panel>
      )}
      <Panel title="Deliveries" note={plural(deliveries.length, "delivery", "deliveries")}>
        {deliveries.length > 0 ? (
          <Deliveries deliveries={deliveries} />
        ) : (
          <Nothing>Nobody was told about it</Nothing>
        )}
      </Panel>
    </>
  );
}

function Facts({
  passport: { id, accountId, transaction, traceId },
}: {
  readonly passport: Passport;
}): ReactNode {
  const {
    amount,
    currency,
    occurredAt,
    metadata,
    latitude,
    longitude,
    id: _,
    accountId: __,
    ...rest
  } = transaction ?? {};
  return (
    <dl className="facts">
      {amount !== undefined && currency !== undefined && (
        <>
          <dt>Amount</dt>
          <dd className="amount">
            <Money amount={amount} currency={currency} />
          </dd>
        </>
      )}
      <dt>Id</dt>
      <dd className="code">{id}</dd>
      <dt>Account</dt>
      <dd>
        <AccountLink id={accountId} most={40} />
      </dd>
      {occurredAt !== undefined && (
        <>
          <dt>Occurred</dt>
          <dd>
            <Moment at={occurredAt} />
          </dd>
        </>
      )}
      {Object.entries(rest).map(([name, value]) => (
        <Fact key={name} name={wordsOf(name)} value={String(value)} />
      ))}
      {latitude !== undefined && <Fact name="place" value={`${latitude}, ${longitude}`} />}
      {Object.entries(metadata ?? {}).map(([name, value]) => (
        <Fact key={`metadata ${name}`} name={name} value={value} />
      ))}
      <dt>Trace</dt>
      <dd className="code">{traceId ?? "not traced"}</dd>
    </dl>
  );
}

/** Ids are the clients' own: two accounts may have used the same one. */
function Others({ id, others }: { readonly id: string; readonly others: Passport["others"] }): ReactNode {
  if (others.length === 0) return null;
  return (
    <div className="banner is-info">
      <Mark tone="info" />
      <span>
        The id {id} was used by {plural(others.length, "other account")} too:{" "}
        {others.map(({ accountId }) => accountId).join(", ")}
      </span>
    </div>
  );
}

function Fact({ name, value }: { readonly name: string; readonly value: string }): ReactNode {
  return (
    <>
      <dt>{name.charAt(0).toUpperCase() + name.slice(1)}</dt>
      <dd>{value}</dd>
    </>
  );
}

/** `merchantId` as `merchant id`. */
const wordsOf = (name: string): string => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

function DeadLetter({ place }: { readonly place: DeadLetterView }): ReactNode {
  return (
    <Panel title="Dead letter" isPadded>
      <dl className="facts">
        <dt>Reason</dt>
        <dd>
          <code>{place.reasonCode}</code>
        </dd>
        <dt>Found</dt>
        <dd>{place.message}</dd>
        <dt>Lies in</dt>
        <dd>
          <Place {...place} />
        </dd>
      </dl>
    </Panel>
  );
}

function Patterns({
  patterns,
  alerts,
}: {
  readonly patterns: readonly PatternStep[];
  readonly alerts: readonly Alert[];
}): ReactNode {
  if (patterns.length === 0) return <Nothing>It took part in no pattern that was completed</Nothing>;
  return (
    <ul className="stream">
      {patterns.map(({ alertId, rule, ruleVersion, status, step, steps, stepName }) => {
        const alert = alerts.find(({ id }) => id === alertId);
        return (
          <li key={`${alertId}/${step}`} className="entry">
            <div className="entry-head">
              {alert !== undefined && <Severity severity={alert.severity} />}
              <strong>{rule}</strong>
              <span className="note">version {ruleVersion}</span>
              <StatusTag status={status} />
              <StepDots step={step} steps={steps} name={stepName} />
              <span className="entry-end">
                <AlertLink id={alertId} />
              </span>
            </div>
            {alert !== undefined && <p>{alert.reason}</p>}
          </li>
        );
      })}
    </ul>
  );
}

function StepDots({
  step,
  steps,
  name,
}: Pick<PatternStep, "step" | "steps"> & { readonly name: string }): ReactNode {
  return (
    <span className="steps">
      <span aria-hidden="true">
        {Array.from({ length: Math.min(steps, 12) }, (_, index) => index + 1).map((each) => (
          <i key={each} className={each === step ? "is-this" : ""} />
        ))}
      </span>
      {name}, step {step} of {steps}
    </span>
  );
}
