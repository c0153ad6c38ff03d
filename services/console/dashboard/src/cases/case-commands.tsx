// What may be done with a case. Each command names the version that the reader saw: who changed it meanwhile is told.

import { type FormEvent, type ReactNode, useContext, useId, useState } from "react";
import { ApiProblem, post } from "../api/client.ts";
import type { Case, CaseChange, Disposition } from "../api/wire.ts";
import { Mark } from "../marks/mark.tsx";
import { SessionContext } from "../shell/session-context.ts";

type Send = (command: string, args?: Readonly<Record<string, unknown>>) => Promise<boolean>;

interface CommandsProps {
  readonly found: Case;
  /** With what was written, or without for what somebody else did. */
  readonly onChanged: (change?: CaseChange) => void;
}

/** The forms. */
export function CaseCommands({ found, onChanged }: CommandsProps): ReactNode {
  const [problem, setProblem] = useState<ApiProblem>();
  const [isSending, setSending] = useState(false);
  const send: Send = async (command, args = {}) => {
    setSending(true);
    try {
      const path = `/v1/cases/${encodeURIComponent(found.id)}/commands`;
      const change = await post<CaseChange>(path, {
        expectedVersion: found.version,
        command,
        commandId: crypto.randomUUID(),
        ...args,
      });
      setProblem(undefined);
      onChanged(change);
      return true;
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      setProblem(error);
      return false;
    } finally {
      setSending(false);
    }
  };
  const reload = (): void => {
    setProblem(undefined);
    onChanged();
  };
  return (
    <div className="panel-body stack">
      {problem !== undefined && <Refusal problem={problem} onReload={reload} />}
      <fieldset className="commands" disabled={isSending}>
        <legend className="unseen">Commands</legend>
        {found.status === "open" ? <OpenCase found={found} send={send} /> : <Reopen send={send} />}
      </fieldset>
    </div>
  );
}

function OpenCase({ found, send }: { readonly found: Case; readonly send: Send }): ReactNode {
  return (
    <>
      <Assign found={found} send={send} />
      <Judge found={found} send={send} />
      <Comment send={send} />
      <LinkCase send={send} />
    </>
  );
}

function Refusal({
  problem,
  onReload,
}: {
  readonly problem: ApiProblem;
  readonly onReload: () => void;
}): ReactNode {
  const isConflict = problem.status === 409;
  const by = problem.fields["by"];
  return (
    <div className="banner is-warn" role="alert">
      <Mark tone="warn" />
      <span>
        {isConflict ? (
          <>
            <strong>{typeof by === "string" ? by : "Somebody"} changed it</strong> while you looked at it.
            Nothing of yours was done.
          </>
        ) : (
          problem.message
        )}
      </span>
      {isConflict && (
        <button type="button" className="button is-small" onClick={onReload}>
          Reload
        </button>
      )}
    </div>
  );
}

function Assign({ found, send }: { readonly found: Case; readonly send: Send }): ReactNode {
  const session = useContext(SessionContext);
  const id = useId();
  const [name, setName] = useState("");
  const me = session?.me.name;
  const assign = (event: FormEvent): void => {
    event.preventDefault();
    if (name.trim() !== "")
      void send("assign", { assignee: name.trim() }).then((isDone) => isDone && setName(""));
  };
  return (
    <form className="field" onSubmit={assign}>
      <label htmlFor={id}>Assign</label>
      <span className="line">
        {me !== undefined && found.assignee !== me && (
          <button type="button" className="button" onClick={() => void send("assign", { assignee: me })}>
            Take it
          </button>
        )}
        {found.assignee !== null && (
          <button type="button" className="button" onClick={() => void send("assign", { assignee: null })}>
            Give it back
          </button>
        )}
        <input
          id={id}
          className="input"
          placeholder="or to somebody"
          value={name}
          onChange={({ target }) => setName(target.value)}
        />
        <button type="submit" className="button" disabled={name.trim() === ""}>
          Assign
        </button>
      </span>
    </form>
  );
}

const dispositions: readonly { readonly disposition: Disposition; readonly title: string }[] = [
  { disposition: "confirmed-fraud", title: "Confirmed fraud" },
  { disposition: "false-positive", title: "False positive" },
];

function Judge({ found, send }: { readonly found: Case; readonly send: Send }): ReactNode {
  return (
    <div className="field">
      <span>Judge and close</span>
      <span className="line">
        {dispositions.map(({ disposition, title }) => (
          <button
            key={disposition}
            type="button"
            className="button"
            aria-pressed={found.disposition === disposition}
            disabled={found.disposition === disposition}
            onClick={() => void send("set-disposition", { disposition })}
          >
            {title}
          </button>
        ))}
        <button
          type="button"
          className="button is-main"
          disabled={found.disposition === null}
          onClick={() => void send("close")}
        >
          Close the case
        </button>
      </span>
      {found.disposition === null && <span className="note">A case is judged before it is closed.</span>}
    </div>
  );
}

function Comment({ send }: { readonly send: Send }): ReactNode {
  const id = useId();
  const [text, setText] = useState("");
  const comment = (event: FormEvent): void => {
    event.preventDefault();
    void send("comment", { text: text.trim() }).then((isDone) => isDone && setText(""));
  };
  return (
    <form className="field" onSubmit={comment}>
      <label htmlFor={id}>Comment</label>
      <textarea
        id={id}
        className="input"
        rows={3}
        maxLength={4_000}
        value={text}
        onChange={({ target }) => setText(target.value)}
      />
      <span>
        <button type="submit" className="button" disabled={text.trim() === ""}>
          Comment
        </button>
      </span>
    </form>
  );
}

function LinkCase({ send }: { readonly send: Send }): ReactNode {
  const id = useId();
  const [caseId, setCaseId] = useState("");
  const link = (event: FormEvent): void => {
    event.preventDefault();
    void send("link", { caseId: caseId.trim() }).then((isDone) => isDone && setCaseId(""));
  };
  return (
    <form className="field" onSubmit={link}>
      <label htmlFor={id}>Link to another case</label>
      <span className="line">
        <input
          id={id}
          className="input code"
          placeholder="cs_…"
          value={caseId}
          onChange={({ target }) => setCaseId(target.value)}
        />
        <button type="submit" className="button" disabled={caseId.trim() === ""}>
          Link
        </button>
      </span>
    </form>
  );
}

function Reopen({ send }: { readonly send: Send }): ReactNode {
  return (
    <div className="field">
      <span>A closed case takes one command.</span>
      <span>
        <button type="button" className="button" onClick={() => void send("reopen")}>
          Reopen
        </button>
      </span>
    </div>
  );
}
