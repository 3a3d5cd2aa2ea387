// What a person chooses is shown at once. What the server does not take is put back: to the choice that is still
// under way before it, or else to what the server has.

/** Where a choice is seen. */
export interface Shown<T> {
  readonly now: () => T;
  readonly show: (value: T) => void;
  readonly isSame?: (one: T, other: T) => boolean;
}

interface Way {
  /** What the server has, as far as it told. */
  held: unknown;
  /** What it has not answered yet, in the order of choosing. */
  pending: { readonly value: unknown }[];
}

const ways = new Map<string, Way>();

export const choose = async <T>(
  key: string,
  { now, show, isSame = Object.is }: Shown<T>,
  wanted: T,
  save: () => Promise<unknown>,
): Promise<void> => {
  const way = ways.get(key) ?? { held: now(), pending: [] };
  ways.set(key, way);
  const last = way.pending.at(-1);
  // Something else came by other ways.
  if (last && !isSame(now(), last.value as T)) way.held = now();
  const choice = { value: wanted };
  way.pending.push(choice);
  show(wanted);
  try {
    await save();
    const at = way.pending.indexOf(choice);
    if (at >= 0) way.held = wanted;
    // Those before it are overtaken, whatever becomes of them.
    way.pending.splice(0, at + 1);
  } catch (error) {
    const at = way.pending.indexOf(choice);
    if (at >= 0) way.pending.splice(at, 1);
    const before = way.pending.at(-1);
    if (at >= 0 && isSame(now(), wanted)) show((before ? before.value : way.held) as T);
    throw error;
  } finally {
    if (!way.pending.length && ways.get(key) === way) ways.delete(key);
  }
};
