// Channels: which there are for me, how many unread each has, and how they are named.
import type { ChannelCategory } from '@mattermost/types/channel_categories';
import type { ChannelMembership, ChannelNotifyProps, ServerChannel } from '@mattermost/types/channels';
import { api } from '../api';
import { choose } from './choice';
import { learn, meet, nameOf, nameStyle, usersByName } from './people';
import { savePreference } from './preferences';
import { byId, collapsed, get, type State, set, without } from './store';

const byChannel = (members: readonly ChannelMembership[]) =>
  Object.fromEntries(members.map((member) => [member.channel_id, member]));

/** All channels of all teams, with what was read of them. */
export const loadChannels = async (): Promise<void> => {
  const [channels, members] = await Promise.all([
    api.getAllTeamsChannels(),
    api.getAllChannelsMembers('me', -1),
  ]);
  set(({ channels: held, channelId }) => {
    const shown = held[channelId];
    // An open channel may be looked at from outside.
    const outside = shown?.type === 'O' ? [shown] : [];
    return { channels: byId([...outside, ...(channels as ServerChannel[])]), members: byChannel(members) };
  });
  meet(channels.filter((c) => c.type === 'D').flatMap((c) => c.name.split('__')));
  const groups = channels.filter((c) => c.type === 'G').map((c) => c.id);
  if (groups.length) {
    const people = (await api.getProfilesInGroupChannels(groups)) as unknown as Record<
      string,
      Parameters<typeof learn>[0]
    >;
    learn(Object.values(people).flat());
  }
};

const asked = new Map<string, number>();
const saving = new Map<string, number>();
const count = (counts: Map<string, number>, teamId: string, by: number): number => {
  const now = (counts.get(teamId) ?? 0) + by;
  counts.set(teamId, now);
  return now;
};

const showCategories = (teamId: string, categories: readonly ChannelCategory[]): void =>
  set((state) => ({ categories: { ...state.categories, [teamId]: categories } }));

/** What a person arranges is shown at once, and then what the server has. */
export const arrange = async (
  teamId: string,
  next: readonly ChannelCategory[],
  save: () => Promise<unknown>,
): Promise<void> => {
  count(saving, teamId, 1);
  count(asked, teamId, 1);
  const shown = {
    now: () => get().categories[teamId] ?? [],
    show: (categories: readonly ChannelCategory[]) => showCategories(teamId, categories),
  };
  try {
    await choose(`categories ${teamId}`, shown, next, save);
  } finally {
    count(saving, teamId, -1);
    await loadCategories(teamId).catch(() => undefined);
  }
};

export const loadCategories = async (teamId: string): Promise<void> => {
  if (saving.get(teamId)) return;
  const turn = count(asked, teamId, 1);
  const { categories, order } = await api.getChannelCategories('me', teamId);
  // Answers may overtake each other: the last question has the newest one.
  if (asked.get(teamId) !== turn) return;
  const known = new Map(categories.map((category) => [category.id, category]));
  const sorted = order.map((id) => known.get(id)).filter((c): c is ChannelCategory => c !== undefined);
  showCategories(teamId, sorted);
};

export const addChannel = (channel: ServerChannel, member?: ChannelMembership): void =>
  set(({ channels, members }) => ({
    channels: { ...channels, [channel.id]: channel },
    members: member ? { ...members, [channel.id]: member } : members,
  }));

/** A channel that I am in now, as the server has it. */
export const fetchChannel = async (channelId: string): Promise<ServerChannel> => {
  const [channel, member] = await Promise.all([
    api.getChannel(channelId) as Promise<ServerChannel>,
    api.getMyChannelMember(channelId),
  ]);
  addChannel(channel, member);
  return channel;
};

export const dropChannel = (channelId: string): void =>
  set(({ channels, members, timelines }) => ({
    channels: without(channels, channelId),
    members: without(members, channelId),
    timelines: without(timelines, channelId),
  }));

export const patchChannel = (channelId: string, patch: Partial<ServerChannel>): void =>
  set(({ channels }) => {
    const channel = channels[channelId];
    return channel ? { channels: { ...channels, [channelId]: { ...channel, ...patch } } } : {};
  });

export const patchMember = (channelId: string, patch: Partial<ChannelMembership>): void =>
  set(({ members }) => {
    const member = members[channelId];
    return member ? { members: { ...members, [channelId]: { ...member, ...patch } } } : {};
  });

export const teammateId = (channel: { name: string }, me: string): string => {
  const [one = '', other = ''] = channel.name.split('__');
  return one === me ? other : one;
};

export const isMuted = (member: ChannelMembership | undefined): boolean =>
  member?.notify_props?.mark_unread === 'mention';

export interface Unread {
  readonly messages: number;
  readonly mentions: number;
}

export const unreadOf = (state: State, channelId: string): Unread => {
  const channel = state.channels[channelId];
  const member = state.members[channelId];
  if (!channel || !member || channel.delete_at) return { messages: 0, mentions: 0 };
  const apart = collapsed(state);
  const messages = apart
    ? channel.total_msg_count_root - member.msg_count_root
    : channel.total_msg_count - member.msg_count;
  const mentions = apart ? member.mention_count_root : member.mention_count;
  return { messages: isMuted(member) ? 0 : Math.max(messages, 0), mentions: Math.max(mentions, 0) };
};

export const unreadOfTeam = (state: State, teamId: string): Unread => {
  let messages = 0;
  let mentions = 0;
  for (const channel of Object.values(state.channels)) {
    if (channel.team_id !== teamId) continue;
    const unread = unreadOf(state, channel.id);
    messages += unread.messages;
    mentions += unread.mentions;
  }
  const threads = state.threadCounts[teamId];
  return { messages: messages + (threads?.unread ?? 0), mentions: mentions + (threads?.mentions ?? 0) };
};

export const channelName = (state: State, channel: ServerChannel | undefined): string => {
  if (!channel) return '';
  const how = nameStyle(state);
  if (channel.type === 'D') return nameOf(state.users[teammateId(channel, state.me?.id ?? '')], how);
  if (channel.type !== 'G') return channel.display_name;
  const names = channel.display_name.split(', ').filter((name) => name !== state.me?.username);
  const known = usersByName(state);
  return names.map((name) => (known.has(name) ? nameOf(known.get(name), how) : name)).join(', ');
};

export const channelPath = (state: State, channel: ServerChannel): string => {
  const team = state.teams[channel.team_id || state.teamId]?.name ?? '';
  if (channel.type === 'D') {
    const mate = state.users[teammateId(channel, state.me?.id ?? '')];
    return mate ? `/${team}/messages/@${mate.username}` : `/${team}/messages/${channel.id}`;
  }
  return channel.type === 'G' ? `/${team}/messages/${channel.name}` : `/${team}/channels/${channel.name}`;
};

/** Tells the server that all of the channel was seen. */
export const markRead = (channelId: string): void => {
  const { channels, members } = get();
  const channel = channels[channelId];
  const member = members[channelId];
  if (!channel || !member) return;
  const unread = channel.total_msg_count > member.msg_count || member.mention_count > 0;
  patchMember(channelId, {
    msg_count: channel.total_msg_count,
    msg_count_root: channel.total_msg_count_root,
    mention_count: 0,
    mention_count_root: 0,
    last_viewed_at: Math.max(member.last_viewed_at, channel.last_post_at),
  });
  if (unread || member.last_viewed_at === 0) api.viewMyChannel(channelId).catch(() => undefined);
};

export const openDirect = async (userIds: readonly string[]): Promise<ServerChannel> => {
  const me = get().me!.id;
  const others = userIds.filter((id) => id !== me);
  const made =
    others.length < 2
      ? await api.createDirectChannel([me, others[0] ?? me])
      : await api.createGroupChannel([...others, me]);
  meet(others);
  const channel = await fetchChannel(made.id);
  await (channel.type === 'D'
    ? savePreference('direct_channel_show', teammateId(channel, me), 'true')
    : savePreference('group_channel_show', channel.id, 'true'));
  await loadCategories(get().teamId);
  return channel;
};

export const joinChannel = async (channelId: string): Promise<ServerChannel> => {
  await api.addToChannel(get().me!.id, channelId);
  const channel = await fetchChannel(channelId);
  await loadCategories(channel.team_id);
  return channel;
};

export const leaveChannel = async (channelId: string): Promise<void> => {
  await api.removeFromChannel(get().me!.id, channelId);
  dropChannel(channelId);
};

export const setChannelNotify = async (
  channelId: string,
  props: Partial<ChannelNotifyProps>,
): Promise<void> => {
  const now = () => get().members[channelId]?.notify_props;
  const show = (notify_props = now()) => patchMember(channelId, { notify_props });
  await choose(`notify ${channelId}`, { now, show }, { ...now(), ...props }, () =>
    api.updateChannelNotifyProps({ user_id: get().me!.id, channel_id: channelId, ...props }),
  );
};

export const setMuted = (channelId: string, muted: boolean): Promise<void> =>
  setChannelNotify(channelId, { mark_unread: muted ? 'mention' : 'all' });

export const isFavourite = (state: State, channelId: string): boolean =>
  state.categories[state.teamId]?.some((c) => c.type === 'favorites' && c.channel_ids.includes(channelId)) ??
  false;

/** Puts the channel into the favourites, or back to where its kind belongs. */
export const setFavourite = async (channelId: string, favourite: boolean): Promise<void> => {
  const { categories, teamId, channels } = get();
  const direct = ['D', 'G'].includes(channels[channelId]?.type ?? '');
  const home = direct ? 'direct_messages' : 'channels';
  const mine = categories[teamId] ?? [];
  const changed = mine
    .map((category) => {
      const rest = category.channel_ids.filter((id) => id !== channelId);
      const here = category.type === (favourite ? 'favorites' : home);
      return { ...category, channel_ids: here ? [channelId, ...rest] : rest };
    })
    .filter((category, n) => category.channel_ids.join() !== mine[n]!.channel_ids.join());
  if (!changed.length) return;
  const next = mine.map((category) => changed.find((c) => c.id === category.id) ?? category);
  await arrange(teamId, next, () => api.updateChannelCategories(get().me!.id, teamId, changed));
};

export const setCategoryCollapsed = async (category: ChannelCategory, shut: boolean): Promise<void> => {
  const changed = { ...category, collapsed: shut };
  const mine = get().categories[category.team_id] ?? [];
  const next = mine.map((one) => (one.id === category.id ? changed : one));
  await arrange(category.team_id, next, () =>
    api.updateChannelCategory(get().me!.id, category.team_id, changed),
  );
};
