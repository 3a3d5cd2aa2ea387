// Who is told of what.
import type { ChannelMembership } from '@mattermost/types/channels';
import type { Post } from '@mattermost/types/posts';
import type { UserProfile } from '@mattermost/types/users';
import { beforeEach, describe, expect, it } from 'vitest';
import { channelName } from './channels';
import { markOf } from './favicon';
import { isTold, sounds } from './notifications';
import { get, set, useStore } from './store';

const EMPTY = useStore.getInitialState();
const post = { id: 'p', channel_id: 'town', root_id: '', type: '', user_id: 'bob' } as Post;
const account = (notify_props: Record<string, string>) =>
  set({ me: { id: 'ada', username: 'ada', notify_props } as unknown as UserProfile });
const channel = (notify_props: Record<string, string>) =>
  set({ members: { town: { notify_props } as unknown as ChannelMembership } });
const told = (mentioned = false, data: Record<string, unknown> = { channel_type: 'O' }, of = post) =>
  isTold(get(), of, mentioned, data);

beforeEach(() => {
  set({ ...EMPTY, config: { CollapsedThreads: 'always_on' as never } });
  account({ desktop: 'mention' });
  channel({});
});

it('is heard as the channel says, or else as the account does', () => {
  const heard = (own: string, general: string) => {
    channel({ desktop_sound: own });
    account({ desktop_sound: general });
    return sounds(get(), 'town');
  };
  expect([heard('on', 'false'), heard('off', 'true')]).toEqual([true, false]);
  expect([heard('default', 'false'), heard('default', 'true')]).toEqual([false, true]);
});

describe('somebody', () => {
  it('is told of mentions and direct messages, unless they want more or less', () => {
    expect([told(), told(true), told(false, { channel_type: 'D' })]).toEqual([false, true, true]);
    account({ desktop: 'all' });
    expect(told()).toBe(true);
    account({ desktop: 'none' });
    expect(told(true)).toBe(false);
  });

  it('is told as the channel says, where it says something', () => {
    channel({ desktop: 'all' });
    expect(told()).toBe(true);
    channel({ desktop: 'none' });
    expect(told(true)).toBe(false);
    channel({ desktop: 'default' });
    expect(told(true)).toBe(true);
    channel({ desktop: 'all', mark_unread: 'mention' });
    expect(told(true)).toBe(false);
  });

  it('is told of replies in threads that they follow', () => {
    account({ desktop: 'all' });
    const reply = { ...post, root_id: 'root' } as Post;
    expect(told(false, { channel_type: 'O', followers: '["bob"]' }, reply)).toBe(false);
    expect(told(false, { channel_type: 'O', followers: '["ada"]' }, reply)).toBe(true);
  });

  it('is told nothing who does not want to be disturbed', () => {
    set({ statuses: { ada: 'dnd' } });
    expect(told(true)).toBe(false);
  });
});

it('puts mentions as a number and anything else as a dot on the icon', () => {
  expect([markOf(0, 0), markOf(0, 3), markOf(4, 3), markOf(12, 0)]).toEqual(['', '•', '4', '9+']);
});

it('shows names as a person prefers, if the server lets them', () => {
  const bob = { id: 'bob', username: 'bob', first_name: 'Bob', last_name: 'Stone', nickname: 'Bo' };
  set({
    users: { bob: bob as UserProfile },
    channels: {
      d: { id: 'd', type: 'D', name: 'ada__bob' } as never,
      g: { id: 'g', type: 'G', name: 'x', display_name: 'ada, bob, eve' } as never,
    },
    config: { TeammateNameDisplay: 'username' },
  });
  const name = (id: string) => channelName(get(), get().channels[id]);
  expect([name('d'), name('g')]).toEqual(['bob', 'bob, eve']);
  set({ preferences: { 'display_settings/name_format': 'full_name' } });
  expect([name('d'), name('g')]).toEqual(['Bob Stone', 'Bob Stone, eve']);
  set({ preferences: { 'display_settings/name_format': 'nickname_full_name' } });
  expect(name('d')).toBe('Bo');
  set({ config: { TeammateNameDisplay: 'username', LockTeammateNameDisplay: 'true' } });
  expect(name('d')).toBe('bob');
});
