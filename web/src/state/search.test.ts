import { beforeEach, describe, expect, it } from 'vitest';
import { begun, completed, forgetSearch, namedLast, noteSearch, recentSearches, wordsIn } from './search';

beforeEach(() => localStorage.clear());

describe('a search', () => {
  it('is put together from words and modifiers', () => {
    expect(begun('', 'from:')).toBe('from:');
    expect(begun('cake ', 'in:')).toBe('cake in:');
    expect(namedLast('cake from:@Ad')).toEqual({ kind: 'from', word: 'ad' });
    expect(namedLast('in:')).toEqual({ kind: 'in', word: '' });
    expect(namedLast('from:ada cake')).toBeNull();
    expect(completed('cake from:@ad', 'ada')).toBe('cake from:ada ');
    expect(completed('in:', 'town-square')).toBe('in:town-square ');
  });

  it('marks what was looked for, not what narrowed it down', () => {
    expect(wordsIn('from:ada "two words" cake* -pie')).toEqual(['two words', 'cake']);
  });

  it('is remembered once, the last on top, until it is forgotten', () => {
    for (const terms of ['1', '2', '3', '4', '5', '6', '7', '2']) noteSearch(terms);
    expect(recentSearches()).toEqual(['2', '7', '6', '5', '4', '3']);
    forgetSearch('7');
    expect(recentSearches()).toEqual(['2', '6', '5', '4', '3']);
  });
});
