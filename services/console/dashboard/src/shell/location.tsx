// Where the reader is: the browser's own history, told to React.

import { type AnchorHTMLAttributes, type MouseEvent, type ReactNode, useSyncExternalStore } from "react";

const listeners = new Set<() => void>();

function listen(listener: () => void): () => void {
  listeners.add(listener);
  addEventListener("popstate", listener);
  return () => {
    listeners.delete(listener);
    removeEventListener("popstate", listener);
  };
}

const here = (): string => location.pathname + location.search;

/** Path and query. */
export function useAddress(): string {
  return useSyncExternalStore(listen, here);
}

/** Goes to an address of the dashboard. `replace` leaves no step to go back to: for filters as they are typed. */
export function go(address: string, how: "push" | "replace" = "push"): void {
  if (address === here()) return;
  if (how === "push") history.pushState(null, "", address);
  else history.replaceState(null, "", address);
  if (how === "push") scrollTo(0, 0);
  for (const listener of listeners) listener();
}

/** A link within the dashboard. With a modifier key it is the browser's. */
export function Link({
  href,
  ...rest
}: AnchorHTMLAttributes<HTMLAnchorElement> & {
  readonly href: string;
  readonly children: ReactNode;
}): ReactNode {
  const follow = (event: MouseEvent): void => {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(href);
  };
  return <a {...rest} href={href} onClick={follow} />;
}
