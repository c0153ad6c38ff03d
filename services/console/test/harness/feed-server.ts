// The console's gate and live feed on a real port over a real read model; what Kafka would bring is handed in.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Topic, topics } from "@riffle/contracts";
import { createLogger, loadConfig } from "@riffle/service-kit";
import { makeApiKey } from "@riffle/service-kit/access";
import { type ConsoleAccess, openConsoleAccess } from "../../src/access/console-access.ts";
import { configSchema } from "../../src/config.ts";
import { feedPart } from "../../src/feed/feed-part.ts";
import { ReadModelDatabase } from "../../src/read-model/database.ts";
import { projections } from "../../src/read-model/projections.ts";
import { ReadModel } from "../../src/read-model/read-model.ts";
import { buildServer } from "../../src/server.ts";
import { contextOf } from "./console-context.ts";
import { anAlert, aTransaction, chunkOf } from "./feed-records.ts";

/** Keys of readers. */
export const feedKeys = {
  viewer: makeApiKey({ name: "wall", scopes: ["console:view"] }),
  analyst: makeApiKey({ name: "ana", scopes: ["console:analyse"] }),
  admin: makeApiKey({ name: "root", scopes: ["console:admin"] }),
};

/** What a server may differ in. */
export interface FeedServerOptions {
  /** @default 1,000 */
  readonly clientsMax?: number;
  /** Whether keys are asked for. @default false */
  readonly asks?: boolean;
}

interface Running {
  readonly app: ReturnType<typeof buildServer>;
  readonly access: ConsoleAccess;
  readonly database: ReadModelDatabase;
  readonly model: ReadModel;
}

/** A server that can be restarted on its files. */
export class FeedServer {
  /** Where it listens; the same after a restart. */
  port = 0;
  readonly lines: string[] = [];
  readonly #options: FeedServerOptions;
  readonly #folder = mkdtempSync(join(tmpdir(), "riffle-feed-"));
  readonly #offsets = new Map<string, number>();
  #running: Running | undefined;

  private constructor(options: FeedServerOptions) {
    this.#options = options;
    const keys = Object.values(feedKeys).map(({ entry }) => entry);
    writeFileSync(join(this.#folder, "keys.json"), JSON.stringify({ keys }));
  }

  static async open(options: FeedServerOptions = {}): Promise<FeedServer> {
    const server = new FeedServer(options);
    await server.#start();
    return server;
  }

  /** Applies alerts to the read model, as one commit. */
  append(count: number, { account = "acct-1042", partition = 0 } = {}): void {
    this.#apply(topics.alerts, partition, count, (n) => anAlert(account, n));
  }

  /**
   * Applies transactions to the read model, as one commit.
   * @param notes see {@link aTransaction}
   * @param stamp put into the metadata, for who measures
   */
  appendTransactions(
    count: number,
    {
      account = "acct-1042",
      partition = 0,
      notes = 0,
      stamp,
    }: { account?: string; partition?: number; notes?: number; stamp?: string } = {},
  ): void {
    this.#apply(topics.transactionsScreened, partition, count, (n) => {
      const transaction = aTransaction(account, n, notes);
      return stamp === undefined ? transaction : { ...transaction, metadata: { stamp } };
    });
  }

  #apply<V extends { readonly accountId: string }>(
    topic: Topic<V>,
    partition: number,
    count: number,
    make: (n: number) => V,
  ): void {
    const name = `${topic.name}/${partition}`;
    const offset = this.#offsets.get(name) ?? 0;
    const values = Array.from({ length: count }, (_, n) => make(offset + n));
    this.#offsets.set(name, offset + count);
    this.#current.model.apply([chunkOf(topic, partition, offset, values)]);
  }

  /** The answer to a GET. */
  async get(path: string, headers: Record<string, string> = {}): Promise<Response> {
    return await fetch(`http://127.0.0.1:${this.port}${path}`, { headers });
  }

  /** Ends the process, as it were, and begins another on the same files and port. */
  async restart(): Promise<void> {
    await this.#stop();
    await this.#start();
  }

  async close(): Promise<void> {
    await this.#stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get #current(): Running {
    if (this.#running === undefined) throw new Error("the server is not running");
    return this.#running;
  }

  async #start(): Promise<void> {
    const env = {
      KAFKA_BROKERS: "127.0.0.1:1",
      FEED_CLIENTS_MAX: String(this.#options.clientsMax ?? 1_000),
      ...(this.#options.asks === true ? { API_KEYS_FILE: join(this.#folder, "keys.json") } : {}),
    };
    const config = loadConfig(configSchema, { env });
    const log = createLogger({
      service: "console",
      instance: "test",
      level: "info",
      to: { write: (line) => void this.lines.push(line) },
    });
    const database = new ReadModelDatabase({ folder: this.#folder, projections });
    const model = new ReadModel({ database, projections });
    const access = openConsoleAccess({ config, log, folder: this.#folder, now: Date.now });
    const app = buildServer({ log, guard: access.guard, trustProxy: access.trustProxy });
    access.addRoutes(app);
    const context = contextOf({ config, log, model, access });
    await feedPart.register(app, context);
    await app.listen({ host: "127.0.0.1", port: this.port });
    this.port = (app.server.address() as AddressInfo).port;
    this.#running = { app, access, database, model };
  }

  async #stop(): Promise<void> {
    const { app, access, database } = this.#current;
    this.#running = undefined;
    await app.close();
    access.close();
    database.close();
  }
}
