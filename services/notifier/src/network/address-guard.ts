// Which IP addresses the notifier may connect to: those that are globally routable, and no others.
//
//   G1. What is allowed is listed, not what is refused: of IPv6 only 2000::/3, the one block of which IANA assigns
//       global unicast addresses. Blocks within it and within IPv4 that have a special purpose are refused.
//   G2. An address that carries another one (IPv4-mapped, NAT64, 6to4, Teredo) is refused whatever it carries: a
//       receiver has an address of its own.
//   G3. Loopback and private addresses can be allowed, by a switch that is meant for development. Nothing else can:
//       link-local addresses are where clouds keep the credentials of their machines. Where they keep them at private ones,
//       of IPv6, those are not opened either.
//   G4. What is no IP address is refused.
//
// Sources: the RFCs behind the IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890 and those that amended it),
// each named beside its block. Compared at every edge of every block with the registries as of 2026-07-18, and with Python's
// `ipaddress`: nothing that they call special is allowed. Refused too are the few blocks that the registries call globally
// reachable (AS112, AMT, the anycast addresses of PCP and TURN): they are services of the network, and no receiver is there.

import { BlockList, isIP } from "node:net";

/** What may be connected to beyond globally routable addresses. */
export interface AddressPolicy {
  /** Also loopback and private addresses, for development. */
  readonly allowPrivateAddresses: boolean;
}

interface Block {
  readonly cidr: string;
  /** Continues "is "; `a loopback address`. */
  readonly what: string;
  /** Whether {@link AddressPolicy.allowPrivateAddresses} opens it. */
  readonly isPrivate?: true;
}

const ipv4Blocks: readonly Block[] = [
  { cidr: "0.0.0.0/8", what: "an address of this host on this network (RFC 791)" },
  { cidr: "10.0.0.0/8", what: "a private address (RFC 1918)", isPrivate: true },
  { cidr: "100.64.0.0/10", what: "a shared address behind a carrier's NAT (RFC 6598)" },
  { cidr: "127.0.0.0/8", what: "a loopback address (RFC 1122)", isPrivate: true },
  { cidr: "169.254.0.0/16", what: "a link-local address (RFC 3927)" },
  { cidr: "172.16.0.0/12", what: "a private address (RFC 1918)", isPrivate: true },
  { cidr: "192.0.0.0/24", what: "an address for protocol assignments (RFC 6890)" },
  { cidr: "192.0.2.0/24", what: "a documentation address (RFC 5737)" },
  { cidr: "192.31.196.0/24", what: "an AS112 address (RFC 7535)" },
  { cidr: "192.52.193.0/24", what: "an AMT address (RFC 7450)" },
  { cidr: "192.88.99.0/24", what: "a 6to4 relay's address (RFC 7526)" },
  { cidr: "192.168.0.0/16", what: "a private address (RFC 1918)", isPrivate: true },
  { cidr: "192.175.48.0/24", what: "an AS112 address (RFC 7534)" },
  { cidr: "198.18.0.0/15", what: "a benchmarking address (RFC 2544)" },
  { cidr: "198.51.100.0/24", what: "a documentation address (RFC 5737)" },
  { cidr: "203.0.113.0/24", what: "a documentation address (RFC 5737)" },
  { cidr: "224.0.0.0/4", what: "a multicast address (RFC 5771)" },
  { cidr: "240.0.0.0/4", what: "a reserved or broadcast address (RFC 1112)" },
  // In no registry: Azure's machines reach their host's services at this one, as elsewhere at 169.254.169.254.
  { cidr: "168.63.129.16/32", what: "an address of the cloud's own services" },
];

const ipv6Blocks: readonly Block[] = [
  { cidr: "::1/128", what: "a loopback address (RFC 4291)", isPrivate: true },
  { cidr: "::/128", what: "the unspecified address (RFC 4291)" },
  { cidr: "::ffff:0:0/96", what: "an IPv4-mapped address (RFC 4291)" },
  { cidr: "::/96", what: "an IPv4-compatible address (RFC 4291)" },
  { cidr: "64:ff9b::/96", what: "a NAT64 address (RFC 6052)" },
  { cidr: "64:ff9b:1::/48", what: "a NAT64 address (RFC 8215)" },
  { cidr: "100::/64", what: "a discard-only address (RFC 6666)" },
  { cidr: "100:0:0:1::/64", what: "a dummy address (RFC 9780)" },
  { cidr: "2001::/32", what: "a Teredo address (RFC 4380)" },
  { cidr: "2001:2::/48", what: "a benchmarking address (RFC 5180)" },
  { cidr: "2001::/23", what: "an address for protocol assignments (RFC 2928)" },
  { cidr: "2001:db8::/32", what: "a documentation address (RFC 3849)" },
  { cidr: "2002::/16", what: "a 6to4 address (RFC 3056)" },
  { cidr: "2620:4f:8000::/48", what: "an AS112 address (RFC 7534)" },
  { cidr: "3fff::/20", what: "a documentation address (RFC 9637)" },
  { cidr: "5f00::/16", what: "a segment routing identifier (RFC 9602)" },
  // In no registry: metadata and credentials of machines at AWS (::254, ::23), Google and Scaleway.
  { cidr: "fd00:ec2::/32", what: "an address of the cloud's own services" },
  { cidr: "fd20:ce::/32", what: "an address of the cloud's own services" },
  { cidr: "fd00:42::42/128", what: "an address of the cloud's own services" },
  { cidr: "fc00::/7", what: "a private address (RFC 4193)", isPrivate: true },
  { cidr: "fe80::/10", what: "a link-local address (RFC 4291)" },
  { cidr: "fec0::/10", what: "a site-local address (RFC 3879)" },
  { cidr: "ff00::/8", what: "a multicast address (RFC 4291)" },
];

type Family = "ipv4" | "ipv6";

interface Range extends Block {
  readonly addresses: BlockList;
}

const listOf = (cidr: string, family: Family): BlockList => {
  const [network = "", bits = ""] = cidr.split("/");
  const list = new BlockList();
  list.addSubnet(network, Number(bits), family);
  return list;
};

const rangesOf = (blocks: readonly Block[], family: Family): readonly Range[] =>
  blocks.map((block) => ({ ...block, addresses: listOf(block.cidr, family) }));

/** One table for each family: a BlockList takes an IPv4 address for the IPv6 address that it is mapped to. */
const special: Readonly<Record<Family, readonly Range[]>> = {
  ipv4: rangesOf(ipv4Blocks, "ipv4"),
  ipv6: rangesOf(ipv6Blocks, "ipv6"),
};
const globalUnicast = listOf("2000::/3", "ipv6");

/**
 * Why an address may not be connected to, as a text that continues "it is "; `undefined` when it may.
 *
 * @param address an IPv4 or IPv6 address as the system writes it, without brackets
 */
export const addressRefusal = (address: string, policy: AddressPolicy): string | undefined => {
  const version = isIP(address);
  if (version === 0) return "no IP address";
  const family: Family = version === 4 ? "ipv4" : "ipv6";
  const range = special[family].find(({ addresses }) => addresses.check(address, family));
  if (range !== undefined) {
    return range.isPrivate === true && policy.allowPrivateAddresses ? undefined : range.what;
  }
  if (family === "ipv4" || globalUnicast.check(address, family)) return undefined;
  return "outside of global unicast (RFC 4291)";
};
