// Every command of `riffle`, in the order of the help.

import type { Command } from "../command.ts";
import { alertsList, alertsShow } from "./alerts.ts";
import { caseCommands, casesList, casesShow } from "./cases.ts";
import { casesVerify } from "./cases-verify.ts";
import { completionOf } from "./completion.ts";
import { dlqList } from "./dlq-list.ts";
import { dlqRedrive } from "./dlq-redrive.ts";
import { dlqShow } from "./dlq-show.ts";
import { doctor } from "./doctor.ts";
import { endpointsList } from "./endpoints-list.ts";
import { endpointsPause, endpointsResume } from "./endpoints-pause.ts";
import { explain } from "./explain.ts";
import { notificationsList } from "./notifications-list.ts";
import { notificationsRedeliver } from "./notifications-redeliver.ts";
import { send } from "./send.ts";
import { stateVerify } from "./state-verify.ts";
import { tail } from "./tail.ts";
import { topicsCreate } from "./topics-create.ts";
import { topicsList } from "./topics-list.ts";

export const commands: readonly Command[] = [
  send,
  tail,
  explain,
  alertsList,
  alertsShow,
  casesList,
  casesShow,
  ...caseCommands,
  casesVerify,
  dlqList,
  dlqShow,
  dlqRedrive,
  notificationsList,
  notificationsRedeliver,
  endpointsList,
  endpointsPause,
  endpointsResume,
  stateVerify,
  topicsList,
  topicsCreate,
  doctor,
  completionOf(() => commands),
];
