// The webhook channel: each alert is posted as JSON, signed as Standard Webhooks 1.0 says.
//
//   W1. Only a 2xx is success. A redirect is a failure: a signed alert does not travel where nobody configured it to.
//   W2. Every failure may be tried again, except 410 Gone, by which a receiver says that it wants nothing any more.
//   W3. The signed body holds the alert and its place among the account's messages to this channel, `sequence`, so that
//       a receiver can restore their order and trust it. Its bytes are the same on every attempt.
//   W4. The alert's `traceparent` goes along as a header: a receiver may go on with the trace.

import { type Alert, alertCodec } from "@riffle/contracts";
import { type Static, Type } from "typebox";
import { endpointUrlProblem } from "../network/endpoint-url.ts";
import { HttpPoster } from "../network/http-poster.ts";
import type { AttemptResult, Channel, Message } from "./channel.ts";
import { EndpointCheck } from "./endpoint-fault.ts";
import { attemptPost } from "./http-attempt.ts";
import { readSecretFile } from "./secret-file.ts";
import { MessageSigner, secretProblem, secretsMax } from "./signing.ts";
import type { Surroundings } from "./surroundings.ts";

/** The longest that an attempt may take, milliseconds. */
export const attemptMsMax = 60_000;

/** The fields of a webhook endpoint in the subscriptions. */
export const webhookEndpointProperties = {
  kind: Type.Literal("webhook"),
  url: Type.String({ maxLength: 2_048, description: "where each alert is posted; https" }),
  secretFiles: Type.Array(Type.String({ minLength: 1 }), {
    minItems: 1,
    maxItems: secretsMax,
    description: "files with a signing secret each, whsec_ and Base64, newest first; every one signs",
  }),
  caFile: Type.Optional(
    Type.String({
      minLength: 1,
      description: "PEM file of the authorities that signed the receiver's certificate",
    }),
  ),
  timeoutMs: Type.Optional(
    Type.Integer({ minimum: 1, maximum: attemptMsMax, description: "how long an attempt may take" }),
  ),
};

const webhookEndpointSchema = Type.Object({ name: Type.String(), ...webhookEndpointProperties });

/** A webhook endpoint of the subscriptions. */
export type WebhookEndpoint = Static<typeof webhookEndpointSchema>;

/** Where to and how, with secrets read. */
export interface WebhookChannelOptions {
  readonly name: string;
  readonly url: string;
  /** `whsec_` and Base64, newest first; at least one. */
  readonly secrets: readonly string[];
  /** PEM. @default the well-known authorities */
  readonly ca?: string;
}

const gone = 410;

/** Posts each alert to one address. */
export class WebhookChannel implements Channel {
  readonly name: string;
  readonly #poster: HttpPoster;
  readonly #signer: MessageSigner;
  readonly #nowMs: () => number;

  /** The options have passed {@link endpointUrlProblem} and `secretProblem`. */
  constructor(
    { name, url, secrets, ca }: WebhookChannelOptions,
    { nowMs, connector, timeoutMs, socketsMax }: Surroundings,
  ) {
    this.name = name;
    this.#nowMs = nowMs;
    this.#signer = new MessageSigner(secrets);
    const tls = ca === undefined ? {} : { tls: { ca } };
    this.#poster = new HttpPoster({ url: new URL(url), connector, timeoutMs, socketsMax, ...tls });
  }

  attempt(message: Message, signal: AbortSignal): Promise<AttemptResult> {
    const startMs = this.#nowMs();
    const body = webhookBody(message);
    const headers = {
      "content-type": "application/json",
      "user-agent": "riffle-notifier",
      ...(message.traceparent === undefined ? {} : { traceparent: message.traceparent }),
      ...this.#signer.headers(message.notificationId, startMs, body),
    };
    const verdictOf = (status: number) => (status === gone ? "disable" : "retry");
    return attemptPost(
      { poster: this.#poster, body, headers, verdictOf, startMs, nowMs: this.#nowMs },
      signal,
    );
  }

  /** Closes the connections. */
  close(): void {
    this.#poster.close();
  }
}

/**
 * The channel of an endpoint.
 *
 * @throws EndpointError when its address is refused, or a file cannot be read or holds no secret
 */
export const webhookChannelOf = (endpoint: WebhookEndpoint, surroundings: Surroundings): WebhookChannel => {
  const { name, url, caFile, timeoutMs = surroundings.timeoutMs } = endpoint;
  const check = new EndpointCheck();
  check.note("/url", endpointUrlProblem(url, surroundings.policy));
  const secrets = endpoint.secretFiles.map((path, index) =>
    readSecretFile(path, `/secretFiles/${index}`, check, secretProblem),
  );
  const ca = caFile === undefined ? undefined : readSecretFile(caFile, "/caFile", check, pemProblem);
  check.assertNone();
  const options = { name, url, secrets, ...(ca === undefined ? {} : { ca }) };
  return new WebhookChannel(options, { ...surroundings, timeoutMs });
};

const pemProblem = (text: string): string | undefined =>
  text.includes("-----BEGIN CERTIFICATE-----") ? undefined : "is no certificate in PEM";

/** What is posted: the payload of Standard Webhooks, with the alert as its data and when it became one as its time. */
const webhookBody = ({ alert, sequence }: Message): string =>
  `{"type":"alert.${alert.status}","timestamp":"${alert.lastAt}","sequence":${sequence},"data":${textOf(alert)}}`;

const textOf = (alert: Alert): string => new TextDecoder().decode(alertCodec.encode(alert));
