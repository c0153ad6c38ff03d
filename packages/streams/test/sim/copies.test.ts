// A bug here starts a worker on a disk that is not what was committed: torn, too old, ahead of what it holds, or with what a
// failed commit wrote.

import { copiesRun } from "./copies-run.ts";
import { describeRuns } from "./directed-suite.ts";

describeRuns(copiesRun, 20);
