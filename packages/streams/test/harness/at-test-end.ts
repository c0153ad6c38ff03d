// What a test has to undo, undone when it ends, the last thing first.
//
// By the test's own hook: files of unit tests share their modules, so a hook that a module registers when it is loaded is run
// for the first file alone.

import { onTestFinished } from "vitest";

const toUndo: (() => unknown)[] = [];

/** Has `undo` called when the test that runs has ended, however it ends. Call it within a test. */
export const atTestEnd = (undo: () => unknown): void => {
  if (toUndo.length === 0)
    onTestFinished(async () => {
      for (const each of toUndo.splice(0).toReversed()) await each();
    });
  toUndo.push(undo);
};
