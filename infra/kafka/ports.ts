// Free TCP ports on the loopback address.
//
// Ports come from below the ephemeral range, not from `listen(0)`, for two reasons. A broker that is killed and
// started again must find its port still free, and the kernel hands ephemeral ports to outgoing connections in
// between. And a client that reconnects to an ephemeral port where nobody listens can be given that very port as
// its own and so connect to itself.

import { randomInt } from "node:crypto";
import { createServer, type Server } from "node:net";

/** Above the ports people configure by hand. The ports handed out, and as many above them that stand for their claims,
 * end below the lowest ephemeral range in use (Linux, 32768). */
const firstPort = 20_000;
const portCount = 6_000;

/** With even a tenth of the range taken, missing this often in a row has a chance of 10^-50. */
const attemptsMax = 50;

/** Whether `port` can be listened on at `host` now. It says nothing about a moment later. */
export async function isPortFree(port: number, host = "127.0.0.1"): Promise<boolean> {
  const server = await listening(port, host);
  if (server === undefined) {
    return false;
  }
  await new Promise((resolve) => server.close(resolve));
  return true;
}

/**
 * `count` different ports that are free and that no other call, in whichever process of this machine, is given before
 * the process that asked has ended. So a port may be found now and listened on later.
 *
 * @throws Error when so many are taken that none is found
 */
export async function freePorts(count: number): Promise<number[]> {
  const found: number[] = [];
  for (let attempt = 0; found.length < count; attempt += 1) {
    if (attempt >= attemptsMax + count) {
      throw new Error(
        `free ports: found ${found.length} of ${count} on 127.0.0.1 from ${firstPort} to ${firstPort + portCount - 1}`,
      );
    }
    const port = firstPort + randomInt(portCount);
    if ((await claim(port)) && (await isPortFree(port))) {
      found.push(port);
    }
  }
  return found;
}

/** A claim is a listening socket, on the port that stands for the claimed one: the kernel gives it to one process
 * alone and takes it back however that one ends, which no lock file can say of itself. */
async function claim(port: number): Promise<boolean> {
  const server = await listening(port + portCount, "127.0.0.1");
  server?.unref();
  return server !== undefined;
}

async function listening(port: number, host: string): Promise<Server | undefined> {
  const server = createServer();
  return await new Promise((resolve) => {
    server.once("error", () => resolve(undefined));
    server.listen({ port, host, exclusive: true }, () => resolve(server));
  });
}
