// The Slack channel: each alert as a line of text, its causes included, at an incoming webhook of Slack, or of what understands the same
// (Mattermost, Rocket.Chat, Discord's `/slack` addresses).
//
//   K1. The address is the secret: who knows it can write there. It comes from a file and is in no record and no log.
//   K2. `&`, `<` and `>` are escaped, so that no field of an alert can show a link under another text or call a whole channel.
//       An id that looks like an address, `evil.example`, Slack makes a link of by itself; it leads where it says.
//   K3. A message is given up when the answer speaks of the message: 400 (`invalid_payload`, `user_not_found`), 413 and 422.
//       410 says that the channel is archived and disables the endpoint. Everything else speaks of the endpoint and is tried
//       again, also 403 (`invalid_token`, `action_prohibited`) and 404 (`no_service`, `channel_not_found`): a webhook that
//       was revoked dead-letters nothing until its schedule is over, and the circuit breaker sees it.
//   K4. There is no key in this protocol by which a repeat could be dropped: a crash may show an alert twice. The
//       notification's id stands at the end of the text.
//
// Source: Slack's documentation of incoming webhooks, "Improving error conditions for Incoming Webhooks" (changelog of
// 2016-05-17), and of escaping text in messages.

import { type Static, Type } from "typebox";
import { endpointUrlProblem } from "../network/endpoint-url.ts";
import { HttpPoster } from "../network/http-poster.ts";
import { alertLine } from "./alert-line.ts";
import type { AttemptResult, Channel, Message, Verdict } from "./channel.ts";
import { EndpointCheck } from "./endpoint-fault.ts";
import { evidenceText } from "./evidence-text.ts";
import { attemptPost } from "./http-attempt.ts";
import { readSecretFile } from "./secret-file.ts";
import type { Surroundings } from "./surroundings.ts";
import { attemptMsMax } from "./webhook-channel.ts";

/** The fields of a Slack endpoint in the subscriptions. */
export const slackEndpointProperties = {
  kind: Type.Literal("slack"),
  urlFile: Type.String({
    minLength: 1,
    description: "file with the address of the incoming webhook, which is a secret",
  }),
  timeoutMs: Type.Optional(
    Type.Integer({ minimum: 1, maximum: attemptMsMax, description: "how long an attempt may take" }),
  ),
};

const slackEndpointSchema = Type.Object({ name: Type.String(), ...slackEndpointProperties });

/** A Slack endpoint of the subscriptions. */
export type SlackEndpoint = Static<typeof slackEndpointSchema>;

/** Posts a line for each alert. */
export class SlackChannel implements Channel {
  readonly name: string;
  readonly #poster: HttpPoster;
  readonly #nowMs: () => number;

  /** @param url has passed {@link endpointUrlProblem} */
  constructor(name: string, url: string, { nowMs, connector, timeoutMs, socketsMax }: Surroundings) {
    this.name = name;
    this.#nowMs = nowMs;
    this.#poster = new HttpPoster({ url: new URL(url), connector, timeoutMs, socketsMax });
  }

  attempt(message: Message, signal: AbortSignal): Promise<AttemptResult> {
    const body = JSON.stringify({ text: slackText(message), unfurl_links: false, unfurl_media: false });
    const headers = { "content-type": "application/json; charset=utf-8", "user-agent": "riffle-notifier" };
    const nowMs = this.#nowMs;
    return attemptPost({ poster: this.#poster, body, headers, verdictOf, startMs: nowMs(), nowMs }, signal);
  }

  /** Closes the connections. */
  close(): void {
    this.#poster.close();
  }
}

/**
 * The channel of an endpoint.
 *
 * @throws EndpointError when its file cannot be read, or the address in it is refused
 */
export const slackChannelOf = (endpoint: SlackEndpoint, surroundings: Surroundings): SlackChannel => {
  const { name, urlFile, timeoutMs = surroundings.timeoutMs } = endpoint;
  const check = new EndpointCheck();
  const problemOf = (text: string) => endpointUrlProblem(text, surroundings.policy);
  const url = readSecretFile(urlFile, "/urlFile", check, problemOf);
  check.assertNone();
  return new SlackChannel(name, url, { ...surroundings, timeoutMs });
};

/** Bad request, content too large, content that cannot be processed. */
const messageStatuses: ReadonlySet<number> = new Set([400, 413, 422]);
const gone = 410;

const verdictOf = (status: number): Exclude<Verdict, "delivered"> => {
  if (status === gone) return "disable";
  return messageStatuses.has(status) ? "give-up" : "retry";
};

/** The text of a message: the alert's line, its causes with their steps, then the notification's id. */
const slackText = ({ alert, notificationId }: Message): string =>
  escaped(`${alertLine(alert, { colours: false })}  ${evidenceText(alert)}  ${notificationId}`);

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
