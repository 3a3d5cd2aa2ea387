// State before + events = state after.
import type { ChannelMembership, ServerChannel } from '@mattermost/types/channels';
import type { Post } from '@mattermost/types/posts';
import type { UserProfile } from '@mattermost/types/users';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { api } from '../api';
import { isFavourite, setFavourite, unreadOf } from './channels';
import { hear } from './events';
import { discard, flush, loadOutbox, send, stopOutbox } from './outbox';
import { addPost, catchUp, noteGap, openTimeline, readOlder, toggleReaction } from './posts';
import { get, set, useStore } from './store';

const EMPTY = useStore.getInitialState();
const post = (id: string, at: number, more: Partial<Post> = {}): Post =>
  ({
    id,
    create_at: at,
    update_at: at,
    edit_at: 0,
    delete_at: 0,
    user_id: 'bob',
    channel_id: 'town',
    root_id: '',
    message: id,
    type: '',
    props: {},
    pending_post_id: '',
    reply_count: 0,
    is_pinned: false,
    metadata: {},
    ...more,
  }) as Post;

const list = (posts: readonly Post[], ends: { prev?: string; next?: string } = {}) => ({
  order: posts.map((p) => p.id).reverse(),
  posts: Object.fromEntries(posts.map((p) => [p.id, p])),
  prev_post_id: ends.prev ?? '',
  next_post_id: ends.next ?? '',
  first_inaccessible_post_time: 0,
});

const event = (name: string, data: Record<string, unknown>, broadcast = {}) =>
  hear({ event: name, data, broadcast, seq: 1 } as never);
const posted = (made: Post, mentions: string[] = []) =>
  event('posted', { post: JSON.stringify(made), channel_type: 'O', mentions: JSON.stringify(mentions) });
const withResolvers = <T>() => {
  let resolve!: (value: T) => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
};
const town = () => get().timelines.town?.ids;

beforeEach(() => {
  localStorage.clear();
  stopOutbox();
  vi.spyOn(api, 'getProfilesByIds').mockResolvedValue([]);
  vi.spyOn(api, 'getStatusesByIds').mockResolvedValue([]);
  vi.spyOn(api, 'viewMyChannel').mockResolvedValue({} as never);
  set({
    ...EMPTY,
    phase: 'signed-in',
    config: { CollapsedThreads: 'always_on' as never },
    me: { id: 'ada', username: 'ada', roles: '' } as UserProfile,
    teamId: 'team',
    channels: {
      town: {
        id: 'town',
        team_id: 'team',
        type: 'O',
        total_msg_count: 4,
        total_msg_count_root: 3,
      } as ServerChannel,
    },
    members: {
      town: {
        channel_id: 'town',
        msg_count: 4,
        msg_count_root: 3,
        mention_count: 0,
        mention_count_root: 0,
        last_viewed_at: 10,
      } as ChannelMembership,
    },
  });
});

describe('a channel', () => {
  const opened = async (...posts: Post[]) => {
    vi.spyOn(api, 'getPostsUnread').mockResolvedValue(list(posts, { prev: 'older' }));
    await openTimeline('town', null);
  };

  it('shows what was heard while it was being read', async () => {
    const answer = withResolvers<ReturnType<typeof list>>();
    vi.spyOn(api, 'getPostsUnread').mockReturnValue(answer.promise);
    const opening = openTimeline('town', null);
    posted(post('late', 30));
    answer.resolve(list([post('one', 10), post('two', 20)]));
    await opening;
    expect(town()).toEqual(['one', 'two', 'late']);
  });

  it('grows at its end, keeps replies apart and counts them', async () => {
    await opened(post('one', 10));
    posted(post('two', 20));
    posted(post('reply', 30, { root_id: 'one' }));
    posted(post('reply', 30, { root_id: 'one' }));
    expect(town()).toEqual(['one', 'two']);
    expect(get().posts.one?.reply_count).toBe(1);
  });

  it('grows at its beginning', async () => {
    await opened(post('three', 30));
    const before = vi
      .spyOn(api, 'getPostsBefore')
      .mockResolvedValue(list([post('one', 10), post('two', 20)]));
    await Promise.all([readOlder('town'), readOlder('town')]);
    expect(before).toHaveBeenCalledOnce();
    expect(town()).toEqual(['one', 'two', 'three']);
    expect(get().timelines.town?.atOldest).toBe(true);
  });

  it('takes edits and deletions', async () => {
    await opened(post('one', 10), post('two', 20));
    event('post_edited', {
      post: JSON.stringify(post('one', 10, { message: 'better', edit_at: 40, update_at: 40 })),
    });
    event('post_deleted', { post: JSON.stringify(post('two', 20, { delete_at: 50 })) });
    expect(get().posts.one?.message).toBe('better');
    expect(town()).toEqual(['one']);
  });

  it('keeps who is in a thread when its first post comes without them', async () => {
    const participants = [{ id: 'bob' }] as never;
    await opened(post('one', 10, { reply_count: 1, participants }));
    event('post_edited', {
      post: JSON.stringify(post('one', 10, { reply_count: 1, participants: [] as never })),
    });
    expect(get().posts.one?.participants).toEqual(participants);
  });

  it('fills in what it missed, deletions and edits too', async () => {
    await opened(post('one', 10), post('two', 20));
    const since = vi
      .spyOn(api, 'getPostsSince')
      .mockResolvedValue(
        list([
          post('one', 10, { delete_at: 60, update_at: 60 }),
          post('two', 20, { message: 'edited', update_at: 61 }),
          post('three', 62),
        ]),
      );
    await catchUp('town');
    expect(since.mock.calls[0]?.slice(0, 2)).toEqual(['town', 20]);
    expect(town()).toEqual(['two', 'three']);
    expect(get().posts.two?.message).toBe('edited');
  });

  it('fills in what was said before what I said in the gap', async () => {
    await opened(post('one', 20_000));
    noteGap();
    addPost(post('mine', 40_000, { user_id: 'ada' }));
    const since = vi.spyOn(api, 'getPostsSince').mockResolvedValue(list([post('theirs', 30_000)]));
    await catchUp('town');
    expect(since.mock.calls[0]?.[1]).toBe(10_000);
    expect(town()).toEqual(['one', 'theirs', 'mine']);
  });

  it('shows a reaction at once and takes it back if it is refused', async () => {
    await opened(post('one', 10));
    const refused = withResolvers<never>();
    vi.spyOn(api, 'addReaction').mockReturnValue(refused.promise);
    const reacting = toggleReaction(get().posts.one!, 'tada');
    expect(get().posts.one?.metadata.reactions).toHaveLength(1);
    refused.reject(new Error('no'));
    await expect(reacting).rejects.toThrow('no');
    expect(get().posts.one?.metadata.reactions).toHaveLength(0);
  });
});

describe('the line before what is new', () => {
  const open = async (...posts: Post[]) => {
    vi.spyOn(api, 'getPostsUnread').mockResolvedValue(list(posts));
    await openTimeline('town', null);
    set({ channelId: 'town' });
  };
  const line = () => get().timelines.town?.readUntil;

  it('stands where I stopped reading', async () => {
    await open(post('old', 10), post('new', 20));
    expect(line()).toBe(10);
  });

  it('is not drawn if everything was read, or came while I looked', async () => {
    vi.spyOn(document, 'hasFocus').mockReturnValue(true);
    await open(post('old', 10), post('mine', 20, { user_id: 'ada' }));
    posted(post('live', 30));
    expect(line()).toBe(0);
  });

  it('is drawn before the first that came while I looked elsewhere', async () => {
    vi.spyOn(document, 'hasFocus').mockReturnValue(false);
    await open(post('old', 10));
    posted(post('missed', 30));
    posted(post('missed too', 40));
    expect(line()).toBe(29);
  });
});

describe('what is unread', () => {
  it('counts messages of others and mentions of me, not replies and not my own', () => {
    posted(post('a', 20), ['ada']);
    posted(post('b', 21));
    posted(post('c', 22, { root_id: 'a' }));
    posted(post('d', 23, { type: 'system_join_channel' }));
    expect(unreadOf(get(), 'town')).toEqual({ messages: 2, mentions: 1 });
    posted(post('e', 24, { user_id: 'ada' }));
    expect(unreadOf(get(), 'town')).toEqual({ messages: 0, mentions: 0 });
  });

  it('ends when another device has read it', () => {
    posted(post('a', 20), ['ada']);
    event('multiple_channels_viewed', { channel_times: { town: 20 } });
    expect(unreadOf(get(), 'town')).toEqual({ messages: 0, mentions: 0 });
  });

  it('is not told of a muted channel, but mentions are', () => {
    posted(post('a', 20), ['ada']);
    event('channel_member_updated', {
      channelMember: JSON.stringify({
        channel_id: 'town',
        notify_props: { mark_unread: 'mention' },
        roles: '',
      }),
    });
    expect(unreadOf(get(), 'town')).toEqual({ messages: 0, mentions: 1 });
  });
});

describe('what I write', () => {
  const sending = () => get().outbox.map((out) => [out.post.message, out.state]);
  const answering = (answer: (sent: { pending_post_id: string; message: string }) => Promise<Post>) =>
    vi.spyOn(api, 'createPost').mockImplementation(((sent: never) => answer(sent)) as never);
  const accept = async (sent: { pending_post_id: string; message: string }) =>
    post(`id-${sent.message}`, 50, { ...sent, user_id: 'ada' });

  it('is shown at once and confirmed once, whoever tells first', async () => {
    answering(async (sent) => {
      const made = await accept(sent);
      posted(made);
      return made;
    });
    send('town', '', 'hello', []);
    expect(sending()).toEqual([['hello', 'sending']]);
    await vi.waitFor(() => expect(sending()).toEqual([]));
    expect(get().posts['id-hello']?.message).toBe('hello');
  });

  it('waits while nobody answers, and goes out later under the same id, in order', async () => {
    const create = answering(() => Promise.reject(new TypeError('network')));
    send('town', '', 'one', []);
    send('town', '', 'two', []);
    await vi.waitFor(() =>
      expect(sending()).toEqual([
        ['one', 'waiting'],
        ['two', 'sending'],
      ]),
    );
    const first = create.mock.calls[0]?.[0] as unknown as Post;
    create.mockClear();
    answering(accept);
    await flush();
    const again = create.mock.calls.map((call) => call[0] as unknown as Post);
    expect(again.map((sent) => sent.message)).toEqual(['one', 'two']);
    expect(again[0]?.pending_post_id).toBe(first.pending_post_id);
    expect(sending()).toEqual([]);
  });

  it('survives the page', async () => {
    answering(() => Promise.reject(new TypeError('network')));
    send('town', '', 'kept', []);
    await vi.waitFor(() => expect(sending()).toEqual([['kept', 'waiting']]));
    set({ outbox: [] });
    answering(accept);
    loadOutbox();
    await vi.waitFor(() => expect(get().posts['id-kept']).toBeDefined());
  });

  it('stays, as failed, when it is refused, and lets the next one go', async () => {
    answering((sent) =>
      sent.message === 'bad'
        ? Promise.reject(Object.assign(new Error('no'), { status_code: 403 }))
        : accept(sent),
    );
    send('town', '', 'bad', []);
    send('town', '', 'good', []);
    await vi.waitFor(() => expect(get().posts['id-good']).toBeDefined());
    expect(sending()).toEqual([['bad', 'failed']]);
    discard(get().outbox[0]!.post.pending_post_id);
    expect(sending()).toEqual([]);
  });
});

describe('favourites', () => {
  it('hold a channel instead of its own category', async () => {
    const update = vi.spyOn(api, 'updateChannelCategories').mockResolvedValue([]);
    const category = (type: string, channel_ids: string[]) =>
      ({ id: type, team_id: 'team', type, channel_ids }) as never;
    set({ categories: { team: [category('favorites', []), category('channels', ['town'])] } });
    await setFavourite('town', true);
    expect(isFavourite(get(), 'town')).toBe(true);
    expect(get().categories.team?.[1]?.channel_ids).toEqual([]);
    expect(update).toHaveBeenCalledOnce();
  });
});

it('a post that is told twice is there once', () => {
  addPost(post('one', 10));
  addPost(post('one', 10));
  expect(Object.keys(get().posts)).toEqual(['one']);
});
