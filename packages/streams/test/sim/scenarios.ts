// The scenarios that are simulated, in turn.

import { countScenario } from "./count-scenario.ts";
import { patternScenario } from "./pattern-scenario.ts";
import { twoInputsScenario } from "./two-inputs-scenario.ts";
import { windowScenario } from "./window-scenario.ts";

export const scenarios = [countScenario, windowScenario, patternScenario, twoInputsScenario];
