// Who a provider says somebody is. Pure.
//
//   N1. The name on record is the e-mail address where the provider has verified it, else the preferred user name, else the
//       subject; `oidc:` before it tells it from a key's. The first two are for people to read: the subject is in the log's
//       line of the sign-in, for they may change and be given to somebody else.
//   N2. A role is what the claim of roles says by its very name. Scopes of a token give nothing here: they are the client's.

import { type Claims, claimTexts } from "@riffle/service-kit/access";

/** Somebody a provider vouches for. */
export interface Person {
  /** What the provider knows them by, for ever. */
  readonly subject: string;
  /** What they are called on record. */
  readonly name: string;
  readonly roles: ReadonlySet<string>;
}

const charsMax = 150;

/** The person of a verified token. @param claims with `sub` */
export function personOf(claims: Claims, rolesClaim: string): Person {
  const subject = String(claims["sub"]);
  const name = readableName(claims) ?? subject.replace(/\p{C}/gu, "?");
  return { subject, name: `oidc:${name.slice(0, charsMax)}`, roles: claimTexts(claims, rolesClaim) };
}

/** The name for people to read; undefined when the claims have none. */
export function readableName(claims: Claims): string | undefined {
  const email = claims["email_verified"] === true ? claims["email"] : undefined;
  return [email, claims["preferred_username"]].find(isReadable);
}

/** One line, nothing that cannot be seen. */
const isReadable = (claim: unknown): claim is string =>
  typeof claim === "string" && /^[^\p{C}]{1,150}$/u.test(claim) && claim.trim() !== "";
