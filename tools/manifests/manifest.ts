// Kubernetes objects as the checks see them: plain YAML, looked into by path.

import { readFileSync } from "node:fs";
import { parseAllDocuments } from "yaml";

/** Any value of YAML. */
export type Yaml =
  | string
  | number
  | boolean
  | null
  | undefined
  | readonly Yaml[]
  | { readonly [key: string]: Yaml };

/** One object. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly [key: string]: Yaml };
  readonly [key: string]: Yaml;
}

/** The value at a path of keys and indices, undefined where there is none: `at(pod, "spec", "containers", 0)`. */
export const at = (value: Yaml, ...path: readonly (string | number)[]): Yaml =>
  path.reduce<Yaml>((found, key) => {
    if (typeof found !== "object" || found === null) return undefined;
    return (found as { readonly [key: string]: Yaml })[String(key)];
  }, value);

/** The list at a path; empty where there is none. */
export const listAt = (value: Yaml, ...path: readonly (string | number)[]): readonly Yaml[] => {
  const found = at(value, ...path);
  return Array.isArray(found) ? (found as readonly Yaml[]) : [];
};

/** The text at a path; empty where there is none. */
export const textAt = (value: Yaml, ...path: readonly (string | number)[]): string => {
  const found = at(value, ...path);
  return typeof found === "string" || typeof found === "number" ? String(found) : "";
};

/** Every object of a text of one or more documents. @throws when it is no YAML, or holds what is no object */
export const parseManifests = (text: string): Manifest[] =>
  parseAllDocuments(text).flatMap((document) => {
    const [fault] = document.errors;
    if (fault !== undefined) throw fault;
    const value = document.toJS() as Yaml;
    if (value === null || value === undefined) return [];
    if (textAt(value, "kind") === "" || textAt(value, "metadata", "name") === "")
      throw new Error(`a document is no Kubernetes object: ${JSON.stringify(value).slice(0, 200)}`);
    return [value as Manifest];
  });

/** {@link parseManifests} of a file. */
export const readManifests = (file: string): Manifest[] => parseManifests(readFileSync(file, "utf8"));

/** The pod template of a workload; undefined for everything else. */
export const podTemplateOf = (manifest: Manifest): Yaml => at(manifest, "spec", "template");

/** `StatefulSet filter`. */
export const nameOf = ({ kind, metadata }: Manifest): string => `${kind} ${metadata.name}`;
