// The OpenID provider: the authorization code flow with PKCE (OpenID Connect Core 1.0, section 3.1; RFC 7636). The one file
// that knows openid-client.
//
//   I1. The provider is asked when somebody signs in, not before: the console starts without it, and what failed is tried
//       again at the next sign-in. Each question has three seconds.
//   I2. An ID token counts when its signature is by a key of the provider, by an asymmetric algorithm, and its issuer,
//       audience, time and nonce are those of this sign-in. That it came by TLS is not enough.
//   I3. The issuer is the very one of the configuration. (For an issuer of many tenants the library would take any of them.)
//   I4. Tokens are kept nowhere: what they say is read, and they are forgotten.

import {
  AuthorizationResponseError,
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  buildEndSessionUrl,
  type ClientAuth,
  ClientError,
  ClientSecretBasic,
  ClientSecretPost,
  Configuration,
  calculatePKCECodeChallenge,
  discovery,
  enableNonRepudiationChecks,
  fetchUserInfo,
  None,
  ResponseBodyError,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
  type ServerMetadata,
  WWWAuthenticateChallengeError,
} from "openid-client";
import { callbackPath } from "./config.ts";
import type { SignInSecrets } from "./pending-sign-ins.ts";
import { type Person, personOf, readableName } from "./person.ts";

const withinS = 3;
/** As for tokens on a request (service-kit's access/tokens.ts). */
const asymmetric = ["ES256", "ES384", "Ed25519", "EdDSA", "PS256", "RS256"];

/** What the provider is asked by. */
export interface ProviderOptions {
  readonly issuer: string;
  readonly clientId: string;
  /** Without it the client is a public one. */
  readonly clientSecret: string | undefined;
  /** The console as browsers have it, without a path. */
  readonly publicUrl: string;
  /** With blanks between. */
  readonly scopes: string;
  readonly rolesClaim: string;
}

/** Why nobody is signed in: the provider cannot be asked, will not have this person, or answered what does not hold. */
export type SignInFault = "authority-unreachable" | "sign-in-denied" | "sign-in-refused";

/** A sign-in that came to nothing. Its message is for the log, and has nothing of a token or secret. */
export class SignInError extends Error {
  override readonly name = "SignInError";
  readonly fault: SignInFault;

  constructor(fault: SignInFault, reason: string) {
    super(reason);
    this.fault = fault;
  }
}

/** One provider, one client. */
export class OpenIdProvider {
  readonly #options: ProviderOptions;
  #found: Promise<Configuration> | undefined;

  constructor(options: ProviderOptions) {
    this.#options = options;
  }

  /** Begins a sign-in. @returns where the browser goes, and what its return is told by. @throws SignInError */
  async begin(): Promise<{ readonly url: string; readonly secrets: SignInSecrets }> {
    const provider = await this.#provider();
    const secrets = {
      state: randomState(),
      nonce: randomNonce(),
      codeVerifier: randomPKCECodeVerifier(),
    };
    const url = buildAuthorizationUrl(provider, {
      redirect_uri: this.#options.publicUrl + callbackPath,
      scope: this.#options.scopes,
      state: secrets.state,
      nonce: secrets.nonce,
      code_challenge: await calculatePKCECodeChallenge(secrets.codeVerifier),
      code_challenge_method: "S256",
    });
    return { url: url.href, secrets };
  }

  /** Ends a sign-in. @param search the query that the browser came back with. @throws SignInError */
  async finish(search: string, { state, nonce, codeVerifier }: SignInSecrets): Promise<Person> {
    const provider = await this.#provider();
    const { publicUrl, rolesClaim } = this.#options;
    try {
      const tokens = await authorizationCodeGrant(provider, new URL(publicUrl + callbackPath + search), {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: codeVerifier,
        idTokenExpected: true,
      });
      const claims = tokens.claims();
      if (claims === undefined) throw new SignInError("sign-in-refused", "there is no ID token");
      const person = personOf(claims, rolesClaim);
      const saysAll = person.roles.size > 0 && readableName(claims) !== undefined;
      if (saysAll || provider.serverMetadata().userinfo_endpoint === undefined) return person;
      // With an access token beside it, an ID token need not have the claims of the scopes (section 5.4).
      const more = await fetchUserInfo(provider, tokens.access_token, claims.sub);
      return personOf({ ...more, ...claims }, rolesClaim);
    } catch (error) {
      throw signInErrorOf(error);
    }
  }

  /** Where the browser goes to sign out at the provider too; undefined where there is no such page, or it cannot be asked. */
  async endSessionUrl(): Promise<string | undefined> {
    const provider = await this.#provider().catch(() => undefined);
    if (provider?.serverMetadata().end_session_endpoint === undefined) return undefined;
    return buildEndSessionUrl(provider, { post_logout_redirect_uri: `${this.#options.publicUrl}/` }).href;
  }

  /** I1. */
  #provider(): Promise<Configuration> {
    this.#found ??= discover(this.#options).catch((error: unknown) => {
      this.#found = undefined;
      throw new SignInError("authority-unreachable", `the provider is not found: ${reasonOf(error)}`);
    });
    return this.#found;
  }
}

async function discover({ issuer, clientId, clientSecret }: ProviderOptions): Promise<Configuration> {
  const mayBePlain = issuer.startsWith("http:") ? [allowInsecureRequests] : [];
  const found = await discovery(new URL(issuer), clientId, undefined, None(), {
    timeout: withinS,
    execute: mayBePlain,
  });
  const server: ServerMetadata = found.serverMetadata();
  if (new URL(server.issuer).href !== new URL(issuer).href) {
    throw new SignInError("authority-unreachable", `its issuer is ${server.issuer}, not OIDC_ISSUER`);
  }
  const offered = server.id_token_signing_alg_values_supported ?? ["RS256"];
  const algorithms = offered.filter((algorithm) => asymmetric.includes(algorithm));
  const provider = new Configuration(
    { ...server, id_token_signing_alg_values_supported: algorithms },
    clientId,
    undefined,
    authenticationOf(server, clientSecret),
  );
  provider.timeout = withinS;
  for (const extend of [...mayBePlain, enableNonRepudiationChecks]) extend(provider);
  return provider;
}

/** Basic where it is taken, which is what a provider that does not say takes (OpenID Connect Discovery, section 3). */
function authenticationOf(server: ServerMetadata, secret: string | undefined): ClientAuth {
  if (secret === undefined) return None();
  const taken = server.token_endpoint_auth_methods_supported ?? ["client_secret_basic"];
  return taken.includes("client_secret_basic") ? ClientSecretBasic(secret) : ClientSecretPost(secret);
}

function signInErrorOf(error: unknown): SignInError {
  if (error instanceof SignInError) return error;
  const reason = reasonOf(error);
  if (error instanceof AuthorizationResponseError) return new SignInError("sign-in-denied", reason);
  return new SignInError(isUnreachable(error) ? "authority-unreachable" : "sign-in-refused", reason);
}

/** No connection, no answer in time, or a server that says that it failed. */
function isUnreachable(error: unknown): boolean {
  if (error instanceof TypeError) return true;
  if (error instanceof ResponseBodyError) return error.status >= 500;
  if (!(error instanceof ClientError)) return false;
  if (error.code === "OAUTH_TIMEOUT" || error.code === "OAUTH_ABORT") return true;
  return error.cause instanceof Response && error.cause.status >= 500;
}

/** What went wrong, in the library's fixed words and the protocol's codes; never a body, a claim or an address with a code. */
function reasonOf(error: unknown): string {
  if (error instanceof AuthorizationResponseError || error instanceof ResponseBodyError) {
    return /^[a-z_]{1,64}$/.test(error.error) ? `the provider says ${error.error}` : "the provider refuses";
  }
  if (error instanceof SignInError || error instanceof ClientError) return error.message;
  if (error instanceof WWWAuthenticateChallengeError) {
    return `the provider answered ${error.status}: OIDC_CLIENT_ID and OIDC_CLIENT_SECRET are not what it knows`;
  }
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && "code" in cause ? ` (${String(cause.code)})` : "";
  return error instanceof TypeError ? `no connection${code}` : "it failed in a way that is not known";
}
