// How a service makes itself known to Kafka: TLS and SASL.
//
//   S1. Nothing is guessed: a variable without the one it belongs to is a fault, never ignored.
//   S2. A password travels encrypted: PLAIN without TLS is refused.
//   S3. Files are read at start, and one that cannot be read, or is no PEM, is a fault like any other.

import { readFileSync } from "node:fs";
import type { WireOptions } from "@riffle/streams/kafka";
import { Type } from "typebox";
import type { ConfigCheck } from "./config.ts";
import type { ConfigFault } from "./errors.ts";

const pemFile = (description: string) => Type.Optional(Type.String({ minLength: 1, description }));

/** The variables; part of `baseConfig`. */
export const kafkaSecurityConfig = {
  KAFKA_TLS: Type.Boolean({ default: false, description: "Whether the brokers are spoken to by TLS." }),
  KAFKA_TLS_CA_FILE: pemFile(
    "PEM file of the authorities that signed the brokers' certificates. Without it the well-known ones.",
  ),
  KAFKA_TLS_CERT_FILE: pemFile("PEM file of this client's certificate, where the brokers ask for one."),
  KAFKA_TLS_KEY_FILE: pemFile("PEM file of the key of that certificate, without a passphrase."),
  KAFKA_SASL_MECHANISM: Type.Enum(["none", "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"], {
    default: "none",
    description: "How the brokers are told who this is. PLAIN needs KAFKA_TLS.",
  }),
  KAFKA_SASL_USERNAME: Type.Optional(
    Type.String({ minLength: 1, description: "The user that the brokers know this service by." }),
  ),
  KAFKA_SASL_PASSWORD: Type.Optional(
    Type.String({ minLength: 1, secret: true, description: "The password of that user." }),
  ),
};

/** What {@link kafkaConnection} reads of a configuration. */
export interface KafkaConnectionConfig {
  readonly KAFKA_BROKERS: readonly string[];
  readonly KAFKA_TLS: boolean;
  readonly KAFKA_TLS_CA_FILE?: string | undefined;
  readonly KAFKA_TLS_CERT_FILE?: string | undefined;
  readonly KAFKA_TLS_KEY_FILE?: string | undefined;
  readonly KAFKA_SASL_MECHANISM: string;
  readonly KAFKA_SASL_USERNAME?: string | undefined;
  readonly KAFKA_SASL_PASSWORD?: string | undefined;
}

const files = ["KAFKA_TLS_CA_FILE", "KAFKA_TLS_CERT_FILE", "KAFKA_TLS_KEY_FILE"] as const;
const credentials = ["KAFKA_SASL_USERNAME", "KAFKA_SASL_PASSWORD"] as const;

/** Every fault of these variables that no single one shows (S1–S3). */
export const kafkaSecurityFaults: ConfigCheck = (values) => {
  const isSet = (name: string): boolean => values.get(name) !== undefined;
  const faults: ConfigFault[] = [];
  const fault = (variable: string, problem: string): void => void faults.push({ variable, problem });
  for (const name of files) {
    const file = values.get(name);
    if (typeof file !== "string") continue;
    if (values.get("KAFKA_TLS") === false) fault(name, "is set, but KAFKA_TLS is false; set KAFKA_TLS=true");
    const problem = problemOf(file);
    if (problem !== undefined) fault(name, `${file} ${problem}`);
  }
  for (const [one, other] of [
    files.slice(1),
    files.slice(1).toReversed(),
    credentials,
    [...credentials].reverse(),
  ]) {
    if (one !== undefined && other !== undefined && isSet(one) && !isSet(other))
      fault(other, `required, but missing, because ${one} is set`);
  }
  const mechanism = values.get("KAFKA_SASL_MECHANISM");
  if (mechanism === "none") {
    for (const name of credentials)
      if (isSet(name)) fault(name, "is set, but KAFKA_SASL_MECHANISM is none; choose a mechanism");
  } else if (mechanism !== undefined && !credentials.some(isSet)) {
    for (const name of credentials)
      fault(name, `required, but missing, because KAFKA_SASL_MECHANISM is ${String(mechanism)}`);
  }
  if (mechanism === "PLAIN" && values.get("KAFKA_TLS") === false)
    fault(
      "KAFKA_SASL_MECHANISM",
      "found PLAIN without TLS, which sends the password readable; set KAFKA_TLS=true or use SCRAM",
    );
  return faults;
};

const problemOf = (file: string): string | undefined => {
  try {
    return readFileSync(file, "utf8").includes("-----BEGIN ") ? undefined : "is no PEM file";
  } catch (error) {
    return `cannot be read (${error instanceof Error && "code" in error ? String(error.code) : String(error)})`;
  }
};

/** How to reach the brokers, as the client takes it. The configuration has passed {@link kafkaSecurityFaults}. */
export const kafkaConnection = (
  config: KafkaConnectionConfig,
): Pick<WireOptions, "brokers" | "ssl" | "sasl"> => ({
  brokers: [...config.KAFKA_BROKERS],
  ...(config.KAFKA_TLS ? { ssl: tlsOf(config) } : {}),
  ...saslOf(config),
});

const tlsOf = (config: KafkaConnectionConfig) => {
  const read = (key: "ca" | "cert" | "key", file: string | undefined) =>
    file === undefined ? {} : { [key]: readFileSync(file, "utf8") };
  return {
    ...read("ca", config.KAFKA_TLS_CA_FILE),
    ...read("cert", config.KAFKA_TLS_CERT_FILE),
    ...read("key", config.KAFKA_TLS_KEY_FILE),
  };
};

const mechanisms = {
  PLAIN: "plain",
  "SCRAM-SHA-256": "scram-sha-256",
  "SCRAM-SHA-512": "scram-sha-512",
} as const;

const saslOf = (config: KafkaConnectionConfig): Pick<WireOptions, "sasl"> => {
  const { KAFKA_SASL_MECHANISM: name, KAFKA_SASL_USERNAME: username, KAFKA_SASL_PASSWORD: password } = config;
  if (!Object.hasOwn(mechanisms, name) || username === undefined || password === undefined) return {};
  return { sasl: { mechanism: mechanisms[name as keyof typeof mechanisms], username, password } };
};
