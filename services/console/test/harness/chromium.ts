// The browser of the tests: the Chromium that the machine has, driven by playwright-core, which brings none of its own.

import { accessSync, constants, mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";

const commands = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const screenshots = fileURLToPath(new URL("../../../../.riffle/screenshots", import.meta.url));
const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Starts it. @throws when the machine has none, and says how to get one */
export async function startChromium(): Promise<Browser> {
  mkdirSync(screenshots, { recursive: true });
  // Without its sandbox: tests may run as root, and it shows pages of ours alone.
  return await chromium.launch({ executablePath: chromiumPath(process.env), args: ["--no-sandbox"] });
}

/** Where Chromium is: CHROMIUM_PATH, or the first on the PATH. @throws when there is none */
export function chromiumPath(env: Readonly<Record<string, string | undefined>>): string {
  const { CHROMIUM_PATH: named, PATH = "" } = env;
  const candidates =
    named !== undefined && named !== ""
      ? [named]
      : PATH.split(delimiter).flatMap((folder) => commands.map((command) => join(folder, command)));
  const found = candidates.find(isExecutable);
  if (found !== undefined) return found;
  throw new Error(
    `find Chromium for the browser tests: found none ${named ? `at CHROMIUM_PATH=${named}` : "on the PATH"}. Install it (Debian: apt-get install -y chromium), or set CHROMIUM_PATH to one.`,
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Keeps what the page shows, whole, as `.riffle/screenshots/<name>.png`. */
export async function keepScreenshot(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(screenshots, `${name}.png`), fullPage: true });
}

/** Presses Tab until what has the focus reads so. @throws when the keyboard does not get there */
export async function tabTo(page: Page, text: string): Promise<void> {
  for (let presses = 0; presses < 80; presses++) {
    await page.keyboard.press("Tab");
    if ((await page.evaluate<string>("document.activeElement.textContent.trim()")) === text) return;
  }
  throw new Error(`80 presses of Tab do not lead to "${text}"`);
}

/** A fault of accessibility with the elements that have it. */
export interface Violation {
  readonly id: string;
  readonly elements: readonly string[];
}

/** What axe-core finds on the page as it stands. */
export async function violationsOf(page: Page): Promise<Violation[]> {
  await page.evaluate(`${axeSource}; undefined`);
  return await page.evaluate<Violation[]>(
    `axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) =>
      violations.map(({ id, nodes }) => ({ id, elements: nodes.map(({ html }) => html) })))`,
  );
}
