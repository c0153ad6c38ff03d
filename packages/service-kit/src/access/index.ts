// The public names of @riffle/service-kit/access: apart from the others, for only services with a door load jose.

export { ApiKeys, entriesOf, type KeyEntry, looksLikeApiKey, makeApiKey } from "./api-keys.ts";
export { type Claims, claimTexts } from "./claims.ts";
export { type AccessConfig, accessConfig, accessFaults, type OtherWays } from "./config.ts";
export { Credentials, type CredentialsOptions, credentialOf } from "./credentials.ts";
export {
  type Identity,
  type Proof,
  type Refusal,
  type Scope,
  scopes,
  unauthenticated,
  type Verdict,
} from "./identity.ts";
export { KeyFile, lookEveryMs } from "./key-file.ts";
export { type Limit, TokenBuckets } from "./token-buckets.ts";
export { type TokenOptions, Tokens } from "./tokens.ts";
