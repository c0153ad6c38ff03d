// Light or dark: what the system says, until the reader says otherwise. Kept in this browser.

import { useSyncExternalStore } from "react";

/** What the reader chose. */
export type ThemeChoice = "system" | "light" | "dark";

const storedAs = "riffle-theme";
const choices: readonly string[] = ["system", "light", "dark"];
const listeners = new Set<() => void>();
const systemIsDark = matchMedia("(prefers-color-scheme: dark)");

let choice = readChoice();
apply();
systemIsDark.addEventListener("change", apply);

function readChoice(): ThemeChoice {
  try {
    const stored = localStorage.getItem(storedAs) ?? "";
    return choices.includes(stored) ? (stored as ThemeChoice) : "system";
  } catch {
    // A browser that keeps nothing for this page.
    return "system";
  }
}

function apply(): void {
  document.documentElement.dataset["theme"] = shownTheme();
  for (const listener of listeners) listener();
}

function shownTheme(): "light" | "dark" {
  if (choice !== "system") return choice;
  return systemIsDark.matches ? "dark" : "light";
}

function listen(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** What is chosen. */
export function useThemeChoice(): ThemeChoice {
  return useSyncExternalStore(listen, () => choice);
}

/** What is shown: charts draw their colours anew when it changes. */
export function useShownTheme(): "light" | "dark" {
  return useSyncExternalStore(listen, shownTheme);
}

/** Chooses. */
export function chooseTheme(next: ThemeChoice): void {
  choice = next;
  try {
    localStorage.setItem(storedAs, next);
  } catch {
    // It holds for this page then.
  }
  apply();
}
