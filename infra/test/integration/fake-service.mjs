// Stands in for a service: an admin port, a line on each output, an end when asked or when the launcher is gone.
// FAKE_<SERVICE>=dies lets it end at once, every time; FAKE_<SERVICE>=throws does it by an error that nobody catches.

import { appendFileSync, writeSync } from "node:fs";
import { createServer } from "node:http";

const name = process.env.RIFFLE_INSTANCE_ID.replace(/-0$/, "");
const conduct = process.env[`FAKE_${name.toUpperCase().replaceAll("-", "_")}`];
const note = (what) => appendFileSync(process.env.FAKE_NOTES, `${name} ${what} ${process.pid}\n`);

const log = (text) => writeSync(Number(process.env.RIFFLE_LOG_FD ?? 2), text);

log(`{"msg":"log of ${name}"}\n`);
if (conduct === "throws") throw new Error("no such luck");
if (conduct === "dies") {
  log("no such luck\n");
  process.exit(3);
}
const server = createServer((request, response) => response.end(request.url));
server.listen(Number(process.env.ADMIN_PORT), process.env.ADMIN_HOST, () => {
  process.stdout.write(`ALERT from ${name} at ${process.env.KAFKA_BROKERS}\n`);
  note("up");
});
const end = (why) => {
  note(why);
  process.exit(0);
};
process.on("SIGTERM", () => end("stopped"));
if (process.env.RIFFLE_EXIT_WITH_PARENT === "1") {
  process.stdin.on("end", () => end("orphaned")).resume();
}
