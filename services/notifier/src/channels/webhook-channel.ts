// The webhook channel: each alert is posted as JSON, signed as Standard Webhooks 1.0 says.
//
//   W1. `webhook-id` is the notification's id: the same on every attempt and after a crash, so that the receiver can
//       drop a repeat. `webhook-timestamp` and with it the signature are new on every attempt.
//   W2. Only a 2xx is success. A redirect is a failure: a signed alert does not travel where nobody configured it to.
//   W3. Every failure is tried again until the attempts are used up, except 410 Gone, by which a receiver says stop.

import { type Alert, alertCodec, type DeliveryAttempt, formatEventTime } from "@riffle/contracts";
import { Webhook } from "standardwebhooks";
import { attemptError, type Channel, type Delivery, type Message } from "./channel.ts";
import { parseRetryAfterMs, type RetryPolicy, retryDelayMs } from "./retry.ts";

/** Where to, how, and the world it needs. */
export interface WebhookChannelOptions extends RetryPolicy {
  readonly url: string;
  /** `whsec_` and Base64. */
  readonly secret: string;
  /** How long an attempt waits for an answer, milliseconds. */
  readonly timeoutMs: number;
  /** Wall clock, epoch milliseconds. */
  readonly nowMs: () => number;
  readonly sleep: (delayMs: number) => Promise<void>;
  /** From 0 up to 1, evenly. */
  readonly random: () => number;
}

/** An attempt, and what the receiver said about the next one. */
interface Tried {
  readonly attempt: DeliveryAttempt;
  readonly retryAfterMs: number | undefined;
}

const gone = 410;

/** Posts each alert to one address. */
export class WebhookChannel implements Channel {
  readonly name = "webhook";
  readonly #options: WebhookChannelOptions;
  readonly #signer: Webhook;

  constructor(options: WebhookChannelOptions) {
    this.#options = options;
    this.#signer = new Webhook(options.secret);
  }

  async deliver({ notificationId, alert }: Message): Promise<Delivery> {
    const { attemptsMax, sleep, random } = this.#options;
    const body = bodyOf(alert);
    const attempts: DeliveryAttempt[] = [];
    for (;;) {
      const { attempt, retryAfterMs } = await this.#try(notificationId, body);
      attempts.push(attempt);
      if (attempt.error === undefined) return { outcome: "delivered", attempts };
      if (attempts.length >= attemptsMax || attempt.status === gone)
        return { outcome: "dead-lettered", attempts };
      await sleep(retryDelayMs(this.#options, { attempt: attempts.length, retryAfterMs, random: random() }));
    }
  }

  async #try(notificationId: string, body: string): Promise<Tried> {
    const startMs = this.#options.nowMs();
    const finished = (status: number | null, error?: string): DeliveryAttempt => ({
      at: formatEventTime(startMs),
      status,
      durationMs: Math.max(0, this.#options.nowMs() - startMs),
      ...(error === undefined ? {} : { error: attemptError(error) }),
    });
    try {
      const response = await this.#post(notificationId, body, startMs);
      // The status is all that counts; an answer without end must not hold the connection.
      await response.body?.cancel();
      const retryAfterMs = parseRetryAfterMs(response.headers.get("retry-after"), this.#options.nowMs());
      return { attempt: finished(response.status, refusalOf(response)), retryAfterMs };
    } catch (error) {
      return { attempt: finished(null, connectionError(error)), retryAfterMs: undefined };
    }
  }

  #post(notificationId: string, body: string, nowMs: number): Promise<Response> {
    return fetch(this.#options.url, {
      method: "POST",
      redirect: "manual",
      signal: AbortSignal.timeout(this.#options.timeoutMs),
      headers: {
        "content-type": "application/json",
        "user-agent": "riffle-notifier",
        "webhook-id": notificationId,
        "webhook-timestamp": String(Math.floor(nowMs / 1_000)),
        "webhook-signature": this.#signer.sign(notificationId, new Date(nowMs), body),
      },
      body,
    });
  }
}

const bodyOf = (alert: Alert): string => new TextDecoder().decode(alertCodec.encode(alert));

const refusalOf = ({ ok, status }: Response): string | undefined => {
  if (ok) return undefined;
  const isRedirect = status >= 300 && status < 400;
  return isRedirect ? `answered ${status}; redirects are not followed` : `answered ${status}`;
};

const connectionError = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return "no answer in time";
  const { cause } = error;
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : undefined;
  return `connection failed: ${code ?? (cause instanceof Error ? cause.message : error.message)}`;
};
