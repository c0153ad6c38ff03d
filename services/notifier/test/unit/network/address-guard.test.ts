// A bug here lets whoever may name an endpoint reach the machine's own services: a database, a cloud's credentials.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addressRefusal } from "../../../src/network/address-guard.ts";

const strict = { allowPrivateAddresses: false };
const development = { allowPrivateAddresses: true };

/** Blocks as the registries write them, by first and last address; `+` marks those that the switch opens. */
const ipv4Refused: readonly (readonly [first: string, last: string, opened?: "+"])[] = [
  ["0.0.0.0", "0.255.255.255"],
  ["10.0.0.0", "10.255.255.255", "+"],
  ["100.64.0.0", "100.127.255.255"],
  ["127.0.0.0", "127.255.255.255", "+"],
  ["168.63.129.16", "168.63.129.16"],
  ["169.254.0.0", "169.254.255.255"],
  ["172.16.0.0", "172.31.255.255", "+"],
  ["192.0.0.0", "192.0.0.255"],
  ["192.0.2.0", "192.0.2.255"],
  ["192.31.196.0", "192.31.196.255"],
  ["192.52.193.0", "192.52.193.255"],
  ["192.88.99.0", "192.88.99.255"],
  ["192.168.0.0", "192.168.255.255", "+"],
  ["192.175.48.0", "192.175.48.255"],
  ["198.18.0.0", "198.19.255.255"],
  ["198.51.100.0", "198.51.100.255"],
  ["203.0.113.0", "203.0.113.255"],
  ["224.0.0.0", "239.255.255.255"],
  ["240.0.0.0", "255.255.255.255"],
];

const numberOf = (ipv4: string): number => ipv4.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
const ipv4Of = (number: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join(".");

const naiveRefusal = (number: number): (typeof ipv4Refused)[number] | undefined =>
  ipv4Refused.find(([first, last]) => numberOf(first) <= number && number <= numberOf(last));

describe("an IPv4 address", () => {
  it.each(ipv4Refused.map(([first, last, opened]) => ({ first, last, opened })))(
    "is refused from $first to $last, and judged anew right outside",
    ({ first, last, opened }) => {
      for (const address of [first, last]) {
        expect(addressRefusal(address, strict)).toMatch(/^an address|^a |^an /);
        const inDevelopment = addressRefusal(address, development);
        if (opened === "+") expect(inDevelopment).toBeUndefined();
        else expect(inDevelopment).toBe(addressRefusal(address, strict));
      }
      for (const outside of [numberOf(first) - 1, numberOf(last) + 1]) {
        if (outside < 0 || outside > 0xffff_ffff) continue;
        expect(addressRefusal(ipv4Of(outside), strict) === undefined).toBe(
          naiveRefusal(outside) === undefined,
        );
      }
    },
  );

  it("is allowed exactly where no block has it", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffff_ffff }), (number) => {
        const block = naiveRefusal(number);
        expect(addressRefusal(ipv4Of(number), strict) === undefined).toBe(block === undefined);
        const opened = block === undefined || block[2] === "+";
        expect(addressRefusal(ipv4Of(number), development) === undefined).toBe(opened);
      }),
      { numRuns: 2_000 },
    );
  });
});

/** Addresses on the edges, and what they are. */
const ipv6: readonly (readonly [address: string, strictly: string | undefined, opened?: "+"])[] = [
  ["::", "the unspecified address"],
  ["::1", "a loopback address", "+"],
  ["::2", "an IPv4-compatible address"],
  ["::7f00:1", "an IPv4-compatible address"],
  ["::ffff:0:0", "an IPv4-mapped address"],
  ["::ffff:127.0.0.1", "an IPv4-mapped address"],
  ["::ffff:7f00:1", "an IPv4-mapped address"],
  ["::ffff:8.8.8.8", "an IPv4-mapped address"],
  ["::ffff:ffff:ffff", "an IPv4-mapped address"],
  ["::1:0:0:0", "outside of global unicast"],
  ["64:ff9b::", "a NAT64 address"],
  ["64:ff9b::7f00:1", "a NAT64 address"],
  ["64:ff9b::808:808", "a NAT64 address"],
  ["64:ff9b::ffff:ffff", "a NAT64 address"],
  ["64:ff9b:1::", "a NAT64 address"],
  ["64:ff9b:1:ffff:ffff:ffff:ffff:ffff", "a NAT64 address"],
  ["64:ff9b:2::", "outside of global unicast"],
  ["100::", "a discard-only address"],
  ["100::ffff:ffff:ffff:ffff", "a discard-only address"],
  ["100:0:0:1::", "a dummy address"],
  ["100:0:0:2::", "outside of global unicast"],
  ["1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "outside of global unicast"],
  ["2000::", undefined],
  ["2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff", undefined],
  ["2001::", "a Teredo address"],
  ["2001:0:7f00:1::", "a Teredo address"],
  ["2001:0:ffff:ffff:ffff:ffff:ffff:ffff", "a Teredo address"],
  ["2001:1::1", "an address for protocol assignments"],
  ["2001:2::", "a benchmarking address"],
  ["2001:2:0:ffff:ffff:ffff:ffff:ffff", "a benchmarking address"],
  ["2001:2:1::", "an address for protocol assignments"],
  ["2001:20::1", "an address for protocol assignments"],
  ["2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", "an address for protocol assignments"],
  ["2001:200::", undefined],
  ["2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", undefined],
  ["2001:db8::", "a documentation address"],
  ["2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "a documentation address"],
  ["2001:db9::", undefined],
  ["2001:4860:4860::8888", undefined],
  ["2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff", undefined],
  ["2002::", "a 6to4 address"],
  ["2002:7f00:1::", "a 6to4 address"],
  ["2002:808:808::", "a 6to4 address"],
  ["2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "a 6to4 address"],
  ["2003::", undefined],
  ["2620:4f:7fff:ffff:ffff:ffff:ffff:ffff", undefined],
  ["2620:4f:8000::", "an AS112 address"],
  ["2620:4f:8000:ffff:ffff:ffff:ffff:ffff", "an AS112 address"],
  ["2620:4f:8001::", undefined],
  ["3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff", undefined],
  ["3fff::", "a documentation address"],
  ["3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", "a documentation address"],
  ["3fff:1000::", undefined],
  ["3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", undefined],
  ["4000::", "outside of global unicast"],
  ["5f00::", "a segment routing identifier"],
  ["fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "outside of global unicast"],
  ["fc00::", "a private address", "+"],
  ["fd00:42::41", "a private address", "+"],
  ["fd00:42::42", "an address of the cloud's own services"],
  ["fd00:42::43", "a private address", "+"],
  ["fd00:ec1:ffff:ffff:ffff:ffff:ffff:ffff", "a private address", "+"],
  ["fd00:ec2::23", "an address of the cloud's own services"],
  ["fd00:ec2::254", "an address of the cloud's own services"],
  ["fd00:ec3::", "a private address", "+"],
  ["fd20:cd:ffff:ffff:ffff:ffff:ffff:ffff", "a private address", "+"],
  ["fd20:ce::254", "an address of the cloud's own services"],
  ["fd20:cf::", "a private address", "+"],
  ["fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "a private address", "+"],
  ["fe00::", "outside of global unicast"],
  ["fe80::", "a link-local address"],
  ["fe80::1%eth0", "a link-local address"],
  ["febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "a link-local address"],
  ["fec0::", "a site-local address"],
  ["feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "a site-local address"],
  ["ff00::", "a multicast address"],
  ["ff02::1", "a multicast address"],
  ["ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "a multicast address"],
];

describe("an IPv6 address", () => {
  it.each(ipv6.map(([address, strictly, opened]) => ({ address, strictly, opened })))(
    "$address is judged: $strictly",
    ({ address, strictly, opened }) => {
      const refusal = addressRefusal(address, strict);
      if (strictly === undefined) expect(refusal).toBeUndefined();
      else expect(refusal).toContain(strictly);
      expect(addressRefusal(address, development)).toBe(opened === "+" ? undefined : refusal);
    },
  );

  it("that carries an IPv4 address is refused whatever it carries", () => {
    const hex = (number: number): string =>
      `${Math.floor(number / 65_536).toString(16)}:${(number % 65_536).toString(16)}`;
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffff_ffff }), (number) => {
        const carriers = [
          `::ffff:${ipv4Of(number)}`,
          `64:ff9b::${hex(number)}`,
          `64:ff9b:1::${hex(number)}`,
          `2002:${hex(number)}::1`,
          `2001:0:${hex(number)}::1`,
        ];
        for (const address of carriers) expect(addressRefusal(address, development)).toBeDefined();
      }),
    );
  });
});

describe("what is no address", () => {
  it.each(["", "localhost", "127.1", "0x7f.1", "2130706433", "[::1]", "1.2.3.4.5", " 8.8.8.8", "8.8.8.8/8"])(
    "%j is refused",
    (text) => expect(addressRefusal(text, development)).toBe("no IP address"),
  );
});
