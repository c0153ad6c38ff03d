// States as shapes: each has its own outline, so that colour says nothing alone.

import type { ReactNode } from "react";

/** How good a thing is. */
export type Tone = "good" | "warn" | "bad" | "info" | "quiet";

const shapes: Readonly<Record<Tone, ReactNode>> = {
  // A disc with a tick.
  good: (
    <>
      <circle cx="8" cy="8" r="7" fill="currentColor" />
      <path d="m4.6 8.3 2.3 2.3 4.5-4.9" fill="none" stroke="var(--surface)" strokeWidth="1.8" />
    </>
  ),
  // A triangle.
  warn: (
    <>
      <path d="M8 1.2 15.2 14H.8Z" fill="currentColor" />
      <path d="M8 5.8v4M8 11.6v.4" stroke="var(--surface)" strokeWidth="1.7" strokeLinecap="round" />
    </>
  ),
  // An octagon with a cross.
  bad: (
    <>
      <path d="M5 1h6l4 4v6l-4 4H5l-4-4V5Z" fill="currentColor" />
      <path d="m5.4 5.4 5.2 5.2m0-5.2-5.2 5.2" stroke="var(--surface)" strokeWidth="1.8" />
    </>
  ),
  // A square, half of it filled.
  info: (
    <>
      <rect x="2" y="2" width="12" height="12" rx="2" fill="none" stroke="currentColor" strokeWidth="2" />
      <path d="M2 8h12v4a2 2 0 0 1-2 2H4a2 2 0 0 1-2-2Z" fill="currentColor" />
    </>
  ),
  // A ring.
  quiet: <circle cx="8" cy="8" r="5.6" fill="none" stroke="currentColor" strokeWidth="2" />,
};

/** The shape alone, for beside a text. */
export function Mark({ tone }: { readonly tone: Tone }): ReactNode {
  return (
    <svg className={`mark is-${tone}`} viewBox="0 0 16 16" aria-hidden="true">
      {shapes[tone]}
    </svg>
  );
}

/** Shape and word. */
export function Tag({ tone, children }: { readonly tone: Tone; readonly children: ReactNode }): ReactNode {
  return (
    <span className={`tag is-${tone}`}>
      <Mark tone={tone} />
      {children}
    </span>
  );
}

const severityTones: Readonly<Record<string, Tone>> = { high: "bad", medium: "warn", low: "info" };

/** How much an alert or a case matters. */
export function Severity({ severity }: { readonly severity: string }): ReactNode {
  return <Tag tone={severityTones[severity] ?? "quiet"}>{severity}</Tag>;
}

const statusTones: Readonly<Record<string, Tone>> = {
  raised: "bad",
  withdrawn: "quiet",
  open: "warn",
  closed: "good",
  screened: "good",
  received: "info",
  rejected: "warn",
  delivered: "good",
  "dead-lettered": "bad",
  "confirmed-fraud": "bad",
  "false-positive": "good",
};

/** What became of a thing, in the pipeline's own words. */
export function StatusTag({ status }: { readonly status: string }): ReactNode {
  return <Tag tone={statusTones[status] ?? "quiet"}>{status}</Tag>;
}
