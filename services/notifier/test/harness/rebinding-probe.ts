// Posts to names that change their address, by the system's resolver and over real sockets; writes what became of it as JSON.
// To be run in a network of its own (own-network.ts), where the forbidden addresses answer like any other.

import { lookup } from "node:dns/promises";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { connect } from "node:net";
import { addressRefusal } from "../../src/network/address-guard.ts";
import { GuardedConnector } from "../../src/network/guarded-connector.ts";
import { HttpPoster } from "../../src/network/http-poster.ts";
import { NameServer, type Zone } from "./name-server.ts";
import { ownAddresses } from "./own-network.ts";

const [publicAddress, metadataAddress] = ownAddresses;
const loopback = "127.0.0.1";
const port = 8_080;
const postsOfEach = 40;
const strict = { allowPrivateAddresses: false };

const zone: Zone = {
  "to-loopback.example": [[publicAddress], [loopback]],
  "to-metadata.example": [[publicAddress], [metadataAddress]],
  "both.example": [[publicAddress, loopback]],
  "both-reversed.example": [[metadataAddress, publicAddress]],
  "other-family.example": [[publicAddress, "0:0:0:0:0:0:0:1"]],
  "mapped.example": [[publicAddress, "0:0:0:0:0:ffff:7f00:1"]],
  "careless.example": [[publicAddress], [loopback]],
};

/** What a probe found. */
export interface ProbeReport {
  /** By name: how often each outcome came. */
  readonly outcomes: Record<string, Record<string, number>>;
  /** By name: how often its addresses were looked up. */
  readonly asked: Record<string, number>;
  /** By address: connections to it, of all posts. */
  readonly connections: Record<string, number>;
  /** Connections to loopback of a client that judges one lookup and connects by another. */
  readonly carelessConnections: number;
}

const connections: Record<string, number> = {};
const listen = async (address: string): Promise<Server> => {
  connections[address] = 0;
  const server = createServer((request, response) => request.resume().on("end", () => response.end()));
  server.on("connection", () => {
    connections[address] = (connections[address] ?? 0) + 1;
  });
  server.listen(port, address);
  await once(server, "listening");
  return server;
};

const connector = new GuardedConnector({ policy: strict, connectTimeoutMs: 30_000 });
const outcomeOf = async (name: string): Promise<string> => {
  // One for each post: a connection that is kept would not need the name again.
  const url = new URL(`http://${name}:${port}/`);
  const poster = new HttpPoster({ url, connector, timeoutMs: 30_000, socketsMax: 1 });
  try {
    const { status } = await poster.post("{}", {}, new AbortController().signal);
    return String(status);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    poster.close();
  }
};

/** Looks the name up, judges it, and lets the socket look it up again: what the guard must not do. */
const connectCarelessly = async (name: string): Promise<void> => {
  const { address } = await lookup(name, { family: 4 });
  if (addressRefusal(address, strict) !== undefined) return;
  const socket = connect({ host: name, port, family: 4 });
  await once(socket, "connect");
  socket.destroy();
};

const names = Object.keys(zone).filter((name) => name !== "careless.example");
const nameServer = await NameServer.listen(zone);
const servers = await Promise.all([...ownAddresses, loopback].map(listen));
const outcomes: Record<string, Record<string, number>> = {};
for (const name of names) {
  const ofName: Record<string, number> = {};
  for (let n = 0; n < postsOfEach; n++) {
    const outcome = await outcomeOf(name);
    ofName[outcome] = (ofName[outcome] ?? 0) + 1;
  }
  outcomes[name] = ofName;
}
const report = { outcomes, asked: Object.fromEntries(nameServer.asked), connections: { ...connections } };
await connectCarelessly("careless.example");
const carelessConnections = (connections[loopback] ?? 0) - (report.connections[loopback] ?? 0);
process.stdout.write(JSON.stringify({ ...report, carelessConnections } satisfies ProbeReport));
nameServer.close();
for (const server of servers) {
  server.close();
  server.closeAllConnections();
}
