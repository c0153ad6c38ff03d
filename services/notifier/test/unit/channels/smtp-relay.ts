// An SMTP relay on loopback, for one test: closed when the test's `using` ends.

import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";

/** A mail as the relay took it. */
export interface TakenMail {
  readonly from: string;
  readonly to: readonly string[];
  /** The message as it was sent: header, empty line, body. */
  readonly source: string;
  readonly secure: boolean;
  readonly user: string | undefined;
}

/** What the relay answers instead of taking a mail. */
export interface Refusal {
  readonly at: "sender" | "recipient" | "mail";
  readonly code: number;
  readonly text?: string;
}

/** A relay that takes every mail, unless it is told to refuse. */
export class SmtpRelay implements AsyncDisposable {
  readonly mails: TakenMail[] = [];
  readonly #server: SMTPServer;

  private constructor(options: SMTPServerOptions, refusal: Refusal | undefined) {
    const answer = (at: Refusal["at"]): Error | null =>
      refusal?.at === at
        ? Object.assign(new Error(refusal.text ?? "refused"), { responseCode: refusal.code })
        : null;
    this.#server = new SMTPServer({
      authOptional: true,
      disableReverseLookup: true,
      ...options,
      onMailFrom: (_address, _session, callback) => callback(answer("sender")),
      onRcptTo: (_address, _session, callback) => callback(answer("recipient")),
      onData: (stream, session, callback) => {
        const chunks: Buffer[] = [];
        stream.on("data", (chunk: Buffer) => void chunks.push(chunk));
        stream.on("end", () => {
          const { mailFrom, rcptTo } = session.envelope;
          this.mails.push({
            from: mailFrom === false ? "" : mailFrom.address,
            to: rcptTo.map(({ address }) => address),
            source: Buffer.concat(chunks).toString(),
            secure: session.secure === true,
            user: session.user === undefined ? undefined : String(session.user),
          });
          callback(answer("mail"));
        });
      },
    });
    this.#server.on("error", () => {});
  }

  static async listen(options: SMTPServerOptions = {}, refusal?: Refusal): Promise<SmtpRelay> {
    const relay = new SmtpRelay(options, refusal);
    await once(relay.#server.listen(0, "127.0.0.1"), "listening");
    return relay;
  }

  get port(): number {
    return (this.#server.server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

/** What a scripted relay says when it closes the connection instead of answering. */
export const hangUp = "(hangs up)";

/** A relay that answers each line as told, and nothing where nothing is told. */
export class ScriptedRelay implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Lines received, in order. */
  readonly lines: string[] = [];

  private constructor(answerTo: (line: string) => string | undefined) {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket.on("error", () => {}));
      const say = (line: string): void => {
        const answer = answerTo(line);
        if (answer === hangUp) socket.destroy();
        else if (answer !== undefined) socket.write(`${answer}\r\n`);
      };
      say("");
      socket.setEncoding("utf8").on("data", (text: string) => {
        for (const line of text.split("\r\n").filter((part) => part !== "")) {
          this.lines.push(line);
          say(line);
        }
      });
    });
  }

  /** @param answerTo called with each line received, and with an empty one when a client connects */
  static async listen(answerTo: (line: string) => string | undefined): Promise<ScriptedRelay> {
    const relay = new ScriptedRelay(answerTo);
    await once(relay.#server.listen(0, "127.0.0.1"), "listening");
    return relay;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }
}
