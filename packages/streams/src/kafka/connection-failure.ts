// Why a cluster could not be reached, in words that name what to correct.
//
// kafkajs reports a wrong password, a certificate nobody vouches for and a broker that is down as connection errors
// of one kind; what tells them apart is in the name or the code of an error somewhere in the chain of causes.

import { StreamsError } from "../errors.ts";
import type { ClusterAddress } from "./kafkajs-internals.ts";

/** What of the address matters here. */
export type TriedAddress = Pick<ClusterAddress, "brokers" | "ssl" | "sasl">;

/** An address of the list that did not answer. */
export interface Tried {
  readonly broker: string;
  readonly times: number;
  /** Why the last time. */
  readonly cause: unknown;
}

/** Codes of OpenSSL and Node for a certificate or a handshake that one of the two sides refused. */
const tlsCode = /CERT|^ERR_TLS|^ERR_SSL|^EPROTO$|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER/;

/** @returns STREAMS_AUTHENTICATION_FAILED, STREAMS_TLS_FAILED or STREAMS_CLUSTER_UNREACHABLE */
export const connectionFailure = (address: TriedAddress, tried: readonly Tried[]): StreamsError => {
  const chains = tried.map(({ cause }) => chainOf(cause));
  const errors = chains.flat();
  const cause = tried.at(-1)?.cause;
  const what = `Connecting to Kafka failed. ${tried.map(whatBecameOf).join("; ")}.`;
  if (errors.some(({ name }) => name === "KafkaJSSASLAuthenticationError")) {
    const who = address.sasl !== undefined && "username" in address.sasl ? address.sasl.username : "";
    const hint = `The brokers refused the user ${who} by ${address.sasl?.mechanism}. Check KAFKA_SASL_PASSWORD, KAFKA_SASL_USERNAME and KAFKA_SASL_MECHANISM.`;
    return new StreamsError("STREAMS_AUTHENTICATION_FAILED", `${what} ${hint}`, { cause });
  }
  if (errors.some(({ code }) => typeof code === "string" && tlsCode.test(code))) {
    const hint =
      "Check KAFKA_TLS_CA_FILE (it must hold the authority that signed the brokers' certificates), the names in these certificates, and KAFKA_TLS_CERT_FILE and KAFKA_TLS_KEY_FILE where the brokers ask for a certificate.";
    return new StreamsError("STREAMS_TLS_FAILED", `${what} ${hint}`, { cause });
  }
  return new StreamsError("STREAMS_CLUSTER_UNREACHABLE", `${what} ${hintOf(address, chains)}`, { cause });
};

const whatBecameOf = ({ broker, times, cause }: Tried): string =>
  `${broker}${times === 1 ? "" : `, tried ${times} times`}: ${chainOf(cause)[0]?.message ?? String(cause)}`;

/**
 * A broker that hangs up without a word mostly expects another protocol than it was spoken to; one of several is ill. In TLS 1.3
 * it looks for the client's certificate behind the handshake, and its alert may be lost to the reset that follows.
 */
const hintOf = ({ ssl, sasl }: TriedAddress, chains: readonly FoundError[][]): string => {
  const hungUp = chains.every((errors) =>
    errors.some(({ name, code }) => name === "KafkaJSConnectionClosedError" || code === "ECONNRESET"),
  );
  const addresses = "Check KAFKA_BROKERS, and that the brokers advertise names this process can reach.";
  if (!hungUp) return addresses;
  const showsCertificate = typeof ssl === "object" && ssl.cert !== undefined;
  const wanted = [
    ssl === undefined
      ? "whether they want TLS (KAFKA_TLS is false)"
      : "whether they speak TLS (KAFKA_TLS is true)",
    ...(ssl === undefined
      ? []
      : [
          showsCertificate
            ? "whether they vouch for this client's certificate (KAFKA_TLS_CERT_FILE)"
            : "whether they ask for a certificate of this client (KAFKA_TLS_CERT_FILE is not set)",
        ]),
    ...(sasl === undefined ? ["whether they want a password (KAFKA_SASL_MECHANISM is none)"] : []),
  ];
  return `Each one hung up: check ${wanted.join(", and ")}. ${addresses}`;
};

interface FoundError {
  readonly name: string;
  readonly message: string;
  readonly code: unknown;
}

const chainOf = (error: unknown): FoundError[] => {
  const chain: FoundError[] = [];
  for (let next = error; next instanceof Error && chain.length < 10; next = next.cause) {
    chain.push({ name: next.name, message: next.message, code: "code" in next ? next.code : undefined });
  }
  return chain;
};
