// Which riffle this is.

import { readFileSync } from "node:fs";

/** `riffle 0.1.0, Node v24.21.0`: the version of this package, and of the Node that runs it. */
export const versionLine = (): string => {
  const manifest: unknown = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  const version =
    typeof manifest === "object" && manifest !== null && "version" in manifest ? manifest.version : "unknown";
  return `riffle ${String(version)}, Node ${process.version}`;
};
