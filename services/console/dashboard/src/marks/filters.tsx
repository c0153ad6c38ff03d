// Filters of a list, kept in the address: a filtered list can be sent to somebody.

import { type ReactNode, useEffect, useState } from "react";
import { withQuery } from "../api/client.ts";
import { go } from "../shell/location.tsx";

/** What a list is filtered by. */
export type Query = Readonly<Record<string, string>>;

/** Puts a filter into the address. */
export function setFilter(path: string, query: Query, name: string, value: string): void {
  go(withQuery(path, { ...query, [name]: value }), "replace");
}

interface FilterProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

/** One of a few. */
export function Choice({
  label,
  value,
  options,
  onChange,
}: FilterProps & { readonly options: readonly string[] }): ReactNode {
  return (
    <label className="field">
      <span>{label}</span>
      <select className="input" value={value} onChange={({ target }) => onChange(target.value)}>
        <option value="">all</option>
        {options.map((option) => (
          <option key={option} value={option}>
            {option}
          </option>
        ))}
      </select>
    </label>
  );
}

/** A text that holds once it is entered. */
export function TextFilter({ label, value, onChange }: FilterProps): ReactNode {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  return (
    <form
      className="field"
      onSubmit={(event) => {
        event.preventDefault();
        onChange(text.trim());
      }}
    >
      <label className="field">
        <span>{label}</span>
        <input
          className="input code"
          value={text}
          spellCheck={false}
          autoComplete="off"
          onChange={({ target }) => setText(target.value)}
          onBlur={() => onChange(text.trim())}
        />
      </label>
    </form>
  );
}
