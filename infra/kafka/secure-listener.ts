// A second way into a local broker, with TLS and passwords, so that tests can meet a cluster as companies run theirs.
//
// The plain listener stays for the brokers among themselves and for the test's own set-up. What stands here is secret
// to nobody: certificates live for a day, keys and passwords go with the test's folder.

import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** How the secure listener knows its clients, and itself. */
export interface SecureListener {
  /** Passwords by user, valid for PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512 alike. */
  readonly users: Readonly<Record<string, string>>;
  readonly certificate: Certificate;
  /** Whether its users may do only what ACLs grant them; the plain listener's may do everything. @default false */
  readonly authorizes?: boolean;
  /** PEM file of the authorities whose client certificates are let in; without it none is asked for. */
  readonly clientAuthorityFile?: string;
}

/** A self-made certificate with its key. */
export interface Certificate {
  /** PKCS12. */
  readonly keystoreFile: string;
  readonly password: string;
  /** The certificate alone, PEM: what a client has to trust. */
  readonly certificateFile: string;
}

/** The name of the listener in the broker's settings. */
export const secureListenerName = "SECURE";

const scramMechanisms = ["SCRAM-SHA-256", "SCRAM-SHA-512"] as const;

/** Makes a certificate for 127.0.0.1 and localhost in `folder`, with the JDK's keytool. */
export async function makeCertificate(folder: string, name: string): Promise<Certificate> {
  const keystoreFile = join(folder, `${name}.p12`);
  const certificateFile = join(folder, `${name}.pem`);
  const password = "of-a-test";
  const store = ["-keystore", keystoreFile, "-storetype", "PKCS12", "-storepass", password, "-alias", name];
  const subject = ["-dname", `CN=${name}`, "-ext", "san=ip:127.0.0.1,dns:localhost", "-ext", "bc=ca:true"];
  await run("keytool", ["-genkeypair", ...store, "-keyalg", "EC", "-validity", "1", ...subject]);
  await run("keytool", ["-exportcert", "-rfc", ...store, "-file", certificateFile]);
  return { keystoreFile, password, certificateFile };
}

/** Writes the key of a certificate as PEM beside it, as our own variables take it; keytool cannot, so by `openssl`. @returns the file */
export async function exportKey({ keystoreFile, password }: Certificate): Promise<string> {
  const keyFile = keystoreFile.replace(/\.p12$/, ".key.pem");
  const store = ["-in", keystoreFile, "-passin", `pass:${password}`];
  await run("openssl", ["pkcs12", ...store, "-nocerts", "-nodes", "-out", keyFile]);
  return keyFile;
}

/** Brokers among themselves and the test's set-up come by the plain listener, where everybody is ANONYMOUS. */
const authorizer = {
  "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
  "super.users": "User:ANONYMOUS",
};

/** The settings of the listener, by their names in server.properties. */
export function secureSettings({
  users,
  certificate,
  authorizes = false,
  clientAuthorityFile,
}: SecureListener): Record<string, string> {
  const prefix = `listener.name.${secureListenerName.toLowerCase()}`;
  const accounts = Object.entries(users).map(([name, password]) => `user_${name}="${password}"`);
  return {
    "sasl.enabled.mechanisms": ["PLAIN", ...scramMechanisms].join(","),
    [`${prefix}.plain.sasl.jaas.config`]: `org.apache.kafka.common.security.plain.PlainLoginModule required ${accounts.join(" ")};`,
    ...Object.fromEntries(
      scramMechanisms.map((mechanism) => [
        `${prefix}.${mechanism.toLowerCase()}.sasl.jaas.config`,
        "org.apache.kafka.common.security.scram.ScramLoginModule required;",
      ]),
    ),
    ...(authorizes ? authorizer : {}),
    [`${prefix}.ssl.keystore.type`]: "PKCS12",
    [`${prefix}.ssl.keystore.location`]: certificate.keystoreFile,
    [`${prefix}.ssl.keystore.password`]: certificate.password,
    ...(clientAuthorityFile === undefined
      ? {}
      : {
          [`${prefix}.ssl.client.auth`]: "required",
          [`${prefix}.ssl.truststore.type`]: "PEM",
          [`${prefix}.ssl.truststore.location`]: clientAuthorityFile,
        }),
  };
}

/** The users as the format tool writes them into a new cluster: SCRAM passwords are no settings of a broker. */
export function scramArguments({ users }: SecureListener): string[] {
  return Object.entries(users).flatMap(([name, password]) =>
    scramMechanisms.flatMap((mechanism) => [
      "--add-scram",
      `${mechanism}=[name="${name}",password="${password}"]`,
    ]),
  );
}
