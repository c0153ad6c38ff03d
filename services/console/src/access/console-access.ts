// Who may read the console, put together: what main.ts opens before the server, and other parts are given.

import type { AccessConfig } from "@riffle/service-kit/access";
import { AccountMask, type Logger } from "@riffle/service-kit/process";
import type { FastifyInstance } from "fastify";
import { sendProblem } from "../problem.ts";
import { openAccessDatabase } from "./access-database.ts";
import { addAccessRoutes } from "./access-routes.ts";
import { Doorkeeper } from "./doorkeeper.ts";
import { guardRoutes } from "./guard.ts";
import { ReadsAudit } from "./reads-audit.ts";
import { Sessions } from "./sessions.ts";

/** What is needed to open it. */
export interface ConsoleAccessOptions {
  readonly config: AccessConfig & { readonly JWT_ROLES_CLAIM: string };
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
  /** Adds the gate to a server, before its first route. */
  guard(app: FastifyInstance): void;
  /** Adds the routes of sessions and readings. */
  addRoutes(app: FastifyInstance): void;
  close(): void;
}

/** @throws ConfigError when it is not said who may read, or a file of it cannot be used */
export function openConsoleAccess({ config, log, folder, now }: ConsoleAccessOptions): ConsoleAccess {
  const database = openAccessDatabase(folder);
  try {
    const sessions = new Sessions(database, now);
    const doorkeeper = new Doorkeeper({ config, log, sessions, nowMs: now });
    const mask = new AccountMask();
    const audit = new ReadsAudit(database, log, now);
    return {
      mask,
      audit,
      isOpen: doorkeeper.isOpen,
      guard: (app) => guardRoutes(app, { doorkeeper, mask, audit, sendProblem }),
      addRoutes: (app) => addAccessRoutes(app, { doorkeeper, audit }),
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
