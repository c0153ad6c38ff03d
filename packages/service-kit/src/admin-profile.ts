// The admin port's route to the profiler.
//
//   R1. Only this machine is answered, whatever address the admin port listens on, and no page in a browser: a request with an
//       `Origin` is refused. In Kubernetes that is `kubectl port-forward`, in Docker a command inside of the container.

import type { IncomingMessage } from "node:http";
import { type ProfileKind, type Profiler, profileSecondsMax } from "./profiler.ts";

/** What a request for a profile is answered. */
export interface ProfileAnswer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

const secondsDefault = 10;
const plain = "text/plain; charset=utf-8";
const refusal = (status: number, text: string): ProfileAnswer => ({ status, type: plain, text: `${text}\n` });

/** The kind of profile that a path asks for. */
export const profileKindOf = (path: string): ProfileKind | undefined => {
  const [, kind] = /^\/profile\/(cpu|heap)$/.exec(path) ?? [];
  return kind as ProfileKind | undefined;
};

/**
 * Takes the profile that a request asks for, `?seconds=` long.
 *
 * @param gone aborted when the client has left
 */
export const answerProfile = async (
  profiler: Profiler,
  kind: ProfileKind,
  request: Pick<IncomingMessage, "method" | "headers"> & { readonly remoteAddress: string | undefined },
  query: URLSearchParams,
  gone: AbortSignal,
): Promise<ProfileAnswer> => {
  if (request.method !== "POST") return refusal(405, "a profile is asked for by POST");
  if (!isLoopback(request.remoteAddress)) return refusal(403, "profiles are taken from this machine only");
  if (request.headers.origin !== undefined) return refusal(403, "profiles are not for pages in a browser");
  if (profiler.busy) return refusal(409, "a profile is being taken; one at a time");
  const seconds = Number(query.get("seconds") ?? secondsDefault);
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > profileSecondsMax)
    return refusal(400, `seconds is a whole number from 1 to ${profileSecondsMax}`);
  const text = await profiler.take(kind, seconds, gone);
  return { status: 200, type: "application/json; charset=utf-8", text };
};

/** Whether a peer is this machine itself. */
export const isLoopback = (address: string | undefined): boolean =>
  address !== undefined && /^(::ffff:)?127\.\d+\.\d+\.\d+$|^::1$/.test(address);
