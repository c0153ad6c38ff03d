// A bug here would look like: somebody whom the organisation knows stands before the console and cannot get in, out, or back to
// where he wanted to go; because a browser keeps a cookie back, refuses a redirect, or needs a mouse or eyes for it.
//
// The console as it ships, on a broker in memory, and a certified provider with pages of its own.

import { allTopics } from "@riffle/contracts";
import { connectAdmin } from "@riffle/streams/kafka";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { startMemoryKafka } from "../../../../infra/kafka/memory-kafka.ts";
import { createPipelineTopics } from "../../../../infra/kafka/pipeline-topics.ts";
import { freePorts } from "../../../../infra/kafka/ports.ts";
import type { RunningKafka } from "../../../../infra/kafka/running-kafka.ts";
import { keepScreenshot, startChromium, tabTo, violationsOf } from "../harness/chromium.ts";
import { ConsoleProcess } from "../harness/console-process.ts";
import { eventually } from "../harness/eventually.ts";
import { CertifiedProvider } from "../unit/access/sign-in/certified-provider.ts";

const withinMs = 60_000;
const longName = "bartholomew.featherstonehaugh-cholmondeley.of-the-fraud-desk";
const byOrganisation = "Sign in with your organisation";

let kafka: RunningKafka;
let provider: CertifiedProvider;
let console_: ConsoleProcess;
let browser: Browser;
let context: BrowserContext;
let page: Page;
/** What pages of the console complained of: errors, and what the policy refused. */
const complaints: string[] = [];

beforeAll(async () => {
  // The provider says at length that it is not for production as it is set up here.
  for (const level of ["info", "warn"] as const) vi.spyOn(console, level).mockImplementation(() => undefined);
  browser = await startChromium();
  kafka = await startMemoryKafka(() => {});
  const admin = await connectAdmin({ brokers: kafka.brokers, clientId: "browser-test-admin" });
  await createPipelineTopics(admin, allTopics, { partitions: 3, replicationFactor: 1 });
  await admin.close();
  const [port = 0] = await freePorts(1);
  provider = await CertifiedProvider.start(`http://127.0.0.1:${port}`);
  console_ = await ConsoleProcess.start(kafka.brokers, { HTTP_PORT: String(port), ...provider.variables });
  const answers = async (): Promise<boolean> => console_.hasEnded || (await fetch(`${console_.url}/`)).ok;
  await eventually("the console answers", answers, withinMs);
  if (console_.hasEnded) throw new Error(`the console has ended; its log:\n${console_.log}`);
});

afterAll(async () => {
  await browser?.close();
  await console_?.end("SIGTERM");
  await provider?.close();
  await kafka?.stop();
  vi.restoreAllMocks();
});

beforeEach(async () => {
  context = await browser.newContext({
    baseURL: console_.url,
    colorScheme: "light",
    reducedMotion: "reduce",
    viewport: { width: 1_440, height: 900 },
  });
  context.setDefaultTimeout(withinMs);
  // Its pages ask for fonts of other hosts.
  await context.route(
    (url) => url.hostname !== "127.0.0.1",
    (route) => route.abort(),
  );
  page = await context.newPage();
  page.on("pageerror", ({ message }) => complaints.push(message));
  page.on("console", (message) => {
    if (message.location().url.startsWith(console_.url) && message.text().includes("Content Security Policy"))
      complaints.push(message.text());
  });
});

afterEach(async ({ task }) => {
  await keepScreenshot(page, `after-${task.name.slice(0, 40).replace(/\W+/g, "-")}`);
  await context.close();
});

/** Keeps a picture of the page as it stands, light and dark, and has axe-core look at both. */
async function looksRight(name: string): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    await keepScreenshot(page, `${name}-${colorScheme}`);
    expect({ name, colorScheme, found: await violationsOf(page) }).toEqual({ name, colorScheme, found: [] });
  }
  await page.emulateMedia({ colorScheme: "light" });
}

/** Fills in the pages of the provider. */
async function signInAtProvider(name: string): Promise<void> {
  await page.locator('input[name="login"]').fill(name);
  await page.locator('input[name="password"]').fill("x");
  await page.locator('button[type="submit"]').click();
  await page.locator('input[name="prompt"][value="consent"]').waitFor({ state: "attached" });
  await page.locator('button[type="submit"]').click();
}

/** Whether what the reader may press lies within the side, however long his name is. */
async function fitsTheSide(): Promise<boolean> {
  const side = await page.locator("header.side").boundingBox();
  const button = await page.getByRole("button", { name: "Sign out" }).boundingBox();
  return (
    side !== null && button !== null && button.x >= side.x && button.x + button.width <= side.x + side.width
  );
}

const here = (): string => {
  const { pathname, search } = new URL(page.url());
  return pathname + search;
};

describe("somebody of the organisation", () => {
  it("signs in with the keyboard alone and is on the page he asked for, and signs out of both", async () => {
    await page.goto("/alerts?rule=card-testing");
    await page.getByRole("link", { name: byOrganisation }).waitFor();
    expect(await page.getByLabel("API key with a console scope").count()).toBe(0);
    await looksRight("sign-in-organisation");
    await tabTo(page, byOrganisation);
    await page.keyboard.press("Enter");
    await signInAtProvider("ana");

    await page.getByRole("heading", { level: 1, name: "Alerts" }).waitFor();
    expect(here()).toBe("/alerts?rule=card-testing");
    await page.locator('[data-feed="live"]').waitFor();
    await page.getByText("oidc:ana@bank.example · analyst").waitFor();
    expect(await fitsTheSide()).toBe(true);
    await looksRight("signed-in-by-organisation");
    const cookies = (await context.cookies(console_.url)).filter(({ name }) => name.startsWith("riffle-"));
    expect(cookies).toMatchObject([{ name: "riffle-session", httpOnly: true, sameSite: "Strict" }]);
    expect(await page.evaluate("document.cookie")).not.toContain("riffle");

    await page.reload();
    await page.getByText("oidc:ana@bank.example · analyst").waitFor();
    await tabTo(page, "Sign out");
    await page.keyboard.press("Enter");
    await page.locator('button[name="logout"]').first().click();
    await page.getByRole("link", { name: byOrganisation }).waitFor();
    expect([new URL(page.url()).origin, here()]).toEqual([console_.url, "/"]);
    await page.getByRole("link", { name: byOrganisation }).click();
    // Neither here nor there is anybody signed in any more.
    await page.locator('input[name="password"]').waitFor();
  });

  it("who gives up there is told so, once, on the page he came from", async () => {
    await page.goto("/cases");
    await page.getByRole("link", { name: byOrganisation }).click();
    await page.locator('a[href$="/abort"]').click();
    const told = page.getByRole("alert").filter({ hasText: "or you gave up there" });
    await told.waitFor();
    expect(here()).toBe("/cases");
    await looksRight("sign-in-given-up");
    await page.reload();
    await page.getByRole("link", { name: byOrganisation }).waitFor();
    expect(await told.count()).toBe(0);
  });

  it("is asked again where the session has ended, and comes back to that page", async () => {
    await page.goto("/");
    await page.getByRole("link", { name: byOrganisation }).click();
    await signInAtProvider(longName);
    const who = page.getByText(`oidc:${longName}@bank.example · analyst`);
    await who.waitFor();
    expect(await fitsTheSide()).toBe(true);
    await context.clearCookies({ name: "riffle-session" });
    await page.keyboard.press("g");
    await page.keyboard.press("c");
    await page.getByRole("link", { name: byOrganisation }).click();
    // The provider knows him still, and asks nothing.
    await page.getByRole("heading", { level: 1, name: "Cases" }).waitFor();
    expect(here()).toBe("/cases");
    await who.waitFor();
  });
});

describe("the policy for browsers", () => {
  it("refused nothing on the way, and no page had an error", () => {
    expect(complaints).toEqual([]);
  });
});
