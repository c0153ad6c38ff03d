// Records that a service could not process: why, and the command that sends them again.

import type { ReactNode } from "react";
import { usePages } from "../api/use-pages.ts";
import type { DeadLetterRow } from "../api/wire.ts";
import { useReloadOn } from "../feed/use-reload-on.ts";
import { plural, shellWord, shorten } from "../format/text.ts";
import { CopyButton } from "../marks/copy.tsx";
import { Empty, Loaded } from "../marks/empty.tsx";
import { Tag } from "../marks/mark.tsx";
import { PageHead, Panel } from "../marks/panel.tsx";
import { More, Table } from "../marks/table.tsx";
import { Place } from "../marks/things.tsx";
import { Ago } from "../marks/time.tsx";

const pageSize = 50;
const query = { limit: pageSize };
/** A service that cannot process its input writes hundreds at once, and each reading is written down. */
const settleMs = 1_000;

/** The page of `/dead-letters`. */
export function DeadLettersPage(): ReactNode {
  const pages = usePages<DeadLetterRow>("/v1/dead-letters", query);
  useReloadOn(({ kind }) => kind === "dead-letter", pages.first.reload, settleMs);
  return (
    <>
      <PageHead
        title="Dead letters"
        note="What a service could not process lies in its dead-letter topic with its bytes unchanged. Nothing is lost: once the cause is gone, it can be sent again."
      />
      <Panel title="Newest first" note={plural(pages.items.length, "dead letter")}>
        <Loaded resource={pages.first}>
          {() => (pages.items.length > 0 ? <Letters letters={pages.items} /> : <None />)}
        </Loaded>
        {pages.hasMore && <More onMore={pages.more} isLoading={pages.isLoadingMore} />}
      </Panel>
    </>
  );
}

function None(): ReactNode {
  return (
    <Empty title="No dead letter">
      <p>Every record could be read and processed.</p>
    </Empty>
  );
}

function Letters({ letters }: { readonly letters: readonly DeadLetterRow[] }): ReactNode {
  return (
    <Table
      label="Dead letters"
      rows={letters}
      keyOf={({ topic, partition, offset }) => `${topic}/${partition}/${offset}`}
      columns={[
        { title: "Reason", kind: "line", cell: ({ reasonCode }) => <Tag tone="bad">{reasonCode}</Tag> },
        { title: "What was found", cell: ({ message }) => <span className="reason">{message}</span> },
        { title: "Record", kind: "line", cell: (letter) => <Place {...letter} /> },
        {
          title: "Key",
          kind: "line",
          cell: ({ key }) => <code title={key ?? ""}>{key === null ? "none" : shorten(key, 20)}</code>,
        },
        { title: "When", kind: "line", cell: ({ at }) => <Ago at={at} /> },
        {
          title: "Copy the command",
          kind: "line",
          cell: (letter) => (
            <span className="line">
              <CopyButton isSmall label="dlq show" text={commandOf("show", letter)} />
              <CopyButton isSmall label="dlq redrive" text={commandOf("redrive", letter)} />
            </span>
          ),
        },
      ]}
    />
  );
}

function commandOf(verb: "show" | "redrive", { topic, partition, offset }: DeadLetterRow): string {
  return `npx -y pnpm@10 riffle dlq ${verb} ${shellWord(`${topic}/${partition}/${offset}`)}`;
}
