// Who is there: the way to the organisation's sign-in, and a field for a key, as far as the console wants them.

import { type FormEvent, type ReactNode, useEffect, useId, useState } from "react";
import { ApiProblem, post } from "../api/client.ts";
import { useResource } from "../api/use-resource.ts";
import type { SignInWay, SignInWays } from "../api/wire.ts";
import { Mark } from "../marks/mark.tsx";
import { useAddress } from "./location.tsx";
import { signInHref } from "./sign-in-notice.ts";

const unknownKey = "This key is not known, has expired, or has no scope of the console.";

/** What the page is given. */
export interface SignInProps {
  /** What became of the sign-in before. */
  readonly notice: string | undefined;
  readonly onEntered: () => void;
}

/** The page before the pages. */
export function SignIn({ notice, onEntered }: SignInProps): ReactNode {
  const { data, problem } = useResource<SignInWays>("/v1/session/ways");
  const [refusal, setRefusal] = useState(notice);
  const address = useAddress();
  useEffect(() => {
    document.title = "Sign in · Riffle";
  }, []);
  const has = (way: SignInWay): boolean =>
    data?.ways.includes(way) ?? (way === "key" && problem !== undefined);
  return (
    <main className="sign-in">
      <div className="sign-in-card">
        <h1>Riffle console</h1>
        {refusal !== undefined && (
          <p className="refusal" role="alert">
            <Mark tone="bad" />
            <span>{refusal}</span>
          </p>
        )}
        {has("oidc") && (
          <a className="button is-main" href={signInHref(address)}>
            Sign in with your organisation
          </a>
        )}
        {has("key") && <KeyForm isMain={!has("oidc")} onEntered={onEntered} onRefused={setRefusal} />}
      </div>
    </main>
  );
}

interface KeyFormProps {
  /** Whether it is the only way. */
  readonly isMain: boolean;
  readonly onEntered: () => void;
  readonly onRefused: (refusal: string) => void;
}

/** The key goes to the server once and is not kept; a cookie is. */
function KeyForm({ isMain, onEntered, onRefused }: KeyFormProps): ReactNode {
  const id = useId();
  const [key, setKey] = useState("");
  const [isAsking, setAsking] = useState(false);
  const enter = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setAsking(true);
    try {
      await post("/v1/session", { key: key.trim() });
      onEntered();
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      onRefused(error.status === 401 ? unknownKey : error.message);
    } finally {
      setAsking(false);
    }
  };
  return (
    <form onSubmit={(event) => void enter(event)}>
      <div className="field">
        <label htmlFor={id}>{isMain ? "" : "Or an "}API key with a console scope</label>
        <input
          id={id}
          className="input"
          type="password"
          autoComplete="current-password"
          required
          value={key}
          onChange={({ target }) => setKey(target.value)}
        />
      </div>
      <button type="submit" className={isMain ? "button is-main" : "button"} disabled={isAsking}>
        {isAsking ? "Signing in…" : "Sign in"}
      </button>
    </form>
  );
}
