// The search box: goes to the search page, which knows what an id is of.

import { type FormEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { Icon } from "../marks/icon.tsx";
import { go, useAddress } from "./location.tsx";
import { routeOf } from "./route.ts";

/** The element that `/` focuses. */
export const searchBoxId = "search-box";

/** Finds a thing by its id. */
export function SearchBox(): ReactNode {
  const route = routeOf(useAddress());
  const asked = route.page === "search" ? route.text : "";
  const [text, setText] = useState(asked);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => setText(asked), [asked]);
  const find = (event: FormEvent): void => {
    event.preventDefault();
    const wanted = text.trim();
    if (wanted === "") return;
    go(`/search?q=${encodeURIComponent(wanted)}`);
    input.current?.blur();
  };
  return (
    <search className="find">
      <form onSubmit={find}>
        <Icon name="search" />
        <input
          id={searchBoxId}
          ref={input}
          type="text"
          autoComplete="off"
          spellCheck={false}
          aria-label="Find a transaction, account, alert or case by its id"
          placeholder="Transaction, account, alert or case id"
          value={text}
          onChange={({ target }) => setText(target.value)}
        />
        <span className="kbd" aria-hidden="true">
          /
        </span>
      </form>
    </search>
  );
}
