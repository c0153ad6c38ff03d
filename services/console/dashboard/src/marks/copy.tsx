// Text to take away: a button that copies, and a command to paste.

import { type ReactNode, useEffect, useState } from "react";
import { Icon } from "./icon.tsx";

/** Copies a text and says so. */
export function CopyButton({
  text,
  label,
  isSmall = false,
}: {
  readonly text: string;
  readonly label: string;
  readonly isSmall?: boolean;
}): ReactNode {
  const [outcome, setOutcome] = useState<"copied" | "refused">();
  useEffect(() => {
    if (outcome === undefined) return;
    const timer = setTimeout(() => setOutcome(undefined), 2_000);
    return () => clearTimeout(timer);
  }, [outcome]);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      setOutcome("copied");
    } catch {
      setOutcome("refused");
    }
  };
  return (
    <button type="button" className={`button${isSmall ? " is-small" : ""}`} onClick={() => void copy()}>
      <Icon name="copy" />
      <span aria-live="polite">{outcome === undefined ? label : outcomes[outcome]}</span>
    </button>
  );
}

const outcomes = { copied: "Copied", refused: "Not allowed here" } as const;

/** A command or document with its copy button. */
export function Snippet({ label, text }: { readonly label: string; readonly text: string }): ReactNode {
  return (
    <div className="snippet">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable with the keyboard */}
      {/* biome-ignore lint/a11y/useSemanticElements: a group of no form */}
      <pre tabIndex={0} role="group" aria-label={label}>
        <code>{text}</code>
      </pre>
      <CopyButton text={text} label="Copy" isSmall />
    </div>
  );
}
