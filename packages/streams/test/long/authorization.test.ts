// A bug here: a service whose user lacks one ACL starts over and over with "the broker refused", or says that a topic does
// not exist, or reports ready; or the list of ACLs in docs/kafka-client.md is one short.

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { makeCertificate, startKafka } from "../../../../infra/kafka/local-kafka.ts";
import { changelogTopic } from "../../src/worker/task.ts";
import { type Grant, grantAll } from "../harness/acls.ts";
import { brokerWithinMs, eventuallyCommitted, useBrokers } from "../harness/cluster.ts";
import { counts } from "../harness/count-stage.ts";
import { present, rejectionOf } from "../harness/eventually.ts";
import {
  createService,
  eventuallyShared,
  openProducer,
  startWorker,
  toSend,
} from "../harness/live-worker.ts";

const [username, password] = ["riffle", "a-password-of-tests"];

let secure: readonly string[];
let ca: string;

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), "riffle-acls-"));
  const certificate = await makeCertificate(folder, "broker");
  ca = await readFile(certificate.certificateFile, "utf8");
  const users = { [username]: password };
  const kafka = await startKafka({ source: "jvm", secure: { users, certificate, authorizes: true } });
  secure = kafka.nodes.map(({ secureAddress }) => present(secureAddress));
  useBrokers(kafka.brokers);
  return async () => {
    useBrokers(undefined);
    await kafka.stop();
    await rm(folder, { recursive: true, force: true });
  };
}, brokerWithinMs);

type Service = Awaited<ReturnType<typeof createService>>;

/** What docs/kafka-client.md says that a service needs. */
const grantsOf = ({ service, input, output, stage }: Service): Grant[] => {
  const changelog = changelogTopic(service, counts.name);
  return [
    { operation: "Read", on: "topic", name: input },
    { operation: "Write", on: "topic", name: output },
    { operation: "Write", on: "topic", name: stage.deadLetters },
    { operation: "Read", on: "topic", name: changelog },
    { operation: "Write", on: "topic", name: changelog },
    { operation: "Read", on: "group", name: service },
    { operation: "Write", on: "transactional id", name: `${service}-0` },
  ];
};

const start = ({ stage }: Service) =>
  startWorker(stage, "0", {
    brokers: secure,
    ssl: { ca },
    sasl: { mechanism: "scram-sha-512", username, password },
  });

describe("a user that ACLs let do", () => {
  it("what the documentation lists does a service's whole work", async () => {
    const service = await createService();
    await grantAll(username, grantsOf(service));
    const worker = await start(service);
    await eventuallyShared(3, worker);
    const producer = await openProducer(service.input);
    await producer.send(toSend(service.input, "a", "x", 0));
    expect(await eventuallyCommitted(service.output, 1)).toEqual(["a=x:1"]);
    expect(worker.failures).toEqual([]);
  }, 60_000);

  it.each([
    ["Read of the input", 0, /Grant this user Read on its inputs/],
    ["Write to the output", 1, /Grant this user .*Write on its outputs/],
    ["Write to the changelog", 4, /Grant this user .*changelogs/],
    ["Read of the group", 5, /Grant this user Read on its consumer group/],
    ["Write with the transactional id", 6, /Grant this user Write and Describe on its transactional ids/],
  ])(
    "everything but %s ends the service, which names what is missing",
    async (_, missing, says) => {
      const service = await createService();
      await grantAll(username, grantsOf(service).toSpliced(missing, 1));
      const producer = await openProducer(service.input);
      await producer.send(toSend(service.input, "a", "x", 0));
      const error = await rejectionOf(start(service).then(({ run }) => run));
      expect(error).toMatchObject({ code: "STREAMS_NOT_AUTHORIZED", message: expect.stringMatching(says) });
    },
    60_000,
  );
});
