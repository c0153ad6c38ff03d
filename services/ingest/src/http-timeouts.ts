// How long a client may take over a connection. (Fastify's defaults let a slow request live for ever.)

/** Time-outs of the HTTP server. */
export interface HttpTimeouts {
  /** From the connection, or a request's first byte, to the end of its headers; of a TLS handshake, too. */
  readonly headersMs: number;
  /** From a request's first byte to the end of its body. */
  readonly requestMs: number;
  /** Between an answer and the next request on its connection. */
  readonly idleMs: number;
  /**
   * Without a byte in either direction while a request is under way, on top of what Kafka may take: of a client that does not
   * read its answer, which is held in memory until then.
   */
  readonly quietMs: number;
  /** How often the first two are looked at: a request is ended this much later at most. */
  readonly checkEveryMs: number;
}

/** Generous to a slow line: 64 KiB in 10 s is 52 kbit/s. */
export const httpTimeouts: HttpTimeouts = {
  headersMs: 5_000,
  requestMs: 10_000,
  idleMs: 9_000,
  quietMs: 10_000,
  checkEveryMs: 1_000,
};
