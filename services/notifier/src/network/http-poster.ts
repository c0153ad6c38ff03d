// POSTs to one endpoint over guarded connections that are kept alive.
//
//   H1. A post is one request, sent once. Redirects are answers like any other and are not followed.
//   H2. The status alone is the answer: it is known when the headers are. Of the body no more than 64 KiB are read, and
//       for no longer than a second, only so that the connection can be used again; else it is closed.
//   H3. A post ends within its time, whatever the other side does: nothing, resets, one byte a second.
//   H4. At most `socketsMax` connections to the endpoint are open or being opened; posts beyond wait within their own
//       time. The agent alone would not keep it: it counts a connection when it is there, not when it is asked for.
//
// Own agents of node:http instead of fetch: fetch looks a name up by itself, and says no earlier than the answer which
// address it has connected to. NODE_USE_ENV_PROXY and its kind are of no effect here: a proxy would look names up too.

import {
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
  type RequestOptions,
} from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { type RestBounds, readRest } from "./answer-rest.ts";
import { hostOf } from "./endpoint-url.ts";
import type { EndpointTls, GuardedConnector, Target } from "./guarded-connector.ts";
import { Slots } from "./slots.ts";

/** Where to and within which bounds. */
export interface HttpPosterOptions {
  readonly url: URL;
  readonly connector: GuardedConnector;
  /** A whole post, from the wait for a connection to the answer's headers, milliseconds. */
  readonly timeoutMs: number;
  /** Most connections at once, at least 1. */
  readonly socketsMax: number;
  /** @default the well-known authorities */
  readonly tls?: EndpointTls;
}

/** What was answered. */
export interface HttpAnswer {
  readonly status: number;
  /** The header `Retry-After` as it came. */
  readonly retryAfter: string | undefined;
}

/** A post without an answer: its time was over, or nobody waits for it any more. */
export class PostEndedError extends Error {
  override readonly name = "PostEndedError";
}

/** Options of a request, as the agent hands them on to who makes its connection. */
interface GuardedRequestOptions extends RequestOptions {
  /** Aborted when the post ends without an answer: a connection for it is not needed any more. */
  readonly ending: AbortSignal;
}

const restBounds: RestBounds = { bytesMax: 65_536, msMax: 1_000 };
/** Below the 5 s after which Node's own servers, and many others, close an idle connection. */
const idleMsMax = 4_000;

/** Posts to one URL. */
export class HttpPoster {
  readonly #options: HttpPosterOptions;
  readonly #agent: HttpAgent;
  readonly #request: typeof httpRequest;
  readonly #slots: Slots;

  constructor(options: HttpPosterOptions) {
    this.#options = options;
    const isTls = options.url.protocol === "https:";
    this.#request = isTls ? httpsRequest : httpRequest;
    this.#slots = new Slots(options.socketsMax);
    this.#agent = guardedAgent(isTls ? HttpsAgent : HttpAgent, options);
  }

  /**
   * Sends one POST.
   *
   * @throws PostEndedError without an answer in time, or when aborted; ConnectError; else what the connection says, with
   *     its `code`
   */
  async post(
    body: string,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<HttpAnswer> {
    const { timeoutMs } = this.#options;
    const ending = new AbortController();
    const onAbort = (): void => ending.abort(new PostEndedError("ended by the notifier"));
    const onTimeout = (): void => ending.abort(new PostEndedError(`no answer within ${timeoutMs} ms`));
    const timer = setTimeout(onTimeout, timeoutMs);
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
    try {
      await this.#slots.take(ending.signal);
      try {
        return await this.#send(body, headers, ending.signal);
      } finally {
        this.#slots.give();
      }
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
    }
  }

  #send(body: string, headers: Readonly<Record<string, string>>, ending: AbortSignal): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      const options: GuardedRequestOptions = { method: "POST", agent: this.#agent, headers, ending };
      const request = this.#request(this.#options.url, options);
      // A request that still waits for its connection says nothing when it is destroyed, so the promise does not wait.
      const onEnding = (): void => {
        reject(ending.reason);
        request.destroy();
      };
      ending.addEventListener("abort", onEnding, { once: true });
      request.on("error", reject);
      request.once("response", (response) => {
        ending.removeEventListener("abort", onEnding);
        readRest(response, restBounds);
        resolve(answerOf(response));
      });
      if (ending.aborted) onEnding();
      else request.end(body);
    });
  }

  /** Closes the connections, used or not. */
  close(): void {
    this.#agent.destroy();
  }
}

const targetOf = (url: URL, tls: EndpointTls | undefined): Target => {
  const isTls = url.protocol === "https:";
  return {
    hostname: hostOf(url),
    port: url.port === "" ? (isTls ? 443 : 80) : Number(url.port),
    tls: isTls ? (tls ?? {}) : undefined,
  };
};

const guardedAgent = (
  Agent: typeof HttpAgent | typeof HttpsAgent,
  { url, connector, socketsMax, tls }: HttpPosterOptions,
): HttpAgent => {
  const target = targetOf(url, tls);
  const agent = new Agent({
    keepAlive: true,
    maxSockets: socketsMax,
    maxFreeSockets: socketsMax,
    timeout: idleMsMax,
  });
  agent.createConnection = (options, callback) => {
    const { ending } = options as GuardedRequestOptions;
    connector.connect(target, ending).then(
      (socket) => callback?.(null, socket),
      // The agent takes an error without a socket, which its type does not say.
      (error: Error) => (callback as ((error: Error) => void) | undefined)?.(error),
    );
    return undefined;
  };
  return agent;
};

const answerOf = ({ statusCode = 0, headers }: IncomingMessage): HttpAnswer => ({
  status: statusCode,
  retryAfter: headers["retry-after"],
});
