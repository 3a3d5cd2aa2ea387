// The list of channels as its owner has arranged it: categories, what stands in them, and in which order.
import type { CategorySorting, ChannelCategory } from '@mattermost/types/channel_categories';
import { api } from '../api';
import { arrange, channelName, loadCategories, teammateId, unreadOf } from './channels';
import { get, type State } from './store';

const DIRECTS_MAX = 40;

export type Sorting = 'manual' | 'alpha' | 'recent';

/** Hidden conversations come back with what is unread in them. */
const isShown = (state: State, id: string): boolean => {
  const channel = state.channels[id];
  if (!channel || channel.delete_at) return false;
  if (channel.type !== 'D' && channel.type !== 'G') return true;
  if (id === state.channelId || unreadOf(state, id).mentions || unreadOf(state, id).messages) return true;
  const key =
    channel.type === 'D'
      ? `direct_channel_show/${teammateId(channel, state.me?.id ?? '')}`
      : `group_channel_show/${id}`;
  return (
    state.preferences[key] !== 'false' && (channel.last_post_at > 0 || state.preferences[key] === 'true')
  );
};

export const sortingOf = (category: ChannelCategory): Sorting => {
  if (category.sorting) return category.sorting;
  return category.type === 'direct_messages' ? 'recent' : 'manual';
};

/** What a category shows, in its order. */
export const idsOf = (state: State, category: ChannelCategory): string[] => {
  const ids = category.channel_ids.filter((id) => isShown(state, id));
  const sorting = sortingOf(category);
  const recent = (id: string) => state.channels[id]?.last_post_at ?? 0;
  const name = (id: string) => channelName(state, state.channels[id]);
  if (sorting === 'recent') ids.sort((a, b) => recent(b) - recent(a));
  if (sorting === 'alpha') ids.sort((a, b) => name(a).localeCompare(name(b)));
  return category.type === 'direct_messages' ? ids.slice(0, DIRECTS_MAX) : ids;
};

const mine = (state: State): readonly ChannelCategory[] => state.categories[state.teamId] ?? [];

export const inSidebarOrder = (state: State): string[] =>
  mine(state).flatMap((category) => idsOf(state, category));

export const categoryOf = (state: State, channelId: string): ChannelCategory | undefined =>
  mine(state).find((category) => category.channel_ids.includes(channelId));

/** Conversations do not stand among the channels, nor channels among the conversations. */
export const fits = (state: State, channelId: string, category: ChannelCategory): boolean => {
  const direct = ['D', 'G'].includes(state.channels[channelId]?.type ?? '');
  return category.type !== (direct ? 'channels' : 'direct_messages');
};

const MANUAL = 'manual' as CategorySorting;

/** The categories once the channel stands in `categoryId`, before `before`, or at its end. */
export const placed = (
  state: State,
  channelId: string,
  categoryId: string,
  before: string | null,
): ChannelCategory[] =>
  mine(state).map((category) => {
    const isTarget = category.id === categoryId;
    if (!isTarget && !category.channel_ids.includes(channelId)) return category;
    // What is seen keeps its order; what is hidden follows.
    const seen = isTarget ? idsOf(state, category) : category.channel_ids;
    const all = [...seen, ...category.channel_ids.filter((id) => !seen.includes(id))];
    const rest = all.filter((id) => id !== channelId);
    if (!isTarget) return { ...category, channel_ids: rest };
    const at = before === null ? seen.filter((id) => id !== channelId).length : rest.indexOf(before);
    return { ...category, sorting: MANUAL, channel_ids: rest.toSpliced(at, 0, channelId) };
  });

const update = (next: readonly ChannelCategory[]): Promise<void> => {
  const before = mine(get());
  const changed = next.filter((category) => !before.includes(category));
  if (!changed.length) return Promise.resolve();
  const { teamId, me } = get();
  return arrange(teamId, next, () => api.updateChannelCategories(me!.id, teamId, changed));
};

export const placeChannel = (channelId: string, categoryId: string, before: string | null): Promise<void> =>
  update(placed(get(), channelId, categoryId, before));

/** One place up or down within its category. */
export const stepChannel = (channelId: string, by: 1 | -1): Promise<void> => {
  const category = categoryOf(get(), channelId);
  if (!category) return Promise.resolve();
  const ids = idsOf(get(), category);
  const at = ids.indexOf(channelId) + by;
  if (at < 0 || at >= ids.length) return Promise.resolve();
  const before = by < 0 ? ids[at]! : (ids[at + 1] ?? null);
  return placeChannel(channelId, category.id, before);
};

const patch = (categoryId: string, part: Partial<ChannelCategory>): Promise<void> =>
  update(mine(get()).map((one) => (one.id === categoryId ? { ...one, ...part } : one)));

export const setSorting = (categoryId: string, sorting: Sorting): Promise<void> =>
  patch(categoryId, { sorting: sorting as CategorySorting });

export const renameCategory = (categoryId: string, display_name: string): Promise<void> =>
  patch(categoryId, { display_name });

export const makeCategory = async (display_name: string, channelId: string | null): Promise<void> => {
  const { teamId, me } = get();
  await api.createChannelCategory(me!.id, teamId, {
    user_id: me!.id,
    team_id: teamId,
    display_name,
    channel_ids: channelId ? [channelId] : [],
  });
  await loadCategories(teamId);
};

/** What was in it goes back to where its kind belongs. */
export const deleteCategory = async (categoryId: string): Promise<void> => {
  const { teamId, me } = get();
  await api.deleteChannelCategory(me!.id, teamId, categoryId);
  await loadCategories(teamId);
};

/** Puts a category before another one, or at the end. */
export const moveCategory = (categoryId: string, before: string | null): Promise<void> => {
  const all = mine(get());
  const category = all.find(({ id }) => id === categoryId);
  if (!category) return Promise.resolve();
  const rest = all.filter((one) => one !== category);
  const at = before === null ? rest.length : rest.findIndex(({ id }) => id === before);
  const next = rest.toSpliced(at, 0, category);
  if (next.every((one, n) => one === all[n])) return Promise.resolve();
  const { teamId, me } = get();
  return arrange(teamId, next, () =>
    api.updateChannelCategoryOrder(
      me!.id,
      teamId,
      next.map(({ id }) => id),
    ),
  );
};

export const stepCategory = (categoryId: string, by: 1 | -1): Promise<void> => {
  const all = mine(get());
  const at = all.findIndex(({ id }) => id === categoryId);
  if (at < 0 || at + by < 0 || at + by >= all.length) return Promise.resolve();
  return moveCategory(categoryId, by < 0 ? all[at - 1]!.id : (all[at + 2]?.id ?? null));
};
