// A bug here calls an address public that the rest of the world calls special, for want of a second opinion.
//
// Two opinions that have nothing to do with the table that is tested: IANA's registries, and Python's `ipaddress`, at every edge
// of every block. Where the table refuses more, the block stands here with its reason; it never refuses less.

import { describe, expect, it } from "vitest";
import { addressRefusal } from "../../../src/network/address-guard.ts";
import { type AddressNumber, boundsOf, edgesOf, isWithin, numberOf, textOf } from "./cidr.ts";
import { pythonCallsGlobal } from "./python-ipaddress.ts";
import { ipv4Registry, ipv6Registry, type RegistryRow } from "./special-purpose-registries.ts";

const isRefused = (address: AddressNumber): boolean =>
  addressRefusal(textOf(address), { allowPrivateAddresses: false }) !== undefined;

/** What the registries call globally reachable, and the table refuses all the same. */
const stricterThanIana: readonly (readonly [block: string, reason: string])[] = [
  ["192.0.0.9/32", "an anycast address of the network's own services"],
  ["192.0.0.10/32", "an anycast address of the network's own services"],
  ["192.31.196.0/24", "name servers that answer for private addresses"],
  ["192.52.193.0/24", "relays of multicast"],
  ["192.175.48.0/24", "name servers that answer for private addresses"],
  ["64:ff9b::/96", "carries an IPv4 address, perhaps a private one"],
  ["2001:1::1/128", "an anycast address of the network's own services"],
  ["2001:1::2/128", "an anycast address of the network's own services"],
  ["2001:1::3/128", "an anycast address of the network's own services"],
  ["2001:3::/32", "relays of multicast"],
  ["2001:4:112::/48", "name servers that answer for private addresses"],
  ["2001:20::/28", "hashes of identities, not addresses"],
  ["2001:30::/28", "identities of drones, not addresses"],
  ["2620:4f:8000::/48", "name servers that answer for private addresses"],
];

/** What Python calls global besides, and the table refuses all the same. */
const stricterThanPython: readonly (readonly [block: string, reason: string])[] = [
  ["224.0.0.0/4", "multicast: in no registry of special purposes"],
  ["192.88.99.0/24", "relays of 6to4, which has ended"],
  ["5f00::/16", "assigned after that version of Python, and no unicast"],
  ["3fff::/20", "documentation, assigned after that version of Python"],
];

const isListed = (
  lists: readonly (readonly (readonly [block: string, reason: string])[])[],
  address: AddressNumber,
): boolean => lists.flat().some(([block]) => isWithin(block, address));

/** Multicast and what nobody has been given are in other registries: RFC 5771, RFC 4291, section 2.4. */
const isUnicast = (address: AddressNumber): boolean =>
  address.bits === 32 ? !isWithin("224.0.0.0/4", address) : isWithin("2000::/3", address);

const prefixOf = (block: string): number => Number(block.split("/")[1]);

/** The registries' word: that of the smallest block that has the address. */
const ianaSays = (rows: readonly RegistryRow[], address: AddressNumber): boolean => {
  const [row] = rows
    .filter(([block]) => isWithin(block, address))
    .toSorted(([one], [other]) => prefixOf(other) - prefixOf(one));
  return row === undefined ? isUnicast(address) : row[2] === "yes";
};

const registries = [
  ["IPv4", ipv4Registry],
  ["IPv6", ipv6Registry],
] as const;

describe.each(registries)("the %s registry of special purposes", (_family, rows) => {
  it.each(rows)("and the table agree at the edges of %s, %s (reachable: %s)", (block) => {
    for (const address of edgesOf(block)) {
      const isStricter = isListed([stricterThanIana], address);
      expect(isRefused(address), textOf(address)).toBe(isStricter || !ianaSays(rows, address));
    }
  });
});

describe("what is refused beyond the registries", () => {
  it.each(stricterThanIana)("is %s, from end to end: %s", (block) => {
    const rows = block.includes(":") ? ipv6Registry : ipv4Registry;
    for (const address of boundsOf(block)) {
      expect(ianaSays(rows, address)).toBe(true);
      expect(isRefused(address)).toBe(true);
    }
  });
});

describe("Python's ipaddress", () => {
  it("has been asked about every edge of every block", () => {
    const asked = new Set(Object.keys(pythonCallsGlobal));
    const edges = [...ipv4Registry, ...ipv6Registry].flatMap(([block]) => edgesOf(block).map(textOf));
    expect(new Set(edges)).toEqual(asked);
  });

  it.each(Object.entries(pythonCallsGlobal))("and the table agree about %s: %s", (text, isGlobal) => {
    const address = numberOf(text);
    const isStricter = isListed([stricterThanIana, stricterThanPython], address) || !isUnicast(address);
    expect(isRefused(address)).toBe(isStricter || !isGlobal);
  });
});
