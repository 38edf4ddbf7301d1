// The form that asks for the server's key, shown when the API says 401.

import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState, useSyncExternalStore } from "react";
import { ApiError, login } from "./api/client.ts";

/** Whether any question was last answered with 401. */
export function useLockedOut(): boolean {
  const cache = useQueryClient().getQueryCache();
  return useSyncExternalStore(
    (changed) => cache.subscribe(changed),
    () => cache.getAll().some((q) => q.state.error instanceof ApiError && q.state.error.status === 401),
  );
}

export function KeyForm({ onDone }: { onDone: () => void }) {
  const [key, setKey] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const submit = async (e: FormEvent) => {
    e.preventDefault();
    setBusy(true);
    setProblem("");
    try {
      await login(key.trim());
      onDone();
    } catch (cause) {
      const wrong = cause instanceof ApiError && cause.status === 401;
      setProblem(
        wrong ? "That is not this server's key." : cause instanceof Error ? cause.message : String(cause),
      );
    } finally {
      setBusy(false);
    }
  };
  return (
    <form className="key-form" onSubmit={(e) => void submit(e)}>
      <h1>This server asks for its key</h1>
      <p className="muted">
        It is the value that <code>clew serve</code> was started with, by <code>--key</code> or{" "}
        <code>CLEW_KEY</code>. This browser stays logged in for 30 days.
      </p>
      <label>
        Key
        <input
          type="password"
          autoComplete="current-password"
          autoFocus
          required
          value={key}
          onChange={(e) => setKey(e.target.value)}
        />
      </label>
      {problem && (
        <p className="form-problem" role="alert">
          {problem}
        </p>
      )}
      <button type="submit" className="primary" disabled={busy}>
        Log in
      </button>
    </form>
  );
}
