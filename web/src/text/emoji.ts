// Emoji by name. The table is large and comes after the page: until then names are shown.
import { create } from 'zustand';
import { local } from '../state/preferences';
import { get } from '../state/store';

export interface Emoji {
  readonly name: string;
  readonly names: readonly string[];
  readonly group: number;
  readonly keywords: string;
  /** Of the standard ones. */
  readonly character?: string;
  /** Of the custom ones. */
  readonly image?: string;
}

const FREQUENT_MAX = 24;
const FIRST = ['+1', 'tada', 'eyes', 'heart', 'joy', 'white_check_mark', 'thinking_face', 'pray'];

export const useEmoji = create<{ list: readonly Emoji[]; byName: ReadonlyMap<string, Emoji> }>(() => ({
  list: [],
  byName: new Map(),
}));

let loaded: Promise<void> | undefined;
export const loadEmoji = (): Promise<void> => {
  loaded ??= import('virtual:emoji').then(({ default: rows }) => {
    const list = rows.map(([character, group, names, keywords]) => ({
      name: names[0]!,
      names,
      group,
      keywords,
      character,
    }));
    const byName = new Map(list.flatMap((emoji) => emoji.names.map((name) => [name, emoji] as const)));
    useEmoji.setState({ list, byName });
  });
  return loaded;
};

const imageOf = (id: string): string => `/api/v4/emoji/${id}/image`;

export const customEmoji = (): Emoji[] =>
  Object.values(get().emojis).map(({ name, id }) => ({
    name,
    names: [name],
    group: -1,
    keywords: '',
    image: imageOf(id),
  }));

export const emojiNamed = (name: string): Emoji | undefined => {
  const standard = useEmoji.getState().byName.get(name);
  if (standard) return standard;
  const custom = get().emojis[name];
  return custom && { name, names: [name], group: -1, keywords: '', image: imageOf(custom.id) };
};

/** Those whose name begins so first, then those that hold it, then those that mean it. */
export const findEmoji = (term: string, max: number): Emoji[] => {
  const wanted = term.toLowerCase();
  const rank = (emoji: Emoji): number => {
    if (emoji.names.some((name) => name.startsWith(wanted))) return 0;
    if (emoji.names.some((name) => name.includes(wanted))) return 1;
    return emoji.keywords.includes(wanted) ? 2 : 3;
  };
  const ranked = [...customEmoji(), ...useEmoji.getState().list].map(
    (emoji) => [rank(emoji), emoji] as const,
  );
  return ranked
    .filter(([n]) => n < 3)
    .sort(([a], [b]) => a - b)
    .slice(0, max)
    .map(([, emoji]) => emoji);
};

export const frequentEmoji = (): string[] => local.get<string[]>('emoji', FIRST);

export const noteEmoji = (name: string): void =>
  local.set('emoji', [name, ...frequentEmoji().filter((other) => other !== name)].slice(0, FREQUENT_MAX));
