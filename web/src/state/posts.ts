// Posts, and the stretches of channels that are shown.
import type { Post, PostAcknowledgement, PostList } from '@mattermost/types/posts';
import type { Reaction } from '@mattermost/types/reactions';
import { api } from '../api';
import { choose } from './choice';
import { meet } from './people';
import { collapsed, get, set, type Timeline, without } from './store';

const PAGE = 60;
const AROUND = 30;
/** As many as one catch-up gets; whoever missed more reads anew. */
const MISSED_MAX = 1000;

export const isSystem = (post: Post): boolean => post.type.startsWith('system_');

const whoIsIn = (post: Post): string[] => [
  post.user_id,
  ...((post.participants ?? []) as { id: string }[]).map((p) => p.id),
  ...(post.metadata?.reactions ?? []).map((reaction) => reaction.user_id),
];

/** A newer form of a post, with what this form leaves out. */
const merged = (held: Post | undefined, post: Post): Post => ({
  ...post,
  pending_post_id: post.pending_post_id || held?.pending_post_id || '',
  reply_count: post.reply_count ?? held?.reply_count ?? 0,
  last_reply_at: post.last_reply_at || held?.last_reply_at || 0,
  // Empty where nobody asked for them: who has replied stays.
  participants: post.participants?.length ? post.participants : held?.participants,
  is_following: post.is_following ?? held?.is_following ?? false,
  metadata: {
    ...post.metadata,
    // Frames leave these out.
    embeds:
      post.metadata?.embeds ?? (held?.message === post.message ? held.metadata?.embeds : undefined) ?? [],
    priority: post.metadata?.priority ?? held?.metadata?.priority,
    acknowledgements: post.metadata?.acknowledgements ?? held?.metadata?.acknowledgements,
    reactions: post.metadata?.reactions ?? held?.metadata?.reactions ?? [],
  },
});

export const learnPosts = (list: readonly Post[]): void => {
  if (!list.length) return;
  set(({ posts }) => {
    const next = { ...posts };
    for (const post of list) next[post.id] = merged(next[post.id], post);
    return { posts: next };
  });
  meet(list.flatMap(whoIsIn));
};

const inOrder = (ids: Iterable<string>): string[] => {
  const { posts } = get();
  const known = [...new Set(ids)].filter((id) => posts[id] && !posts[id].delete_at);
  return known.sort((a, b) => posts[a]!.create_at - posts[b]!.create_at || (a < b ? -1 : 1));
};

const belongs = (post: Post): boolean => !post.root_id || !collapsed(get());

const setTimeline = (
  channelId: string,
  change: (timeline: Timeline | undefined) => Timeline | undefined,
): void =>
  set(({ timelines }) => {
    const next = change(timelines[channelId]);
    return { timelines: next ? { ...timelines, [channelId]: next } : without(timelines, channelId) };
  });

const shownIds = (list: PostList): string[] =>
  list.order.filter((id) => list.posts[id] && belongs(list.posts[id]));

const fetched = (list: PostList): string[] => {
  learnPosts(Object.values(list.posts));
  return shownIds(list);
};

/** Until when it was read, if something came since; 0 for no line. */
const lineFor = (channelId: string, ids: readonly string[]): number => {
  const { members, posts, me } = get();
  const at = members[channelId]?.last_viewed_at ?? 0;
  const isNew = (post: Post | undefined) => !!post && post.create_at > at && post.user_id !== me?.id;
  return ids.some((id) => isNew(posts[id])) ? at : 0;
};

/** Draws the line before a post that came while nobody looked, or takes it away. */
export const drawLine = (channelId: string, before: Post | null): void =>
  setTimeline(channelId, (now) => {
    if (!now || (before && now.readUntil)) return now;
    return { ...now, readUntil: before ? before.create_at - 1 : 0 };
  });

/** Puts a stretch in place of what is shown, with what was heard while it was on its way. */
const show = (channelId: string, list: PostList, focus: string | null, ends?: Partial<Timeline>): void => {
  const ids = fetched(list);
  const atNewest = ends?.atNewest ?? !list.next_post_id;
  const { posts } = get();
  const last = Math.max(0, ...ids.map((id) => posts[id]!.create_at));
  const heard = atNewest
    ? Object.values(posts).filter((p) => p.channel_id === channelId && p.create_at > last && belongs(p))
    : [];
  setTimeline(channelId, (before) => ({
    ids: inOrder([...ids, ...heard.map((post) => post.id)]),
    atOldest: ends?.atOldest ?? !list.prev_post_id,
    atNewest,
    readUntil: lineFor(channelId, [...ids, ...heard.map((post) => post.id)]),
    focus,
    epoch: (before?.epoch ?? 0) + 1,
  }));
};

/** Opens the channel at the first unread post, or at `focus`. */
export const openTimeline = async (channelId: string, focus: string | null): Promise<void> => {
  const held = get().timelines[channelId];
  if (focus) return openAround(channelId, focus);
  if (held?.atNewest && !held.focus) {
    const readUntil = lineFor(channelId, held.ids);
    return setTimeline(channelId, () => ({ ...held, readUntil, epoch: held.epoch + 1 }));
  }
  const apart = collapsed(get());
  show(channelId, await api.getPostsUnread(channelId, 'me', AROUND, AROUND, false, apart, false), null);
};

const openAround = async (channelId: string, focus: string): Promise<void> => {
  const apart = collapsed(get());
  const [before, post, after] = await Promise.all([
    api.getPostsBefore(channelId, focus, 0, AROUND, false, apart, false),
    api.getPost(focus),
    api.getPostsAfter(channelId, focus, 0, AROUND, false, apart, false),
  ]);
  const posts = { ...before.posts, ...after.posts, [post.id]: post };
  const order = [...after.order, post.id, ...before.order];
  show(channelId, { ...after, order, posts }, focus, {
    atOldest: !before.prev_post_id,
    atNewest: !after.next_post_id,
  });
};

export const jumpToNewest = async (channelId: string): Promise<void> => {
  show(channelId, await api.getPosts(channelId, 0, PAGE, false, collapsed(get()), false), null, {
    atNewest: true,
  });
};

const loading = new Set<string>();

/** Reads on in one direction. Whoever asks while it is being read is not asked twice. */
const readOn = async (channelId: string, way: 'older' | 'newer'): Promise<void> => {
  const timeline = get().timelines[channelId];
  const key = `${channelId} ${way}`;
  const pivot = timeline?.ids.at(way === 'older' ? 0 : -1);
  const done = way === 'older' ? timeline?.atOldest : timeline?.atNewest;
  if (!timeline || !pivot || done || loading.has(key)) return;
  loading.add(key);
  try {
    const apart = collapsed(get());
    const list =
      way === 'older'
        ? await api.getPostsBefore(channelId, pivot, 0, PAGE, false, apart, false)
        : await api.getPostsAfter(channelId, pivot, 0, PAGE, false, apart, false);
    const ids = fetched(list);
    setTimeline(channelId, (now) => {
      if (!now || now.epoch !== timeline.epoch) return now;
      const end = way === 'older' ? { atOldest: !list.prev_post_id } : { atNewest: !list.next_post_id };
      return { ...now, ids: inOrder([...ids, ...now.ids]), ...end };
    });
  } finally {
    loading.delete(key);
  }
};

export const readOlder = (channelId: string): Promise<void> =>
  readOn(channelId, 'older').catch(() => undefined);
export const readNewer = (channelId: string): Promise<void> =>
  readOn(channelId, 'newer').catch(() => undefined);

/** A post that was just made. */
export const addPost = (post: Post): void => {
  const isNew = !get().posts[post.id];
  learnPosts([post]);
  if (belongs(post)) {
    setTimeline(post.channel_id, (now) =>
      now?.atNewest && !now.ids.includes(post.id) ? { ...now, ids: inOrder([...now.ids, post.id]) } : now,
    );
  }
  if (!post.root_id) return;
  set(({ replies, posts }) => {
    const thread = replies[post.root_id];
    const root = posts[post.root_id];
    const participants = (root?.participants ?? []) as { id: string }[];
    const joined = participants.some((p) => p.id === post.user_id)
      ? participants
      : [...participants, { id: post.user_id }];
    return {
      replies: thread
        ? { ...replies, [post.root_id]: { ...thread, ids: inOrder([...thread.ids, post.id]) } }
        : replies,
      posts:
        root && isNew
          ? {
              ...posts,
              [root.id]: {
                ...root,
                reply_count: root.reply_count + 1,
                last_reply_at: Math.max(root.last_reply_at ?? 0, post.create_at),
                participants: joined,
              },
            }
          : posts,
    };
  });
};

export const changePost = (post: Post): void => learnPosts([post]);

export const removePost = (post: Post): void =>
  set(({ posts, timelines, replies }) => {
    const gone = (id: string) => id !== post.id && posts[id]?.root_id !== post.id;
    const timeline = timelines[post.channel_id];
    const thread = replies[post.root_id];
    const root = posts[post.root_id];
    const next = {
      ...posts,
      [post.id]: { ...(posts[post.id] ?? post), delete_at: post.delete_at || Date.now() },
    };
    if (root && posts[post.id] && !posts[post.id]!.delete_at) {
      next[root.id] = { ...root, reply_count: Math.max(root.reply_count - 1, 0) };
    }
    return {
      posts: next,
      timelines: timeline
        ? { ...timelines, [post.channel_id]: { ...timeline, ids: timeline.ids.filter(gone) } }
        : timelines,
      replies: thread ? { ...replies, [post.root_id]: { ...thread, ids: thread.ids.filter(gone) } } : replies,
    };
  });

/** Clocks and channels are not heard in one order: a little is read twice instead of never. */
const OVERLAP_MS = 10_000;
let heardUntil = 0;

/** The connection is lost: what comes from now on by other ways says nothing of what was missed before it. */
export const noteGap = (): void => {
  const last = Math.max(0, ...Object.values(get().posts).map((post) => post.update_at));
  if (!heardUntil && last) heardUntil = Math.max(1, last - OVERLAP_MS);
};

/** What the channel came to while nobody told. Other stretches are read anew when they are opened. */
export const catchUp = async (channelId: string): Promise<void> => {
  const timeline = get().timelines[channelId];
  set(({ timelines }) => ({ timelines: timeline ? { [channelId]: timelines[channelId]! } : {} }));
  if (!timeline) return;
  const last = Math.max(1, ...timeline.ids.map((id) => get().posts[id]?.update_at ?? 0));
  const since = heardUntil ? Math.min(heardUntil, last) : last;
  const list = await api.getPostsSince(channelId, since, false, collapsed(get()), false);
  const missed = Object.values(list.posts);
  heardUntil = 0;
  if (missed.length >= MISSED_MAX) return jumpToNewest(channelId);
  learnPosts(missed);
  const first = get().posts[timeline.ids[0] ?? '']?.create_at ?? 0;
  const fresh = missed.filter((p) => belongs(p) && p.create_at > first).map((p) => p.id);
  setTimeline(
    channelId,
    (now) => now && { ...now, ids: inOrder(now.atNewest ? [...now.ids, ...fresh] : now.ids) },
  );
};

export const changeReaction = (reaction: Reaction, added: boolean): void => {
  meet([reaction.user_id]);
  set(({ posts }) => {
    const post = posts[reaction.post_id];
    if (!post) return {};
    const others = (post.metadata?.reactions ?? []).filter(
      (r) => r.user_id !== reaction.user_id || r.emoji_name !== reaction.emoji_name,
    );
    const reactions = added ? [...others, reaction] : others;
    return { posts: { ...posts, [post.id]: { ...post, metadata: { ...post.metadata, reactions } } } };
  });
};

/** Shown at once; taken back if the server refuses. */
export const toggleReaction = async (post: Post, emoji_name: string): Promise<void> => {
  const user_id = get().me!.id;
  const isMine = () =>
    (get().posts[post.id]?.metadata?.reactions ?? []).some(
      (r) => r.user_id === user_id && r.emoji_name === emoji_name,
    );
  const has = isMine();
  const reaction = { user_id, post_id: post.id, emoji_name, create_at: Date.now() };
  const shown = { now: isMine, show: (on: boolean) => changeReaction(reaction, on) };
  await choose(`reaction ${post.id} ${emoji_name}`, shown, !has, () =>
    has ? api.removeReaction(user_id, post.id, emoji_name) : api.addReaction(user_id, post.id, emoji_name),
  );
};

export const editPost = async (post: Post, message: string): Promise<void> => {
  learnPosts([await api.patchPost({ id: post.id, message })]);
};

export const deletePost = async (post: Post): Promise<void> => {
  await api.deletePost(post.id);
  removePost({ ...post, delete_at: Date.now() });
};

/** At 0 it is taken back. */
export const acknowledged = (ack: PostAcknowledgement): void => {
  meet([ack.user_id]);
  set(({ posts }) => {
    const post = posts[ack.post_id];
    if (!post) return {};
    const others = (post.metadata.acknowledgements ?? []).filter((one) => one.user_id !== ack.user_id);
    const acknowledgements = ack.acknowledged_at ? [...others, ack] : others;
    return { posts: { ...posts, [post.id]: { ...post, metadata: { ...post.metadata, acknowledgements } } } };
  });
};

export const markUnreadFrom = async (post: Post): Promise<void> => {
  await api.markPostAsUnread(get().me!.id, post.id);
};
