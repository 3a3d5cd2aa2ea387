// What other devices and other people do, as frames tell it.
import type { Post } from '@mattermost/types/posts';
import type { UserProfile } from '@mattermost/types/users';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { api } from '../api';
import { connectionId } from './connection';
import { hear } from './events';
import { get, set, useStore } from './store';

const EMPTY = useStore.getInitialState();
const event = (name: string, data: Record<string, unknown>, broadcast = {}) =>
  hear({ event: name, data, broadcast, seq: 1 } as never);

beforeEach(() => {
  localStorage.clear();
  vi.spyOn(api, 'getProfilesByIds').mockResolvedValue([]);
  vi.spyOn(api, 'getStatusesByIds').mockResolvedValue([]);
  set({ ...EMPTY, me: { id: 'ada' } as UserProfile });
});

describe('a draft', () => {
  const draft = (message: string, user_id = 'ada') => ({
    draft: JSON.stringify({ user_id, channel_id: 'town', root_id: 'root', message }),
  });

  it('comes from another device, and goes with it', () => {
    event('draft_created', draft('half'));
    event('draft_updated', draft('half of it'));
    expect(get().drafts['town:root']?.message).toBe('half of it');
    event('draft_deleted', draft(''));
    expect(get().drafts).toEqual({});
  });

  it('is nobody else’s', () => {
    event('draft_created', draft('half', 'bob'));
    expect(get().drafts).toEqual({});
  });
});

it('knows what is to be sent later', () => {
  const scheduledPost = JSON.stringify({ id: 'one', channel_id: 'town', message: 'later', scheduled_at: 1 });
  event('scheduled_post_created', { scheduledPost });
  expect(get().scheduled.one?.message).toBe('later');
  event('scheduled_post_deleted', { scheduledPost });
  expect(get().scheduled).toEqual({});
});

it('knows who has acknowledged, once each', () => {
  set({ posts: { one: { id: 'one', metadata: {} } as Post } });
  const acknowledgement = JSON.stringify({ post_id: 'one', user_id: 'bob', acknowledged_at: 5 });
  event('post_acknowledgement_added', { acknowledgement });
  event('post_acknowledgement_added', { acknowledgement });
  expect(get().posts.one?.metadata.acknowledgements).toHaveLength(1);
  event('post_acknowledgement_removed', { acknowledgement });
  expect(get().posts.one?.metadata.acknowledgements).toEqual([]);
});

it('reads the bookmarks of a channel anew that was opened, and of no other', async () => {
  const bookmark = (id: string, sort_order: number) => ({ id, sort_order, delete_at: 0 });
  const ask = vi
    .spyOn(api, 'getChannelBookmarks')
    .mockResolvedValue([bookmark('b', 1), bookmark('a', 0)] as never);
  event('channel_bookmark_created', {}, { channel_id: 'town' });
  expect(ask).not.toHaveBeenCalled();
  set({ bookmarks: { town: [] } });
  event('channel_bookmark_created', {}, { channel_id: 'town' });
  await vi.waitFor(() => expect(get().bookmarks.town?.map(({ id }) => id)).toEqual(['a', 'b']));
});

it('forgets until when it was to be quiet once it is not', () => {
  set({ quietUntil: 5 });
  event('status_change', { user_id: 'bob', status: 'online' });
  expect(get().quietUntil).toBe(5);
  event('status_change', { user_id: 'ada', status: 'online' });
  expect(get().quietUntil).toBe(0);
});

it('knows its connection, so that it is not told what it did itself', () => {
  event('hello', { connection_id: 'mine' });
  expect(connectionId()).toBe('mine');
});
