// A bug here accepts an address in the configuration that is a private one in disguise, or prints a secret one.

import { describe, expect, it } from "vitest";
import { endpointUrlProblem } from "../../../src/network/endpoint-url.ts";

const strict = { allowPrivateAddresses: false };
const development = { allowPrivateAddresses: true };

/** One of each kind of IPv4 address that is nobody's receiver. */
const forbidden = [
  "0.0.0.0",
  "10.0.0.1",
  "100.64.0.1",
  "100.100.100.200",
  "127.0.0.1",
  "127.255.255.254",
  "168.63.129.16",
  "169.254.169.254",
  "169.254.170.2",
  "172.16.0.1",
  "172.31.255.255",
  "192.0.0.192",
  "192.168.0.1",
  "192.168.255.255",
  "198.18.0.1",
  "203.0.113.7",
  "224.0.0.1",
  "239.255.255.250",
  "240.0.0.1",
  "255.255.255.255",
];

const numberOf = (ipv4: string): number => ipv4.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
const hex = (number: number): string =>
  `${Math.floor(number / 65_536).toString(16)}:${(number % 65_536).toString(16)}`;
const fullWidth = (text: string): string =>
  text.replace(/[0-9]/g, (digit) => String.fromCodePoint(0xff10 + Number(digit))).replaceAll(".", "。");

/** Ways to write one IPv4 address as the host of a URL. */
const forms: Readonly<Record<string, (ipv4: string) => string>> = {
  dotted: (ipv4) => ipv4,
  "with a dot at the end": (ipv4) => `${ipv4}.`,
  decimal: (ipv4) => String(numberOf(ipv4)),
  hexadecimal: (ipv4) => `0x${numberOf(ipv4).toString(16)}`,
  octal: (ipv4) => `0${numberOf(ipv4).toString(8)}`,
  "dotted hexadecimal": (ipv4) =>
    ipv4
      .split(".")
      .map((part) => `0x${Number(part).toString(16)}`)
      .join("."),
  "dotted octal": (ipv4) =>
    ipv4
      .split(".")
      .map((part) => `0${Number(part).toString(8)}`)
      .join("."),
  "two parts": (ipv4) => `${Math.floor(numberOf(ipv4) / 2 ** 24)}.${numberOf(ipv4) % 2 ** 24}`,
  "three parts": (ipv4) =>
    `${Math.floor(numberOf(ipv4) / 2 ** 24)}.${Math.floor(numberOf(ipv4) / 65_536) % 256}.${numberOf(ipv4) % 65_536}`,
  "full width": fullWidth,
  "percent-encoded": (ipv4) => ipv4.replace(/\d/g, (digit) => `%3${digit}`),
  mapped: (ipv4) => `[::ffff:${ipv4}]`,
  "mapped in hexadecimal": (ipv4) => `[::ffff:${hex(numberOf(ipv4))}]`,
  compatible: (ipv4) => `[::${ipv4}]`,
  NAT64: (ipv4) => `[64:ff9b::${ipv4}]`,
  "local NAT64": (ipv4) => `[64:ff9b:1::${ipv4}]`,
  "6to4": (ipv4) => `[2002:${hex(numberOf(ipv4))}::1]`,
  Teredo: (ipv4) => `[2001:0:${hex(numberOf(ipv4))}::1]`,
  "behind a user name": (ipv4) => `example.com@${ipv4}`,
  "behind a backslash": (ipv4) => `${ipv4}\\@example.com`,
};

describe("the address of an endpoint", () => {
  const cases = Object.entries(forms).flatMap(([form, write]) =>
    forbidden.map((ipv4) => ({ form, url: `https://${write(ipv4)}/hook` })),
  );

  it("is refused for every forbidden address in every form that a URL knows", () => {
    expect(cases.length).toBeGreaterThanOrEqual(250);
    const accepted = cases.filter(({ url }) => endpointUrlProblem(url, strict) === undefined);
    expect(accepted).toEqual([]);
  });

  it("is judged after it was normalised, and the sentence says as what", () => {
    expect(endpointUrlProblem("https://2130706433/", strict)).toBe(
      "127.0.0.1 is a loopback address (RFC 1122), and only public addresses are connected to",
    );
    expect(endpointUrlProblem("https://①②⑦.⓪.⓪.①/", strict)).toContain("127.0.0.1 is a loopback address");
    expect(endpointUrlProblem("https://[::ffff:7f00:1]/", development)).toContain("an IPv4-mapped address");
  });

  it.each([
    "https://example.com/hooks/riffle",
    "https://example.com:8443/",
    "https://8.8.8.8/",
    "https://134744072/",
    "https://[2001:4860:4860::8888]/",
    "https://bücher.example/",
    "https://localhost./",
  ])("%s passes; a name is judged when it is connected to", (url) => {
    expect(endpointUrlProblem(url, strict)).toBeUndefined();
  });

  it.each([
    ["http://example.com/", "must begin with https://; http is for development"],
    ["ftp://example.com/", "must begin with https://"],
    ["file:///etc/passwd", "must begin with https://"],
    ["gopher://example.com/", "must begin with https://"],
    ["https://", "is no URL"],
    ["example.com", "is no URL"],
    ["https://256.0.0.1/", "is no URL"],
    ["https://[::1%25eth0]/", "is no URL"],
    ["https://user:pass@example.com/", "must not hold a user name"],
    ["https://user@example.com/", "must not hold a user name"],
  ])("%s is refused", (url, problem) => {
    expect(endpointUrlProblem(url, strict)).toContain(problem);
  });

  it("may be plain and on this machine in development, and still not everywhere", () => {
    expect(endpointUrlProblem("http://127.0.0.1:8080/", development)).toBeUndefined();
    expect(endpointUrlProblem("http://[::1]:8080/", development)).toBeUndefined();
    expect(endpointUrlProblem("http://169.254.169.254/latest", development)).toContain("link-local");
    expect(endpointUrlProblem("http://0.0.0.0/", development)).toContain("this host");
  });

  it("is not repeated in the sentence about it", () => {
    const secret = "T00000000/B00000000/XXXXXXXX";
    for (const url of [`http://example.com/${secret}`, `https://10.0.0.1/${secret}`, `https://a b/${secret}`])
      expect(endpointUrlProblem(url, strict)).not.toContain(secret);
  });
});
