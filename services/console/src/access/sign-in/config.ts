// The variables of the sign-in by an OpenID provider, and what is wrong with them together.
//
//   O1. It is on where OIDC_ISSUER is set. What belongs to it and stands without it, or is missing beside it, is a fault.

import type { Config, ConfigFault } from "@riffle/service-kit/process";
import { Type } from "typebox";

/** Where the provider sends people back to, below OIDC_PUBLIC_URL. */
export const callbackPath = "/v1/session/oidc/callback";

const loopback = "(127\\.0\\.0\\.1|localhost)";

/** Spread into the console's schema. */
export const signInConfig = {
  OIDC_ISSUER: Type.Optional(
    Type.String({
      pattern: `^(https://[^\\s@?#]+|http://${loopback}([:/][^\\s@?#]*)?)$`,
      rule: "an https address, or http of this machine",
      examples: ["https://login.example/realms/bank"],
      description:
        "Issuer of the OpenID provider by which people sign in, as it stands in its discovery document. Without it there is no such sign-in.",
    }),
  ),
  OIDC_CLIENT_ID: Type.Optional(
    Type.String({ minLength: 1, description: "The console's client id at that provider." }),
  ),
  OIDC_CLIENT_SECRET: Type.Optional(
    Type.String({
      minLength: 8,
      secret: true,
      description:
        "The secret of that client; without it the console is a public client, held by PKCE alone.",
    }),
  ),
  OIDC_PUBLIC_URL: Type.Optional(
    Type.String({
      pattern: `^(https://[^/\\s@?#]+|http://${loopback}(:\\d+)?)$`,
      rule: "an https address without a path, or http of this machine",
      examples: ["https://console.example"],
      description: `The console as people's browsers have it. At the provider, register this with ${callbackPath} as redirect address, and with / as address after signing out.`,
    }),
  ),
  OIDC_SCOPES: Type.String({
    pattern: "^([!#-\\[\\]-~]+ )*openid( [!#-\\[\\]-~]+)*$",
    rule: "scopes with a blank between, openid among them",
    default: "openid profile email",
    description: "What the provider is asked for. The claims that name a person and his roles must be in it.",
  }),
};

/** The values of {@link signInConfig}. */
export type SignInConfig = Config<typeof signInConfig>;

/** What is wrong with the variables together (O1). */
export function signInFaults(config: Partial<SignInConfig>): ConfigFault[] {
  const faults: ConfigFault[] = [];
  const needs = (variable: keyof SignInConfig, because: keyof SignInConfig): void => {
    if (config[variable] !== undefined || config[because] === undefined) return;
    if (faults.some((fault) => fault.variable === variable)) return;
    faults.push({ variable, problem: `required, but missing, because ${because} is set` });
  };
  needs("OIDC_CLIENT_ID", "OIDC_ISSUER");
  needs("OIDC_PUBLIC_URL", "OIDC_ISSUER");
  for (const variable of ["OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET", "OIDC_PUBLIC_URL"] as const)
    needs("OIDC_ISSUER", variable);
  return faults;
}
