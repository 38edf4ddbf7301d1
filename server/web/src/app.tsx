// The frame around every view: header, key form, what happens on an unknown path.

import { useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Link, Route, Switch, useLocation } from "wouter";
import { useStatus } from "./api/queries.ts";
import { KeyForm, useLockedOut } from "./key.tsx";
import { reconnect, useLive, useLiveState } from "./live/live.ts";
import { Icon } from "./ui/icons.tsx";
import { type Theme, useTheme } from "./ui/theme.ts";
import { views } from "./views.tsx";

export function App() {
  const client = useQueryClient();
  const lockedOut = useLockedOut();
  // What the server lost sight of while it was away is asked for again.
  useLive((m) => {
    if (m.kind === "resync") void client.invalidateQueries();
  });
  return (
    <>
      <Header />
      <main>
        {lockedOut ? (
          <KeyForm
            onDone={() => {
              reconnect();
              void client.resetQueries();
            }}
          />
        ) : (
          <Switch>
            {views.map(({ path, component: View }) => (
              <Route key={path} path={path}>
                {() => <View key={idInPath()} params={{ id: idInPath() }} />}
              </Route>
            ))}
            <Route>
              <div className="problem">
                <Icon name="search" size={28} />
                <h2>No such page</h2>
                <p className="actions">
                  <Link href="/">All traces</Link>
                </p>
              </div>
            </Route>
          </Switch>
        )}
      </main>
    </>
  );
}

/**
 * The second segment of the path, decoded. The router's own decoding leaves
 * "%2F" as it is, which cannot be told from an id that has it.
 */
function idInPath(): string {
  const segment = window.location.pathname.split("/")[2] ?? "";
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

function Header() {
  const [location] = useLocation();
  const status = useStatus();
  return (
    <header className="top">
      <Link href="/" className="brand" aria-label="Clew, all traces">
        <svg
          viewBox="0 0 32 32"
          width="22"
          height="22"
          fill="none"
          stroke="currentColor"
          strokeWidth="2.2"
          strokeLinecap="round"
          aria-hidden="true"
        >
          <circle cx="14" cy="17" r="9" />
          <path d="M6.5 12.5c5-2.5 10.5-1.5 14.5 3.5M5.5 19c5-4 11-4 15.5 2M10 24.5c1.5-4 5-6 10-5" />
          <path d="M23 16.5c3.5-1 4-5.5 1.5-8.5" />
        </svg>
        Clew
      </Link>
      <nav aria-label="Views">
        {views.map(
          (v) =>
            v.nav && (
              <NavLink
                key={v.path}
                href={v.path}
                current={location === v.path || location.startsWith(`${v.section}/`)}
              >
                {v.nav}
              </NavLink>
            ),
        )}
      </nav>
      <span className="grow" />
      <LiveBadge />
      <ThemeButton />
      {status.data && <span className="version">{status.data.version}</span>}
    </header>
  );
}

function NavLink({ href, current, children }: { href: string; current: boolean; children: ReactNode }) {
  return (
    <Link href={href} aria-current={current ? "page" : undefined}>
      {children}
    </Link>
  );
}

const liveTexts = {
  connecting: ["Connecting", "Connecting to the live stream"],
  open: ["Live", "New and changed traces appear by themselves"],
  lost: ["Reconnecting", "The server does not answer; trying again. What is shown may be old."],
  refused: ["Not live", "The server refused the live stream; trying again"],
} as const;

function LiveBadge() {
  const state = useLiveState();
  const [text, title] = liveTexts[state];
  return (
    <span className={`live ${state}`} title={title} role="status">
      <i aria-hidden="true" />
      {text}
    </span>
  );
}

const nextTheme: Record<Theme, Theme> = { system: "light", light: "dark", dark: "system" };

function ThemeButton() {
  const [theme, choose] = useTheme();
  return (
    <button
      type="button"
      className="icon-button"
      title={`Colours: ${theme === "system" ? "as the system" : theme}. Click for ${nextTheme[theme]}.`}
      aria-label={`Colours: ${theme}`}
      onClick={() => choose(nextTheme[theme])}
    >
      <Icon name={theme === "light" ? "sun" : theme === "dark" ? "moon" : "system"} />
    </button>
  );
}
