// A network of its own for one process: loopback alone, on which it has a public address too, and a name server of its choice.
// Nothing in it can reach the machine's network, and the system's resolver asks nobody else.
//
// Needs Linux, `unshare` (util-linux), `ip` (iproute2), and root or user namespaces for everybody.

import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

/** Addresses of the loopback device there, besides 127.0.0.1; the first is public. */
export const ownAddresses = ["8.8.8.8", "169.254.169.254"] as const;

/** What the resolver of the C library reads. Without nsswitch.conf it might ask a daemon outside. */
const resolverFiles = {
  "resolv.conf": "nameserver 127.0.0.1\noptions timeout:5 attempts:3\n",
  "nsswitch.conf": "hosts: files dns\n",
  hosts: "127.0.0.1 localhost\n",
};

const script = [
  "ip link set lo up",
  ...ownAddresses.map((address) => `ip address add ${address}/32 dev lo`),
  // It is there on every system; a file that is not cannot be covered.
  ...Object.keys(resolverFiles).map(
    (name) => `[ ! -e /etc/${name} ] || mount --bind "$1/${name}" /etc/${name}`,
  ),
  "shift",
  'exec "$@"',
].join("\n");

/**
 * Runs a program in a network of its own and gives what it wrote.
 *
 * @param folder exists; files of the resolver are written there
 * @throws Error with what the program, or the way to it, wrote to standard error
 */
export const runInOwnNetwork = (
  folder: string,
  words: readonly [program: string, ...args: string[]],
): string => {
  for (const [name, text] of Object.entries(resolverFiles)) writeFileSync(join(folder, name), text);
  // Who is not root becomes root in a user namespace of its own first.
  const namespaces = process.getuid?.() === 0 ? "-nm" : "-rnm";
  const run = spawnSync("unshare", [namespaces, "sh", "-euc", script, "sh", folder, ...words], {
    encoding: "utf8",
    timeout: 120_000,
  });
  if (run.status === 0) return run.stdout;
  const why = run.error?.message ?? run.stderr;
  throw new Error(
    `not run in a network of its own, which needs Linux, unshare, ip, and root or user namespaces: ${why}`,
  );
};
