// A DNS server for a test, which says something else each time it is asked (RFC 1035).

import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { isIPv6 } from "node:net";

/** For each name what it is at: one list for each time its IPv4 addresses are asked for, in turn. */
export type Zone = Readonly<Record<string, readonly (readonly string[])[]>>;

const types = { A: 1, AAAA: 28 } as const;
const headerBytes = 12;

/** A name server on port 53 of 127.0.0.1. */
export class NameServer {
  readonly #socket: Socket = createSocket("udp4");
  readonly #zone: Zone;
  /** How often the IPv4 addresses of each name were asked for. */
  readonly asked = new Map<string, number>();

  private constructor(zone: Zone) {
    this.#zone = zone;
    this.#socket.on("message", (question, { port, address }) => {
      this.#socket.send(this.#answer(question), port, address);
    });
  }

  static async listen(zone: Zone): Promise<NameServer> {
    const server = new NameServer(zone);
    server.#socket.bind(53, "127.0.0.1");
    await once(server.#socket, "listening");
    return server;
  }

  close(): void {
    this.#socket.close();
  }

  #answer(question: Buffer): Buffer {
    const { name, end } = nameIn(question);
    const type = question.readUInt16BE(end);
    const addresses = this.#addressesOf(name, type);
    const header = Buffer.alloc(headerBytes);
    question.copy(header, 0, 0, 2);
    // An answer, authoritative; the name is unknown (3) or known (0).
    header.writeUInt16BE(Object.hasOwn(this.#zone, name) ? 0x8400 : 0x8403, 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(addresses.length, 6);
    const records = addresses.map((address) => record(type, address));
    return Buffer.concat([header, question.subarray(headerBytes, end + 4), ...records]);
  }

  #addressesOf(name: string, type: number): readonly string[] {
    const times = this.asked.get(name) ?? 0;
    if (type === types.A) this.asked.set(name, times + 1);
    const turns = this.#zone[name] ?? [];
    const addresses = turns[times % turns.length] ?? [];
    return addresses.filter((address) => type === (isIPv6(address) ? types.AAAA : types.A));
  }
}

const nameIn = (question: Buffer): { readonly name: string; readonly end: number } => {
  const labels: string[] = [];
  let at = headerBytes;
  for (let length = question.readUInt8(at); length > 0; length = question.readUInt8(at)) {
    labels.push(question.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join(".").toLowerCase(), end: at + 1 };
};

/** One address of the name that was asked for, to be kept for no time at all. */
const record = (type: number, address: string): Buffer => {
  const data = Buffer.from(isIPv6(address) ? ipv6Bytes(address) : address.split(".").map(Number));
  const head = Buffer.alloc(headerBytes);
  // The name stands at byte 12 of the message.
  head.writeUInt16BE(0xc00c, 0);
  head.writeUInt16BE(type, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
};

/** @param address of eight groups, none left out */
const ipv6Bytes = (address: string): number[] =>
  address.split(":").flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255]);
