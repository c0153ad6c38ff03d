// A TCP proxy in front of a broker that knows where frames begin and can harm single ones.
//
//   X1. Without a fault it changes nothing: bytes pass in order, and each side learns at once when the other closes.
//   X2. Order within a connection is kept, as TCP keeps it: what follows a frame that is held waits behind it.
//   X3. A request that was held or delayed reaches the broker though its client has closed meanwhile; then that
//       connection ends.
//
// Listens on 127.0.0.1 only. To have all of a client's traffic, also that to brokers it learns of later, the broker must
// advertise the proxies' addresses: `startKafka({ proxyPorts })`.

import { once } from "node:events";
import { createConnection, createServer, type Server, type Socket } from "node:net";
import { type FrameFault, InjectedFault } from "./frame-faults.ts";
import { type ApiName, answerCorrelationId, FrameSplitter, type RequestHead, requestHead } from "./frames.ts";

/** A proxy of one broker. */
export class KafkaProxy {
  readonly port: number;
  readonly #upstream: { readonly host: string; readonly port: number };
  readonly #server: Server;
  readonly #connections = new Set<ProxiedConnection>();
  readonly #faults: InjectedFault[] = [];
  readonly #passed = new RequestTally();
  #refuses = false;

  private constructor(port: number, upstream: string) {
    const [host = "127.0.0.1", upstreamPort] = upstream.split(":");
    this.port = port;
    this.#upstream = { host, port: Number(upstreamPort) };
    this.#server = createServer((client) => this.#accept(client));
  }

  /** @param upstream `host:port` of the broker's listener behind the proxy */
  static async listen(port: number, upstream: string): Promise<KafkaProxy> {
    const proxy = new KafkaProxy(port, upstream);
    proxy.#server.listen(port, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  /** Harms the frames the fault describes from now on. */
  inject(fault: FrameFault): InjectedFault {
    const injected = new InjectedFault(fault);
    this.#faults.push(injected);
    return injected;
  }

  /** Every fault ever injected, also those that met no frame. */
  get faults(): readonly InjectedFault[] {
    return this.#faults;
  }

  /** How many requests have come so far. */
  get requests(): readonly CountedRequests[] {
    return this.#passed.counts;
  }

  /** Cuts every connection and refuses new ones until `heal`: the broker is there, and nobody reaches it. */
  cut(): void {
    this.#refuses = true;
    for (const connection of this.#connections) connection.destroy();
  }

  /** Ends all faults: releases what is held and lets connections through again. */
  heal(): void {
    this.#refuses = false;
    for (const fault of this.#faults) fault.release();
  }

  async close(): Promise<void> {
    this.heal();
    for (const connection of this.#connections) connection.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }

  #accept(client: Socket): void {
    if (this.#refuses) {
      client.destroy();
      return;
    }
    const broker = createConnection(this.#upstream);
    const connection = new ProxiedConnection(client, broker, this.#faults, this.#passed);
    this.#connections.add(connection);
    void connection.ended.then(() => this.#connections.delete(connection));
  }
}

/** Requests of one client and one kind. */
export interface CountedRequests {
  readonly clientId: string;
  /** Kafka's name; `other` for what `apiKeys` does not list. */
  readonly api: ApiName | "other";
  readonly count: number;
}

/** Counts requests by client and kind. */
class RequestTally {
  readonly #counts = new Map<string, { clientId: string; api: ApiName | "other"; count: number }>();

  get counts(): readonly CountedRequests[] {
    return [...this.#counts.values()].map((counted) => ({ ...counted }));
  }

  count(head: RequestHead): void {
    const { clientId } = head;
    const api = head.api ?? "other";
    const key = `${api} ${clientId}`;
    const counted = this.#counts.get(key);
    if (counted === undefined) this.#counts.set(key, { clientId, api, count: 1 });
    else counted.count++;
  }
}

/** A client's connection and the broker's, tied together. */
class ProxiedConnection {
  readonly ended: Promise<void>;
  readonly #client: Socket;
  readonly #broker: Socket;
  readonly #faults: readonly InjectedFault[];
  readonly #tally: RequestTally;
  readonly #requests: Lane;
  readonly #answers: Lane;
  /** Heads of requests that wait for their answers, by correlation id. */
  readonly #waiting = new Map<number, RequestHead>();
  /** How many further answers to a doubled request are still to come, by correlation id. */
  readonly #surplus = new Map<number, number>();

  constructor(client: Socket, broker: Socket, faults: readonly InjectedFault[], tally: RequestTally) {
    this.#tally = tally;
    this.#client = client;
    this.#broker = broker;
    this.#faults = faults;
    for (const socket of [client, broker]) socket.setNoDelay(true);
    this.#requests = new Lane(broker);
    this.#answers = new Lane(client);
    this.#pump(client, (frame) => this.#request(frame));
    this.#pump(broker, (frame) => this.#answer(frame));
    // The end of one side travels behind the frames that are still under way to the other (X3).
    client.on("close", () => this.#requests.end());
    broker.on("close", () => this.#answers.end());
    // What went wrong shows as the close that follows.
    for (const socket of [client, broker]) socket.on("error", () => undefined);
    this.ended = Promise.all([closed(client), closed(broker)]).then(() => undefined);
  }

  destroy(): void {
    this.#client.destroy();
    this.#broker.destroy();
  }

  #pump(from: Socket, take: (frame: Buffer) => void): void {
    const splitter = new FrameSplitter();
    from.on("data", (bytes: Buffer) => {
      for (const frame of splitter.push(bytes)) take(frame);
    });
  }

  #request(frame: Buffer): void {
    const head = requestHead(frame);
    this.#waiting.set(head.correlationId, head);
    this.#tally.count(head);
    const fault = this.#faultFor(head, "request");
    if (fault?.fault.action.kind === "duplicate") this.#surplus.set(head.correlationId, 1);
    this.#send(this.#requests, frame, fault);
  }

  #answer(frame: Buffer): void {
    const id = answerCorrelationId(frame);
    const head = this.#waiting.get(id);
    if (head === undefined) return;
    const surplus = this.#surplus.get(id) ?? 0;
    if (surplus > 0) this.#surplus.set(id, surplus - 1);
    else this.#waiting.delete(id);
    // The first answer to a doubled request is the one the client gets.
    const isSecond = surplus === 0 && this.#surplus.delete(id);
    if (!isSecond) this.#send(this.#answers, frame, this.#faultFor(head, "answer"));
  }

  #faultFor({ api, clientId }: RequestHead, of: "request" | "answer"): InjectedFault | undefined {
    return this.#faults.find((fault) => fault.takes(api, of, clientId));
  }

  #send(lane: Lane, frame: Buffer, fault: InjectedFault | undefined): void {
    const action = fault?.fault.action;
    switch (action?.kind) {
      case undefined:
        lane.push(frame);
        return;
      case "hold":
        lane.push(frame, fault?.released);
        return;
      case "delay":
        lane.push(frame, timeOrRelease(action.delayMs, fault?.released));
        return;
      case "duplicate":
        lane.push(frame);
        lane.push(frame);
        return;
      case "drop":
        return;
      case "disconnect":
        this.destroy();
    }
  }
}

/** Not `once` of node:events, which rejects when an error comes first. */
const closed = (socket: Socket): Promise<void> =>
  new Promise((resolve) => socket.once("close", () => resolve()));

const timeOrRelease = async (delayMs: number, released: Promise<void> | undefined): Promise<void> => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, delayMs);
  await Promise.race([promise, released ?? promise]);
  clearTimeout(timer);
};

/** One direction of a connection: frames in order, each after what it has to wait for (X2). */
class Lane {
  readonly #to: Socket;
  /** Undefined while nothing is held, so that a frame passes without a detour. */
  #busy: Promise<void> | undefined;

  constructor(to: Socket) {
    this.#to = to;
  }

  push(frame: Buffer, after?: Promise<void>): void {
    if (after === undefined && this.#busy === undefined) this.#write(frame);
    else
      this.#enqueue(async () => {
        await after;
        this.#write(frame);
      });
  }

  /** Closes the other side behind everything that is still on its way. */
  end(): void {
    if (this.#busy === undefined) this.#to.end();
    else this.#enqueue(async () => void this.#to.end());
  }

  #enqueue(step: () => Promise<void>): void {
    const queued: Promise<void> = (this.#busy ?? Promise.resolve()).then(step).then(() => {
      if (this.#busy === queued) this.#busy = undefined;
    });
    this.#busy = queued;
  }

  #write(frame: Buffer): void {
    if (this.#to.writable) this.#to.write(frame);
  }
}
