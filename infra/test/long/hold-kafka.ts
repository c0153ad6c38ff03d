// A launcher to be killed: starts a broker under Java, prints the JVM's process id, and never ends by itself.

import { startKafka } from "../../kafka/local-kafka.ts";

const kafka = await startKafka({ source: "jvm" });
process.stdout.write(`${kafka.nodes[0]?.pid}\n`);
setInterval(() => undefined, 60_000);
