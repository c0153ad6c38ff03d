// How often one network may try to sign in.
//
//   T1. Only what fails is charged: a key that is not known, a sign-in that is not ended. Whoever has a good key is let in though
//       others of the same network have used up its tries. A key is 256 random bits and is not found by trying; what is
//       bounded here is the noise, and what sign-ins under way hold of the memory.
//   T2. A network is an IPv4 address, or the first 64 bits of an IPv6 address, which are one link's: a machine there may take
//       any of its addresses (RFC 4291, section 2.5.1; RFC 8981). Behind a proxy it is the proxy, unless TRUSTED_PROXIES
//       names it.

import { isIPv6 } from "node:net";
import { type Limit, TokenBuckets } from "@riffle/service-kit/access";

/** Ten tries at once, then one every five seconds. */
const tryLimit: Limit = { perSecond: 0.2, burst: 10 };

/** The tries of all networks, of one kind. */
export class Tries {
  readonly #buckets = new TokenBuckets();
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Charges a try. @returns 0, or in how many seconds the next one may be; then nothing was charged */
  charge(address: string): number {
    return Math.ceil(this.#buckets.take(networkOf(address), tryLimit, this.#nowMs()) / 1_000);
  }

  /** What was charged came to a good end (T1). */
  giveBack(address: string): void {
    this.#buckets.giveBack(networkOf(address), tryLimit);
  }
}

/** The network of an address (T2), as a key. What is no address is its own. */
export function networkOf(address: string): string {
  const ipv4 = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i.exec(address)?.[1];
  if (ipv4 !== undefined || !isIPv6(address)) return ipv4 ?? address;
  // `::` stands for as many groups of zeros as are missing; the last two may be written as an IPv4 address.
  const [head = "", tail] = address.replace(/%.*$/, "").split("::");
  const before = groupsOf(head);
  const after = groupsOf(tail ?? "");
  const missing = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  const groups = [...before, ...Array<string>(missing).fill("0"), ...after];
  return `${groups.slice(0, 4).join(":")}::/64`;
}

const groupsOf = (text: string): string[] =>
  text === ""
    ? []
    : text
        .split(":")
        .flatMap((group) => (group.includes(".") ? ["0", "0"] : [Number.parseInt(group, 16).toString(16)]));
