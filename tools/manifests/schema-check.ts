// Whether a manifest is what the API server's schema of its kind says.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv, type ValidateFunction } from "ajv";
import { type Manifest, nameOf } from "./manifest.ts";
import type { SchemaFile } from "./schema-file.ts";

/** The schemas that are kept here, compiled as they are asked for. */
export class ManifestSchemas {
  readonly #schemas: SchemaFile;
  readonly #ajv = new Ajv({ strict: false, allErrors: true });

  constructor(schemas: SchemaFile) {
    this.#schemas = schemas;
    this.#ajv.addSchema({ $id: "kubernetes", definitions: schemas.definitions });
  }

  /** Those of tools/manifests/schemas/kubernetes.json. */
  static read(): ManifestSchemas {
    const file = join(import.meta.dirname, "schemas", "kubernetes.json");
    return new ManifestSchemas(JSON.parse(readFileSync(file, "utf8")) as SchemaFile);
  }

  /** What is wrong with a manifest, one line each. */
  faultsOf(manifest: Manifest): string[] {
    const kind = `${manifest.apiVersion} ${manifest.kind}`;
    const name = this.#schemas.kinds[kind];
    if (name === undefined) return [`${nameOf(manifest)}: there is no schema of ${kind}`];
    const validate = this.#ajv.getSchema(`kubernetes#/definitions/${name}`) as ValidateFunction;
    if (validate(manifest) === true) return [];
    return (validate.errors ?? []).map(({ instancePath, message = "", params }) => {
      const extra = "additionalProperty" in params ? ` (${String(params["additionalProperty"])})` : "";
      return `${nameOf(manifest)}: ${instancePath || "/"} ${message}${extra}`;
    });
  }
}
