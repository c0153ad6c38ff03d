export { type DrivenRecord, type EmittedRecord, StageDriver } from "./stage-driver.ts";
