// Markdown as a tree of tokens. What becomes of them is markdown.tsx's business:
// no HTML is made anywhere.

import { Lexer, type MarkedToken } from "marked";

/** Longer text is shown as it is: a lexer takes its time. */
export const longestMarkdown = 32 << 10;

/** Levels of quotes, lists and emphasis that are drawn; deeper ones are text. */
export const deepest = 24;

const options = { gfm: true, breaks: true, silent: true };

/** The blocks of a text; undefined when it is too long, or more than the lexer can take. */
export function blocksOf(text: string): MarkedToken[] | undefined {
  if (text.length > longestMarkdown) return undefined;
  try {
    return Lexer.lex(text, options) as MarkedToken[];
  } catch {
    return undefined;
  }
}

/** The address when a link may lead there: other pages and mail, nothing that runs. */
export function safeHref(href: string): string | undefined {
  try {
    const url = new URL(href);
    return ["http:", "https:", "mailto:"].includes(url.protocol) ? url.href : undefined;
  } catch {
    return undefined;
  }
}

/** The first blocks of at least so many characters, and how many characters are left. */
export function beginning(blocks: MarkedToken[], characters: number): [MarkedToken[], number] {
  let taken = 0;
  let n = 0;
  while (n < blocks.length && taken < characters) taken += blocks[n++]!.raw.length;
  const left = blocks.slice(n).reduce((sum, b) => sum + b.raw.length, 0);
  // A few more lines are less than the button that would hide them.
  return left < characters / 4 ? [blocks, 0] : [blocks.slice(0, n), left];
}
