// API keys: `rfl_<prefix>_<secret>`, known here by their SHA-256 alone. Pure.
//
//   K1. The secret has 256 random bits, so a plain SHA-256 of it is as good as a slow hash: there is nothing to guess.
//   K2. The prefix is public and finds the entry; the digests are compared in constant time, also for an unknown prefix.
//   K3. A key is named apart from its owner: two keys of one name are valid side by side, which is how they are rotated.
//   K4. A file with any fault is refused as a whole.

import { createHash, randomBytes, randomInt, timingSafeEqual } from "node:crypto";
import { tryParseEventTime } from "@riffle/contracts";
import { Type } from "typebox";
import { Compile } from "typebox/compile";
import { type Proof, type Scope, scopes, unauthenticated, type Verdict } from "./identity.ts";

/** JSON Schema of the file of keys. */
const keyFileSchema = Type.Object(
  {
    keys: Type.Array(
      Type.Object(
        {
          prefix: Type.String({ pattern: "^[a-z0-9]{8}$" }),
          sha256: Type.String({ pattern: "^[0-9a-f]{64}$" }),
          name: Type.String({ pattern: "^[A-Za-z0-9._:-]{1,64}$" }),
          scopes: Type.Array(Type.Enum([...scopes]), { minItems: 1 }),
          expiresAt: Type.Optional(Type.String()),
          perSecond: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000 })),
        },
        { additionalProperties: false },
      ),
    ),
  },
  { additionalProperties: false },
);
const keyFile = Compile(keyFileSchema);

/** One key as the file has it; nothing in it is a secret. */
export interface KeyEntry {
  /** Public part of the key. */
  readonly prefix: string;
  /** SHA-256 of the whole key, hexadecimal. */
  readonly sha256: string;
  /** Whose it is. */
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** When it stops working, RFC 3339; never without it. */
  readonly expiresAt?: string;
  /** Requests or transactions a second; the service's own limit without it. */
  readonly perSecond?: number;
}

interface KnownKey {
  readonly digest: Buffer;
  readonly expiresAtMs: number;
  readonly verdict: Verdict;
}

const keyShape = /^rfl_([a-z0-9]{8})_[A-Za-z0-9_-]{43}$/;
const noRoles: ReadonlySet<string> = new Set();
const prefixLetters = "abcdefghijklmnopqrstuvwxyz0123456789";

const digestOf = (key: string): Buffer => createHash("sha256").update(key, "utf8").digest();
/** What an unknown prefix is compared with (K2). */
const nobody: KnownKey = { digest: randomBytes(32), expiresAtMs: 0, verdict: unauthenticated };

/** The keys of a file. */
export class ApiKeys {
  readonly #byPrefix: ReadonlyMap<string, KnownKey>;

  private constructor(byPrefix: ReadonlyMap<string, KnownKey>) {
    this.#byPrefix = byPrefix;
  }

  /**
   * Reads the text of a file of keys: `{"keys": [ … ]}` of {@link KeyEntry}.
   *
   * @throws Error with the first fault, and no part of a key
   */
  static parse(text: string): ApiKeys {
    const keys = entriesOf(text);
    const byPrefix = new Map<string, KnownKey>();
    for (const [at, key] of keys.entries()) {
      const where = `keys[${at}] (${key.name})`;
      if (byPrefix.has(key.prefix)) throw new Error(`${where}: its prefix stands twice; make another key`);
      // Without an offset a time would be another one in each time zone, and a key valid for hours too long.
      const expiresAtMs =
        key.expiresAt === undefined ? Number.POSITIVE_INFINITY : tryParseEventTime(key.expiresAt);
      if (expiresAtMs === undefined)
        throw new Error(`${where}: expiresAt must be an RFC 3339 time with its offset`);
      byPrefix.set(key.prefix, {
        digest: Buffer.from(key.sha256, "hex"),
        expiresAtMs,
        verdict: {
          kind: "known",
          identity: {
            name: key.name,
            scopes: new Set(key.scopes),
            roles: noRoles,
            perSecond: key.perSecond,
          },
          proof: { kind: "key", prefix: key.prefix, sha256: key.sha256 },
        },
      });
    }
    return new ApiKeys(byPrefix);
  }

  /** Keys in the file. */
  get size(): number {
    return this.#byPrefix.size;
  }

  /** Whose key it is. */
  check(key: string, nowMs: number): Verdict {
    const prefix = keyShape.exec(key)?.[1];
    const known = (prefix === undefined ? undefined : this.#byPrefix.get(prefix)) ?? nobody;
    const isEqual = timingSafeEqual(known.digest, digestOf(key));
    return isEqual && nowMs < known.expiresAtMs ? known.verdict : unauthenticated;
  }

  /** Whose key it is that was recognised before; refused once it is out of the file, replaced or expired. */
  recall(proof: Extract<Proof, { kind: "key" }>, nowMs: number): Verdict {
    const known = this.#byPrefix.get(proof.prefix) ?? nobody;
    const isEqual = timingSafeEqual(known.digest, digestBytes(proof.sha256));
    return isEqual && nowMs < known.expiresAtMs ? known.verdict : unauthenticated;
  }
}

/** A digest as bytes, always 32 of them, whatever the text. */
const digestBytes = (sha256: string): Buffer =>
  Buffer.concat([Buffer.from(sha256, "hex"), Buffer.alloc(32)], 32);

/** The entries of a file. @throws Error when it is none */
export function entriesOf(text: string): readonly KeyEntry[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error('it is no JSON; it must be {"keys": [ … ]}');
  }
  if (keyFile.Check(value)) return value.keys as readonly KeyEntry[];
  const fault = keyFile.Errors(value)[0];
  throw new Error(`${fault?.instancePath || "the document"} ${fault?.message ?? "breaks its schema"}`);
}

/** Whether a bearer token is meant to be an API key. */
export const looksLikeApiKey = (token: string): boolean => token.startsWith("rfl_");

/** A new key, which is shown once, and its entry. */
export function makeApiKey(entry: Omit<KeyEntry, "prefix" | "sha256">): {
  readonly key: string;
  readonly entry: KeyEntry;
} {
  const prefix = Array.from({ length: 8 }, () => prefixLetters[randomInt(prefixLetters.length)]).join("");
  const key = `rfl_${prefix}_${randomBytes(32).toString("base64url")}`;
  return { key, entry: { prefix, sha256: digestOf(key).toString("hex"), ...entry } };
}
