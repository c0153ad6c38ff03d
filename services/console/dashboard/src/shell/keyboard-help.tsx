// The keys of the dashboard: what they do, and the page that says so.
//
//   K1. No key does anything while a text is typed, or together with Ctrl, Alt or the command key.

import { type ReactNode, useEffect } from "react";
import { go } from "./location.tsx";
import { places } from "./navigation.tsx";
import { searchBoxId } from "./search-box.tsx";

const dialogId = "keyboard-help";
/** How long `g` waits for its letter. */
const chordMs = 1_500;

/** Shows the keys. */
export function openKeyboardHelp(): void {
  const dialog = document.getElementById(dialogId);
  if (dialog instanceof HTMLDialogElement && !dialog.open) dialog.showModal();
}

/** Listens to the keys, and holds the page that explains them. */
export function KeyboardHelp(): ReactNode {
  useEffect(() => {
    let chordUntil = 0;
    const press = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyped(event)) return;
      const place = event.timeStamp < chordUntil ? places.find(({ key }) => key === event.key) : undefined;
      chordUntil = event.key === "g" ? event.timeStamp + chordMs : 0;
      if (place !== undefined) go(place.href);
      else if (event.key === "/") document.getElementById(searchBoxId)?.focus();
      else if (event.key === "?") openKeyboardHelp();
      else return;
      event.preventDefault();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, []);
  return (
    <dialog id={dialogId} aria-labelledby="keyboard-help-title">
      <section className="panel">
        <header>
          <h2 id="keyboard-help-title">Keys</h2>
          <form method="dialog" className="note">
            <button type="submit" className="button is-small">
              Close
            </button>
          </form>
        </header>
        <dl className="keys">
          <Keys keys={["/"]} does="Go to the search box" />
          {places.map(({ key, title }) => (
            <Keys key={key} keys={["g", key]} does={title} />
          ))}
          <Keys keys={["?"]} does="Show these keys" />
          <Keys keys={["Esc"]} does="Close" />
        </dl>
      </section>
    </dialog>
  );
}

function Keys({ keys, does }: { readonly keys: readonly string[]; readonly does: string }): ReactNode {
  return (
    <>
      <dt>
        {keys.map((key) => (
          <kbd key={key}>{key}</kbd>
        ))}
      </dt>
      <dd>{does}</dd>
    </>
  );
}

function isTyped({ target }: KeyboardEvent): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || typing.includes(target.tagName));
}

const typing: readonly string[] = ["INPUT", "TEXTAREA", "SELECT"];
