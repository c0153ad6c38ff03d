// The projections of the console, all of them: who adds rows adds a line.

import { caseProjection } from "../cases/case-projection.ts";
import { feedJournal } from "../feed/journal-projection.ts";
import type { Projection } from "./projection.ts";
import { alerts } from "./projections/alerts.ts";
import { deadLetters } from "./projections/dead-letters.ts";
import { late } from "./projections/late.ts";
import { ledger } from "./projections/ledger.ts";
import { notifications } from "./projections/notifications.ts";
import { rejections } from "./projections/rejections.ts";
import { transactions } from "./projections/transactions.ts";
import { windows } from "./projections/windows.ts";

/** In the order in which a batch is given to them. */
export const projections: readonly Projection[] = [
  transactions,
  rejections,
  windows,
  alerts,
  notifications,
  late,
  deadLetters,
  ledger,
  caseProjection,
  feedJournal,
];
