// Links to the things that pages are about: the same everywhere.

import { type ReactNode, useContext } from "react";
import { formatAmount } from "../format/amount.ts";
import { shorten } from "../format/text.ts";
import { Link } from "../shell/location.tsx";
import { hrefOf } from "../shell/route.ts";
import { SessionContext, seesFullIds } from "../shell/session-context.ts";

interface ThingProps {
  readonly id: string;
  /** Characters to show of it. @default 22 */
  readonly most?: number;
}

const link = (kind: Parameters<typeof hrefOf>[0], { id, most = 22 }: ThingProps): ReactNode => (
  <Link href={hrefOf(kind, id)} className="code" title={id}>
    {shorten(id, most)}
  </Link>
);

export const TransactionLink = (props: ThingProps): ReactNode => link("transaction", props);
export const AlertLink = (props: ThingProps): ReactNode => link("alert", props);
export const CaseLink = (props: ThingProps): ReactNode => link("case", props);

/** An account. A reader who sees masked ids alone has no page to go to. */
export function AccountLink(props: ThingProps): ReactNode {
  const session = useContext(SessionContext);
  if (seesFullIds(session)) return link("account", props);
  return (
    <span className="code" title="Your role sees masked account ids">
      {props.id}
    </span>
  );
}

/** `1,200.00 EUR`. */
export function Money({
  amount,
  currency,
}: {
  readonly amount: number;
  readonly currency: string;
}): ReactNode {
  return <span className="money">{formatAmount(amount, currency)}</span>;
}

/** `topic 3 @ 1042`: where a record lies. */
export function Place({
  topic,
  partition,
  offset,
}: {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number | string;
}): ReactNode {
  return (
    <span className="code place">
      {topic}
      <span className="is-quiet">
        {" "}
        p{partition} @ {offset}
      </span>
    </span>
  );
}
