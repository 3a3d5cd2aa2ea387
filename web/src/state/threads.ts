// Threads: the one that is open, and the list of those that I follow.
import type { UserThread } from '@mattermost/types/threads';
import { api } from '../api';
import { choose } from './choice';
import { meet } from './people';
import { learnPosts } from './posts';
import { get, set } from './store';

const PAGE = 25;

export const openThread = (rootId: string): void => set({ pane: { kind: 'thread', rootId } });

export const loadThread = async (rootId: string): Promise<void> => {
  let list = await api.getPaginatedPostThread(rootId, { direction: 'down', perPage: 200 });
  const found = Object.values(list.posts);
  while (list.has_next) {
    const last = list.posts[list.order.at(-1) ?? ''];
    if (!last) break;
    list = await api.getPaginatedPostThread(rootId, {
      direction: 'down',
      perPage: 200,
      fromCreateAt: last.create_at,
      fromPost: last.id,
    });
    found.push(...Object.values(list.posts));
  }
  learnPosts(found);
  set(({ replies, posts }) => {
    const heard = Object.values(posts).filter((p) => p.root_id === rootId && !p.delete_at);
    const ids = heard.sort((a, b) => a.create_at - b.create_at).map((p) => p.id);
    return { replies: { ...replies, [rootId]: { ids, loaded: true } } };
  });
};

const learnThreads = (threads: readonly UserThread[]): void => {
  set((state) => ({
    threads: { ...state.threads, ...Object.fromEntries(threads.map((thread) => [thread.id, thread])) },
  }));
  meet(threads.flatMap((thread) => thread.participants.map((p) => p.id)));
};

export const loadThreadCounts = async (teamId: string): Promise<void> => {
  const totals = await api.getUserThreads('me', teamId, { totalsOnly: true });
  setCounts(teamId, totals.total_unread_threads, totals.total_unread_mentions);
};

const setCounts = (teamId: string, unread: number, mentions: number): void =>
  set(({ threadCounts }) => ({ threadCounts: { ...threadCounts, [teamId]: { unread, mentions } } }));

export const loadThreads = async (teamId: string, before?: string): Promise<void> => {
  const list = await api.getUserThreads('me', teamId, { perPage: PAGE, extended: true, before });
  const found = list.threads.filter((thread) => thread.post);
  learnPosts(
    found.map((thread) => ({ ...thread.post, is_following: true, reply_count: thread.reply_count })),
  );
  learnThreads(found);
  setCounts(teamId, list.total_unread_threads, list.total_unread_mentions);
  set(({ threadLists }) => {
    const held = before ? (threadLists[teamId]?.ids ?? []) : [];
    const ids = [...new Set([...held, ...found.map((thread) => thread.id)])];
    return {
      threadLists: { ...threadLists, [teamId]: { ids, more: list.threads.length === PAGE, loaded: true } },
    };
  });
};

/** A thread that I follow has moved. */
export const moveThread = (teamId: string, thread: UserThread): void => {
  learnThreads([thread]);
  set(({ posts, threadLists }) => {
    const root = posts[thread.id];
    const list = threadLists[teamId];
    const ids = list && [thread.id, ...list.ids.filter((id) => id !== thread.id)];
    return {
      posts: root
        ? {
            ...posts,
            [root.id]: {
              ...root,
              reply_count: thread.reply_count,
              last_reply_at: thread.last_reply_at,
              participants: thread.participants,
              is_following: true,
            },
          }
        : posts,
      threadLists: ids ? { ...threadLists, [teamId]: { ...list, ids } } : threadLists,
    };
  });
  if (!get().posts[thread.id])
    api.getPost(thread.id).then(
      (post) => learnPosts([post]),
      () => undefined,
    );
};

export const setFollowing = (threadId: string, following: boolean): void =>
  set(({ posts }) => {
    const root = posts[threadId];
    return root ? { posts: { ...posts, [threadId]: { ...root, is_following: following } } } : {};
  });

export const follow = async (threadId: string, following: boolean): Promise<void> => {
  const { me, teamId } = get();
  const shown = {
    now: () => get().posts[threadId]?.is_following ?? false,
    show: (on: boolean) => setFollowing(threadId, on),
  };
  await choose(`thread ${threadId}`, shown, following, () =>
    api.updateThreadFollowForUser(me!.id, teamId, threadId, following),
  );
};

export const readThread = (threadId: string): void => {
  const { me, teamId, posts, threads } = get();
  const thread = threads[threadId];
  const follows = thread
    ? thread.unread_replies > 0 || thread.unread_mentions > 0
    : posts[threadId]?.is_following;
  if (!me || !teamId || !follows) return;
  if (thread)
    learnThreads([{ ...thread, unread_replies: 0, unread_mentions: 0, last_viewed_at: Date.now() }]);
  api
    .updateThreadReadForUser(me.id, teamId, threadId, Date.now())
    .then(() => loadThreadCounts(teamId))
    .catch(() => undefined);
};

export const threadRead = (threadId: string | undefined, replies: number, mentions: number): void =>
  set(({ threads }) => {
    const read = (thread: UserThread) => ({ ...thread, unread_replies: replies, unread_mentions: mentions });
    if (!threadId)
      return { threads: Object.fromEntries(Object.entries(threads).map(([id, t]) => [id, read(t)])) };
    const thread = threads[threadId];
    return thread ? { threads: { ...threads, [threadId]: read(thread) } } : {};
  });
