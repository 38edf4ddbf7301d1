// Numbers and times as people read them. What is unknown is a dash, never a zero.

export const unknown = "–";

const units: [string, number][] = [
  ["d", 86_400e9],
  ["h", 3_600e9],
  ["m", 60e9],
  ["s", 1e9],
  ["ms", 1e6],
  ["µs", 1e3],
  ["ns", 1],
];

/** A duration in nanoseconds: three figures below a minute, two units above. */
export function duration(ns: number): string {
  if (!Number.isFinite(ns)) return unknown;
  if (ns < 0) return `-${duration(-ns)}`;
  if (ns === 0) return "0";
  let i = units.findIndex(([, size]) => ns >= size);
  if (i < 0) i = units.length - 1;
  let [unit, size] = units[i]!;
  if (size < 60e9) {
    let text = figures(ns / size);
    // 999.96 ms is a second, not 1000 ms.
    if (i > 0 && Number(text) * size >= units[i - 1]![1]) {
      [unit, size] = units[i - 1]!;
      text = figures(ns / size);
    }
    return `${text} ${unit}`;
  }
  const [nextUnit, nextSize] = units[i + 1]!;
  let whole = Math.floor(ns / size);
  let rest = Math.round((ns - whole * size) / nextSize);
  if (rest * nextSize >= size) {
    whole++;
    rest = 0;
  }
  // 59 min 59.9 s is an hour, not 60 min.
  if (i > 0 && whole * size >= units[i - 1]![1]) return `1 ${units[i - 1]![0]}`;
  return rest ? `${whole} ${unit} ${rest} ${nextUnit}` : `${whole} ${unit}`;
}

/** A duration in its largest unit alone, for where there is little room. */
export function rough(ns: number): string {
  const [unit, size] = units.find(([, size]) => ns >= size) ?? units[units.length - 1]!;
  return `${Math.round(ns / size)} ${unit}`;
}

function figures(n: number): string {
  const text = n >= 100 ? n.toFixed(0) : n >= 10 ? n.toFixed(1) : n.toFixed(2);
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

const grouped = new Intl.NumberFormat("en-US");

export function count(n: number | null): string {
  return n === null ? unknown : grouped.format(n);
}

/** 1,234 stays, 12,345 is 12.3k. */
export function short(n: number | null): string {
  if (n === null) return unknown;
  if (n < 10_000) return grouped.format(n);
  if (n < 999_500) return `${figures(n / 1e3)}k`;
  if (n < 999_500_000) return `${figures(n / 1e6)}M`;
  return `${figures(n / 1e9)}G`;
}

/** US dollars: cents, or as many digits as show two figures of less. */
export function cost(usd: number | null): string {
  if (usd === null) return unknown;
  if (usd === 0) return "$0";
  if (usd < 0.000001) return "<$0.000001";
  if (usd < 0.01) return `$${usd.toFixed(Math.min(8, 1 - Math.floor(Math.log10(usd)))).replace(/0+$/, "")}`;
  return `$${usd < 1 ? usd.toFixed(3).replace(/0$/, "") : grouped.format(Math.round(usd * 100) / 100)}`;
}

/** US dollars in all their digits. */
export function dollars(usd: number): string {
  return usd.toFixed(12).replace(/\.?0+$/, "");
}

/** The whole seconds since 1970 of an RFC 3339 time in UTC, NaN when it is none. */
export function wholeSeconds(time: string): number {
  return Date.parse(time.endsWith("Z") ? `${time.slice(0, 19)}Z` : "") / 1000;
}

/** The nanoseconds beyond the whole second. */
export function fraction(time: string): number {
  if (time.charCodeAt(19) !== 46) return 0; // no "."
  let ns = 0;
  for (let i = 20; i < 29; i++) {
    const digit = time.charCodeAt(i) - 48;
    ns = ns * 10 + (digit >= 0 && digit <= 9 ? digit : 0);
  }
  return ns;
}

/** Nanoseconds since 1970 of an RFC 3339 time; exact, so a bigint. 0 for "". */
export function nanos(time: string): bigint {
  const m = /^(.{19})(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/.exec(time);
  if (!m) return 0n;
  const seconds = Date.parse(m[1]! + m[3]!);
  if (Number.isNaN(seconds)) return 0n;
  return BigInt(seconds) * 1_000_000n + BigInt((m[2] ?? "").padEnd(9, "0"));
}

/** A moment relative to now, rough: "4 min ago". */
export function ago(time: string, now = Date.now()): string {
  const then = Date.parse(time);
  if (Number.isNaN(then)) return unknown;
  const s = (now - then) / 1000;
  if (s < -5) return "in the future";
  if (s < 5) return "now";
  if (s < 60) return `${Math.floor(s)} s ago`;
  if (s < 3600) return `${Math.floor(s / 60)} min ago`;
  if (s < 86_400) return `${Math.floor(s / 3600)} h ago`;
  if (s < 30 * 86_400) return `${Math.floor(s / 86_400)} d ago`;
  return new Date(then).toISOString().slice(0, 10);
}

/** The exact moment in this browser's zone, to the millisecond. */
export function exact(time: string): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return unknown;
  const two = (n: number) => String(n).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return `${day} ${clock}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}

/** The dashed form of a 32-digit id, which other tools use. */
export function uuid(hex: string): string {
  const h = hex.padStart(32, "0");
  return [h.slice(0, 8), h.slice(8, 12), h.slice(12, 16), h.slice(16, 20), h.slice(20)].join("-");
}

export function plural(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}
