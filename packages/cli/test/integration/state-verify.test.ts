// A bug here tells an operator that state is sound when it is not, or shows whose accounts it holds.

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { eventuallyIn, onBroker, send, startCountingService } from "../harness/failing-service.ts";
import { run } from "../harness/recorded-terminal.ts";

const folders: string[] = [];

afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

it("state on disk is compared with its changelog, and what a restart would not use makes the exit code 1", async () => {
  const stateDir = await mkdtemp(join(tmpdir(), "riffle-verify-"));
  folders.push(stateDir);
  const service = await startCountingService(stateDir);
  await send(service.input, 0, "account-1=x", "account-2=x", "account-1=x");
  await send(service.input, 2, "account-3=x");
  await eventuallyIn(service.output, 4);
  await service.stop();

  const verify = (...words: string[]) =>
    run(["state", "verify", service.name, "--dir", stateDir, ...words, ...onBroker()]);
  const equal = await verify();
  expect(equal).toEqual({
    code: 0,
    notes: [],
    out: [
      "STORE   PARTITION  ON DISK  RECORDS SINCE  IN CHANGELOG  EQUAL  DIFFERENT",
      "counts  0          2        0              2             2      0",
      "counts  1          0        0              0             0      0",
      "counts  2          1        0              1             1      0",
    ],
  });
  const file = join(stateDir, service.name, "0", "data.mdb");
  const bytes = await readFile(file);
  bytes.writeUInt8(bytes.readUInt8(bytes.length >> 1) ^ 1, bytes.length >> 1);
  await writeFile(file, bytes);
  const damaged = await verify("--json");
  expect(damaged.code).toBe(1);
  expect(damaged.out.map((line) => JSON.parse(line))).toEqual([
    { partition: 0, doubt: "damaged" },
    expect.objectContaining({ partition: 1, equal: 0 }),
    expect.objectContaining({ partition: 2, equal: 1, differences: [] }),
  ]);
  expect([...equal.out, ...damaged.out].join()).not.toContain("account");
  expect((await verify("--partition", "9")).code).toBe(1);
  expect((await run(["state", "verify", ...onBroker()])).code).toBe(2);
});
