// Roles: what a reader of the console may do, and from what it is known.
//
//   R1. A role includes those below it: viewer ◄ analyst ◄ admin.
//   R2. What is no role by its very name gives none: without a role nobody is served.

import type { Identity, Scope } from "@riffle/service-kit/access";

/** From least to most. */
export const roles = ["viewer", "analyst", "admin"] as const;

/** One of {@link roles}. A viewer sees account ids masked; an analyst sees them, and works on cases; an admin may all. */
export type Role = (typeof roles)[number];

/** What a route asks for: a role, or nothing. */
export type Access = Role | "public";

/** Whether that is what a route may ask for. */
export const isAccess = (value: unknown): value is Access =>
  value === "public" || roles.some((role) => role === value);

const roleOfScope: Readonly<Partial<Record<Scope, Role>>> = {
  "console:view": "viewer",
  "console:analyse": "analyst",
  "console:admin": "admin",
};

/** The highest role of somebody, by the scopes of a key, or the scopes and the claim of a token. */
export function roleOf({ scopes, roles: claimed }: Pick<Identity, "scopes" | "roles">): Role | undefined {
  const byScope = new Set([...scopes].map((scope) => roleOfScope[scope as Scope]));
  return roles.findLast((role) => byScope.has(role) || claimed.has(role));
}

/** Whether who has `held` may do what asks for `wanted` (R1). */
export const includes = (held: Role, wanted: Role): boolean => rolesWithin(held).includes(wanted);

/** A role and all it includes. */
export const rolesWithin = (held: Role): readonly Role[] => roles.slice(0, roles.indexOf(held) + 1);
