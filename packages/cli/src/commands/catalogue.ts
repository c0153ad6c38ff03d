// Every command of `riffle`, in the order of the help.

import type { Command } from "../command.ts";
import { dlqList } from "./dlq-list.ts";
import { dlqRedrive } from "./dlq-redrive.ts";
import { dlqShow } from "./dlq-show.ts";
import { endpointsList } from "./endpoints-list.ts";
import { endpointsPause, endpointsResume } from "./endpoints-pause.ts";
import { notificationsList } from "./notifications-list.ts";
import { notificationsRedeliver } from "./notifications-redeliver.ts";
import { stateVerify } from "./state-verify.ts";
import { topicsCreate } from "./topics-create.ts";

export const commands: readonly Command[] = [
  dlqList,
  dlqShow,
  dlqRedrive,
  notificationsList,
  notificationsRedeliver,
  endpointsList,
  endpointsPause,
  endpointsResume,
  stateVerify,
  topicsCreate,
];
