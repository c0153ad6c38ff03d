// Who is there: asks for a key where the console wants one.

import { type FormEvent, type ReactNode, useEffect, useId, useState } from "react";
import { ApiProblem, post } from "../api/client.ts";
import { Mark } from "../marks/mark.tsx";

const unknownKey = "This key is not known, has expired, or has no scope of the console.";

/** The page before the pages. The key goes to the server once and is not kept; a cookie is. */
export function SignIn({ onEntered }: { readonly onEntered: () => void }): ReactNode {
  const id = useId();
  const [key, setKey] = useState("");
  const [refusal, setRefusal] = useState<string>();
  const [isAsking, setAsking] = useState(false);
  useEffect(() => {
    document.title = "Sign in · Riffle";
  }, []);
  const enter = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setAsking(true);
    try {
      await post("/v1/session", { key: key.trim() });
      onEntered();
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      setRefusal(error.status === 401 ? unknownKey : error.message);
    } finally {
      setAsking(false);
    }
  };
  return (
    <main className="sign-in">
      <form onSubmit={(event) => void enter(event)}>
        <h1>Riffle console</h1>
        <div className="field">
          <label htmlFor={id}>API key with a console scope</label>
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
        {refusal !== undefined && (
          <p className="refusal" role="alert">
            <Mark tone="bad" />
            <span>{refusal}</span>
          </p>
        )}
        <button type="submit" className="button is-main" disabled={isAsking}>
          {isAsking ? "Signing in…" : "Sign in"}
        </button>
      </form>
    </main>
  );
}
