// A bug here would look like: a page that shows half of the truth and does not say so, an analyst whose work is lost without
// a word, a dead letter that nobody can read up; or such a page in the dark, or without a mouse.
//
// The states that a day seldom brings. What the console says is its own but for what only a large, a slow or a broken
// machine would say: how far a rebuild is, that the disk is full, that the cluster is silent, that this page reads too slowly.

import { topics } from "@riffle/contracts";
import { makeApiKey } from "@riffle/service-kit/access";
import { IdempotentProducer } from "@riffle/streams/kafka";
import type { Browser, BrowserContext, Page, Route, WebSocketRoute } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { keepScreenshot, startChromium, tabTo, violationsOf } from "../harness/chromium.ts";
import { RunningConsole, sendCardTesting } from "../harness/running-console.ts";

const withinMs = 60_000;
const analysts = {
  ana: makeApiKey({ name: "ana", scopes: ["console:analyse"] }),
  bob: makeApiKey({ name: "bob", scopes: ["console:analyse"] }),
};

let console_: RunningConsole;
let browser: Browser;

beforeAll(async () => {
  browser = await startChromium();
  console_ = await RunningConsole.start();
  const keys = { keys: Object.values(analysts).map(({ entry }) => entry) };
  const file = console_.writeFile("keys.json", JSON.stringify(keys));
  await console_.restartConsole({ AUTH: "required", API_KEYS_FILE: file });
});

afterAll(async () => {
  await browser?.close();
  await console_?.stop();
});

/** Pages that a test left open, because it failed, are kept as pictures. */
afterEach(async ({ task }) => {
  for (const [i, context] of browser.contexts().entries()) {
    for (const page of context.pages())
      await keepScreenshot(page, `failed-${task.name.slice(0, 40).replace(/\W+/g, "-")}-${i}`);
    await context.close();
  }
});

/** A browser of one analyst, who has signed in. */
async function browserOf(name: keyof typeof analysts): Promise<BrowserContext> {
  const context = await browser.newContext({
    baseURL: console_.url,
    colorScheme: "light",
    reducedMotion: "reduce",
    viewport: { width: 1_440, height: 900 },
    permissions: ["clipboard-read", "clipboard-write"],
  });
  context.setDefaultTimeout(withinMs);
  const page = await context.newPage();
  await page.goto("/");
  await page.getByLabel("API key with a console scope").fill(analysts[name].key);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.locator('[data-feed="live"]').waitFor();
  await page.close();
  return context;
}

const themeNames = { light: "Light", dark: "Dark" } as const;

/** Keeps a picture of the page as it stands, light and dark, and has axe-core look at both. */
async function looksRight(page: Page, name: string): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.getByRole("button", { name: themeNames[colorScheme], exact: true }).click();
    await page.locator(`html[data-theme="${colorScheme}"]`).waitFor();
    await keepScreenshot(page, `${name}-${colorScheme}`);
    expect({ name, colorScheme, found: await violationsOf(page) }).toEqual({ name, colorScheme, found: [] });
  }
  await page.getByRole("button", { name: themeNames.light, exact: true }).click();
}

/** The live feed of one page, with a hand on it. */
class HeldFeed {
  readonly #sockets: WebSocketRoute[] = [];
  #held: (() => void)[] | undefined;

  static async on(page: Page): Promise<HeldFeed> {
    const feed = new HeldFeed();
    await page.routeWebSocket(/\/v1\/feed/, (socket) => feed.#pass(socket));
    return feed;
  }

  /** From now on no connection is told that it has caught up. */
  hold(): void {
    this.#held ??= [];
  }

  /** All are told, those that wait too. */
  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const tell of held) tell();
  }

  /** Says what the console says to a client that reads too slowly, and closes as it does. */
  async sayTooSlow(skipped: number): Promise<void> {
    const socket = this.#sockets.at(-1);
    socket?.send(JSON.stringify({ type: "slow", skipped, cursor: "" }));
    await socket?.close();
  }

  #pass(socket: WebSocketRoute): void {
    this.#sockets.push(socket);
    const server = socket.connectToServer();
    server.onMessage((frame) => {
      const tell = (): void => socket.send(frame);
      const isMark = (JSON.parse(frame.toString()) as { type: string }).type === "caught-up";
      if (isMark && this.#held !== undefined) this.#held.push(tell);
      else tell();
    });
  }
}

/** The case of an account, once it is there. */
async function caseOf(page: Page, account: string): Promise<void> {
  await page.goto(`/cases?account=${account}`);
  await page.getByRole("group", { name: "Cases" }).locator('a[href^="/cases/"]').first().click();
  await page.getByRole("button", { name: "Take it" }).waitFor();
}

describe("the dashboard", () => {
  it("says that the read model is being rebuilt, how far it is and how long it takes, until it is live", async () => {
    const context = await browserOf("ana");
    const page = await context.newPage();
    const rebuilding = async (route: Route): Promise<void> => {
      const response = await route.fetch();
      const status = (await response.json()) as object;
      const part = {
        phase: "rebuilding",
        applied: 370_400,
        total: 1_000_000,
        percent: 37.04,
        recordsPerSecond: 50_000,
      };
      await route.fulfill({ response, json: { ...status, ...part } });
    };
    await page.route("**/v1/status", rebuilding);
    await page.goto("/");
    const banner = page.getByRole("status").filter({ hasText: "The read model is being rebuilt." });
    await banner.getByText("37 % · 370,400 of 1,000,000").waitFor();
    expect(
      await banner.getByRole("progressbar", { name: "Rebuild of the read model" }).getAttribute("value"),
    ).toBe("37.04");
    expect(await banner.textContent()).toMatch(/about 13 s left/);
    await looksRight(page, "rebuilding");
    await page.unroute("**/v1/status", rebuilding);
    await banner.waitFor({ state: "detached" });
    await page.close();
  });

  it("says on every page that the read model stands still, and why, until it goes on", async () => {
    const context = await browserOf("ana");
    const page = await context.newPage();
    const full = async (route: Route): Promise<void> => {
      const response = await route.fetch();
      const status = (await response.json()) as object;
      await route.fulfill({ response, json: { ...status, failure: "CONSOLE_DISK_FULL" } });
    };
    await page.route("**/v1/status", full);
    await page.goto("/alerts");
    const banner = page.getByRole("status").filter({ hasText: "The read model stands still:" });
    await banner.getByText("CONSOLE_DISK_FULL").waitFor();
    expect(await banner.textContent()).toContain("its disk is full. It goes on by itself when there is room");
    await looksRight(page, "disk-full");
    await page.unroute("**/v1/status", full);
    await banner.waitFor({ state: "detached" });
    await page.close();
  });

  it("calls no pipeline well of which the cluster has not told for longer than 15 s", async () => {
    const context = await browserOf("ana");
    const page = await context.newPage();
    const silent = (overview: object): object => {
      const { nowMs } = overview as { readonly nowMs: number };
      return { ...overview, clusterAtMs: nowMs - 75_000 };
    };
    await page.route("**/v1/overview", async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, json: silent((await response.json()) as object) });
    });
    await page.routeWebSocket(/\/v1\/feed/, (socket) => {
      const server = socket.connectToServer();
      server.onMessage((frame) => {
        const message = JSON.parse(frame.toString()) as { readonly type: string };
        socket.send(message.type === "figures" ? JSON.stringify(silent(message)) : frame);
      });
    });
    await page.goto("/");
    await page.getByText("Lag unknown: the cluster was last heard of 1 min").waitFor();
    expect(await page.getByText("Everything that came in is processed").count()).toBe(0);
    const lags = page.getByRole("table", { name: "Topics of the pipeline" }).locator("tbody tr");
    await lags.filter({ hasText: "fraud-detector" }).filter({ hasText: "lag unknown" }).first().waitFor();
    await looksRight(page, "cluster-silent");
    await page.close();
  });

  it("says that it is catching up until the console has told it everything, and then that it is live", async () => {
    const context = await browserOf("ana");
    const page = await context.newPage();
    const feed = await HeldFeed.on(page);
    feed.hold();
    await page.goto("/");
    const state = page.locator('[data-feed="catching-up"]');
    await state.waitFor();
    expect(await state.textContent()).toContain("Catching up");
    expect(await state.getAttribute("title")).toBe("Replaying what came in meanwhile; nothing is left out");
    await looksRight(page, "catching-up");
    feed.release();
    await page.locator('[data-feed="live"]').waitFor();
    await page.close();
  });

  it("says that it read too slowly and how much comes again, and has all of it once it has caught up", async () => {
    const context = await browserOf("ana");
    const page = await context.newPage();
    const feed = await HeldFeed.on(page);
    await page.goto("/");
    await page.locator('[data-feed="live"]').waitFor();
    feed.hold();
    await feed.sayTooSlow(41);
    const state = page.locator('[data-feed="slow"]');
    await state.waitFor();
    expect(await state.getAttribute("title")).toContain("was cut off; 41 events come again with the replay");
    // What comes while it was cut off is replayed when it is back.
    const account = `slow-${Date.now()}`;
    await sendCardTesting(console_.ingestUrl, account);
    const entry = page
      .getByRole("list", { name: "Newest alerts" })
      .locator("> li")
      .filter({ hasText: account });
    await entry.waitFor();
    await looksRight(page, "too-slow");
    feed.release();
    await page.locator('[data-feed="live"]').waitFor();
    expect(await entry.count()).toBe(1);
    await page.close();
  });

  it("lists dead letters with why and where, as they come, and gives the command with the keyboard alone", async () => {
    const context = await browserOf("ana");
    const page = await context.newPage();
    await page.goto("/");
    await page.locator('[data-feed="live"]').waitFor();
    await page.keyboard.press("g");
    await page.keyboard.press("d");
    await page.getByRole("heading", { level: 1, name: "Dead letters" }).waitFor();
    await page.getByText("No dead letter", { exact: true }).waitFor();
    const { name, codec } = topics.transactionsReceived;
    const producer = await IdempotentProducer.connect({
      brokers: console_.brokers,
      clientId: "browser-test",
      topics: [name],
    });
    for (const [i, text] of ["{", '{"id":"half"}', "no JSON at all"].entries())
      await producer.send({
        topic: name,
        key: `poison-${i}`,
        value: Buffer.from(text),
        timestampMs: Date.now(),
        headers: { schema: codec.schema, "received-at": String(Date.now()) },
      });
    await producer.close();
    const rows = page.getByRole("group", { name: "Dead letters" }).locator("tbody tr");
    await rows.nth(2).waitFor();
    expect(await rows.count()).toBe(3);
    expect(await rows.filter({ hasText: "poison-1" }).count()).toBe(1);
    expect(await rows.first().textContent()).toContain("filter.dlq.v1");
    await looksRight(page, "dead-letters-with-rows");
    await tabTo(page, "dlq show");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Copied" }).waitFor();
    expect(await page.evaluate("navigator.clipboard.readText()")).toMatch(
      /^npx -y pnpm@10 riffle dlq show '?filter\.dlq\.v1\/\d+\/\d+'?$/,
    );
    await page.close();
  });

  it("lets one of two analysts who act at once win, and tells the other who it was", async () => {
    const account = `two-${Date.now()}`;
    await sendCardTesting(console_.ingestUrl, account);
    const [his, hers] = [await (await browserOf("bob")).newPage(), await (await browserOf("ana")).newPage()];
    await caseOf(hers, account);
    await caseOf(his, account);
    // What he sends is on its way while she is quicker.
    const sheIsQuicker = Promise.withResolvers<void>();
    const path = `**/v1${new URL(his.url()).pathname}/commands`;
    const late = async (route: Route): Promise<void> => {
      await sheIsQuicker.promise;
      await route.continue();
    };
    await his.route(path, late, { times: 1 });
    await his.getByRole("button", { name: "Take it" }).click();
    await hers.getByRole("button", { name: "Take it" }).click();
    await hers.getByText("assigned to ana").waitFor();
    sheIsQuicker.resolve();
    const told = his.getByRole("alert").filter({ hasText: "ana changed it" });
    await told.waitFor();
    expect(await told.textContent()).toContain("Nothing of yours was done.");
    await looksRight(his, "two-analysts");
    await tabTo(his, "Reload");
    await his.keyboard.press("Enter");
    await told.waitFor({ state: "detached" });
    await his.getByText("assigned to ana").waitFor();
    expect(await hers.getByText("assigned to bob").count()).toBe(0);
    expect(await hers.getByRole("alert").count()).toBe(0);
    await his.close();
    await hers.close();
  });
});
