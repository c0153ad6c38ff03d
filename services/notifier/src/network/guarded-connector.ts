// Connections to endpoints: a name is looked up, every address it has is judged, and the socket connects to one of
// those addresses and no other.
//
//   C1. Between the judgement and the connection nothing is looked up again, so a name that changes its address in
//       between gains nothing. The address that the socket is connected to is judged once more before a byte is sent.
//   C2. A name with one forbidden address is refused, whatever its other addresses are: nobody could say which of them
//       would be taken.
//   C3. One lookup of a name is under way at a time. Lookups occupy the few threads of the process, and a name whose
//       servers are silent must not take them from the others.
//   C4. Certificates are verified, always, against the name in the endpoint's URL.

import { lookup } from "node:dns/promises";
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from "node:tls";
import { type AddressPolicy, addressRefusal } from "./address-guard.ts";

/** An address of a name. */
export interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}

/** How connections are made. */
export interface ConnectorOptions {
  readonly policy: AddressPolicy;
  /** From the first lookup to the end of the TLS handshake, milliseconds. */
  readonly connectTimeoutMs: number;
  /** All addresses of a name. @default the system's resolver, which also reads the hosts file */
  readonly resolve?: (hostname: string) => Promise<readonly ResolvedAddress[]>;
}

/** TLS of one endpoint. */
export interface EndpointTls {
  /** PEM of the authorities that sign the endpoint's certificate. @default the well-known ones */
  readonly ca?: string;
}

/** Where to. */
export interface Target {
  /** A name, or an IP address without brackets. */
  readonly hostname: string;
  readonly port: number;
  /** `undefined`: without TLS. */
  readonly tls: EndpointTls | undefined;
}

/** A connection that was refused or not made in time. Its message is for an attempt's record and holds no secret. */
export class ConnectError extends Error {
  /** `REFUSED` by the guard, `TIMEOUT`. */
  readonly reason: "REFUSED" | "TIMEOUT";

  constructor(reason: "REFUSED" | "TIMEOUT", message: string) {
    super(message);
    this.name = "ConnectError";
    this.reason = reason;
  }
}

/** How long one address of a name may be silent before the next is tried beside it. */
const nextAddressAfterMs = 1_000;

/** Makes guarded connections. */
export class GuardedConnector {
  readonly #options: ConnectorOptions;
  readonly #resolve: (hostname: string) => Promise<readonly ResolvedAddress[]>;
  readonly #lookups = new Map<string, Promise<readonly ResolvedAddress[]>>();

  constructor(options: ConnectorOptions) {
    this.#options = options;
    this.#resolve = options.resolve ?? ((hostname) => lookup(hostname, { all: true, order: "verbatim" }));
  }

  /**
   * A connected socket, over TLS after its handshake.
   *
   * @param signal aborted when nobody waits for the connection any more
   * @throws ConnectError when the guard refuses, or in vain for `connectTimeoutMs`; the signal's reason; else what the
   *     socket says
   */
  async connect(target: Target, signal?: AbortSignal): Promise<Socket> {
    const { connectTimeoutMs } = this.#options;
    const ending = new AbortController();
    const onAbort = (): void => ending.abort(signal?.reason);
    const onTimeout = (): void =>
      ending.abort(new ConnectError("TIMEOUT", `not connected within ${connectTimeoutMs} ms`));
    const timer = setTimeout(onTimeout, connectTimeoutMs);
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
      if (signal?.aborted === true) onAbort();
      ending.signal.throwIfAborted();
      return await this.#connect(target, ending.signal);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    }
  }

  async #connect(target: Target, signal: AbortSignal): Promise<Socket> {
    const addresses = await unlessAborted(this.#addressesOf(target.hostname), signal);
    for (const { address } of addresses) this.#judge(target.hostname, address);
    const socket = await this.#open(target, addresses, signal);
    try {
      if (socket.remoteAddress === undefined) throw failure("ECONNRESET");
      this.#judge(target.hostname, socket.remoteAddress);
      return target.tls === undefined ? socket : await secure(socket, target.hostname, target.tls, signal);
    } catch (error) {
      socket.destroy();
      throw error;
    }
  }

  #addressesOf(hostname: string): Promise<readonly ResolvedAddress[]> {
    const family = isIP(hostname);
    if (family !== 0) return Promise.resolve([{ address: hostname, family }]);
    const underWay = this.#lookups.get(hostname);
    if (underWay !== undefined) return underWay;
    const found = this.#lookUp(hostname).finally(() => this.#lookups.delete(hostname));
    this.#lookups.set(hostname, found);
    return found;
  }

  async #lookUp(hostname: string): Promise<readonly ResolvedAddress[]> {
    const addresses = await this.#resolve(hostname);
    if (addresses.length === 0) throw failure("ENOTFOUND");
    return addresses;
  }

  #judge(hostname: string, address: string): void {
    const refusal = addressRefusal(address, this.#options.policy);
    if (refusal === undefined) return;
    const where = hostname === address ? address : `${hostname} is at ${address}, which`;
    throw new ConnectError("REFUSED", `refused: ${where} is ${refusal}`);
  }

  #open(
    { hostname, port }: Target,
    addresses: readonly ResolvedAddress[],
    signal: AbortSignal,
  ): Promise<Socket> {
    const socket = connectTcp({
      host: hostname,
      port,
      noDelay: true,
      autoSelectFamily: true,
      autoSelectFamilyAttemptTimeout: nextAddressAfterMs,
      // Only called for names, and then with what has been judged.
      lookup: (_hostname, _options, callback) => callback(null, [...addresses]),
    });
    return connected(socket, "connect", signal);
  }
}

const secure = (
  socket: Socket,
  hostname: string,
  { ca }: EndpointTls,
  signal: AbortSignal,
): Promise<TLSSocket> => {
  const options: ConnectionOptions = {
    socket,
    host: hostname,
    ALPNProtocols: ["http/1.1"],
    minVersion: "TLSv1.2",
    rejectUnauthorized: true,
    ...(isIP(hostname) === 0 ? { servername: hostname } : {}),
    ...(ca === undefined ? {} : { ca }),
  };
  return connected(connectTls(options), "secureConnect", signal);
};

const failure = (code: string): Error => Object.assign(new Error(code), { code });

/** The promise's outcome, unless the signal comes first; then whatever it comes to is left unheeded. */
const unlessAborted = <T>(promise: Promise<T>, signal: AbortSignal): Promise<T> => {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  return Promise.race([promise, aborted]).finally(() => signal.removeEventListener("abort", abort));
};

const connected = <S extends Socket>(
  socket: S,
  event: "connect" | "secureConnect",
  signal: AbortSignal,
): Promise<S> =>
  new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      signal.removeEventListener("abort", onAbort);
      socket.removeListener("error", onError);
      socket.removeListener("close", onClose);
      socket.removeListener(event, onConnected);
      act();
    };
    const fail = (error: unknown): void =>
      settle(() => {
        // A destroyed socket may still say something, and an error that nobody hears ends the process.
        socket.on("error", () => {}).destroy();
        reject(error);
      });
    const onAbort = (): void => fail(signal.reason);
    const onError = (error: Error): void => fail(error);
    const onClose = (): void => fail(failure("ECONNRESET"));
    const onConnected = (): void => settle(() => resolve(socket));
    signal.addEventListener("abort", onAbort, { once: true });
    socket.once("error", onError).once("close", onClose).once(event, onConnected);
    if (signal.aborted) onAbort();
  });
