// What a policy is: a sentence that must hold of all manifests of an overlay, and the function that looks for faults.

import type { Manifest } from "./manifest.ts";

/** One rule. */
export interface Policy {
  /** What holds, in the present tense. */
  readonly title: string;
  /** What does not, one line each. */
  readonly faultsOf: (manifests: readonly Manifest[]) => readonly string[];
}
