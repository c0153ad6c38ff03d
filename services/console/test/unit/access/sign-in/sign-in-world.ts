// A console behind its gate at a port, and the provider that people sign in by.

import { afterEach, expect, vi } from "vitest";
import { freePorts } from "../../../../../../infra/kafka/ports.ts";
import type { ConsoleAccessConfig } from "../../../../src/access/config.ts";
import { callbackPath } from "../../../../src/access/sign-in/config.ts";
import { openGate } from "../gate.ts";
import { Browser } from "./browser.ts";
import { TestProvider } from "./test-provider.ts";

/** What a world is made of. */
export interface SignInWorldOptions {
  readonly config?: Partial<ConsoleAccessConfig>;
  /** Whether the provider answers when the console starts. @default true */
  readonly isProviderUp?: boolean;
  /** Makes the provider another one before the console starts. */
  readonly provider?: (provider: TestProvider) => void;
}

async function openSignInWorld(options: SignInWorldOptions = {}) {
  const provider = await TestProvider.make();
  options.provider?.(provider);
  if (options.isProviderUp !== false) await provider.listen();
  const [port = 0] = await freePorts(1);
  const url = `http://127.0.0.1:${port}`;
  const isPublic = provider.clientAuthentication === "none";
  const config = {
    OIDC_ISSUER: provider.issuer,
    OIDC_CLIENT_ID: provider.clientId,
    ...(isPublic ? {} : { OIDC_CLIENT_SECRET: provider.clientSecret }),
    OIDC_PUBLIC_URL: url,
    ...options.config,
  };
  const gate = openGate(config, false);
  const { app } = gate;
  // What the dashboard's files are in the console.
  app.get("/*", { config: { access: "public" } }, () => "a page");
  await app.listen({ host: "127.0.0.1", port });
  const browser = new Browser();
  return {
    ...gate,
    provider,
    url,
    browser,
    /** Clicks "Sign in" on a page, and goes where it leads. */
    signIn: (to = "/", by: Browser = browser, until?: (at: URL) => boolean) =>
      by.go(`${url}/v1/session/oidc?to=${encodeURIComponent(to)}`, until),
    /** Who a browser is to the console, undefined when nobody. */
    whoIs: async (by: Browser = browser): Promise<Who | undefined> => {
      const reply = await by.ask(`${url}/v1/session`);
      return reply.status === 200 ? ((await reply.json()) as Who) : undefined;
    },
    close: async () => {
      await gate.close();
      await provider.close();
    },
  };
}

/** Opens worlds for the tests of a file, and closes them; whatever a test does, nothing secret is in a line of the log. */
export function worldsOfTests(): (options?: SignInWorldOptions) => Promise<SignInWorld> {
  // A world is two servers and many requests; the machine may be slow.
  vi.setConfig({ testTimeout: 30_000 });
  const open: SignInWorld[] = [];
  afterEach(async () => {
    for (const world of open.splice(0)) {
      await world.close();
      const log = world.lines.join("\n");
      for (const secret of world.provider.secrets) expect(log).not.toContain(secret);
    }
  });
  return async (options) => {
    const world = await openSignInWorld(options);
    open.push(world);
    return world;
  };
}

/** Whether an address is the one that the provider sends the browser back to. */
export const isCallback = (url: URL): boolean => url.pathname === callbackPath;

/** A world. */
export type SignInWorld = Awaited<ReturnType<typeof openSignInWorld>>;

/** What the console says of who asks. */
export interface Who {
  readonly me: { readonly name: string; readonly roles: readonly string[]; readonly via: string };
  readonly csrfToken: string;
}
