// A bug here would look like: somebody starts Riffle and sees an empty page, or an alert that is in the topic and not on
// the screen, or the same twice, after the console was away; or a page that cannot be used without a mouse or without eyes.
//
// One pipeline, one console and one browser for all tests, in the order of a first day.

import { makeApiKey } from "@riffle/service-kit/access";
import type { Browser, BrowserContext, Page, Route, WebSocket } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { keepScreenshot, startChromium, violationsOf } from "../harness/chromium.ts";
import { RunningConsole, sendCardTesting } from "../harness/running-console.ts";

const withinMs = 60_000;

let console_: RunningConsole;
let browser: Browser;
let context: BrowserContext;
/** What pages complained of: errors, and what the policy refused. */
const complaints: string[] = [];

beforeAll(async () => {
  browser = await startChromium();
  console_ = await RunningConsole.start();
  context = await newContext("light");
});

afterAll(async () => {
  await browser?.close();
  await console_?.stop();
});

async function newContext(colorScheme: "light" | "dark"): Promise<BrowserContext> {
  const made = await browser.newContext({
    baseURL: console_.url,
    colorScheme,
    reducedMotion: "reduce",
    viewport: { width: 1_440, height: 900 },
  });
  made.setDefaultTimeout(withinMs);
  return made;
}

/** Pages that a test left open, because it failed, are kept as pictures and closed. */
afterEach(async ({ task }) => {
  for (const [i, page] of browser
    .contexts()
    .flatMap((each) => each.pages())
    .entries()) {
    await keepScreenshot(page, `failed-${task.name.slice(0, 40).replace(/\W+/g, "-")}-${i}`);
    await page.close();
  }
});

/** A page at an address, with its live feed connected. */
async function open(path: string, within = context): Promise<Page> {
  const page = await within.newPage();
  page.on("pageerror", ({ message }) => complaints.push(`${path}: ${message}`));
  page.on("console", (message) => {
    if (message.text().includes("Content Security Policy")) complaints.push(`${path}: ${message.text()}`);
  });
  await page.goto(path);
  await page.locator('[data-feed="live"]').waitFor();
  return page;
}

/** The entries of "Alerts as they come". */
const alertEntries = (page: Page) => page.getByRole("list", { name: "Newest alerts" }).locator("> li");

/** Account of the newest alert on the overview. */
async function newestAccount(page: Page): Promise<string> {
  return (await alertEntries(page).first().locator('a[href^="/accounts/"]').getAttribute("title")) ?? "";
}

describe("the dashboard", () => {
  it("offers the scenario and the command on a first start, and shows its alert with the evidence", async () => {
    const page = await open("/");
    await page.getByText("Nothing has come in yet").waitFor();
    expect(await page.getByLabel("Commands that send the story").textContent()).toContain(
      `${console_.ingestUrl}/v1/transactions`,
    );
    await keepScreenshot(page, "first-start");

    await page.getByRole("button", { name: "Play the card-testing scenario" }).click();
    const entry = alertEntries(page).first();
    await entry.getByText("card-testing").waitFor();
    await entry.getByText("Evidence: 4 transactions").click();
    expect(await entry.getByRole("row").count()).toBe(5);
    expect(await entry.getByRole("cell", { name: "small", exact: true }).count()).toBe(3);
    expect(await entry.getByRole("cell", { name: "large", exact: true }).count()).toBe(1);
    await page.getByText("Nothing has come in yet").waitFor({ state: "detached" });
    await page.getByRole("rowheader", { name: "fraud-detector-0" }).waitFor();
    await keepScreenshot(page, "overview-light");
    await page.close();
  });

  it("leads from an alert to the passport of a transaction with all its hops", async () => {
    const page = await open("/");
    const entry = alertEntries(page).first();
    await entry.getByText("Evidence: 4 transactions").click();
    await entry.getByRole("row").last().locator('a[href^="/transactions/"]').click();
    await page.getByRole("heading", { level: 1, name: /^Transaction/ }).waitFor();
    for (const stage of ["received", "screened", "counted", "matched", "notified"]) {
      await page.locator(".journey").getByText(stage, { exact: true }).waitFor();
    }
    expect(await page.getByText("large, step 4 of 4").count()).toBe(1);
    expect(await page.getByText("2,500.00 EUR").count()).toBeGreaterThan(0);
    await keepScreenshot(page, "passport");
    await page.reload();
    await page.getByText("large, step 4 of 4").waitFor();
    await page.close();
  });

  it("finds an account by its id and draws what it moved", async () => {
    const page = await open("/");
    const account = await newestAccount(page);
    await page.keyboard.press("/");
    await page.keyboard.type(account);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: `Account ${account}` }).waitFor();
    await page.locator(".chart canvas").waitFor();
    await page.getByText("Show as a table").click();
    await page
      .getByRole("group", { name: "Windows of the chart" })
      .getByText("2,536.00 EUR")
      .first()
      .waitFor();
    await keepScreenshot(page, "account");
    await page.close();
  });

  it("takes a case from its alert to closed, and shows how it stood before", async () => {
    const page = await open("/cases");
    await page.getByRole("group", { name: "Cases" }).locator('a[href^="/cases/"]').first().click();
    await page.getByRole("button", { name: "Take it" }).click();
    await page.getByText("assigned to local").waitFor();
    await page.getByLabel("Comment", { exact: true }).fill("The holder did not make these.");
    await page.getByRole("button", { name: "Comment", exact: true }).click();
    await page.getByText("The holder did not make these.").first().waitFor();
    await page.getByRole("button", { name: "Confirmed fraud" }).click();
    await page.getByText("judged confirmed-fraud").waitFor();
    await page.getByRole("button", { name: "Close the case" }).click();
    await page.getByRole("button", { name: "Reopen" }).waitFor();
    await keepScreenshot(page, "case-closed");

    await page.getByLabel("As of").press("Home");
    await page.getByRole("heading", { name: "The case at version 1" }).waitFor();
    expect(await page.locator(".facts").getByText("nobody").count()).toBe(1);
    await keepScreenshot(page, "case-as-of");
    expect(await violationsOf(page)).toEqual([]);
    await page.close();
  });

  it("tells who was late that somebody else changed the case, and does nothing of his", async () => {
    const account = `race-${Date.now()}`;
    await sendCardTesting(console_.ingestUrl, account);
    const page = await open(`/cases?account=${account}`);
    await page.getByRole("group", { name: "Cases" }).locator('a[href^="/cases/"]').first().click();
    await page.getByRole("button", { name: "Take it" }).waitFor();
    // What the page sends is held until somebody else was quicker.
    const path = new URL(page.url()).pathname;
    const commands = `/v1${path}/commands`;
    const comeFirst = async (route: Route): Promise<void> => {
      const comment = { expectedVersion: 1, command: "comment", text: "I was first." };
      const first = await context.request.post(commands, { data: comment });
      expect(first.status()).toBe(200);
      await route.continue();
    };
    await page.route(`**${commands}`, comeFirst, { times: 1 });
    await page.getByRole("button", { name: "Take it" }).click();
    await page.getByRole("alert").getByText("changed it").waitFor();
    await keepScreenshot(page, "case-conflict");
    await page.getByRole("button", { name: "Reload" }).click();
    await page.getByText("I was first.").waitFor();
    expect(await page.getByText("assigned to local").count()).toBe(0);
    await page.close();
  });

  it("resumes without a gap and without a double when the console is killed under load", async () => {
    const page = await context.newPage();
    const frames: string[] = [];
    page.on("websocket", (socket: WebSocket) =>
      socket.on("framereceived", ({ payload }) => void frames.push(payload.toString())),
    );
    await page.goto("/");
    await page.locator('[data-feed="live"]').waitFor();
    await page.evaluate("globalThis.isTheSamePage = true");
    const accounts = Array.from({ length: 10 }, (_, i) => `load-${Date.now()}-${i}`);
    const sending = (async () => {
      for (const account of accounts) await sendCardTesting(console_.ingestUrl, account);
    })();
    await alertEntries(page)
      .filter({ hasText: accounts[1] ?? "" })
      .waitFor();
    console_.killConsole();
    await page.locator('[data-feed="disconnected"]').waitFor();
    await keepScreenshot(page, "disconnected");
    await sending;
    await page.locator('[data-feed="live"]').waitFor();
    for (const account of accounts) {
      await alertEntries(page).filter({ hasText: account }).waitFor();
      expect(await alertEntries(page).filter({ hasText: account }).count()).toBe(1);
    }
    expect(await page.evaluate("globalThis.isTheSamePage")).toBe(true);

    const heard = alertsHeard(frames).filter(({ account }) => accounts.includes(account));
    expect(heard.map(({ account }) => account).sort()).toEqual([...accounts].sort());
    await keepScreenshot(page, "resumed");
    await page.close();
  });

  it("is used with the keyboard alone", async () => {
    const page = await open("/");
    await page.keyboard.press("?");
    await page.getByRole("dialog").waitFor();
    await keepScreenshot(page, "keys");
    expect(await violationsOf(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "hidden" });
    await page.keyboard.press("g");
    await page.keyboard.press("a");
    await page.getByRole("heading", { level: 1, name: "Alerts" }).waitFor();
    expect(await page.evaluate("document.activeElement.textContent")).toBe("Alerts");
    await page.keyboard.press("/");
    expect(await page.evaluate("document.activeElement.id")).toBe("search-box");
    await page.close();
  });

  it.each(["light", "dark"] as const)("has no fault that axe-core finds on any page, %s", async (theme) => {
    const within = await newContext(theme);
    for (const [name, path] of await everyPage()) {
      const page = await open(path, within);
      await page.locator("main").getByText("Loading…").first().waitFor({ state: "detached" });
      await keepScreenshot(page, `${name}-${theme}`);
      expect({ name, violations: await violationsOf(page) }).toEqual({ name, violations: [] });
      await page.close();
    }
    await within.close();
  });

  it("asks for a key where one is wanted, masks accounts for a viewer, and lets an analyst work", async () => {
    const viewer = makeApiKey({ name: "vera", scopes: ["console:view"] });
    const analyst = makeApiKey({ name: "ana", scopes: ["console:analyse"] });
    const keys = { keys: [viewer.entry, analyst.entry] };
    const file = console_.writeFile("keys.json", JSON.stringify(keys));
    await console_.restartConsole({ AUTH: "required", API_KEYS_FILE: file });
    const within = await newContext("light");
    const page = await within.newPage();
    const signIn = async (key: string): Promise<void> => {
      await page.getByLabel("API key with a console scope").fill(key);
      await page.getByRole("button", { name: "Sign in" }).click();
    };

    await page.goto("/cases");
    await signIn("rfl_not-a-key");
    await page.getByRole("alert").waitFor();
    await keepScreenshot(page, "sign-in");
    expect(await violationsOf(page)).toEqual([]);

    await signIn(viewer.key);
    const cases = page.getByRole("group", { name: "Cases" });
    await cases.locator('a[href^="/cases/"]').first().waitFor();
    expect(await cases.locator('a[href^="/accounts/"]').count()).toBe(0);
    expect(await cases.textContent()).not.toMatch(/load-\d|race-\d|demo-/);
    await cases.locator('a[href^="/cases/"]').first().click();
    await page.getByRole("heading", { name: "The case now" }).waitFor();
    expect(await page.getByRole("button", { name: "Take it" }).count()).toBe(0);
    await keepScreenshot(page, "case-viewer");

    await page.getByRole("button", { name: "Sign out" }).click();
    await signIn(analyst.key);
    await page.locator('[data-feed="live"]').waitFor();
    await page.keyboard.press("g");
    await page.keyboard.press("c");
    await cases.locator('a[href^="/accounts/"]').first().waitFor();
    await cases.getByRole("row").filter({ hasText: "open" }).first().locator('a[href^="/cases/"]').click();
    await page.getByRole("button", { name: "Take it" }).click();
    await page.getByText("assigned to ana").waitFor();
    await page.close();
    await within.close();
  });

  it("runs under the console's policy, which refused nothing, and without an error", () => {
    expect(complaints).toEqual([]);
  });
});

interface Listed {
  readonly items: readonly {
    readonly id: string;
    readonly accountId: string;
    readonly caseId: string;
    readonly evidence: readonly { readonly id: string }[];
  }[];
}

/** An address of every page, with things that are there. */
async function everyPage(): Promise<readonly (readonly [name: string, path: string])[]> {
  const { items } = (await (await fetch(`${console_.url}/v1/alerts?limit=1`)).json()) as Listed;
  const [alert] = items;
  return [
    ["overview", "/"],
    ["passport", `/transactions/${alert?.evidence.at(-1)?.id}`],
    ["account", `/accounts/${alert?.accountId}`],
    ["alerts", "/alerts"],
    ["alert", `/alerts/${alert?.id}`],
    ["cases", "/cases"],
    ["case", `/cases/${alert?.caseId}`],
    ["dead-letters", "/dead-letters"],
    ["search", "/search?q=nothing-has-this-id"],
    ["nowhere", "/no/such/page"],
  ];
}

interface HeardAlert {
  readonly account: string;
}

/** The alerts in the frames of all connections of a page, in order. */
function alertsHeard(frames: readonly string[]): HeardAlert[] {
  return frames
    .map((frame) => JSON.parse(frame) as { type: string; kind?: string; data?: { accountId: string } })
    .filter(({ type, kind }) => type === "event" && kind === "alert")
    .map(({ data }) => ({ account: data?.accountId ?? "" }));
}
