// Which proxies are believed when they say for whom they ask.
//
//   P1. Without it nobody is: what a client writes into X-Forwarded-For counts for nothing.
//   P2. With it the client is the last address of X-Forwarded-For that is no trusted proxy's, counted from this end: what a
//       client puts before that is not looked at, nor what comes by another way than through such a proxy.
//   P3. It says who they are, not how many: a number of hops would be believed of whoever reaches the port past them.

import { isIP } from "node:net";
import type { Config, ConfigFault } from "@riffle/service-kit/process";
import { Type } from "typebox";

const variable = "TRUSTED_PROXIES";
/** As Fastify's trustProxy has them: https://fastify.dev/docs/latest/Reference/Server/#trustproxy */
const names: readonly string[] = ["loopback", "linklocal", "uniquelocal"];

/** Spread into the console's schema. */
export const trustedProxiesConfig = {
  [variable]: Type.Optional(
    Type.Array(Type.String({ minLength: 1 }), {
      minItems: 1,
      rule: "a comma-separated list",
      examples: ["10.0.3.0/24"],
      description:
        "Proxies before the console that say in X-Forwarded-For for whom they ask: addresses, networks such as 10.0.3.0/24, loopback, linklocal or uniquelocal. Without it all people behind a proxy count as one where tries to sign in are limited.",
    }),
  ),
};

/** The values of {@link trustedProxiesConfig}. */
export type TrustedProxiesConfig = Config<typeof trustedProxiesConfig>;

/** What is wrong with them. */
export function trustedProxiesFaults({ TRUSTED_PROXIES = [] }: Partial<TrustedProxiesConfig>): ConfigFault[] {
  return TRUSTED_PROXIES.filter((proxy) => !isProxy(proxy)).map((proxy) => ({
    variable,
    problem: `found ${proxy}, but each must be an address, a network of a prefix from 1 on such as 10.0.3.0/24, or one of ${names.join(", ")}`,
  }));
}

/** A prefix of 0 would be everybody. */
function isProxy(text: string): boolean {
  if (names.includes(text)) return true;
  const [address = "", prefix, ...more] = text.split("/");
  const bits = { 0: 0, 4: 32, 6: 128 }[isIP(address)] ?? 0;
  if (bits === 0 || address.includes("%") || more.length > 0) return false;
  return prefix === undefined || (/^[1-9]\d{0,2}$/.test(prefix) && Number(prefix) <= bits);
}
