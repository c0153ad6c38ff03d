// A bug here leaves windows and sessions open once nobody sends, closes them over records that could be read, shows a lag that
// is none, or commits again and again for nothing.

import { describeRuns, describeSameSeed } from "./directed-suite.ts";
import { idleRun, standstillRun } from "./idle-run.ts";

describeRuns(idleRun, 60);
describeRuns(standstillRun, 60);
describeSameSeed(standstillRun);
