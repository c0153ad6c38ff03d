// What a rule is: a function from the repository to its faults, under a name.
//
//   A1. A fault says where it is, what was found and what to do instead.
//   A2. Every rule has a test beside it (test/unit/rules) in which a planted fault is found.

import type { Repository } from "./repository.ts";

/** One broken rule, ready to print. */
export interface Fault {
  /** `path` or `path:line`. */
  readonly where: string;
  readonly message: string;
}

/** One rule of the house. */
export interface Rule {
  /** Kebab-case, shown before each fault. */
  readonly name: string;
  check(repository: Repository): readonly Fault[];
}
