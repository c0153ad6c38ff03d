// Programs of the machine: docker, kubectl. Their output is kept, and shown when they fail.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** The repository's root, where every command runs. */
export const repositoryRoot = fileURLToPath(new URL("../../", import.meta.url));

/** How a program is run. */
export interface ShellOptions {
  /** On top of this process's own. */
  readonly env?: Readonly<Record<string, string>>;
  /** Given on standard input. */
  readonly input?: string;
  /** It is ended after this time, which counts as a failure. @default 600,000 */
  readonly withinMs?: number;
  /** Shows its output while it runs. @default false */
  readonly shown?: boolean;
}

/** Runs a program and resolves with its standard output. @throws with its output when it fails or takes too long */
export const sh = async (words: readonly string[], options: ShellOptions = {}): Promise<string> => {
  const { env = {}, input, withinMs = 600_000, shown = false } = options;
  const [program = "", ...args] = words;
  const child = spawn(program, args, {
    cwd: repositoryRoot,
    env: { ...process.env, ...env },
    stdio: ["pipe", "pipe", "pipe"],
    timeout: withinMs,
  });
  let [out, all] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
    all += text;
    if (shown) process.stdout.write(text);
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    all += text;
  });
  // A program that ends without reading is told by its exit code.
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  const [code, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
  if (code !== 0) throw new Error(`${words.join(" ")} ended with ${code ?? signal}:\n${all.slice(-4_000)}`);
  return out;
};

/** What a program prints, or undefined when it fails. */
export const attempt = (words: readonly string[], options: ShellOptions = {}): Promise<string | undefined> =>
  sh(words, options).catch(() => undefined);
