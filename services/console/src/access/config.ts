// The variables of the console that say who may read, besides those of every service with a door.

import { accessConfig } from "@riffle/service-kit/access";
import { Type } from "typebox";

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
};
