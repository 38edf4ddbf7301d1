// One function to ask the API, and what can go wrong.

/** An answer that is not a success; status 0 when there was no answer. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly field = "",
  ) {
    super(message);
    this.name = "ApiError";
  }
}

export type Params = Record<string, string | number | undefined>;

/** The path with its parameters; empty ones are left out, because the API refuses what it does not know. */
export function path(parts: TemplateStringsArray, ...ids: string[]): string {
  return parts.reduce((all, part, i) => all + encodeURIComponent(ids[i - 1] ?? "") + part);
}

export function withParams(path: string, params: Params): string {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(params)) {
    if (value !== undefined && value !== "") query.set(key, String(value));
  }
  const text = query.toString();
  return text ? `${path}?${text}` : path;
}

/** GETs path below /api/v1 and returns its JSON. Throws ApiError. */
export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  const answer = await ask(path, { headers: { Accept: "application/json" }, ...(signal && { signal }) });
  return (await answer.json()) as T;
}

/** POSTs a text to path below /api/v1 and returns the JSON of the answer. Throws ApiError. */
export async function post<T>(path: string, text: string, signal?: AbortSignal): Promise<T> {
  const headers = { Accept: "application/json", "Content-Type": "text/plain" };
  const answer = await ask(path, { method: "POST", headers, body: text, ...(signal && { signal }) });
  return (await answer.json()) as T;
}

/** Trades the server's key for this browser's cookie. Throws ApiError with status 401 when it is wrong. */
export async function login(key: string): Promise<void> {
  await ask("/login", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ key }),
  });
}

async function ask(path: string, init: RequestInit): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(`/api/v1${path}`, { ...init, credentials: "same-origin" });
  } catch (cause) {
    if (init.signal?.aborted) throw cause;
    throw new ApiError(
      0,
      "unreachable",
      `The server at ${location.origin} does not answer. Is clew running?`,
    );
  }
  if (answer.ok) return answer;
  const text = await answer.text();
  try {
    const { error } = JSON.parse(text) as { error: { code: string; message: string; field?: string } };
    throw new ApiError(answer.status, error.code, error.message, error.field);
  } catch (e) {
    if (e instanceof ApiError) throw e;
    throw new ApiError(
      answer.status,
      "unexpected",
      `The server answered ${answer.status}: ${text.slice(0, 200)}`,
    );
  }
}
