// The one store. Objects are normalised by id and replaced, never changed, so that a component that
// selects one of them is drawn again only when that one is another.
import type { ChannelBookmark } from '@mattermost/types/channel_bookmarks';
import type { ChannelCategory } from '@mattermost/types/channel_categories';
import type { ChannelMembership, ServerChannel } from '@mattermost/types/channels';
import type { ClientConfig } from '@mattermost/types/config';
import type { CustomEmoji } from '@mattermost/types/emojis';
import type { FileInfo } from '@mattermost/types/files';
import type { Post, PostPriorityMetadata } from '@mattermost/types/posts';
import type { ScheduledPost } from '@mattermost/types/schedule_post';
import type { Team, TeamMembership } from '@mattermost/types/teams';
import type { UserThread } from '@mattermost/types/threads';
import type { UserProfile } from '@mattermost/types/users';
import { create } from 'zustand';

export type ById<T> = Readonly<Record<string, T>>;

/** A stretch of a channel without gaps. */
export interface Timeline {
  /** Oldest first. */
  readonly ids: readonly string[];
  readonly atOldest: boolean;
  readonly atNewest: boolean;
  /** What was read when the channel was opened: the line stands before the first post after it. */
  readonly readUntil: number;
  /** The post that a link leads to. */
  readonly focus: string | null;
  /** Grows each time another stretch takes this one's place. */
  readonly epoch: number;
}

export interface Outgoing {
  readonly post: Post;
  readonly files: readonly FileInfo[];
  /** `failed` needs a person, the others go out by themselves. */
  readonly state: 'sending' | 'waiting' | 'failed';
}

/** What is written and not sent, with where it belongs. */
export interface Unsent {
  readonly channelId: string;
  readonly rootId: string;
  readonly message: string;
  readonly files: readonly FileInfo[];
  readonly priority?: PostPriorityMetadata;
}

export interface Draft {
  readonly message: string;
  readonly files: readonly FileInfo[];
}

export interface ThreadReplies {
  readonly ids: readonly string[];
  readonly loaded: boolean;
}

export interface ThreadList {
  readonly ids: readonly string[];
  readonly more: boolean;
  readonly loaded: boolean;
}

export type Pane =
  | { readonly kind: 'thread'; readonly rootId: string }
  | { readonly kind: 'search'; readonly terms: string }
  | { readonly kind: 'pinned'; readonly channelId: string }
  | { readonly kind: 'saved' }
  | { readonly kind: 'members'; readonly channelId: string };

export type Dialog =
  | {
      readonly kind:
        | 'switcher'
        | 'browse'
        | 'create-channel'
        | 'direct'
        | 'invite'
        | 'settings'
        | 'status'
        | 'quiet'
        | 'emoji'
        | 'keys';
    }
  | {
      readonly kind:
        | 'edit-channel'
        | 'add-members'
        | 'channel-notify'
        | 'as-of'
        | 'leave-channel'
        | 'archive-channel';
      readonly channelId: string;
    }
  | { readonly kind: 'history' | 'delete-post'; readonly postId: string }
  | { readonly kind: 'remind'; readonly postId: string }
  | { readonly kind: 'schedule'; readonly unsent: Unsent }
  | { readonly kind: 'reschedule'; readonly id: string }
  | {
      readonly kind: 'bookmark';
      readonly channelId: string;
      readonly bookmark: ChannelBookmark | null;
    }
  | {
      readonly kind: 'category';
      readonly category: ChannelCategory | null;
      readonly channelId: string | null;
    }
  | { readonly kind: 'lightbox'; readonly files: readonly FileInfo[]; readonly at: number };

export interface Typist {
  readonly userId: string;
  readonly until: number;
}

export interface State {
  readonly phase: 'starting' | 'signed-out' | 'signed-in' | 'unreachable';
  readonly config: Partial<ClientConfig>;
  readonly me: UserProfile | null;
  readonly users: ById<UserProfile>;
  readonly statuses: ById<string>;
  /** Until when I do not want to be disturbed; 0 if nobody said. */
  readonly quietUntil: number;
  readonly teams: ById<Team>;
  readonly teamMembers: ById<TeamMembership>;
  readonly channels: ById<ServerChannel>;
  readonly members: ById<ChannelMembership>;
  readonly categories: ById<readonly ChannelCategory[]>;
  readonly posts: ById<Post>;
  readonly timelines: ById<Timeline>;
  readonly replies: ById<ThreadReplies>;
  readonly threads: ById<UserThread>;
  readonly threadLists: ById<ThreadList>;
  /** How many followed threads have something unread, and mentions, by team. */
  readonly threadCounts: ById<{ readonly unread: number; readonly mentions: number }>;
  readonly outbox: readonly Outgoing[];
  readonly drafts: ById<Draft>;
  readonly scheduled: ById<ScheduledPost>;
  readonly bookmarks: ById<readonly ChannelBookmark[]>;
  readonly preferences: ById<string>;
  readonly emojis: ById<CustomEmoji>;
  readonly typing: ById<readonly Typist[]>;
  readonly teamId: string;
  readonly channelId: string;
  /** The channel is shown as it was: what comes is not seen. */
  readonly looksBack: boolean;
  readonly pane: Pane | null;
  readonly dialog: Dialog | null;
  readonly online: boolean;
  /** The session ended, and nobody logged out here. */
  readonly ended: boolean;
  readonly notice: string | null;
}

const NOTHING: State = {
  phase: 'starting',
  config: {},
  me: null,
  users: {},
  statuses: {},
  quietUntil: 0,
  teams: {},
  teamMembers: {},
  channels: {},
  members: {},
  categories: {},
  posts: {},
  timelines: {},
  replies: {},
  threads: {},
  threadLists: {},
  threadCounts: {},
  outbox: [],
  drafts: {},
  scheduled: {},
  bookmarks: {},
  preferences: {},
  emojis: {},
  typing: {},
  teamId: '',
  channelId: '',
  looksBack: false,
  pane: null,
  dialog: null,
  online: true,
  ended: false,
  notice: null,
};

export const useStore = create<State>(() => NOTHING);

export const get = useStore.getState;
export const set = useStore.setState;

/** Forgets everything but what the server tells strangers. */
export const forget = (ended: boolean): void =>
  set({ ...NOTHING, config: get().config, phase: 'signed-out', ended });

export const byId = <T extends { id: string }>(list: readonly T[]): Record<string, T> =>
  Object.fromEntries(list.map((item) => [item.id, item]));

export const without = <T>(map: ById<T>, key: string): ById<T> => {
  const { [key]: _, ...rest } = map;
  return rest;
};

export const open = (dialog: Dialog | null): void => set({ dialog });

let noticeEnds: ReturnType<typeof setTimeout> | undefined;
/** Says something that needs no answer. */
export const notify = (notice: string): void => {
  clearTimeout(noticeEnds);
  set({ notice });
  noticeEnds = setTimeout(() => set({ notice: null }), 6000);
};

/** Whether replies are read apart from their channel. */
export const collapsed = (state: State): boolean => {
  const offered = state.config.CollapsedThreads ?? 'disabled';
  if (offered === 'disabled' || offered === 'always_on') return offered === 'always_on';
  const chosen = state.preferences['display_settings/collapsed_reply_threads'];
  return chosen ? chosen === 'on' : offered === 'default_on';
};

export const permalink = (state: State, postId: string): string => {
  const team = state.teams[state.teamId]?.name ?? '_';
  return `${location.origin}/${team}/pl/${postId}`;
};
