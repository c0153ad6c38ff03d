// The variables of the console that say who may read, besides those of every service with a door.

import { accessConfig, accessFaults } from "@riffle/service-kit/access";
import type { Config, ConfigFault } from "@riffle/service-kit/process";
import { Type } from "typebox";
import { signInConfig, signInFaults } from "./sign-in/config.ts";
import { trustedProxiesConfig, trustedProxiesFaults } from "./trusted-proxies.ts";

/** Spread into the console's schema. */
export const consoleAccessConfig = {
  ...accessConfig,
  JWT_ROLES_CLAIM: Type.String({
    minLength: 1,
    default: "roles",
    examples: ["realm_access.roles"],
    description:
      "Claim of a token that has the roles viewer, analyst and admin: its name, or a path with dots to where it stands.",
  }),
  ...signInConfig,
  ...trustedProxiesConfig,
  SESSION_LIFE_MINUTES: Type.Integer({
    minimum: 5,
    maximum: 720,
    unit: "minutes",
    default: 720,
    description:
      "How long a browser's session lives at most. Who loses a role at the OpenID provider keeps it here until then; who still has it there is back with a click.",
  }),
  READS_AUDIT_DAYS: Type.Integer({
    minimum: 1,
    maximum: 36_500,
    unit: "days",
    default: 400,
    description:
      "How long it is kept who has read which accounts. A year and a month, so that a yearly review finds all of its year. Rows go by their age alone.",
  }),
};

/** The values of {@link consoleAccessConfig}. */
export type ConsoleAccessConfig = Config<typeof consoleAccessConfig>;

/** What lets people in besides keys and tokens. */
export const otherWays = ({ OIDC_ISSUER }: Pick<ConsoleAccessConfig, "OIDC_ISSUER">) => ({
  OIDC_ISSUER: OIDC_ISSUER !== undefined,
});

/** What is wrong with these variables together. */
export const consoleAccessFaults = (config: Partial<ConsoleAccessConfig>): ConfigFault[] => [
  ...accessFaults(config, otherWays(config)),
  ...signInFaults(config),
  ...trustedProxiesFaults(config),
];
