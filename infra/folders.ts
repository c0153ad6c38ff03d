// The two folders everything here is placed against.
//
// Nothing local is ever written outside `.riffle/`, which git ignores, or the folder that RIFFLE_FOLDER names: deleting it
// undoes all of it.

import { join, resolve } from "node:path";

/** The repository's root. */
export const repositoryFolder = resolve(import.meta.dirname, "..");

/** Downloads, data, logs and the note about what is running. */
export const riffleFolder = resolve(process.env["RIFFLE_FOLDER"] || join(repositoryFolder, ".riffle"));
