// The variables of the case desk: those of every stage, with the console's folder for its copies.

import { streamConfig, streamRelations } from "@riffle/service-kit/process";

/** Spread into the console's configuration. */
export const caseDeskConfig = streamConfig;

/** The rules between them. */
export const caseDeskRelations = streamRelations;
