// `node services/ingest/dist/make-key.js --name shop [--file keys.json] [--scope transactions:write] [--per-second 500]
// [--expires-at 2027-01-01T00:00:00Z]`: makes an API key, for ingest or, with the scopes `console:…`, for the console.
// Prints the key once; the file gets its SHA-256 alone.

import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import {
  ApiKeys,
  entriesOf,
  type KeyEntry,
  makeApiKey,
  type Scope,
  scopes,
} from "@riffle/service-kit/access";

const { values } = parseArgs({
  options: {
    name: { type: "string" },
    file: { type: "string" },
    scope: { type: "string", multiple: true },
    "per-second": { type: "string" },
    "expires-at": { type: "string" },
  },
});

function fail(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(64);
}

/** The keys of a file and one more, written at once; only its owner may read it. */
function addTo(file: string, entry: KeyEntry): void {
  const before = existsSync(file) ? entriesOf(readFileSync(file, "utf8")) : [];
  const text = `${JSON.stringify({ keys: [...before, entry] }, undefined, 2)}\n`;
  ApiKeys.parse(text);
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

const name = values.name ?? fail("--name is required: whose key it is");
const wanted = values.scope ?? ["transactions:write"];
const unknown = wanted.find((scope) => !(scopes as readonly string[]).includes(scope));
if (unknown !== undefined) fail(`--scope ${unknown} is none of ${scopes.join(", ")}`);
const { key, entry } = makeApiKey({
  name,
  scopes: wanted as Scope[],
  ...(values["expires-at"] === undefined ? {} : { expiresAt: values["expires-at"] }),
  ...(values["per-second"] === undefined ? {} : { perSecond: Number(values["per-second"]) }),
});
try {
  ApiKeys.parse(JSON.stringify({ keys: [entry] }));
  if (values.file === undefined) process.stderr.write(`${JSON.stringify({ keys: [entry] }, undefined, 2)}\n`);
  else addTo(values.file, entry);
} catch (error) {
  fail(`no key was made: ${error instanceof Error ? error.message : String(error)}`);
}
process.stdout.write(`${key}\n`);
