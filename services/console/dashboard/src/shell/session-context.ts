// Who reads, for the parts of a page that depend on it.

import { createContext } from "react";
import type { Session } from "../api/wire.ts";

/** The session, undefined before the server has said. */
export const SessionContext = createContext<Session | undefined>(undefined);

const has = (session: Session | undefined, ...roles: readonly string[]): boolean =>
  session?.me.roles.some((role) => roles.includes(role)) ?? false;

/** Analysts and admins see account ids whole, and each such read is written down. */
export function seesFullIds(session: Session | undefined): boolean {
  return has(session, "analyst", "admin");
}

/** Analysts and admins work cases. */
export const worksCases = seesFullIds;
