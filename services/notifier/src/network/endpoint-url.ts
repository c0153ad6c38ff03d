// The address of an HTTP endpoint, as far as it can be judged before anything is looked up.
//
//   U1. Hosts are read as the WHATWG URL Standard says, so decimal, octal, hexadecimal and full-width forms of an IPv4
//       address are that address before they are judged.
//   U2. http is for development alone: alerts name accounts and amounts.

import { isIP } from "node:net";
import { type AddressPolicy, addressRefusal } from "./address-guard.ts";

/** The host of a URL without the brackets of IPv6. */
export const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, "");

/**
 * What is wrong with an endpoint's address, as a text that follows "url: "; `undefined` when nothing is. A name is
 * judged when it is connected to, each time, by the address that it has then. The text does not repeat the address,
 * which may be a secret.
 */
export const endpointUrlProblem = (text: string, policy: AddressPolicy): string | undefined => {
  const url = URL.parse(text);
  if (url === null) return "is no URL";
  if (url.protocol !== "https:" && url.protocol !== "http:") return "must begin with https://";
  if (url.username !== "" || url.password !== "") return "must not hold a user name or a password";
  if (url.protocol === "http:" && !policy.allowPrivateAddresses) {
    return "must begin with https://; http is for development, where WEBHOOK_ALLOW_PRIVATE_ADDRESSES is true";
  }
  const host = hostOf(url);
  const refusal = isIP(host) === 0 ? undefined : addressRefusal(host, policy);
  return refusal === undefined
    ? undefined
    : `${host} is ${refusal}, and only public addresses are connected to`;
};
