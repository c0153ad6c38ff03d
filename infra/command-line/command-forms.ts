// The arguments of a command whose first word says what it does: `node bench/ingest.ts fuzz 300000 42`. Each word has
// operands of its own; command-line.ts reads them.

import {
  type CommandShape,
  end,
  type Read,
  type Understood,
  understand,
  usageOf,
  type Values,
} from "./command-line.ts";
import { noSuchWord } from "./values.ts";

/** What follows one first word. */
export interface Form<P extends Values = Values> {
  /** What it does then, as a line of the help. */
  readonly does: string;
  readonly operands: P;
}

/** A command by its first words. */
export interface FormsShape<F extends Readonly<Record<string, Form>>>
  extends Pick<CommandShape, "command" | "does"> {
  readonly forms: F;
}

/** The first word as `form`, and the values of its operands. */
export type ReadForm<F extends Readonly<Record<string, Form>>> = {
  readonly [N in keyof F]: { readonly form: N } & Read<F[N]["operands"]>;
}[keyof F];

/** Reads arguments; prints nothing. */
export const understandForm = <const F extends Readonly<Record<string, Form>>>(
  shape: FormsShape<F>,
  args: readonly string[],
): Understood<ReadForm<F>> => {
  const [first, ...rest] = args[0] === "--" ? args.slice(1) : args;
  const ofForms = Object.entries(shape.forms).map(
    ([name, { does, operands }]) => [name, { command: `${shape.command} ${name}`, does, operands }] as const,
  );
  const form = ofForms.find(([name]) => name === first);
  if (form !== undefined) {
    const found = understand(form[1], rest);
    if (found.kind !== "values") return found;
    return { kind: "values", values: { ...found.values, form: form[0] } as unknown as ReadForm<F> };
  }
  const names = Object.keys(shape.forms);
  const usages = ofForms.map(([, ofForm]) => usageOf(ofForm));
  if (args.some((word) => word === "--help" || word === "-h")) {
    const about = ofForms.map(([, { does }], at) => `${usages[at]}\n    ${does}\n`).join("");
    return { kind: "help", text: `${shape.does}\n\n${about}` };
  }
  const fault = first === undefined ? `say what: ${names.join(", ")}` : noSuchWord(names, first);
  return { kind: "refused", text: `${fault}\n${usages.join("\n")}\n` };
};

/** The same of this process's own arguments. After help, or a refusal, the process has ended: with 0, or with 2. */
export const commandForm = <const F extends Readonly<Record<string, Form>>>(
  shape: FormsShape<F>,
): ReadForm<F> => end(understandForm(shape, process.argv.slice(2)));
