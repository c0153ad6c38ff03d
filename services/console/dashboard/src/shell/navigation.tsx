// The side: where one can go, light or dark, who reads.

import { type ReactNode, useContext } from "react";
import { remove } from "../api/client.ts";
import type { SignedOut } from "../api/wire.ts";
import { Icon, type IconName } from "../marks/icon.tsx";
import { Link } from "./location.tsx";
import markUrl from "./mark.svg?url";
import type { Route } from "./route.ts";
import { SessionContext } from "./session-context.ts";
import { chooseTheme, type ThemeChoice, useThemeChoice } from "./theme.ts";

interface Place {
  readonly icon: IconName;
  readonly title: string;
  readonly href: string;
  /** After `g`. */
  readonly key: string;
  readonly pages: readonly Route["page"][];
}

/** Where the side leads, and what `g` and a letter lead to. */
export const places: readonly Place[] = [
  { icon: "overview", title: "Overview", href: "/", key: "o", pages: ["overview"] },
  { icon: "alerts", title: "Alerts", href: "/alerts", key: "a", pages: ["alerts", "alert"] },
  { icon: "cases", title: "Cases", href: "/cases", key: "c", pages: ["cases", "case"] },
  { icon: "dead-letters", title: "Dead letters", href: "/dead-letters", key: "d", pages: ["dead-letters"] },
  {
    icon: "search",
    title: "Search",
    href: "/search",
    key: "s",
    pages: ["search", "transaction", "account"],
  },
];

/** The side of the frame. */
export function Navigation({ route }: { readonly route: Route }): ReactNode {
  return (
    <header className="side">
      <Link href="/" className="brand">
        <img src={markUrl} alt="" />
        Riffle <small>console</small>
      </Link>
      <nav aria-label="Pages">
        <ul>
          {places.map(({ icon, title, href, key, pages }) => (
            <li key={href}>
              <Link href={href} {...(pages.includes(route.page) ? { "aria-current": "page" as const } : {})}>
                <Icon name={icon} />
                {title}
                <span className="kbd" aria-hidden="true">
                  g {key}
                </span>
              </Link>
            </li>
          ))}
        </ul>
      </nav>
      <div className="side-foot">
        <ThemeSwitch />
        <ReaderLine />
      </div>
    </header>
  );
}

const themes: readonly { readonly choice: ThemeChoice; readonly title: string }[] = [
  { choice: "system", title: "Auto" },
  { choice: "light", title: "Light" },
  { choice: "dark", title: "Dark" },
];

function ThemeSwitch(): ReactNode {
  const chosen = useThemeChoice();
  return (
    <fieldset className="theme">
      <legend className="unseen">Theme</legend>
      {themes.map(({ choice, title }) => (
        <button
          key={choice}
          type="button"
          aria-pressed={choice === chosen}
          onClick={() => chooseTheme(choice)}
        >
          {title}
        </button>
      ))}
    </fieldset>
  );
}

function ReaderLine(): ReactNode {
  const session = useContext(SessionContext);
  if (session === undefined) return null;
  const { name, roles, via } = session.me;
  const leave = async (): Promise<void> => {
    const out = await remove<SignedOut | undefined>("/v1/session");
    // Where the provider has a page for it, it ends its own session there, and sends the reader back.
    location.assign(out?.endSessionUrl ?? "/");
  };
  return (
    <p className="reader">
      <span title={`Signed in by ${via}`}>
        {name} · {roles.at(-1) ?? "no role"}
      </span>
      {via !== "none" && (
        <button type="button" className="button is-small is-bare" onClick={() => void leave()}>
          Sign out
        </button>
      )}
    </p>
  );
}
