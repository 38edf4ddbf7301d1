// A service has the same colour wherever it is alone: its name chooses it. Where
// two services of one trace would share a colour, the later in the alphabet
// moves on to the next free one. The colours are custom properties, so that
// light and dark each have their own.

export const hues = 12;

/** The hue that name alone would have, 0 … hues-1. */
export function hue(name: string): number {
  let h = 0x811c9dc5; // FNV-1a
  for (let i = 0; i < name.length; i++) {
    h ^= name.charCodeAt(i);
    h = Math.imul(h, 0x01000193);
  }
  h ^= h >>> 15; // its low bits alone are poor for short names
  h = Math.imul(h, 0x2c1b3c6d);
  h ^= h >>> 13;
  return (h >>> 0) % hues;
}

export type Palette = (service: string) => string;

/** The colours, as CSS values, of services that are seen together. */
export function palette(services: readonly string[]): Palette {
  const taken = new Set<number>();
  const chosen = new Map<string, number>();
  for (const name of [...new Set(services)].sort()) {
    let h = hue(name);
    // 5 is coprime to 12: all hues are tried, and neighbours differ.
    for (let i = 0; i < hues && taken.has(h); i++) h = (h + 5) % hues;
    taken.add(h);
    chosen.set(name, h);
  }
  return (service) => (service ? `var(--hue-${chosen.get(service) ?? hue(service)})` : "var(--faint)");
}
