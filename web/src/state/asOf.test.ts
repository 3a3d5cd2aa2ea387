// Looking back: what is read, where it stands in an address, and that it is not taken for the present.
import type { Post } from '@mattermost/types/posts';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { api } from '../api';
import { dayBeside, fromField, toField } from '../text/when';
import { timeIn } from '../ui/places';
import { readPast } from './asOf';
import { isWatching } from './events';
import { get, set, useStore } from './store';

const page = (ids: readonly string[], prev_post_id = '') => ({
  order: [...ids].reverse(),
  posts: Object.fromEntries(ids.map((id) => [id, { id, user_id: 'bob' } as Post])),
  prev_post_id,
});

beforeEach(() => {
  vi.spyOn(api, 'getProfilesByIds').mockResolvedValue([]);
  vi.spyOn(api, 'getStatusesByIds').mockResolvedValue([]);
  set(useStore.getInitialState());
});

describe('the past', () => {
  it('is read from its newest message back to its oldest', async () => {
    const own = vi.spyOn(api, 'own').mockResolvedValueOnce(page(['c', 'd'], 'b'));
    const newest = await readPast('town', 5, null);
    expect(own).toHaveBeenLastCalledWith('get', '/channels/town/as_of?at=5&per_page=60');
    expect([newest.posts.map((post) => post.id), newest.before]).toEqual([['c', 'd'], 'c']);
    own.mockResolvedValueOnce(page(['a', 'b']));
    const whole = await readPast('town', 5, newest);
    expect(own).toHaveBeenLastCalledWith('get', '/channels/town/as_of?at=5&per_page=60&before=c');
    expect([whole.posts.map((post) => post.id), whole.before]).toEqual([['a', 'b', 'c', 'd'], '']);
    // None of it is among what is now.
    expect(get().posts).toEqual({});
  });

  it('may be empty', async () => {
    vi.spyOn(api, 'own').mockResolvedValueOnce(page([]));
    expect(await readPast('town', 5, null)).toEqual({ posts: [], before: '' });
  });

  it('is not where somebody sees what comes', () => {
    vi.spyOn(document, 'hasFocus').mockReturnValue(true);
    const timeline = { ids: [], atOldest: true, atNewest: true, readUntil: 0, focus: null, epoch: 1 };
    set({ channelId: 'town', timelines: { town: timeline } });
    expect(isWatching('town')).toBe(true);
    set({ looksBack: true });
    expect(isWatching('town')).toBe(false);
  });
});

describe('a time in an address', () => {
  it('is a moment', () => {
    expect([timeIn('at=5'), timeIn('?x=1&at=10')]).toEqual([5, 10]);
    const none = ['', 'at=', 'at=0', 'at=-1', 'at=5.5', 'at=soon', 'at=NaN', 'at=1e400'];
    expect(none.map((search) => timeIn(search))).toEqual(none.map(() => 0));
  });

  it('is followed by the same time of other days', () => {
    const at = new Date(2026, 1, 1, 15, 20).getTime();
    expect(toField(dayBeside(at, -1))).toBe('2026-01-31T15:20');
    expect(toField(dayBeside(at, 1))).toBe('2026-02-02T15:20');
  });

  it('is shown while its year is typed', () => {
    expect(toField(fromField('0002-03-28T12:00'))).toBe('0002-03-28T12:00');
  });
});
