// What the server tells: each event changes the store, so that state before + events = state after.
import type { WebSocketMessage } from '@mattermost/client';
import type { ChannelMembership, ServerChannel } from '@mattermost/types/channels';
import type { Draft } from '@mattermost/types/drafts';
import type { CustomEmoji } from '@mattermost/types/emojis';
import type { Post, PostAcknowledgement } from '@mattermost/types/posts';
import type { PreferenceType } from '@mattermost/types/preferences';
import type { Reaction } from '@mattermost/types/reactions';
import type { ScheduledPost } from '@mattermost/types/schedule_post';
import type { Team } from '@mattermost/types/teams';
import type { UserThread } from '@mattermost/types/threads';
import type { UserProfile } from '@mattermost/types/users';
import { api } from '../api';
import { bookmarksChanged } from './bookmarks';
import {
  addChannel,
  dropChannel,
  fetchChannel,
  loadCategories,
  markRead,
  patchChannel,
  patchMember,
} from './channels';
import { setConnectionId } from './connection';
import { draftGone, draftHeard } from './drafts';
import { announce } from './notifications';
import { settle } from './outbox';
import { learn, meet } from './people';
import { acknowledged, addPost, changePost, changeReaction, drawLine, isSystem, removePost } from './posts';
import { forgetPreferences, learnPreferences } from './preferences';
import { scheduledChanged, scheduledGone } from './scheduled';
import { get, set, without } from './store';
import { loadThreadCounts, moveThread, setFollowing, threadRead } from './threads';

type Data = Record<string, unknown>;
interface Heard {
  readonly data: Data;
  readonly channelId: string;
  readonly teamId: string;
  readonly userId: string;
}
const parsed = <T>(data: Data, key: string): T => JSON.parse(data[key] as string) as T;
const text = (data: Data, key: string): string => (data[key] as string | undefined) ?? '';
const number = (data: Data, key: string): number => (data[key] as number | undefined) ?? 0;
const quietly = (work: Promise<unknown>): void => void work.catch(() => undefined);

const TYPING_MS = 5000;

/** Whether I am looking at the channel's end. */
export const isWatching = (channelId: string): boolean => {
  const { channelId: open, looksBack, timelines } = get();
  return open === channelId && !looksBack && document.hasFocus() && (timelines[channelId]?.atNewest ?? false);
};

const posted = ({ data }: Heard): void => {
  const post = parsed<Post>(data, 'post');
  const { me } = get();
  const mentions = data.mentions ? parsed<string[]>(data, 'mentions') : [];
  const mentioned = mentions.includes(me?.id ?? '');
  const mine = post.user_id === me?.id;
  if (!get().channels[post.channel_id]) quietly(fetchChannel(post.channel_id));
  stopTyping(post.channel_id, post.user_id);
  addPost(post);
  settle(post.pending_post_id);
  count(post, mine, mentioned);
  if (mine || isWatching(post.channel_id)) {
    if (!post.root_id) markRead(post.channel_id);
  } else {
    if (!mine && !post.root_id && get().channelId === post.channel_id) drawLine(post.channel_id, post);
    announce(post, mentioned, data);
  }
};

const count = (post: Post, mine: boolean, mentioned: boolean): void => {
  const channel = get().channels[post.channel_id];
  const member = get().members[post.channel_id];
  if (!channel || !member) return;
  const one = isSystem(post) ? 0 : 1;
  const root = post.root_id ? 0 : one;
  patchChannel(channel.id, {
    last_post_at: Math.max(channel.last_post_at, post.create_at),
    total_msg_count: channel.total_msg_count + one,
    total_msg_count_root: channel.total_msg_count_root + root,
  });
  const told = mentioned && !mine ? 1 : 0;
  patchMember(channel.id, {
    msg_count: member.msg_count + (mine ? one : 0),
    msg_count_root: member.msg_count_root + (mine ? root : 0),
    mention_count: member.mention_count + told,
    mention_count_root: member.mention_count_root + (post.root_id ? 0 : told),
  });
};

const typing = ({ data, channelId }: Heard): void => {
  const userId = text(data, 'user_id');
  const at = text(data, 'parent_id') || channelId;
  if (userId === get().me?.id) return;
  meet([userId]);
  const now = Date.now();
  set(({ typing }) => {
    const others = (typing[at] ?? []).filter((t) => t.until > now && t.userId !== userId);
    return { typing: { ...typing, [at]: [...others, { userId, until: now + TYPING_MS }] } };
  });
  setTimeout(() => expire(at), TYPING_MS + 50);
};

const expire = (at: string): void =>
  set(({ typing }) => {
    const left = (typing[at] ?? []).filter((t) => t.until > Date.now());
    return { typing: left.length ? { ...typing, [at]: left } : without(typing, at) };
  });

const stopTyping = (at: string, userId: string): void =>
  set(({ typing }) =>
    typing[at] ? { typing: { ...typing, [at]: typing[at].filter((t) => t.userId !== userId) } } : {},
  );

const viewed = ({ data }: Heard): void => {
  for (const [channelId, at] of Object.entries((data.channel_times ?? {}) as Record<string, number>)) {
    const channel = get().channels[channelId];
    if (!channel) continue;
    patchMember(channelId, {
      last_viewed_at: at,
      msg_count: channel.total_msg_count,
      msg_count_root: channel.total_msg_count_root,
      mention_count: 0,
      mention_count_root: 0,
    });
  }
};

const postUnread = ({ data, channelId }: Heard): void => {
  const channel = get().channels[channelId];
  if (!channel) return;
  const readUntil = number(data, 'last_viewed_at');
  patchMember(channelId, {
    msg_count: number(data, 'msg_count'),
    msg_count_root: number(data, 'msg_count_root'),
    mention_count: number(data, 'mention_count'),
    mention_count_root: number(data, 'mention_count_root'),
    last_viewed_at: readUntil,
  });
  set(({ timelines }) => {
    const timeline = timelines[channelId];
    return timeline ? { timelines: { ...timelines, [channelId]: { ...timeline, readUntil } } } : {};
  });
};

const joined = ({ data, channelId }: Heard): void => {
  if (text(data, 'user_id') !== get().me?.id) return;
  quietly(fetchChannel(channelId).then((channel) => loadCategories(channel.team_id || get().teamId)));
};

const left = ({ data, channelId }: Heard): void => {
  if (channelId && text(data, 'user_id') !== get().me?.id) return;
  dropChannel(text(data, 'channel_id') || channelId);
};

const refetch = ({ data, channelId }: Heard): void => {
  const id = text(data, 'channel_id') || channelId;
  if (get().channels[id]) quietly(fetchChannel(id));
};

const channelUpdated = (heard: Heard): void => {
  if (!heard.data.channel) return refetch(heard);
  const channel = parsed<ServerChannel>(heard.data, 'channel');
  const held = get().channels[channel.id];
  // Counts come with posts; those in here may be older.
  if (held)
    addChannel({
      ...channel,
      total_msg_count: held.total_msg_count,
      total_msg_count_root: held.total_msg_count_root,
    });
};

const direct = ({ channelId }: Heard): void =>
  quietly(fetchChannel(channelId).then(() => loadCategories(get().teamId)));

const categories = ({ teamId }: Heard): void => quietly(loadCategories(teamId || get().teamId));

const addedToTeam = ({ data }: Heard): void => {
  const id = text(data, 'team_id');
  quietly(
    Promise.all([api.getTeam(id), api.getTeamMember(id, 'me')]).then(([team, member]) =>
      set(({ teams, teamMembers }) => ({
        teams: { ...teams, [id]: team },
        teamMembers: { ...teamMembers, [id]: member },
      })),
    ),
  );
};

const leftTeam = ({ data }: Heard): void => {
  if (text(data, 'user_id') !== get().me?.id) return;
  const id = text(data, 'team_id');
  set(({ teams, teamMembers, channels }) => ({
    teams: without(teams, id),
    teamMembers: without(teamMembers, id),
    channels: Object.fromEntries(Object.entries(channels).filter(([, c]) => c.team_id !== id)),
  }));
};

const userUpdated = ({ data }: Heard): void => {
  const user = data.user as UserProfile;
  learn([user]);
  if (user.id === get().me?.id) quietly(api.getMe().then((me) => set({ me })));
};

const threadMoved = ({ data, teamId }: Heard): void => {
  const at = teamId || get().teamId;
  moveThread(at, parsed<UserThread>(data, 'thread'));
  quietly(loadThreadCounts(at));
};

const threadWasRead = ({ data, teamId }: Heard): void => {
  threadRead(
    text(data, 'thread_id') || undefined,
    number(data, 'unread_replies'),
    number(data, 'unread_mentions'),
  );
  quietly(loadThreadCounts(teamId || get().teamId));
};

const status = ({ data }: Heard): void =>
  set(({ statuses, me, quietUntil }) => {
    const [userId, word] = [text(data, 'user_id'), text(data, 'status')];
    const over = userId === me?.id && word !== 'dnd';
    return { statuses: { ...statuses, [userId]: word }, quietUntil: over ? 0 : quietUntil };
  });

const team = ({ data }: Heard): void => {
  const changed = parsed<Team>(data, 'team');
  set(({ teams }) => {
    const held = teams[changed.id];
    if (!held) return {};
    return {
      teams: { ...teams, [changed.id]: { ...changed, invite_id: changed.invite_id || held.invite_id } },
    };
  });
};

const member = ({ data }: Heard): void => {
  const changed = parsed<ChannelMembership>(data, 'channelMember');
  const held = get().members[changed.channel_id];
  if (held) patchMember(changed.channel_id, { notify_props: changed.notify_props, roles: changed.roles });
};

const emoji = ({ data }: Heard): void => {
  const added = parsed<CustomEmoji>(data, 'emoji');
  set(({ emojis }) => ({ emojis: { ...emojis, [added.name]: added } }));
};

const bookmarks = ({ channelId }: Heard): void => quietly(bookmarksChanged(channelId));

const HANDLERS: Readonly<Record<string, (heard: Heard) => void>> = {
  posted,
  ephemeral_message: ({ data }) => addPost(parsed<Post>(data, 'post')),
  post_edited: ({ data }) => changePost(parsed<Post>(data, 'post')),
  post_deleted: ({ data }) => removePost(parsed<Post>(data, 'post')),
  post_unread: postUnread,
  reaction_added: ({ data }) => changeReaction(parsed<Reaction>(data, 'reaction'), true),
  reaction_removed: ({ data }) => changeReaction(parsed<Reaction>(data, 'reaction'), false),
  typing,
  status_change: status,
  multiple_channels_viewed: viewed,
  user_added: joined,
  user_removed: left,
  channel_created: ({ data }) =>
    quietly(fetchChannel(text(data, 'channel_id')).then((c) => loadCategories(c.team_id))),
  channel_updated: channelUpdated,
  channel_converted: refetch,
  channel_restored: refetch,
  channel_deleted: ({ data }) =>
    patchChannel(text(data, 'channel_id'), { delete_at: number(data, 'delete_at') || Date.now() }),
  channel_member_updated: member,
  direct_added: direct,
  group_added: direct,
  added_to_team: addedToTeam,
  leave_team: leftTeam,
  update_team: team,
  user_updated: userUpdated,
  preferences_changed: ({ data }) => learnPreferences(parsed<PreferenceType[]>(data, 'preferences')),
  preferences_deleted: ({ data }) => forgetPreferences(parsed<PreferenceType[]>(data, 'preferences')),
  sidebar_category_created: categories,
  sidebar_category_updated: categories,
  sidebar_category_deleted: categories,
  sidebar_category_order_updated: categories,
  thread_updated: threadMoved,
  thread_follow_changed: ({ data }) => setFollowing(text(data, 'thread_id'), data.state === true),
  thread_read_changed: threadWasRead,
  emoji_added: emoji,
  hello: ({ data }) => setConnectionId(text(data, 'connection_id')),
  draft_created: ({ data }) => draftHeard(parsed<Draft>(data, 'draft')),
  draft_updated: ({ data }) => draftHeard(parsed<Draft>(data, 'draft')),
  draft_deleted: ({ data }) => draftGone(parsed<Draft>(data, 'draft')),
  scheduled_post_created: ({ data }) => scheduledChanged(parsed<ScheduledPost>(data, 'scheduledPost')),
  scheduled_post_updated: ({ data }) => scheduledChanged(parsed<ScheduledPost>(data, 'scheduledPost')),
  scheduled_post_deleted: ({ data }) => scheduledGone(parsed<ScheduledPost>(data, 'scheduledPost').id),
  post_acknowledgement_added: ({ data }) =>
    acknowledged(parsed<PostAcknowledgement>(data, 'acknowledgement')),
  post_acknowledgement_removed: ({ data }) =>
    acknowledged({ ...parsed<PostAcknowledgement>(data, 'acknowledgement'), acknowledged_at: 0 }),
  channel_bookmark_created: bookmarks,
  channel_bookmark_updated: bookmarks,
  channel_bookmark_deleted: bookmarks,
  channel_bookmark_sorted: bookmarks,
};

export const hear = (message: WebSocketMessage): void => {
  const { event, data, broadcast } = message as unknown as {
    event: string;
    data: Data;
    broadcast?: Partial<Record<string, string>>;
  };
  HANDLERS[event]?.({
    data: data ?? {},
    channelId: broadcast?.channel_id ?? '',
    teamId: broadcast?.team_id ?? '',
    userId: broadcast?.user_id ?? '',
  });
};
