// What an id is of: asked of all four kinds at once. One answer is gone to, several are shown.

import { type ReactNode, useEffect, useState } from "react";
import { ApiProblem, get, isNotThere } from "../api/client.ts";
import { plural, shellWord } from "../format/text.ts";
import { Empty, Problem } from "../marks/empty.tsx";
import { Tag } from "../marks/mark.tsx";
import { PageHead, Panel } from "../marks/panel.tsx";
import { go, Link } from "../shell/location.tsx";
import { hrefOf } from "../shell/route.ts";

type Kind = "transaction" | "account" | "alert" | "case";

const kinds: readonly { readonly kind: Kind; readonly folder: string }[] = [
  { kind: "transaction", folder: "transactions" },
  { kind: "alert", folder: "alerts" },
  { kind: "case", folder: "cases" },
  { kind: "account", folder: "accounts" },
];

/** Ids that were gone to at once: going back to the search shows the answer instead of leaving it again. */
const goneTo = new Set<string>();

/** The page of `/search?q=<id>`. */
export function SearchPage({ text }: { readonly text: string }): ReactNode {
  const [found, setFound] = useState<readonly Kind[]>();
  const [problem, setProblem] = useState<ApiProblem>();
  const [asked, setAsked] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `asked` counts the tries
  useEffect(() => {
    if (text === "") return;
    const aborted = new AbortController();
    setProblem(undefined);
    const look = async (): Promise<void> => {
      const answers = await Promise.all(
        kinds.map(async ({ kind, folder }) => ((await isThere(folder, text, aborted.signal)) ? [kind] : [])),
      );
      if (aborted.signal.aborted) return;
      const all = answers.flat();
      setFound(all);
      const [only] = all;
      if (only === undefined || all.length > 1 || goneTo.has(text)) return;
      goneTo.add(text);
      go(hrefOf(only, text));
    };
    look().catch((error: unknown) => {
      if (!(error instanceof ApiProblem)) throw error;
      if (!aborted.signal.aborted) setProblem(error);
    });
    return () => aborted.abort();
  }, [text, asked]);
  return (
    <>
      <PageHead title="Search" />
      <Panel title={text === "" ? "What to look for" : `Found for ${text}`} note={noteOf(found)}>
        {problem === undefined ? (
          <Found text={text} found={found} />
        ) : (
          <Problem problem={problem} onRetry={() => setAsked(asked + 1)} />
        )}
      </Panel>
    </>
  );
}

const noteOf = (found: readonly Kind[] | undefined): ReactNode =>
  found === undefined ? undefined : plural(found.length, "thing");

function Found({
  text,
  found,
}: {
  readonly text: string;
  readonly found: readonly Kind[] | undefined;
}): ReactNode {
  if (text === "") {
    return (
      <Empty title="Enter an id above">
        <p>
          The id of a transaction, an account, an alert (<code>al_…</code>) or a case (<code>cs_…</code>).
          Press <kbd>/</kbd> on any page to come here.
        </p>
      </Empty>
    );
  }
  if (found === undefined) return <Empty title="Looking…" />;
  if (found.length === 0) {
    return (
      <Empty title="Nothing has this id">
        <p>
          Ids are compared whole and by capitals. What is older than the console keeps is not found here; the
          topics may still have it: <code>npx -y pnpm@10 riffle explain {shellWord(text)}</code>
        </p>
      </Empty>
    );
  }
  return (
    <ul className="stream">
      {found.map((kind) => (
        <li key={kind} className="entry">
          <div className="entry-head">
            <Tag tone="info">{kind}</Tag>
            <Link href={hrefOf(kind, text)} className="code">
              {text}
            </Link>
          </div>
        </li>
      ))}
    </ul>
  );
}

async function isThere(folder: string, id: string, signal: AbortSignal): Promise<boolean> {
  try {
    await get(`/v1/${folder}/${encodeURIComponent(id)}`, signal);
    return true;
  } catch (error) {
    if (signal.aborted || (error instanceof ApiProblem && isNotThere(error))) return false;
    throw error;
  }
}
