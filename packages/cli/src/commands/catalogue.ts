// Every command of `riffle`, in the order of the help.

import type { Command } from "../command.ts";
import { dlqList } from "./dlq-list.ts";
import { dlqRedrive } from "./dlq-redrive.ts";
import { dlqShow } from "./dlq-show.ts";

export const commands: readonly Command[] = [dlqList, dlqShow, dlqRedrive];
