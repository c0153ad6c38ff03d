export { type AsOf, eventsAsOf } from "./as-of.ts";
export { type CaseView, caseView } from "./case-view.ts";
export { hashOf, sealed, type UnsealedEvent } from "./chain.ts";
export {
  type AlertCommand,
  type PersonChange,
  type PersonCommand,
  personCommands,
} from "./command.ts";
export { type CaseRefusal, caseRefusals, type Decision, decide, decideOnAlert, holds } from "./decide.ts";
export { CaseError, type CaseErrorCode, caseErrors } from "./errors.ts";
export { evolve, fold } from "./evolve.ts";
export {
  type CaseLog,
  type ChainFault,
  type ChainFaultKind,
  type ChainReport,
  type LogReport,
  verifyChain,
  verifyLog,
} from "./verify.ts";
