// Self-signed certificates made for a test, so that no key is kept in the repository.

import { generateKeyPairSync, sign } from "node:crypto";
import { isIPv4 } from "node:net";

/** A key and the certificate that it signed for itself, both PEM. */
export interface KeyAndCertificate {
  readonly key: string;
  readonly cert: string;
}

const der = (tag: number, ...parts: readonly Uint8Array[]): Buffer => {
  const content = Buffer.concat(parts);
  const { length } = content;
  const lengthBytes =
    length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...lengthBytes]), content]);
};
const sequence = (...parts: readonly Uint8Array[]): Buffer => der(0x30, ...parts);
const integer = (value: number): Buffer => der(0x02, Buffer.from([value]));
const objectId = (hex: string): Buffer => der(0x06, Buffer.from(hex, "hex"));
const time = (text: string): Buffer => der(0x18, Buffer.from(text));
const yes = der(0x01, Buffer.from([0xff]));

const ecdsaWithSha256 = sequence(objectId("2a8648ce3d040302"));
const commonName = (name: string): Buffer =>
  sequence(der(0x31, sequence(objectId("550403"), der(0x0c, Buffer.from(name)))));
const subjectAltName = (host: string): Buffer => {
  const name = isIPv4(host)
    ? der(0x87, Buffer.from(host.split(".").map(Number)))
    : der(0x82, Buffer.from(host));
  return sequence(objectId("551d11"), der(0x04, sequence(name)));
};
const isAuthority = sequence(objectId("551d13"), yes, der(0x04, sequence(yes)));

const pem = (label: string, bytes: Buffer): string =>
  `-----BEGIN ${label}-----\n${bytes.toString("base64").replace(/.{64}/g, "$&\n")}\n-----END ${label}-----\n`;

/** When a certificate is in force, `20200101000000Z`. */
export interface Period {
  readonly from: string;
  readonly to: string;
}

/** A certificate for a name or an IPv4 address, by default in force from 2020 to 2120, its own authority (RFC 5280). */
export const selfSigned = (
  host: string,
  { from, to }: Period = { from: "20200101000000Z", to: "21200101000000Z" },
): KeyAndCertificate => {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const body = sequence(
    der(0xa0, integer(2)),
    integer(1),
    ecdsaWithSha256,
    commonName(host),
    sequence(time(from), time(to)),
    commonName(host),
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, sequence(isAuthority, subjectAltName(host))),
  );
  const signature = der(0x03, Buffer.from([0]), sign("sha256", body, privateKey));
  return {
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    cert: pem("CERTIFICATE", sequence(body, ecdsaWithSha256, signature)),
  };
};
