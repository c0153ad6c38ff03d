// A bug here sends payments to a broker that nobody vouched for, or leaves an operator with "connection closed" where
// a password was wrong.

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import {
  type Certificate,
  exportKey,
  makeCertificate,
  startKafka,
} from "../../../../infra/kafka/local-kafka.ts";
import { connectAdmin } from "../../src/kafka/admin.ts";
import { IdempotentProducer } from "../../src/kafka/idempotent-producer.ts";
import { readTopic } from "../../src/kafka/topic-reader.ts";
import { Wire, type WireOptions } from "../../src/kafka/wire.ts";
import { toSend } from "../harness/clients.ts";
import { brokerWithinMs, uniqueName } from "../harness/cluster.ts";
import { present, rejectionOf } from "../harness/eventually.ts";

const users = { alice: "a-password-of-tests" };
const [username, password] = ["alice", users.alice];

let plain: readonly string[];
let secure: readonly string[];
let ca: string;
let foreign: Certificate;

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), "riffle-tls-"));
  const certificate = await makeCertificate(folder, "broker");
  foreign = await makeCertificate(folder, "foreign");
  ca = await readFile(certificate.certificateFile, "utf8");
  const kafka = await startKafka({ source: "jvm", secure: { users, certificate } });
  plain = kafka.brokers;
  secure = kafka.nodes.map(({ secureAddress }) => present(secureAddress));
  return async () => {
    await kafka.stop();
    await rm(folder, { recursive: true, force: true });
  };
}, brokerWithinMs);

const connect = async (options: Pick<WireOptions, "ssl" | "sasl">, brokers = secure): Promise<void> => {
  const wire = await Wire.connect({ brokers, clientId: "test", ...options });
  await wire.close();
};

const scram = { mechanism: "scram-sha-512", username, password } as const;

describe("a broker with TLS and passwords", () => {
  it.each(["plain", "scram-sha-256", "scram-sha-512"] as const)(
    "takes records from, and gives them to, a user known by %s",
    async (mechanism) => {
      const options: WireOptions = {
        brokers: secure,
        clientId: "test",
        ssl: { ca },
        sasl: { mechanism, username, password },
      };
      const topic = uniqueName("secured");
      const admin = await connectAdmin(options);
      await admin.createTopics([
        { name: topic, partitions: 1, replicationFactor: 1, configs: { "retention.ms": "-1" } },
      ]);
      await admin.close();
      const producer = await IdempotentProducer.connect({ ...options, topics: [topic] });
      await producer.send(toSend(topic, "k", "v"));
      await producer.close();
      const [records] = await readTopic({ ...options, topic });
      expect(records?.map(({ value }) => String(value))).toEqual(["v"]);
    },
  );

  it.each(["plain", "scram-sha-256", "scram-sha-512"] as const)(
    "refuses a wrong password by %s, and the error names the variable and never the password",
    async (mechanism) => {
      const wrong = { mechanism, username, password: "something-else" };
      const error = await rejectionOf(connect({ ssl: { ca }, sasl: wrong }));
      expect(error).toMatchObject({
        code: "STREAMS_AUTHENTICATION_FAILED",
        message: expect.stringContaining("Check KAFKA_SASL_PASSWORD"),
      });
      expect(String(error)).not.toContain("something-else");
    },
  );

  it("refuses a user it does not know", async () => {
    const error = await rejectionOf(connect({ ssl: { ca }, sasl: { ...scram, username: "mallory" } }));
    expect(error).toMatchObject({
      code: "STREAMS_AUTHENTICATION_FAILED",
      message: expect.stringContaining("mallory"),
    });
  });

  it("is refused where another authority vouches for it, before any password is sent", async () => {
    const other = await readFile(foreign.certificateFile, "utf8");
    expect(await rejectionOf(connect({ ssl: { ca: other }, sasl: scram }))).toMatchObject({
      code: "STREAMS_TLS_FAILED",
      message: expect.stringContaining("Check KAFKA_TLS_CA_FILE"),
    });
  });

  it("is refused where only the well-known authorities count", async () => {
    expect(await rejectionOf(connect({ ssl: true, sasl: scram }))).toMatchObject({
      code: "STREAMS_TLS_FAILED",
    });
  });

  it("that is spoken to without TLS hangs up, and the error says to look at KAFKA_TLS", async () => {
    expect(await rejectionOf(connect({ sasl: scram }))).toMatchObject({
      code: "STREAMS_CLUSTER_UNREACHABLE",
      message: expect.stringContaining("KAFKA_TLS is false"),
    });
  });

  it("that is told no password hangs up, and the error says to look at KAFKA_SASL_MECHANISM", async () => {
    expect(await rejectionOf(connect({ ssl: { ca } }))).toMatchObject({
      code: "STREAMS_CLUSTER_UNREACHABLE",
      message: expect.stringContaining("KAFKA_SASL_MECHANISM is none"),
    });
  });
});

describe("a broker that asks for the client's certificate", () => {
  let asking: readonly string[];
  let askingCa: string;
  let known: { readonly cert: string; readonly key: string };
  let unknown: { readonly cert: string; readonly key: string };

  const identityOf = async (certificate: Certificate) => ({
    cert: await readFile(certificate.certificateFile, "utf8"),
    key: await readFile(await exportKey(certificate), "utf8"),
  });

  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), "riffle-tls-"));
    const [certificate, client] = [
      await makeCertificate(folder, "asking-broker"),
      await makeCertificate(folder, "client"),
    ];
    known = await identityOf(client);
    unknown = await identityOf(foreign);
    askingCa = await readFile(certificate.certificateFile, "utf8");
    const kafka = await startKafka({
      source: "jvm",
      secure: { users, certificate, clientAuthorityFile: client.certificateFile },
    });
    asking = kafka.nodes.map(({ secureAddress }) => present(secureAddress));
    return async () => {
      await kafka.stop();
      await rm(folder, { recursive: true, force: true });
    };
  }, brokerWithinMs);

  it("lets in one that it vouches for", async () => {
    await connect({ ssl: { ca: askingCa, ...known }, sasl: scram }, asking);
  });

  it.each([
    ["no certificate", () => ({})],
    ["one of another authority", () => unknown],
  ])("refuses a client with %s, and the error says which variable to look at", async (_, identity) => {
    const error = await rejectionOf(connect({ ssl: { ca: askingCa, ...identity() }, sasl: scram }, asking));
    expect(error).toMatchObject({
      code: expect.stringMatching(/^STREAMS_(TLS_FAILED|CLUSTER_UNREACHABLE)$/),
      message: expect.stringContaining("KAFKA_TLS_CERT_FILE"),
    });
  });
});

it("a broker without TLS that is spoken to with it hangs up, and the error says to look at KAFKA_TLS", async () => {
  expect(await rejectionOf(connect({ ssl: { ca } }, plain))).toMatchObject({
    code: "STREAMS_CLUSTER_UNREACHABLE",
    message: expect.stringContaining("KAFKA_TLS is true"),
  });
});
