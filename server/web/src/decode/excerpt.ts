// The line around a place in a text. Columns count characters from 1, as the server does.

const most = 60;

export interface Excerpt {
  before: string;
  /** The character itself; empty at the end of the line. */
  at: string;
  after: string;
}

export function excerpt(text: string, line: number, column: number): Excerpt {
  const characters = [...(text.split("\n")[line - 1] ?? "").replace(/\r$/, "")];
  const before = characters.slice(0, column - 1);
  const after = characters.slice(column);
  return {
    before: before.length > most ? `…${before.slice(1 - most).join("")}` : before.join(""),
    at: characters[column - 1] ?? "",
    after: after.length > most ? `${after.slice(0, most - 1).join("")}…` : after.join(""),
  };
}
