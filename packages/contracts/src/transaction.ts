// The transaction: the movement of money that is screened.
//
//   X1. `TransactionInput` is what a client sends; `Transaction` is what every topic carries. They differ in `type`
//       alone: optional with a default in the first, always there in the second.
//   X2. `toTransaction` fixes the order of the fields and of the metadata, so the bytes of a transaction are a function
//       of its content and two of them can be compared byte for byte.
//   X3. Lengths are counted in Unicode code points; the rules that JSON Schema cannot say (a real date, a real address)
//       are checked beside it, by the same validator.
import { isIP } from "node:net";
import Type, { type Static } from "typebox";
import { jsonCodec } from "./codec.ts";
import { countryCodes } from "./countries.ts";
import { eventTimePattern, tryParseEventTime } from "./event-time.ts";
import { idPattern } from "./ids.ts";
import { amountMax, currencyCodes } from "./money.ts";

/** What a transaction can be; `purchase` is the default of the HTTP body. */
export const transactionTypes = ["purchase", "withdrawal", "transfer", "deposit", "refund"] as const;
/** Where a transaction can be made. */
export const transactionChannels = ["card_present", "online", "atm", "transfer"] as const;
/** The most pairs that `metadata` may have. */
export const metadataPairsMax = 20;

/** What the name of a metadata pair may be: any 1 to 64 characters. */
export const metadataNamePattern = "^[\\s\\S]{1,64}$";
/** What the value of a metadata pair may be: any 0 to 256 characters. */
export const metadataValuePattern = "^[\\s\\S]{0,256}$";

const printable = "^[^\\p{Cc}]{1,128}$";

/** Schema of an RFC 3339 time with offset: its shape, and that it names a real instant. */
export const eventTimeSchema = Type.Refine(
  Type.String({ pattern: eventTimePattern, description: "RFC 3339 with offset, at most milliseconds" }),
  (value: unknown) => tryParseEventTime(value) !== undefined,
  () => "must be a real instant since 1970, in RFC 3339 with offset",
);

/** Schema of an amount: integer minor units, 1 to 2^53-1. */
export const amountSchema = Type.Integer({
  minimum: 1,
  maximum: amountMax,
  description: "integer minor units",
});

/** Schema of a currency: an alphabetic ISO 4217 code of the list. */
export const currencySchema = Type.Enum([...currencyCodes], { type: "string", description: "ISO 4217" });

/** Schema of an id that a client chose: 1 to 64 of `A-Z a-z 0-9 . _ : -`. */
export const idSchema = Type.String({ pattern: idPattern, description: "1 to 64 of A-Z a-z 0-9 . _ : -" });

const requiredFields = {
  id: idSchema,
  accountId: idSchema,
  amount: amountSchema,
  currency: currencySchema,
  occurredAt: eventTimeSchema,
};

const typeSchema = Type.Enum(transactionTypes, { type: "string" });

const optionalFields = {
  channel: Type.Optional(Type.Enum(transactionChannels, { type: "string" })),
  merchantId: Type.Optional(Type.String({ pattern: printable })),
  merchantCategory: Type.Optional(Type.String({ pattern: "^[0-9]{4}$", description: "ISO 18245 code" })),
  country: Type.Optional(Type.Enum([...countryCodes], { type: "string", description: "ISO 3166-1 alpha-2" })),
  latitude: Type.Optional(Type.Number({ minimum: -90, maximum: 90, description: "degrees, with longitude" })),
  longitude: Type.Optional(
    Type.Number({ minimum: -180, maximum: 180, description: "degrees, with latitude" }),
  ),
  deviceId: Type.Optional(Type.String({ pattern: printable })),
  ipAddress: Type.Optional(
    Type.Refine(
      Type.String({ pattern: "^[0-9A-Fa-f.:]{2,45}$", description: "IPv4 or IPv6" }),
      (value: unknown) => typeof value === "string" && isIP(value) !== 0,
      () => "must be an IPv4 or IPv6 address",
    ),
  ),
  counterpartyId: Type.Optional(Type.String({ pattern: printable })),
  metadata: Type.Optional(
    Type.Record(
      Type.String({ pattern: metadataNamePattern }),
      Type.String({ pattern: metadataValuePattern }),
      {
        maxProperties: metadataPairsMax,
        additionalProperties: false,
        description: "at most 20 pairs; names to 64 characters, values to 256",
      },
    ),
  ),
};

const objectOptions = {
  additionalProperties: false,
  dependentRequired: { latitude: ["longitude"], longitude: ["latitude"] },
};

/** JSON Schema of {@link Transaction}. */
export const transactionSchema = Type.Object(
  { ...requiredFields, type: typeSchema, ...optionalFields },
  { ...objectOptions, title: "Transaction" },
);

/** JSON Schema of {@link TransactionInput}, the body of the HTTP request. */
export const transactionInputSchema = Type.Object(
  {
    ...requiredFields,
    type: Type.Optional(Type.Enum(transactionTypes, { type: "string", default: "purchase" })),
    ...optionalFields,
  },
  { ...objectOptions, title: "TransactionInput" },
);

/**
 * A movement of money, as every topic carries it. `amount` is in integer minor units of `currency`; `occurredAt` is the
 * event time; `latitude` and `longitude` come together or not at all.
 */
export type Transaction = Static<typeof transactionSchema>;

/** A transaction as a client sends it: `type` may be absent and then is `purchase`. */
export type TransactionInput = Static<typeof transactionInputSchema>;

/** One of {@link transactionTypes}. */
export type TransactionType = Transaction["type"];
/** One of {@link transactionChannels}. */
export type TransactionChannel = (typeof transactionChannels)[number];

/** The codec of `transaction/1`. */
export const transactionCodec = jsonCodec("transaction", 1, transactionSchema);

/** The fields of a transaction in the order in which they are written. */
export const transactionFields: readonly string[] = Object.keys(transactionSchema.properties);

/**
 * The transaction that a checked request means, in its one canonical form: default type filled in, fields in the order
 * of the schema, metadata sorted by name, empty metadata and absent fields left out, -0 written as 0. Pure; the input
 * stays as it is. It does not check: see `explainTransactionInput`.
 */
export function toTransaction(input: TransactionInput): Transaction {
  const given: Readonly<Record<string, unknown>> = { ...input, type: input.type ?? "purchase" };
  const canonical: Record<string, unknown> = {};
  for (const field of transactionFields) {
    const value = field === "metadata" ? canonicalMetadata(input.metadata) : given[field];
    if (value !== undefined) canonical[field] = value === 0 ? 0 : value;
  }
  return canonical as Transaction;
}

function canonicalMetadata(metadata: Readonly<Record<string, string>> | undefined): unknown {
  if (metadata === undefined) return undefined;
  const pairs = Object.entries(metadata);
  if (pairs.length === 0) return undefined;
  // fromEntries defines its properties, so that even a pair named __proto__ is only a pair.
  return Object.fromEntries(pairs.sort(([a], [b]) => (a < b ? -1 : 1)));
}
