// Where a channel stands after it was moved.
import type { ChannelCategory } from '@mattermost/types/channel_categories';
import type { ServerChannel } from '@mattermost/types/channels';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { api } from '../api';
import { loadCategories, setCategoryCollapsed } from './channels';
import {
  fits,
  idsOf,
  moveCategory,
  placeChannel,
  placed,
  setSorting,
  stepCategory,
  stepChannel,
} from './sidebar';
import { get, set, useStore } from './store';

const EMPTY = useStore.getInitialState();
const channel = (id: string, last_post_at: number, more = {}) =>
  ({ id, team_id: 'team', type: 'O', display_name: id, name: id, last_post_at, ...more }) as ServerChannel;
const category = (id: string, type: string, channel_ids: string[], sorting = '') =>
  ({ id, team_id: 'team', type, channel_ids, sorting, display_name: id }) as ChannelCategory;
const ids = (id: string) => get().categories.team!.find((c) => c.id === id)!.channel_ids;

beforeEach(() => {
  const all = [channel('c', 1), channel('a', 3), channel('b', 2), channel('gone', 9, { delete_at: 1 })];
  set({
    ...EMPTY,
    teamId: 'team',
    me: { id: 'ada' } as never,
    channels: Object.fromEntries(all.map((one) => [one.id, one])),
    categories: {
      team: [category('mine', 'custom', ['c', 'gone', 'a']), category('rest', 'channels', ['b'])],
    },
  });
});

describe('a category', () => {
  it('shows its channels by hand, by name or by the latest message', () => {
    const shown = (sorting: string) =>
      idsOf(get(), category('x', 'custom', ['c', 'gone', 'a', 'b'], sorting));
    expect(shown('')).toEqual(['c', 'a', 'b']);
    expect(shown('alpha')).toEqual(['a', 'b', 'c']);
    expect(shown('recent')).toEqual(['a', 'b', 'c']);
  });

  it('takes a channel where it was let go, and keeps those that are not seen', () => {
    const [mine, rest] = placed(get(), 'b', 'mine', 'a');
    expect(mine!.channel_ids).toEqual(['c', 'b', 'a', 'gone']);
    expect(mine!.sorting).toBe('manual');
    expect(rest!.channel_ids).toEqual([]);
    expect(placed(get(), 'b', 'mine', null)[0]!.channel_ids).toEqual(['c', 'a', 'b', 'gone']);
  });

  it('takes what is of its kind, if it has one', () => {
    set({ channels: { ...get().channels, bob: channel('bob', 1, { type: 'D' }) } });
    const taken = (id: string) =>
      ['custom', 'favorites', 'channels', 'direct_messages'].filter((type) =>
        fits(get(), id, category('x', type, [])),
      );
    expect(taken('a')).toEqual(['custom', 'favorites', 'channels']);
    expect(taken('bob')).toEqual(['custom', 'favorites', 'direct_messages']);
  });

  it('keeps the order that was seen when a sorted one is changed by hand', async () => {
    vi.spyOn(api, 'updateChannelCategories').mockResolvedValue([]);
    await setSorting('mine', 'alpha');
    expect(placed(get(), 'b', 'mine', 'c')[0]!.channel_ids).toEqual(['a', 'b', 'c', 'gone']);
  });

  it('moves a channel one place, and no further than its ends', async () => {
    const save = vi.spyOn(api, 'updateChannelCategories').mockResolvedValue([]);
    await stepChannel('a', -1);
    expect(ids('mine')).toEqual(['a', 'c', 'gone']);
    await stepChannel('a', -1);
    expect(save).toHaveBeenCalledTimes(1);
    await stepChannel('a', 1);
    expect(ids('mine')).toEqual(['c', 'a', 'gone']);
  });

  it('moves before another one or to the end, and tells nobody if it stays', async () => {
    const save = vi.spyOn(api, 'updateChannelCategoryOrder').mockResolvedValue([]);
    const order = () => get().categories.team!.map(({ id }) => id);
    await moveCategory('mine', null);
    expect(order()).toEqual(['rest', 'mine']);
    await moveCategory('mine', 'rest');
    expect(order()).toEqual(['mine', 'rest']);
    await moveCategory('mine', 'rest');
    expect(save.mock.calls.map(([, , ids]) => ids)).toEqual([
      ['rest', 'mine'],
      ['mine', 'rest'],
    ]);
  });

  it('is as the server has it if that refuses', async () => {
    const before = get().categories.team!;
    vi.spyOn(api, 'updateChannelCategoryOrder').mockRejectedValue(new Error('no'));
    vi.spyOn(api, 'getChannelCategories').mockResolvedValue({
      categories: [...before],
      order: ['mine', 'rest'],
    });
    await expect(stepCategory('rest', -1)).rejects.toThrow();
    expect(get().categories.team!.map(({ id }) => id)).toEqual(['mine', 'rest']);
  });
});

it('is as it was before if the server cannot be reached at all', async () => {
  const unreachable = new Error('offline');
  vi.spyOn(api, 'updateChannelCategories').mockRejectedValue(unreachable);
  vi.spyOn(api, 'updateChannelCategory').mockRejectedValue(unreachable);
  vi.spyOn(api, 'getChannelCategories').mockRejectedValue(unreachable);
  const before = get().categories.team!;
  await expect(placeChannel('b', 'mine', null)).rejects.toThrow('offline');
  await expect(setCategoryCollapsed(before[0]!, true)).rejects.toThrow('offline');
  expect(get().categories.team).toEqual(before);
});

it('is what the server has after two moves in a row that did not reach it', async () => {
  const unreachable = new Error('offline');
  vi.spyOn(api, 'updateChannelCategories').mockRejectedValue(unreachable);
  vi.spyOn(api, 'getChannelCategories').mockRejectedValue(unreachable);
  const before = get().categories.team!;
  const both = [placeChannel('b', 'mine', null), placeChannel('a', 'rest', null)];
  for (const one of both) await expect(one).rejects.toThrow('offline');
  expect(get().categories.team).toEqual(before);
});

it('is not put back by what the server said before', async () => {
  const before = get().categories.team!;
  let answer!: (value: { categories: ChannelCategory[]; order: string[] }) => void;
  const ask = vi.spyOn(api, 'getChannelCategories');
  ask.mockReturnValueOnce(new Promise((resolve) => (answer = resolve)));
  const stale = loadCategories('team');
  let saved!: () => void;
  vi.spyOn(api, 'updateChannelCategories').mockReturnValue(
    new Promise((resolve) => (saved = () => resolve([]))),
  );
  const step = stepChannel('a', -1);
  answer({ categories: [...before], order: ['mine', 'rest'] });
  await stale;
  expect(ids('mine')).toEqual(['a', 'c', 'gone']);
  ask.mockResolvedValue({ categories: [...get().categories.team!], order: ['mine', 'rest'] });
  saved();
  await step;
  expect(ids('mine')).toEqual(['a', 'c', 'gone']);
});
