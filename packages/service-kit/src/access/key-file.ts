// The file of API keys, read again when it changes.
//
//   F1. A file that cannot be read at the start is a fault of the configuration. Later it is only logged, and the keys
//       of before stay valid: half a file must not lock everybody out.
//   F2. It is looked at by its path, as mounted secrets are replaced by a link.

import { readFileSync, unwatchFile, watchFile } from "node:fs";
import { ConfigError } from "../errors.ts";
import type { Logger } from "../logger.ts";
import { ApiKeys } from "./api-keys.ts";

/** How often the file is looked at. */
export const lookEveryMs = 2_000;

/** Keys that follow their file. */
export class KeyFile {
  readonly #path: string;
  readonly #log: Logger;
  #keys: ApiKeys;

  /** @throws ConfigError naming API_KEYS_FILE */
  constructor(path: string, log: Logger) {
    this.#path = path;
    this.#log = log;
    try {
      this.#keys = read(path);
    } catch (error) {
      throw new ConfigError([
        { variable: "API_KEYS_FILE", problem: `${path} cannot be used: ${messageOf(error)}` },
      ]);
    }
    watchFile(path, { interval: lookEveryMs, persistent: false }, this.reload);
  }

  /** The newest keys that could be read. */
  get keys(): ApiKeys {
    return this.#keys;
  }

  /** Reads the file now. */
  readonly reload = (): void => {
    try {
      this.#keys = read(this.#path);
      this.#log.info({ keys: this.#keys.size }, "the file of API keys was read again");
    } catch (error) {
      this.#log.error(
        { reason: messageOf(error) },
        "the file of API keys cannot be used; those of before stay valid",
      );
    }
  };

  close(): void {
    unwatchFile(this.#path, this.reload);
  }
}

const read = (path: string): ApiKeys => ApiKeys.parse(readFileSync(path, "utf8"));
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
