// Light, dark, or what the system prefers; remembered by this browser. The same
// key is read by public/theme.js before the first paint.

import { useState } from "react";

export type Theme = "system" | "light" | "dark";

const key = "clew.theme";

function stored(): Theme {
  const set = document.documentElement.dataset.theme;
  return set === "light" || set === "dark" ? set : "system";
}

export function useTheme(): [Theme, (theme: Theme) => void] {
  const [theme, setTheme] = useState(stored);
  const choose = (next: Theme) => {
    if (next === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = next;
    remember(key, next === "system" ? null : next);
    setTheme(next);
  };
  return [theme, choose];
}

/** Keeps value in this browser, or forgets it; storage that is refused is no error. */
export function remember(key: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    return;
  }
}

export function recall(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}
