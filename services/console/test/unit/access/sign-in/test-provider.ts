// An OpenID provider in the test's hand: it keeps to the protocol, and checks that the console does, until it is told to be wrong.

import { createHash, randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type CryptoKey, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import { freePorts } from "../../../../../../infra/kafka/ports.ts";

interface Grant {
  readonly redirectUri: string;
  readonly challenge: string;
  readonly nonce: string | null;
}

/** What the provider signs tokens with, for tests that sign otherwise. */
export type Sign = (claims: JWTPayload, key: CryptoKey) => Promise<string>;

const signed: Sign = (claims, key) =>
  new SignJWT(claims).setProtectedHeader({ alg: "ES256", kid: "p1" }).sign(key);

/** The provider. Its fields that are not `readonly` may be changed to make it wrong. */
export class TestProvider {
  readonly clientId = "riffle-console";
  readonly clientSecret = "a-secret-of-the-client-40";
  /** How the client must say who it is. */
  clientAuthentication: "client_secret_basic" | "client_secret_post" | "none" = "client_secret_basic";
  /** Further metadata of the discovery document. */
  metadata: Record<string, unknown> = {};
  /** Claims of the person who is signed in. */
  claims: JWTPayload = {
    sub: "s-1",
    email: "ana@bank.example",
    email_verified: true,
    roles: ["analyst"],
  };
  /** What the userinfo endpoint says; it is not offered without. */
  userinfo: JWTPayload | undefined;
  /** Changes the claims of an ID token before it is signed. */
  changed: (claims: JWTPayload) => JWTPayload = (claims) => claims;
  sign: Sign = signed;
  /** Changes where the browser is sent to. */
  sent: (back: URL) => void = () => {};
  /** The token endpoint answers this status when it is not 200. */
  tokenStatus = 200;
  /** Secrets that went over the wire: nothing of them may be in a log. */
  readonly secrets: string[] = [this.clientSecret];
  /** The queries of authorization requests. */
  readonly asked: URLSearchParams[] = [];
  readonly port: number;
  readonly #grants = new Map<string, Grant>();
  readonly #key: CryptoKey;
  readonly #publicKey: CryptoKey;
  #server: Server | undefined;

  private constructor(
    port: number,
    { privateKey, publicKey }: { privateKey: CryptoKey; publicKey: CryptoKey },
  ) {
    this.port = port;
    this.#key = privateKey;
    this.#publicKey = publicKey;
  }

  /** A provider that does not listen yet. */
  static async make(): Promise<TestProvider> {
    const [port = 0] = await freePorts(1);
    return new TestProvider(port, await generateKeyPair("ES256", { extractable: true }));
  }

  get issuer(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async listen(): Promise<void> {
    const server = createServer((request, response) => void this.#answer(request, response));
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(this.port, "127.0.0.1", resolve));
  }

  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", this.issuer);
    const json = (value: unknown, status = 200): void =>
      void response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
    switch (url.pathname) {
      case "/.well-known/openid-configuration":
        return json(this.#discovery());
      case "/jwks":
        return json({
          keys: [{ ...(await exportJWK(this.#publicKey)), kid: "p1", alg: "ES256", use: "sig" }],
        });
      case "/authorize":
        return void response.writeHead(302, { location: this.#authorize(url.searchParams) }).end();
      case "/token": {
        const [status, value] = await this.#token(request);
        return json(value, status);
      }
      case "/userinfo":
        return json(this.userinfo ?? {});
      default:
        return json({ error: "not_found" }, 404);
    }
  }

  #discovery(): Record<string, unknown> {
    return {
      issuer: this.issuer,
      authorization_endpoint: `${this.issuer}/authorize`,
      token_endpoint: `${this.issuer}/token`,
      jwks_uri: `${this.issuer}/jwks`,
      ...(this.userinfo === undefined ? {} : { userinfo_endpoint: `${this.issuer}/userinfo` }),
      id_token_signing_alg_values_supported: ["ES256", "HS256", "none"],
      token_endpoint_auth_methods_supported: [this.clientAuthentication],
      response_types_supported: ["code"],
      subject_types_supported: ["public"],
      ...this.metadata,
    };
  }

  #authorize(query: URLSearchParams): string {
    this.asked.push(query);
    const redirectUri = query.get("redirect_uri") ?? "";
    const code = randomUUID();
    const nonce = query.get("nonce");
    const challenge =
      query.get("code_challenge_method") === "S256" ? (query.get("code_challenge") ?? "") : "";
    this.#grants.set(code, { redirectUri, nonce, challenge });
    const back = new URL(redirectUri);
    back.searchParams.set("code", code);
    back.searchParams.set("state", query.get("state") ?? "");
    this.secrets.push(code, nonce ?? "-", query.get("state") ?? "-");
    this.sent(back);
    return back.href;
  }

  async #token(request: IncomingMessage): Promise<[number, unknown]> {
    if (this.tokenStatus !== 200) return [this.tokenStatus, { error: "server_error" }];
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = new URLSearchParams(Buffer.concat(chunks).toString("utf8"));
    if (!this.#isClient(request, body)) return [401, { error: "invalid_client" }];
    const code = body.get("code") ?? "";
    const grant = this.#grants.get(code);
    this.#grants.delete(code);
    const verifier = body.get("code_verifier") ?? "";
    const challenge = createHash("sha256").update(verifier).digest("base64url");
    this.secrets.push(verifier);
    const isGranted = grant?.redirectUri === body.get("redirect_uri") && grant?.challenge === challenge;
    if (!isGranted || body.get("grant_type") !== "authorization_code")
      return [400, { error: "invalid_grant" }];
    return [200, await this.#tokens(grant.nonce)];
  }

  async #tokens(nonce: string | null): Promise<Record<string, unknown>> {
    const nowS = Math.floor(Date.now() / 1_000);
    const ofToken = { iss: this.issuer, aud: this.clientId, iat: nowS, exp: nowS + 300 };
    const claims = this.changed({ ...ofToken, ...(nonce === null ? {} : { nonce }), ...this.claims });
    const id_token = await this.sign(claims, this.#key);
    const access_token = randomUUID();
    this.secrets.push(id_token, access_token);
    return { access_token, token_type: "Bearer", expires_in: 300, id_token };
  }

  #isClient({ headers }: IncomingMessage, body: URLSearchParams): boolean {
    const isNamed = body.get("client_id") === this.clientId;
    switch (this.clientAuthentication) {
      case "client_secret_basic":
        return namesOf(headers.authorization).join(":") === `${this.clientId}:${this.clientSecret}`;
      case "client_secret_post":
        return isNamed && body.get("client_secret") === this.clientSecret;
      case "none":
        return isNamed && headers.authorization === undefined && !body.has("client_secret");
    }
  }
}

/** Both parts of a Basic credential are form-encoded before they are put together (RFC 6749, section 2.3.1). */
function namesOf(authorization = ""): string[] {
  const [, encoded = ""] = authorization.split("Basic ");
  return Buffer.from(encoded, "base64").toString("utf8").split(":").map(decodeURIComponent);
}
