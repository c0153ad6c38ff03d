// A bug here takes over what a standby holds as if it were all: what the former owner committed last is forgotten.

import { describeRuns, describeSameSeed } from "./directed-suite.ts";
import { failoverRun } from "./failover-run.ts";

describeRuns(failoverRun, 60);
describeSameSeed(failoverRun);
