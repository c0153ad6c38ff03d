// The parts of the console, in the order in which they are added to the server.

import { casePart } from "./cases/case-part.ts";
import type { ConsolePart } from "./console-part.ts";
import { dashboardFiles } from "./dashboard-files.ts";
import { feedPart } from "./feed/feed-part.ts";
import { reads } from "./routes/reads.ts";

/** What answers "everything else", as the dashboard does, comes last. */
export const parts: readonly ConsolePart[] = [reads, casePart, feedPart, dashboardFiles];
