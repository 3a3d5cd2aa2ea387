// The public stream of events, as a list for people: what happened, by whom, whom and what it concerns.
import type { Key } from '../../i18n';

export interface TrailEvent {
  readonly id: string;
  readonly type: string;
  /** ISO 8601. */
  readonly time: string;
  readonly position: string;
  /** Absent where the server did it. */
  readonly actor?: string;
  readonly data: Readonly<Record<string, unknown>>;
}

type Words = Key | ((data: TrailEvent['data']) => Key);

export const WORDS: Readonly<Record<string, Words>> = {
  'bookmark.changed': 'trail.bookmark_changed',
  'bookmark.created': 'trail.bookmark_created',
  'bookmark.deleted': 'trail.bookmark_deleted',
  'bookmark.moved': 'trail.bookmark_moved',
  'channel.archived': 'trail.channel_archived',
  'channel.author_erased': 'trail.author_erased',
  'channel.created': 'trail.channel_created',
  'channel.direct_opened': 'trail.direct_opened',
  'channel.group_opened': 'trail.group_opened',
  'channel.member_removed': 'trail.channel_member_removed',
  'channel.member_roles_changed': ({ scheme_admin }) =>
    scheme_admin ? 'trail.channel_admin_made' : 'trail.channel_admin_unmade',
  'channel.members_added': 'trail.channel_members_added',
  'channel.moderated': 'trail.channel_moderated',
  'channel.posts_expired': 'trail.posts_expired',
  'channel.privacy_changed': ({ type }) =>
    type === 'P' ? 'trail.channel_hidden' : 'trail.channel_published',
  'channel.restored': 'trail.channel_restored',
  'channel.settings_changed': 'trail.channel_changed',
  'channel_name.changed': 'trail.channel_name_changed',
  'channel_name.claimed': 'trail.channel_name_claimed',
  'emoji.created': 'trail.emoji_created',
  'emoji.deleted': 'trail.emoji_deleted',
  'post.acknowledged': 'trail.post_acknowledged',
  'post.acknowledgement_removed': 'trail.post_unacknowledged',
  'post.created': ({ root }) => (root ? 'trail.reply_created' : 'trail.post_created'),
  'post.deleted': 'trail.post_deleted',
  'post.edited': 'trail.post_edited',
  'post.pinned': 'trail.post_pinned',
  'post.unpinned': 'trail.post_unpinned',
  'preferences.deleted': 'trail.preferences_deleted',
  'preferences.set': 'trail.preferences_set',
  'profile_field.changed': 'trail.field_changed',
  'profile_field.created': 'trail.field_created',
  'profile_field.deleted': 'trail.field_deleted',
  'reaction.added': 'trail.reaction_added',
  'reaction.removed': 'trail.reaction_removed',
  'status.set': 'trail.status_set',
  'team.archived': 'trail.team_archived',
  'team.changed': 'trail.team_changed',
  'team.created': 'trail.team_created',
  'team.icon_changed': 'trail.team_icon_changed',
  'team.member_removed': 'trail.team_member_removed',
  'team.member_roles_changed': ({ scheme_admin }) =>
    scheme_admin ? 'trail.team_admin_made' : 'trail.team_admin_unmade',
  'team.members_added': 'trail.team_members_added',
  'team.restored': 'trail.team_restored',
  'user.activated': 'trail.user_activated',
  'user.created': 'trail.user_created',
  'user.deactivated': 'trail.user_deactivated',
  'user.erased': 'trail.user_erased',
  'user.guest_changed': ({ is_guest }) => (is_guest ? 'trail.user_demoted' : 'trail.user_promoted'),
  'user.picture_changed': 'trail.user_picture_changed',
  'user.profile_changed': 'trail.user_changed',
  'user.roles_changed': ({ system_admin }) => (system_admin ? 'trail.admin_made' : 'trail.admin_unmade'),
};

/** What the stream can be narrowed to, as it is asked for. */
export const KINDS = {
  all: '',
  people: 'user.*',
  teams: 'team.*',
  channels: 'channel.*,channel_name.*,bookmark.*',
  messages: 'post.*,reaction.*',
} as const;
export type Kind = keyof typeof KINDS;

/** The newest are kept. */
export const HELD_MAX = 500;

const DOERS = ['by', 'creator_id', 'owner_id'];
/** Where whom it names is who did it. */
const OWN_ACTS = /^(reaction|status|preferences)\.|^post\.(acknowledge|created|edited)/;
const PEOPLE = ['by', 'author_id', 'creator_id', 'owner_id', 'user_id', 'admitted', 'user_ids'];
const TEXTS = ['message', 'emoji_name', 'display_name', 'username', 'name', 'header', 'purpose'];

const idsAt = (data: TrailEvent['data'], keys: readonly string[]): string[] =>
  keys.flatMap((key) => (data[key] as string | string[] | null | undefined) ?? []);

export interface Told {
  readonly what: Key | null;
  readonly by: string;
  readonly about: readonly string[];
  readonly channelId: string;
  readonly teamId: string;
  readonly postId: string;
  readonly text: string;
  readonly redacted: boolean;
}

const wordsFor = ({ type, data }: TrailEvent): Key | null => {
  const words = WORDS[type];
  return typeof words === 'function' ? words(data) : (words ?? null);
};

const id = (data: TrailEvent['data'], key: string): string => (data[key] as string | undefined) ?? '';

export const tell = (event: TrailEvent): Told => {
  const { data, type, actor } = event;
  const [doer = ''] = actor ? [actor] : idsAt(data, DOERS);
  const by = doer || (OWN_ACTS.test(type) ? id(data, 'author_id') || id(data, 'user_id') : '');
  return {
    what: wordsFor(event),
    by,
    about: [...new Set(idsAt(data, PEOPLE))].filter((person) => person !== by),
    channelId: id(data, 'channel_id'),
    teamId: id(data, 'team_id'),
    postId: id(data, 'post_id'),
    text: TEXTS.map((key) => id(data, key)).find((text) => text !== '') ?? '',
    redacted: data.redacted === true,
  };
};

export const concerns = (event: TrailEvent, userId: string): boolean =>
  event.actor === userId || idsAt(event.data, PEOPLE).includes(userId);

/** Newest first, each once: partitions of the log come one after another, and an event may come again. */
export const addTo = (held: readonly TrailEvent[], came: readonly TrailEvent[]): TrailEvent[] => {
  const all = new Map([...held, ...came].map((event) => [event.id, event]));
  return [...all.values()].sort((a, b) => b.time.localeCompare(a.time)).slice(0, HELD_MAX);
};

export interface TrailFilter {
  readonly kind: Kind;
  readonly past: boolean;
  readonly channelId: string;
  readonly teamId: string;
}

export const addressOf = ({ kind, past, channelId, teamId }: TrailFilter): string => {
  const query = new URLSearchParams({ from: past ? 'beginning' : 'now' });
  if (KINDS[kind]) query.set('types', KINDS[kind]);
  if (channelId) query.set('channel_id', channelId);
  else if (teamId) query.set('team_id', teamId);
  return `/events?${query}`;
};

/** The id of a message in what somebody pasted: the id, or a link that ends with it. */
export const postIdIn = (text: string): string => /(?:^|\/)([a-z0-9]{26})\/?$/.exec(text.trim())?.[1] ?? '';
