// A planted bug: one small change of the shipped code, and the test that must notice it.
//
//   PB1. The change exists only while a test run loads the file (plant.ts). Nothing that ships has a switch for it.
//   PB2. The text it replaces stands in the file exactly once; when the code moves on, a test says so
//        (test/unit/planted-bugs/catalogue.test.ts).

/** A planted bug. */
export interface PlantedBug {
  /** Kebab-case; what RIFFLE_PLANTED_BUG is set to. */
  readonly name: string;
  /** What a user would suffer. */
  readonly story: string;
  /** The file, from the root of the repository. */
  readonly file: string;
  /** What is replaced, as it stands in the file. */
  readonly find: string;
  readonly replace: string;
  /** The test file that must turn red, from the root, and the Vitest project it belongs to. */
  readonly caughtBy: { readonly project: "unit" | "sim" | "integration"; readonly file: string };
}
