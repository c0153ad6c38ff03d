// A bug here would look like: our own provider of the tests agrees with our reading of OpenID Connect, and nobody else's does.

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { freePorts } from "../../../../../../infra/kafka/ports.ts";
import { openGate } from "../gate.ts";
import { type Arrival, Browser } from "./browser.ts";
import { CertifiedProvider } from "./certified-provider.ts";

const ends: (() => Promise<unknown>)[] = [];
let url: string;
let lines: readonly string[];
let browser: Browser;

afterEach(async () => {
  for (const end of ends.splice(0)) await end();
  vi.restoreAllMocks();
});

beforeEach(async () => {
  browser = new Browser();
  // It says at length that it is not for production as it is set up here.
  for (const level of ["info", "warn"] as const) vi.spyOn(console, level).mockImplementation(() => undefined);
  const [port = 0] = await freePorts(1);
  url = `http://127.0.0.1:${port}`;
  const provider = await CertifiedProvider.start(url);
  ends.push(() => provider.close());
  const gate = openGate(provider.variables, false);
  lines = gate.lines;
  gate.app.get("/*", { config: { access: "public" } }, () => "a page");
  await gate.app.listen({ host: "127.0.0.1", port });
  ends.push(() => gate.close());
});

/** Where the form of the page goes. */
const formOf = ({ origin, text }: Arrival): string =>
  new URL(/action="([^"]+)"/.exec(text)?.[1]?.replaceAll("&amp;", "&") ?? "/no-form", origin).href;
const signIn = async (): Promise<Arrival> => {
  const login = await browser.go(`${url}/v1/session/oidc?to=/cases`);
  const consent = await browser.submit(formOf(login), { prompt: "login", login: "ana", password: "x" });
  return await browser.submit(formOf(consent), { prompt: "consent" });
};
const session = async (): Promise<Response> => await browser.ask(`${url}/v1/session`);

describe("a certified provider", () => {
  it("signs a person in by its pages", async () => {
    const arrival = await signIn();
    expect([arrival.origin + arrival.path, lines.filter((line) => line.includes("failed"))]).toEqual([
      `${url}/cases`,
      [],
    ]);
    expect(await (await session()).json()).toMatchObject({
      me: { name: "oidc:ana@bank.example", roles: ["viewer", "analyst"], via: "session" },
    });
  });

  it("is believed when the person gives up there", async () => {
    const login = await browser.go(`${url}/v1/session/oidc?to=/cases`);
    const abort = /href="([^"]+\/abort)"/.exec(login.text)?.[1] ?? "/no-link";
    const arrival = await browser.go(new URL(abort, login.origin).href);
    expect(arrival.origin + arrival.path).toBe(`${url}/cases?sign-in=sign-in-denied`);
    expect((await session()).status).toBe(401);
  });

  it("signs the person out of itself, and sends the browser back", async () => {
    await signIn();
    const { csrfToken } = (await (await session()).json()) as { readonly csrfToken: string };
    const init = { method: "DELETE", headers: { "x-csrf-token": csrfToken } };
    const out = (await (await browser.ask(`${url}/v1/session`, init)).json()) as {
      readonly endSessionUrl: string;
    };
    const asked = await browser.go(out.endSessionUrl);
    const xsrf = /name="xsrf" value="([^"]+)"/.exec(asked.text)?.[1] ?? "";
    const arrival = await browser.submit(formOf(asked), { xsrf, logout: "yes" });
    expect(arrival.origin + arrival.path).toBe(`${url}/`);
    const again = await browser.go(`${url}/v1/session/oidc`);
    expect(again.text).toContain('name="password"');
  });
});
