// An OpenID provider that is certified by the OpenID Foundation (oidc-provider), with the console as its one client. It renders
// its own pages, which who signs in fills in: whatever name is given is that of an analyst, with any password.

import type { Server } from "node:http";
import { exportJWK, generateKeyPair } from "jose";
import { Provider } from "oidc-provider";
import { freePorts } from "../../../../../../infra/kafka/ports.ts";

const clientId = "riffle-console";
const clientSecret = "a-secret-of-the-client-40";

/** The provider, at a port of this machine. */
export class CertifiedProvider {
  /** What the console is configured with to sign people in by it. */
  readonly variables: {
    readonly OIDC_ISSUER: string;
    readonly OIDC_CLIENT_ID: string;
    readonly OIDC_CLIENT_SECRET: string;
    readonly OIDC_PUBLIC_URL: string;
  };
  readonly #server: Server;

  private constructor(issuer: string, consoleUrl: string, server: Server) {
    this.variables = {
      OIDC_ISSUER: issuer,
      OIDC_CLIENT_ID: clientId,
      OIDC_CLIENT_SECRET: clientSecret,
      OIDC_PUBLIC_URL: consoleUrl,
    };
    this.#server = server;
  }

  /** Starts one. @param consoleUrl the console as browsers have it */
  static async start(consoleUrl: string): Promise<CertifiedProvider> {
    const [port = 0] = await freePorts(1);
    const issuer = `http://127.0.0.1:${port}`;
    const { privateKey } = await generateKeyPair("ES256", { extractable: true });
    const server = new Provider(issuer, {
      clients: [
        {
          client_id: clientId,
          client_secret: clientSecret,
          redirect_uris: [`${consoleUrl}/v1/session/oidc/callback`],
          post_logout_redirect_uris: [`${consoleUrl}/`],
          id_token_signed_response_alg: "ES256",
        },
      ],
      jwks: { keys: [{ ...(await exportJWK(privateKey)), kid: "c1", alg: "ES256", use: "sig" }] },
      cookies: { keys: ["of-this-test"] },
      pkce: { required: () => true },
      claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["roles"] },
      findAccount: (_, accountId) => ({
        accountId,
        claims: () => ({
          sub: accountId,
          email: `${accountId}@bank.example`,
          email_verified: true,
          roles: ["analyst"],
        }),
      }),
    }).listen(port, "127.0.0.1");
    return new CertifiedProvider(issuer, consoleUrl, server);
  }

  async close(): Promise<void> {
    await new Promise((resolve) => {
      this.#server.closeAllConnections();
      this.#server.close(resolve);
    });
  }
}
