// Whether a request was made by a page of ours, as far as browsers tell.
//
//   O1. A request with an Origin is answered only when that is the very host it was sent to: another site's page may not
//       post here, nor open a WebSocket, which no CORS would stop. Programs send no Origin.
//   O2. Where nobody is asked who he is, the host must be one that no stranger's DNS can give: an address, this machine, or a
//       name without a public ending. Otherwise a page of evil.example, once its name points to 127.0.0.1, would be at home.

import type { IncomingHttpHeaders } from "node:http";
import { isIP } from "node:net";

/** Whether a Host header names the machine itself. */
export function isLoopbackHost(host: string | undefined): boolean {
  const name = nameOf(host ?? "");
  return (
    name === "localhost" || name.endsWith(".localhost") || name === "::1" || /^127(\.\d{1,3}){3}$/.test(name)
  );
}

/** Whether the Origin, if there is one, is the host that was asked (O1). */
export function isOwnOrigin(headers: IncomingHttpHeaders): boolean {
  const { origin } = headers;
  if (origin === undefined) return true;
  // A page cannot set this header on another site without being asked first, so it tells of a proxy and of nobody else.
  const forwarded = headers["x-forwarded-host"];
  const hosts = [headers.host, typeof forwarded === "string" ? forwarded : undefined];
  try {
    const { host, protocol } = new URL(origin);
    const port = protocol === "https:" ? ":443" : ":80";
    return hosts.some((own) => own !== undefined && [host, host + port].includes(own.toLowerCase()));
  } catch {
    return false;
  }
}

const privateEndings = [".localhost", ".local", ".internal", ".svc", ".test"];

/** Whether no public DNS could have led here by this name (O2). */
export function isPrivateHost(host: string | undefined): boolean {
  const name = nameOf(host ?? "");
  if (isIP(name) !== 0 || !name.includes(".")) return name !== "";
  return privateEndings.some((ending) => name.endsWith(ending));
}

/** A Host header without its port and brackets, in lower case. */
function nameOf(host: string): string {
  const bracketed = /^\[([^\]]*)\](?::\d+)?$/.exec(host);
  return (bracketed?.[1] ?? host.replace(/:\d+$/, "")).replace(/\.$/, "").toLowerCase();
}
