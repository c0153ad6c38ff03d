// Free TCP ports on the loopback address.
//
// Ports come from below the ephemeral range, not from `listen(0)`, for two reasons. A broker that is killed and
// started again must find its port still free, and the kernel hands ephemeral ports to outgoing connections in
// between. And a client that reconnects to an ephemeral port where nobody listens can be given that very port as
// its own and so connect to itself.

import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/** Above the ports people configure by hand, below the lowest ephemeral range in use (Linux, 32768). */
const firstPort = 20_000;
const lastPort = 32_000;

/** With even a tenth of the range taken, missing this often in a row has a chance of 10^-50. */
const attemptsMax = 50;

/** Whether `port` can be listened on at `host` now. It says nothing about a moment later. */
export async function isPortFree(port: number, host = "127.0.0.1"): Promise<boolean> {
  const server = createServer();
  return await new Promise<boolean>((resolve) => {
    server.once("error", () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** `count` different ports that were free when asked, in random order so that parallel runs rarely meet. */
export async function freePorts(count: number): Promise<number[]> {
  const found = new Set<number>();
  for (let attempt = 0; found.size < count; attempt += 1) {
    if (attempt >= attemptsMax + count) {
      throw new Error(`free ports: found ${found.size} of ${count} on 127.0.0.1 in ${firstPort}–${lastPort}`);
    }
    const port = randomInt(firstPort, lastPort);
    if (!found.has(port) && (await isPortFree(port))) {
      found.add(port);
    }
  }
  return [...found];
}
