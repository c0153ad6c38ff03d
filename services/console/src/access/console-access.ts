// Who may read the console, put together: what main.ts opens before the server, and other parts are given.

import { AccountMask, ConfigError, type Logger } from "@riffle/service-kit/process";
import type { FastifyInstance } from "fastify";
import { sendProblem } from "../problem.ts";
import { openAccessDatabase } from "./access-database.ts";
import { addAccessRoutes } from "./access-routes.ts";
import { type ConsoleAccessConfig, consoleAccessFaults } from "./config.ts";
import { Doorkeeper } from "./doorkeeper.ts";
import { guardRoutes } from "./guard.ts";
import { ReadsAudit } from "./reads-audit.ts";
import { Sessions } from "./sessions.ts";
import { OpenIdProvider } from "./sign-in/provider.ts";
import { addSignInRoutes } from "./sign-in/sign-in-routes.ts";

/** What is needed to open it. */
export interface ConsoleAccessOptions {
  readonly config: ConsoleAccessConfig;
  readonly log: Logger;
  /** Folder of the file of sessions and readings; undefined keeps them in memory. */
  readonly folder: string | undefined;
  /** Wall clock, epoch milliseconds. */
  readonly now: () => number;
}

/** The gate, and what else hands out account ids needs: the feed. */
export interface ConsoleAccess {
  readonly mask: AccountMask;
  readonly audit: ReadsAudit;
  /** Whether whoever reaches the port may do everything. */
  readonly isOpen: boolean;
  /** Fastify's trustProxy: who is believed to ask for others (trusted-proxies.ts). */
  readonly trustProxy: false | string[];
  /** Adds the gate to a server, before its first route. */
  guard(app: FastifyInstance): void;
  /** Adds the routes of sessions and readings. */
  addRoutes(app: FastifyInstance): void;
  close(): void;
}

/** @throws ConfigError when it is not said who may read, or a file of it cannot be used */
export function openConsoleAccess({ config, log, folder, now }: ConsoleAccessOptions): ConsoleAccess {
  const faults = consoleAccessFaults(config);
  if (faults.length > 0) throw new ConfigError(faults);
  const database = openAccessDatabase(folder);
  try {
    const sessions = new Sessions(database, { nowMs: now, lifeMinutes: config.SESSION_LIFE_MINUTES });
    const doorkeeper = new Doorkeeper({ config, log, sessions, nowMs: now });
    const mask = new AccountMask();
    const audit = new ReadsAudit(database, { log, nowMs: now, days: config.READS_AUDIT_DAYS });
    const provider = providerOf(config);
    return {
      mask,
      audit,
      isOpen: doorkeeper.isOpen,
      trustProxy: config.TRUSTED_PROXIES === undefined ? false : [...config.TRUSTED_PROXIES],
      guard: (app) => guardRoutes(app, { doorkeeper, mask, audit, sendProblem }),
      addRoutes: (app) => {
        addAccessRoutes(app, { doorkeeper, audit, provider });
        if (provider !== undefined) addSignInRoutes(app, { provider, doorkeeper, log, nowMs: now });
      },
      close: () => {
        doorkeeper.close();
        database.close();
      },
    };
  } catch (error) {
    database.close();
    throw error;
  }
}

/** The provider that people sign in by, where there is one. */
function providerOf(config: ConsoleAccessConfig): OpenIdProvider | undefined {
  const { OIDC_ISSUER: issuer, OIDC_CLIENT_ID: clientId, OIDC_PUBLIC_URL: publicUrl } = config;
  if (issuer === undefined || clientId === undefined || publicUrl === undefined) return undefined;
  const { OIDC_CLIENT_SECRET: clientSecret, OIDC_SCOPES: scopes, JWT_ROLES_CLAIM: rolesClaim } = config;
  return new OpenIdProvider({ issuer, clientId, clientSecret, publicUrl, scopes, rolesClaim });
}
