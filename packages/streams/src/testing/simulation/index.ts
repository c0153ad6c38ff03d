export type { Weather } from "./network.ts";
export { Violation } from "./oracle.ts";
export { Random } from "./random.ts";
export type { Disturbance, InputRecord, Scenario } from "./scenario.ts";
export { type SeedsOptions, type SeedsReport, scenarioOf, simulateSeeds } from "./seeds.ts";
export { Sighted, type Sighting, sightings } from "./sightings.ts";
export { type RunOptions, type RunReport, SimulationError, simulate } from "./simulation.ts";
export type { Tampering } from "./worker-process.ts";
