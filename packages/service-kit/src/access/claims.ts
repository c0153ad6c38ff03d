// What a claim of a token says, whichever way its issuer writes it. Pure.
//
//   M1. A claim of roles or scopes is a list of texts, or texts with blanks between; anything else is none.
//   M2. A claim is found by its very name first (some are addresses, with dots), and then as a path.

/** The claims of a token that was verified. */
export type Claims = Readonly<Record<string, unknown>>;

/** The texts of a claim (M1). @param path the claim's name, or a path: `roles`, `realm_access.roles` */
export function claimTexts(claims: Claims, path: string): ReadonlySet<string> {
  const claim = claimAt(claims, path);
  if (typeof claim === "string") return new Set(claim.split(" ").filter((text) => text !== ""));
  return new Set(Array.isArray(claim) ? claim.filter((text) => typeof text === "string") : []);
}

/** M2. */
function claimAt(claims: Claims, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path];
  let value: unknown = claims;
  for (const name of path.split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Claims)[name];
  }
  return value;
}
