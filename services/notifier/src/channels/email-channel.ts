// The e-mail channel: each alert as one mail to one address, handed to an SMTP relay.
//
//   E1. `delivered` means that the relay has taken the mail. What becomes of it then is the relay's to say.
//   E2. A 4xx may be tried again; a 5xx about the sender, the recipient or the mail will be the same tomorrow and is
//       given up. A login that is refused is no fault of the mail, so it may be tried again.
//   E3. `Message-ID` is made of the notification's id: the same on every attempt. An attempt that ends between the mail
//       and the relay's answer is tried again, so a mail can come twice, with one Message-ID.
//   E4. One address for each endpoint, so that each mail has one outcome. A list of people is a list's address.
//   E5. TLS is required unless the endpoint says otherwise, certificates are verified, and a password is never sent
//       without TLS.
//
// The relay is part of the operator's own network, so its address is not judged as those of webhooks are.

import { type DeliveryAttempt, formatEventTime } from "@riffle/contracts";
import { createTransport } from "nodemailer";
import { type Static, Type } from "typebox";
import { type AttemptResult, attemptError, type Channel, type Message, type Verdict } from "./channel.ts";
import { emailText } from "./email-text.ts";
import { EndpointCheck } from "./endpoint-fault.ts";
import { codeOf } from "./http-attempt.ts";
import { readSecretFile } from "./secret-file.ts";
import type { Surroundings } from "./surroundings.ts";
import { attemptMsMax } from "./webhook-channel.ts";

/** How the relay is spoken to: STARTTLS, TLS from the first byte, or in clear text. */
export const smtpTlsModes = ["starttls", "implicit", "none"] as const;

/** One mail address without a name: no white space, no brackets, nothing that could begin another header. */
const addressPattern = '^[^\\s\\p{Cc}<>(),;:"\\\\@\\[\\]]{1,64}@[A-Za-z0-9.-]{1,253}$';

/** The fields of an e-mail endpoint in the subscriptions. */
export const emailEndpointProperties = {
  kind: Type.Literal("email"),
  host: Type.String({ pattern: "^[A-Za-z0-9.:-]{1,253}$", description: "name or address of the SMTP relay" }),
  port: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 65_535, description: "587; with implicit TLS 465, without TLS 25" }),
  ),
  tls: Type.Optional(Type.Enum(smtpTlsModes, { type: "string", description: "starttls unless said" })),
  caFile: Type.Optional(
    Type.String({
      minLength: 1,
      description: "PEM file of the authorities that signed the relay's certificate",
    }),
  ),
  userName: Type.Optional(Type.String({ minLength: 1, description: "with passwordFile: logs in" })),
  passwordFile: Type.Optional(Type.String({ minLength: 1, description: "file with the password" })),
  from: Type.String({ pattern: addressPattern, description: "sender's address" }),
  to: Type.String({ pattern: addressPattern, description: "the one recipient's address" }),
  timeoutMs: Type.Optional(
    Type.Integer({ minimum: 1, maximum: attemptMsMax, description: "how long an attempt may take" }),
  ),
};

const emailEndpointSchema = Type.Object({ name: Type.String(), ...emailEndpointProperties });

/** An e-mail endpoint of the subscriptions. */
export type EmailEndpoint = Static<typeof emailEndpointSchema>;

/** The relay and the mail, with secrets read. */
export interface EmailChannelOptions
  extends Omit<EmailEndpoint, "kind" | "caFile" | "passwordFile" | "timeoutMs"> {
  /** PEM. @default the well-known authorities */
  readonly ca?: string;
  readonly password?: string;
}

/** Mails each alert to one address. */
export class EmailChannel implements Channel {
  readonly name: string;
  readonly #options: EmailChannelOptions;
  readonly #transport: ReturnType<typeof transportOf>;
  readonly #timeoutMs: number;
  readonly #nowMs: () => number;

  constructor(options: EmailChannelOptions, { nowMs, timeoutMs }: Pick<Surroundings, "nowMs" | "timeoutMs">) {
    this.name = options.name;
    this.#options = options;
    this.#transport = transportOf(options, timeoutMs);
    this.#timeoutMs = timeoutMs;
    this.#nowMs = nowMs;
  }

  async attempt(message: Message, signal: AbortSignal): Promise<AttemptResult> {
    const startMs = this.#nowMs();
    const inTime = AbortSignal.timeout(this.#timeoutMs);
    try {
      const { response } = await this.#transport.sendMail({
        ...this.#headers(message, startMs),
        ...emailText(message),
        signal: AbortSignal.any([signal, inTime]),
      });
      return { attempt: this.#record(startMs, replyCodeOf(response)), verdict: "delivered" };
    } catch (error) {
      const why = this.#endedBy(signal, inTime) ?? errorText(error);
      return { attempt: this.#record(startMs, statusOf(error), why), verdict: verdictOf(error) };
    }
  }

  #endedBy(signal: AbortSignal, inTime: AbortSignal): string | undefined {
    if (signal.aborted) return "ended by the notifier";
    return inTime.aborted ? `no answer within ${this.#timeoutMs} ms` : undefined;
  }

  #headers({ notificationId }: Message, nowMs: number) {
    const { from, to } = this.#options;
    return {
      from,
      to,
      date: new Date(nowMs),
      messageId: `<${notificationId}@${from.slice(from.lastIndexOf("@") + 1)}>`,
      // RFC 3834: no out-of-office answers.
      headers: { "Auto-Submitted": "auto-generated" },
      // Nothing in a mail is read from a file or fetched.
      disableFileAccess: true,
      disableUrlAccess: true,
    };
  }

  #record(startMs: number, status: number | null, error?: string): DeliveryAttempt {
    return {
      at: formatEventTime(startMs),
      status,
      durationMs: Math.max(0, this.#nowMs() - startMs),
      ...(error === undefined ? {} : { error: attemptError(error) }),
    };
  }
}

/**
 * The channel of an endpoint.
 *
 * @throws EndpointError when a file cannot be read, only one of user name and password is there, or a password would be
 *     sent in clear text
 */
export const emailChannelOf = (endpoint: EmailEndpoint, surroundings: Surroundings): EmailChannel => {
  const { kind: _, caFile, passwordFile, timeoutMs = surroundings.timeoutMs, ...rest } = endpoint;
  const check = new EndpointCheck();
  if ((endpoint.userName === undefined) !== (passwordFile === undefined)) {
    const [there, missing] =
      passwordFile === undefined ? ["userName", "passwordFile"] : ["passwordFile", "userName"];
    check.note(`/${there}`, `needs ${missing} beside it`);
  }
  if (passwordFile !== undefined && endpoint.tls === "none") {
    check.note("/tls", "none, but a password is never sent in clear text; use starttls or implicit");
  }
  const ca = caFile === undefined ? {} : { ca: readSecretFile(caFile, "/caFile", check) };
  const password =
    passwordFile === undefined ? {} : { password: readSecretFile(passwordFile, "/passwordFile", check) };
  check.assertNone();
  return new EmailChannel({ ...rest, ...ca, ...password }, { ...surroundings, timeoutMs });
};

const defaultPorts = { starttls: 587, implicit: 465, none: 25 } as const;

const transportOf = (options: EmailChannelOptions, timeoutMs: number) => {
  const { host, tls = "starttls", port = defaultPorts[tls], ca, userName, password } = options;
  const login = userName === undefined || password === undefined ? {} : { user: userName, pass: password };
  return createTransport({
    host,
    port,
    secure: tls === "implicit",
    requireTLS: tls === "starttls",
    ignoreTLS: tls === "none",
    tls: { minVersion: "TLSv1.2", rejectUnauthorized: true, ...(ca === undefined ? {} : { ca }) },
    ...("user" in login ? { auth: login } : {}),
    // The attempt's own time-out comes first; these are behind it.
    connectionTimeout: timeoutMs + 1_000,
    greetingTimeout: timeoutMs + 1_000,
    socketTimeout: timeoutMs + 1_000,
    dnsTimeout: timeoutMs + 1_000,
    maxResponseSize: answerBytesMax,
    logger: false,
  });
};

const answerBytesMax = 65_536;

/** What nodemailer says of a failed mail, as far as it is looked at. */
interface SmtpError {
  readonly code?: unknown;
  readonly responseCode?: unknown;
  readonly permanent?: unknown;
}

const isAboutTheMail = (code: unknown): boolean => code === "EENVELOPE" || code === "EMESSAGE";
/** RFC 4954: authentication is required, too weak, or has failed; it comes in answer to the sender too. */
const loginReplies: ReadonlySet<unknown> = new Set([530, 534, 535, 538]);

const verdictOf = (error: unknown): Exclude<Verdict, "delivered"> => {
  const { code, responseCode, permanent } = error as SmtpError;
  const isFinal = permanent === true && isAboutTheMail(code) && !loginReplies.has(responseCode);
  return isFinal ? "give-up" : "retry";
};

const statusOf = (error: unknown): number | null => {
  const { responseCode } = error as SmtpError;
  return typeof responseCode === "number" && responseCode <= 999 ? responseCode : null;
};

/** `250 2.0.0 Ok` → 250. */
const replyCodeOf = (response: string | undefined): number | null => {
  const code = /^(\d{3})/.exec(response ?? "")?.[1];
  return code === undefined ? null : Number(code);
};

/** Codes alone: a relay's words may repeat what it was sent. */
const errorText = (error: unknown): string => {
  const status = statusOf(error);
  const code = codeOf(error);
  if (code === "EAUTH") return `login refused${status === null ? "" : `: answered ${status}`}`;
  return status === null ? `connection failed: ${code}` : `answered ${status}`;
};
