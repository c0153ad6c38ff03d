// tools/manifests/schemas/kubernetes.json: the schemas of every kind in k8s/rendered, as a real API server tells them, and
// made strict: what a schema does not name is a fault, where a cluster would drop it with a warning.

import type { Yaml } from "./manifest.ts";

/** JSON Schemas by their name, `io.k8s.api.apps.v1.StatefulSet`. */
export type Definitions = Readonly<Record<string, Yaml>>;

/** What the file holds. */
export interface SchemaFile {
  /** `v1.34.4`: of the API server that was asked. */
  readonly version: string;
  /** Name of the definition by `apiVersion kind`. */
  readonly kinds: Readonly<Record<string, string>>;
  readonly definitions: Definitions;
}

const prefix = "#/definitions/";
/** Written as text, and accepted as a number too. */
const numbersToo = [
  "io.k8s.apimachinery.pkg.api.resource.Quantity",
  "io.k8s.apimachinery.pkg.util.intstr.IntOrString",
];

const isObject = (value: Yaml): value is { readonly [key: string]: Yaml } =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Go's flags within a pattern; JavaScript has none of them. */
const hasGoFlags = (key: string, value: Yaml): boolean =>
  key === "pattern" && typeof value === "string" && value.includes("(?i)");

/** What a schema says about values, without what it says to people and programs. */
const strict = (schema: Yaml): Yaml => {
  if (Array.isArray(schema)) return (schema as readonly Yaml[]).map(strict);
  if (!isObject(schema)) return schema;
  if (schema["x-kubernetes-int-or-string"] === true || schema["format"] === "int-or-string")
    return { type: ["string", "integer"] };
  const kept = Object.entries(schema)
    .filter(([key]) => !key.startsWith("x-") && !["description", "format", "default"].includes(key))
    .filter(([key, value]) => !hasGoFlags(key, value))
    .map(([key, value]): [string, Yaml] => [key, key === "properties" ? propertiesOf(value) : strict(value)]);
  const isClosed = isObject(schema["properties"]) && schema["x-kubernetes-preserve-unknown-fields"] !== true;
  const hasRest = schema["additionalProperties"] !== undefined;
  return { ...Object.fromEntries(kept), ...(isClosed && !hasRest ? { additionalProperties: false } : {}) };
};

/** Names of properties are no keywords: one may be called `description`. */
const propertiesOf = (properties: Yaml): Yaml =>
  isObject(properties)
    ? Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, strict(schema)]))
    : properties;

const referencesIn = (schema: Yaml): string[] => {
  if (Array.isArray(schema)) return (schema as readonly Yaml[]).flatMap(referencesIn);
  if (!isObject(schema)) return [];
  const own = schema["$ref"];
  return [
    ...(typeof own === "string" ? [own.slice(prefix.length)] : []),
    ...Object.values(schema).flatMap(referencesIn),
  ];
};

/** The strict schemas of some kinds, and of all that they refer to. @throws when the API server does not know a kind */
export const trimmed = (
  openApi: { readonly info: { readonly version: string }; readonly definitions: Definitions },
  wanted: readonly string[],
): SchemaFile => {
  const kinds = Object.fromEntries(wanted.map((kind) => [kind, definitionOf(openApi.definitions, kind)]));
  const definitions: Record<string, Yaml> = {};
  const queue = Object.values(kinds);
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (Object.hasOwn(definitions, name)) continue;
    const schema = openApi.definitions[name];
    definitions[name] = numbersToo.includes(name) ? { type: ["string", "number"] } : strict(schema);
    queue.push(...referencesIn(definitions[name]));
  }
  return {
    version: openApi.info.version,
    kinds,
    definitions: Object.fromEntries(Object.entries(definitions).toSorted(([a], [b]) => (a < b ? -1 : 1))),
  };
};

const definitionOf = (definitions: Definitions, wanted: string): string => {
  const found = Object.entries(definitions).find(([, schema]) => {
    const tags = isObject(schema) ? schema["x-kubernetes-group-version-kind"] : undefined;
    if (!Array.isArray(tags) || tags.length !== 1) return false;
    const [tag] = tags as readonly {
      readonly group: string;
      readonly version: string;
      readonly kind: string;
    }[];
    if (tag === undefined) return false;
    const apiVersion = tag.group === "" ? tag.version : `${tag.group}/${tag.version}`;
    return `${apiVersion} ${tag.kind}` === wanted;
  });
  if (found === undefined)
    throw new Error(`the API server knows no ${wanted}; is the operator that brings it installed?`);
  return found[0];
};
