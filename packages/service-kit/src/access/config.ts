// The variables that say who is let in, the same in every service that asks.

import { Type } from "typebox";
import type { Config } from "../config.ts";
import type { ConfigFault } from "../errors.ts";

/** Spread into a service's schema. */
export const accessConfig = {
  NODE_ENV: Type.Optional(
    Type.String({
      rule: "a text",
      examples: ["production"],
      description: "In production the service does not start before it is said who is let in.",
    }),
  ),
  AUTH: Type.Optional(
    Type.Enum(["required", "none"], {
      description:
        "Whether clients must say who they are. Without it they must where keys or tokens are configured, and need not otherwise, except in production.",
    }),
  ),
  API_KEYS_FILE: Type.Optional(
    Type.String({
      minLength: 1,
      rule: "a file",
      description:
        "JSON file of the API keys that are taken, each by its SHA-256; read again when it changes. See make-key.",
    }),
  ),
  JWT_JWKS_URL: Type.Optional(
    Type.String({
      // No user name: `http://localhost:a@elsewhere/` is elsewhere.
      pattern: "^(https://[^/@]+|http://(127\\.0\\.0\\.1|localhost)(:[0-9]+)?)(/|$)",
      rule: "an https address, or http of this machine",
      description: "Where the keys of the tokens' issuer are fetched, to take JSON Web Tokens.",
    }),
  ),
  JWT_JWKS_AGE_MINUTES_MAX: Type.Optional(
    Type.Integer({
      minimum: 10,
      maximum: 1_440,
      unit: "minutes",
      description:
        "How old the keys from JWT_JWKS_URL may be while it cannot be reached; it is asked again from ten minutes on. Lower: a key withdrawn in an outage is taken for less long; higher: longer outages are borne. Without it an hour.",
    }),
  ),
  JWT_JWKS_FILE: Type.Optional(
    Type.String({ minLength: 1, rule: "a file", description: "The same keys as a file, read once." }),
  ),
  JWT_ISSUER: Type.Optional(
    Type.String({ minLength: 1, description: "The issuer that tokens must have, claim iss." }),
  ),
  JWT_AUDIENCE: Type.Optional(
    Type.String({ minLength: 1, description: "The audience that tokens must have, claim aud." }),
  ),
};

/** The values of {@link accessConfig}. */
export type AccessConfig = Config<typeof accessConfig>;

/**
 * Variables by which a service lets people in besides keys and tokens, and whether each is set: `{ OIDC_ISSUER: true }`.
 */
export type OtherWays = Readonly<Record<string, boolean>>;

/** What is wrong with the variables together. @param others what else lets somebody in */
export function accessFaults(config: AccessConfig, others: OtherWays = {}): ConfigFault[] {
  const faults: ConfigFault[] = [];
  const { JWT_JWKS_FILE: file, JWT_JWKS_URL: url } = config;
  const hasKeys = config.API_KEYS_FILE !== undefined;
  const hasTokens = file !== undefined || url !== undefined;
  const isConfigured = hasKeys || hasTokens || Object.values(others).includes(true);
  const ways = ["API_KEYS_FILE", "JWT_JWKS_FILE", "JWT_JWKS_URL", ...Object.keys(others)];
  const fault = (variable: string, problem: string): void => void faults.push({ variable, problem });
  if (file !== undefined && url !== undefined)
    fault("JWT_JWKS_URL", "set together with JWT_JWKS_FILE; keep one of them");
  for (const variable of ["JWT_ISSUER", "JWT_AUDIENCE"] as const) {
    if (hasTokens && config[variable] === undefined) fault(variable, "required where tokens are taken");
  }
  if (config.AUTH === "none" && isConfigured) {
    fault("AUTH", `found none, but one of ${ways.join(", ")} is set; remove one or the other`);
  }
  if (config.AUTH === "required" && !isConfigured) {
    fault("AUTH", `found required, but none of ${ways.join(", ")} is set`);
  }
  if (config.AUTH === undefined && !isConfigured && config.NODE_ENV === "production") {
    fault(
      "AUTH",
      `in production it must be said who is let in: set one of ${ways.join(", ")}, or AUTH=none where something in front of this service asks`,
    );
  }
  return faults;
}
