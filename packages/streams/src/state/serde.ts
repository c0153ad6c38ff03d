// Serdes: how a store's values become the bytes of its changelog, and come back.

/** Value ⇄ bytes. Must be pure, and `deserialize(serialize(v))` must equal `v` for every value a store holds. */
export interface Serde<V> {
  /**
   * Names format and shape; another one means that a local copy of the state is not read but rebuilt from the changelog.
   * @default unknown, which equals only itself
   */
  readonly fingerprint?: string;
  serialize(value: V): Uint8Array;
  /** @throws any error when the bytes are not what `serialize` wrote; the engine refuses to start on it. */
  deserialize(bytes: Uint8Array): V;
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * JSON in UTF-8: readable in every Kafka tool. For values of plain objects, arrays, strings, booleans and
 * finite numbers; `undefined`, `bigint` and class instances do not survive it.
 */
export const jsonSerde = <V>(): Serde<V> => ({
  fingerprint: "json",
  serialize: (value) => Buffer.from(JSON.stringify(value), "utf8"),
  deserialize: (bytes) => JSON.parse(utf8.decode(bytes)) as V,
});
