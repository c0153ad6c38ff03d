// What IANA says of addresses with a special purpose, and what Python says of the same.
//
// The IPv4 and the IPv6 Special-Purpose Address Registry, block, name and "Globally Reachable", as they were on 2026-07-18:
// https://www.iana.org/assignments/iana-ipv4-special-registry and .../iana-ipv6-special-registry. "no" stands for False, "n/a" for
// N/A and for the empty field of a block whose assignment has ended. Multicast and what has never been assigned to anybody
// are in neither: they are in the registries of the address spaces.

/** Whether a block is globally reachable, as its registry puts it. */
export type Reachable = "yes" | "no" | "n/a";

/** A row of a registry. */
export type RegistryRow = readonly [block: string, name: string, reachable: Reachable];

/** All rows of the IPv4 registry. */
export const ipv4Registry: readonly RegistryRow[] = [
  ["0.0.0.0/8", "this network", "no"],
  ["0.0.0.0/32", "this host on this network", "no"],
  ["10.0.0.0/8", "private use", "no"],
  ["100.64.0.0/10", "shared address space", "no"],
  ["127.0.0.0/8", "loopback", "no"],
  ["169.254.0.0/16", "link local", "no"],
  ["172.16.0.0/12", "private use", "no"],
  ["192.0.0.0/24", "protocol assignments", "no"],
  ["192.0.0.0/29", "service continuity", "no"],
  ["192.0.0.8/32", "dummy address", "no"],
  ["192.0.0.9/32", "Port Control Protocol anycast", "yes"],
  ["192.0.0.10/32", "TURN anycast", "yes"],
  ["192.0.0.170/32", "NAT64 and DNS64 discovery", "no"],
  ["192.0.0.171/32", "NAT64 and DNS64 discovery", "no"],
  ["192.0.2.0/24", "documentation", "no"],
  ["192.31.196.0/24", "AS112", "yes"],
  ["192.52.193.0/24", "AMT", "yes"],
  ["192.88.99.0/24", "6to4 relay anycast, ended", "n/a"],
  ["192.88.99.2/32", "6a44 relay anycast", "no"],
  ["192.168.0.0/16", "private use", "no"],
  ["192.175.48.0/24", "AS112", "yes"],
  ["198.18.0.0/15", "benchmarking", "no"],
  ["198.51.100.0/24", "documentation", "no"],
  ["203.0.113.0/24", "documentation", "no"],
  ["240.0.0.0/4", "reserved", "no"],
  ["255.255.255.255/32", "limited broadcast", "no"],
];

/** All rows of the IPv6 registry. */
export const ipv6Registry: readonly RegistryRow[] = [
  ["::1/128", "loopback", "no"],
  ["::/128", "unspecified", "no"],
  ["::ffff:0:0/96", "IPv4-mapped", "no"],
  ["64:ff9b::/96", "NAT64", "yes"],
  ["64:ff9b:1::/48", "NAT64, local use", "no"],
  ["100::/64", "discard only", "no"],
  ["100:0:0:1::/64", "dummy prefix", "no"],
  ["2001::/23", "protocol assignments", "no"],
  ["2001::/32", "Teredo", "n/a"],
  ["2001:1::1/128", "Port Control Protocol anycast", "yes"],
  ["2001:1::2/128", "TURN anycast", "yes"],
  ["2001:1::3/128", "DNS-SD registration anycast", "yes"],
  ["2001:2::/48", "benchmarking", "no"],
  ["2001:3::/32", "AMT", "yes"],
  ["2001:4:112::/48", "AS112", "yes"],
  ["2001:10::/28", "ORCHID, ended", "n/a"],
  ["2001:20::/28", "ORCHIDv2", "yes"],
  ["2001:30::/28", "Drone Remote ID", "yes"],
  ["2001:db8::/32", "documentation", "no"],
  ["2002::/16", "6to4", "n/a"],
  ["2620:4f:8000::/48", "AS112", "yes"],
  ["3fff::/20", "documentation", "no"],
  ["5f00::/16", "segment routing", "no"],
  ["fc00::/7", "unique local", "no"],
  ["fe80::/10", "link local", "no"],
];
