// The certificate that the API shows, and its key, read again when a file of the two changes.
//
//   T1. A fault at the start is one of the configuration, and names the variable, the path and OpenSSL's code. Later it is
//       only logged, and what was shown before is shown on: a certificate is rotated by two writes, and half of them must
//       not shut the door.
//   T2. New connections are shown the new one; those that are open stay as they are.
//   T3. Files are looked at by their path, as mounted secrets are replaced by a link.

import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync, unwatchFile, watchFile } from "node:fs";
import type { Server } from "node:net";
import { createSecureContext, Server as TlsServer } from "node:tls";
import { lookEveryMs } from "@riffle/service-kit/access";
import { ConfigError, type ConfigFault, type Logger } from "@riffle/service-kit/process";
import type { Clock } from "./clock.ts";
import type { IngestConfig } from "./config.ts";

/** What Node's TLS server takes. */
export interface ServerTls {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly minVersion: "TLSv1.2";
}

interface Files {
  readonly cert: string;
  readonly key: string;
}

/**
 * The certificate of the configuration; `undefined` where it has none.
 *
 * @throws ConfigError naming every file that cannot be used
 */
export function serverCertificateOf(
  { TLS_CERT_FILE: cert, TLS_KEY_FILE: key }: Pick<IngestConfig, "TLS_CERT_FILE" | "TLS_KEY_FILE">,
  log: Logger,
  clock: Clock,
): ServerCertificate | undefined {
  if (cert === undefined && key === undefined) return undefined;
  if (cert !== undefined && key !== undefined) return new ServerCertificate({ cert, key }, log, clock);
  const [variable, other] =
    cert === undefined ? ["TLS_CERT_FILE", "TLS_KEY_FILE"] : ["TLS_KEY_FILE", "TLS_CERT_FILE"];
  throw new ConfigError([{ variable, problem: `required, but missing, because ${other} is set` }]);
}

/** A certificate that follows its files. */
export class ServerCertificate {
  readonly #files: Files;
  readonly #log: Logger;
  readonly #clock: Clock;
  #tls: ServerTls;
  #endsAtMs: number;
  #server: TlsServer | undefined;

  /** @throws ConfigError naming TLS_CERT_FILE or TLS_KEY_FILE */
  constructor(files: Files, log: Logger, clock: Clock) {
    this.#files = files;
    this.#log = log;
    this.#clock = clock;
    this.#tls = readTls(files, clock.nowMs());
    this.#endsAtMs = endOf(this.#tls);
  }

  /** The newest that could be used. */
  get tls(): ServerTls {
    return this.#tls;
  }

  /** When the one that is shown ends, epoch milliseconds. */
  get endsAtMs(): number {
    return this.#endsAtMs;
  }

  /** From now on a change of the files reaches this server. */
  follow(server: Server): void {
    if (!(server instanceof TlsServer)) return;
    this.#server = server;
    for (const file of Object.values(this.#files))
      watchFile(file, { interval: lookEveryMs, persistent: false }, this.reload);
  }

  /** Reads the files now. */
  readonly reload = (): void => {
    try {
      this.#tls = readTls(this.#files, this.#clock.nowMs());
      this.#endsAtMs = endOf(this.#tls);
      this.#server?.setSecureContext(this.#tls);
      const { validTo, fingerprint256 } = new X509Certificate(this.#tls.cert);
      this.#log.info(
        { validTo, fingerprint256 },
        "the certificate was read again; new connections are shown it",
      );
    } catch (error) {
      this.#log.error(
        { reason: error instanceof Error ? error.message : String(error) },
        "the certificate cannot be used; the one of before is shown on",
      );
    }
  };

  close(): void {
    for (const file of Object.values(this.#files)) unwatchFile(file, this.reload);
  }
}

/** Of the service's own certificate, which is the first; the chain behind it is its authority's to outlive it. */
const endOf = ({ cert }: ServerTls): number => new X509Certificate(cert).validToDate.getTime();

/** @throws ConfigError */
function readTls(files: Files, nowMs: number): ServerTls {
  const faults: ConfigFault[] = [];
  const attempt = <T>(file: keyof Files, what: string, act: () => T): T | undefined => {
    try {
      return act();
    } catch (error) {
      const why = error instanceof Error && "code" in error ? String(error.code) : String(error);
      faults.push({ variable: variables[file], problem: `${files[file]} ${what} (${why})` });
      return undefined;
    }
  };
  const cert = attempt("cert", "cannot be read", () => readFileSync(files.cert));
  const key = attempt("key", "cannot be read", () => readFileSync(files.key));
  const certificate = cert && attempt("cert", "holds no certificate in PEM", () => new X509Certificate(cert));
  const privateKey =
    key && attempt("key", "holds no private key in PEM without a passphrase", () => createPrivateKey(key));
  if (certificate !== undefined) attempt("cert", "is not in force", () => demandInForce(certificate, nowMs));
  if (certificate !== undefined && privateKey !== undefined && !certificate.checkPrivateKey(privateKey)) {
    const problem = `${files.key} is not the key of the certificate in ${files.cert} (ERR_OSSL_X509_KEY_VALUES_MISMATCH)`;
    faults.push({ variable: variables.key, problem });
  }
  const tls = cert && key && ({ cert, key, minVersion: "TLSv1.2" } as const);
  // What is left to find: a broken chain behind the certificate, a key too short to be taken.
  if (tls && faults.length === 0) attempt("cert", "cannot be used", () => createSecureContext(tls));
  if (tls === undefined || faults.length > 0) throw new ConfigError(faults);
  return tls;
}

const variables = { cert: "TLS_CERT_FILE", key: "TLS_KEY_FILE" } as const;

/** No client that verifies would connect: better said here than by each of them. */
function demandInForce({ validFromDate, validToDate }: X509Certificate, nowMs: number): void {
  const now = new Date(nowMs);
  const code =
    now < validFromDate ? "CERT_NOT_YET_VALID" : now > validToDate ? "CERT_HAS_EXPIRED" : undefined;
  if (code === undefined) return;
  const message = `in force from ${validFromDate.toISOString()} to ${validToDate.toISOString()}`;
  throw Object.assign(new Error(message), { code });
}
