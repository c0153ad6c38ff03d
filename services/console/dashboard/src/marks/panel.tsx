// A titled part of a page, and the head of a page.

import { type ReactNode, useEffect, useId, useRef } from "react";

interface PanelProps {
  readonly title: string;
  /** Beside the title, quietly. */
  readonly note?: ReactNode;
  /** Without it the content touches the frame: tables. */
  readonly isPadded?: boolean;
  readonly children: ReactNode;
}

/** A landmark with a heading. */
export function Panel({ title, note, isPadded = false, children }: PanelProps): ReactNode {
  const id = useId();
  return (
    <section className="panel" aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
        {note !== undefined && <span className="note">{note}</span>}
      </header>
      {isPadded ? <div className="panel-body">{children}</div> : children}
    </section>
  );
}

interface PageHeadProps {
  readonly title: string;
  /** In the browser's tab, when the title is no text of its own. */
  readonly tab?: string;
  readonly marks?: ReactNode;
  readonly note?: ReactNode;
  readonly actions?: ReactNode;
}

/** The page's heading: names the tab, and takes the focus when the page is gone to. */
export function PageHead({ title, tab = title, marks, note, actions }: PageHeadProps): ReactNode {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${tab} · Riffle`;
    if (!isFirstPage) heading.current?.focus({ preventScroll: true });
    isFirstPage = false;
  }, [tab]);
  return (
    <div className="head">
      <h1 tabIndex={-1} ref={heading}>
        {title}
      </h1>
      {marks}
      {actions !== undefined && <div className="head-end">{actions}</div>}
      {note !== undefined && <p>{note}</p>}
    </div>
  );
}

/** The browser itself puts the focus on the first page. */
let isFirstPage = true;
