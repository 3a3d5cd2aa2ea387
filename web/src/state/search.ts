// What was looked for, and how a search is put together.
import { local } from './preferences';

const RECENT_MAX = 6;

export const recentSearches = (): string[] => local.get<string[]>('searches', []);

export const forgetSearch = (terms: string): void =>
  local.set(
    'searches',
    recentSearches().filter((other) => other !== terms),
  );

export const noteSearch = (terms: string): void => {
  forgetSearch(terms);
  local.set('searches', [terms, ...recentSearches()].slice(0, RECENT_MAX));
};

/** What is looked for, without what narrows it down. */
export const wordsIn = (terms: string): string[] =>
  (terms.match(/"[^"]+"|\S+/g) ?? [])
    .filter((word) => !/^-|^\w+:/.test(word))
    .map((word) => word.replace(/"/g, '').replace(/\*$/, ''));

/** The terms with a modifier begun at their end. */
export const begun = (terms: string, modifier: string): string =>
  `${terms.trimEnd()}${terms.trim() ? ' ' : ''}${modifier}`;

export interface Begun {
  readonly kind: 'from' | 'in';
  readonly word: string;
}

/** A person or a channel that is being named at the end of the terms. */
export const namedLast = (terms: string): Begun | null => {
  const found = /(?:^|\s)-?(from|in):[@~]?([^\s"]*)$/.exec(terms);
  return found ? { kind: found[1] as Begun['kind'], word: found[2]!.toLowerCase() } : null;
};

export const completed = (terms: string, name: string): string =>
  `${terms.replace(/[@~]?[^\s":]*$/, '')}${name} `;
