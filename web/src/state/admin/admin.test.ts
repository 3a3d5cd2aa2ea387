import { readFileSync } from 'node:fs';
import type { Team } from '@mattermost/types/teams';
import type { UserProfile } from '@mattermost/types/users';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { api } from '../../api';
import { get, useStore } from '../store';
import { parseMetrics, vitalsOf } from './metrics';
import { findPeople, PAGE, roleOf } from './people';
import { followersOf, runs } from './retention';
import { findTeams } from './teams';
import { addressOf, addTo, concerns, HELD_MAX, KINDS, postIdIn, type TrailEvent, tell, WORDS } from './trail';

beforeEach(() => useStore.setState(useStore.getInitialState(), true));

const user = (id: string, roles = 'system_user', delete_at = 0) => ({ id, roles, delete_at }) as UserProfile;

describe('finding accounts', () => {
  const crowd = (size: number): UserProfile[] => Array.from({ length: size }, (_, n) => user(`u${n}`));

  it('knows three roles', () => {
    expect(
      ['system_admin system_user', 'system_user', 'system_guest'].map((r) => roleOf(user('x', r))),
    ).toEqual(['admin', 'member', 'guest']);
  });

  it('reads on past pages on which nobody has the role', async () => {
    const pages = [crowd(PAGE), [...crowd(PAGE - 1), user('chief', 'system_admin system_user')], crowd(3)];
    const asked = vi.spyOn(api, 'getProfiles').mockImplementation(async (page = 0) => pages[page] ?? []);
    const filter = { term: '', role: 'admin', activity: 'active' } as const;
    const found = await findPeople(filter);
    expect(found.items.map(({ id }) => id)).toEqual(['chief']);
    expect(found.next).toBe(2);
    expect(asked.mock.calls).toEqual([
      [0, PAGE, { active: true }],
      [1, PAGE, { active: true }],
    ]);
    expect(await findPeople(filter, 2)).toEqual({ items: [] });
    expect(get().users.chief).toBeDefined();
  });

  it('filters what a search finds, and says that there may be more', async () => {
    const found = [...crowd(198), user('gone', 'system_user', 7), user('guest', 'system_guest', 7)];
    const search = vi.spyOn(api, 'searchUsers').mockResolvedValue(found);
    const result = await findPeople({ term: 'g', role: 'member', activity: 'inactive' });
    expect(result).toEqual({ items: [found[198]], cut: true });
    expect(search).toHaveBeenCalledWith('g', { allow_inactive: true, limit: 200 });
  });
});

describe('finding teams', () => {
  it('filters, sorts and counts only those of the page', async () => {
    const team = (n: number, delete_at = 0) =>
      ({ id: `t${n}`, name: `n${n}`, display_name: `Team ${99 - n}`, description: '', delete_at }) as Team;
    const teams = [...Array.from({ length: 30 }, (_, n) => team(n)), team(30, 5)];
    vi.spyOn(api, 'getTeams').mockResolvedValue({ teams, total_count: teams.length });
    const stats = vi
      .spyOn(api, 'getTeamStats')
      .mockImplementation(async (id) => ({ team_id: id, total_member_count: 4, active_member_count: 4 }));
    const first = await findTeams({ term: 'team', stand: 'active' });
    expect([first.items.length, first.total, first.next]).toEqual([25, 30, 1]);
    expect(first.items[0]).toMatchObject({ display_name: 'Team 70', members: 4 });
    expect(stats).toHaveBeenCalledTimes(25);
    const second = await findTeams({ term: 'team', stand: 'active' }, 1);
    expect([second.items.length, second.next]).toEqual([5, undefined]);
    expect((await findTeams({ term: 'n30', stand: 'archived' })).items.map(({ id }) => id)).toEqual(['t30']);
  });
});

describe('metrics', () => {
  const text = [
    '# HELP nottermost_sockets_open how many',
    '# TYPE nottermost_sockets_open gauge',
    'nottermost_sockets_open 3',
    'nottermost_index_lag_records{partition="channels-07"} 5',
    'nottermost_index_lag_records{partition="channels-08"} 0',
    'nottermost_index_lag_records{partition="users-01"} 2',
    'nottermost_log_end_offset{partition="directory-00"} 1e3',
    'other{path="a\\"b",le="+Inf"} 1',
    '',
  ].join('\n');

  it('are read with their labels', () => {
    expect(parseMetrics(text).at(-1)).toEqual({
      name: 'other',
      labels: { path: 'a"b', le: '+Inf' },
      value: 1,
    });
    expect(parseMetrics('<!doctype html>')).toEqual([]);
  });

  it('say how far each is behind, and in how many parts', () => {
    const vitals = vitalsOf(parseMetrics(text));
    expect(vitals).toMatchObject({ sockets: 3, streams: 0, log: 1000 });
    expect(vitals.lags).toContainEqual({ what: 'index', records: 7, behind: 2 });
    expect(vitals.lags).toContainEqual({ what: 'archive', records: 0, behind: 0 });
  });
});

describe('retention', () => {
  it('keeps all that follow a policy, however many', async () => {
    const channel = (n: number) => ({ id: `c${n}`, display_name: `C${n}`, team_display_name: 'T' });
    const channels = Array.from({ length: 201 }, (_, n) => channel(n));
    vi.spyOn(api, 'getDataRetentionCustomPolicyTeams').mockResolvedValue({ teams: [] } as never);
    vi.spyOn(api, 'getDataRetentionCustomPolicyChannels').mockImplementation(
      async (_, page = 0, size = 0) =>
        ({ channels: channels.slice(page * size, (page + 1) * size) }) as never,
    );
    const followers = await followersOf('p');
    expect(followers.channels.length).toBe(201);
    expect(followers.channels[200]).toEqual({ id: 'c200', name: 'C200', hint: 'T' });
  });

  it('pages through the runs until one page is not full', async () => {
    const asked = vi.spyOn(api, 'own').mockResolvedValueOnce(Array(20).fill({})).mockResolvedValueOnce([{}]);
    expect((await runs()).next).toBe(1);
    expect((await runs(1)).next).toBeUndefined();
    expect(asked.mock.calls[1]).toEqual(['get', '/retention/runs?page=1&per_page=20']);
  });
});

describe('the trail', () => {
  const event = (id: string, type: string, data: TrailEvent['data'], second = 0): TrailEvent => ({
    id,
    type,
    time: `2026-01-01T00:00:${String(second).padStart(2, '0')}Z`,
    position: '',
    data,
  });

  it('has words for every type that is public, and filters only by such', () => {
    const described = JSON.parse(readFileSync('../docs/asyncapi.json', 'utf8')) as {
      components: { messages: Record<string, unknown> };
    };
    const types = Object.keys(described.components.messages);
    expect(Object.keys(WORDS).sort()).toEqual(types.sort());
    for (const pattern of Object.values(KINDS).flatMap((kind) => (kind ? kind.split(',') : []))) {
      expect(types.some((type) => type.startsWith(pattern.replace('*', '')))).toBe(true);
    }
  });

  it('says who did what to whom, where', () => {
    const data = { by: 'ada', admitted: ['bob', 'cy'], channel_id: 'c', via: 'add' };
    expect(tell(event('1', 'channel.members_added', data))).toMatchObject({
      what: 'trail.channel_members_added',
      by: 'ada',
      about: ['bob', 'cy'],
      channelId: 'c',
      text: '',
    });
    const deleted = { by: 'ada', author_id: 'bob', post_id: 'p' };
    expect(tell(event('2', 'post.deleted', deleted))).toMatchObject({
      by: 'ada',
      about: ['bob'],
      postId: 'p',
    });
  });

  it('knows who did it where the event itself does not say', () => {
    const deactivated = { ...event('1', 'user.deactivated', { user_id: 'bob' }), actor: 'ada' };
    expect(tell(deactivated)).toMatchObject({ by: 'ada', about: ['bob'] });
    expect(['ada', 'bob', 'cy'].map((id) => concerns(deactivated, id))).toEqual([true, true, false]);
    const own = { ...event('2', 'user.deactivated', { user_id: 'bob' }), actor: 'bob' };
    expect(tell(own)).toMatchObject({ by: 'bob', about: [] });
  });

  it('names nobody as the doer where the event does not', () => {
    expect(tell(event('1', 'user.roles_changed', { user_id: 'bob', system_admin: false }))).toMatchObject({
      what: 'trail.admin_unmade',
      by: '',
      about: ['bob'],
    });
    expect(tell(event('2', 'channel.created', { creator_id: null, channel_id: 'c' })).by).toBe('');
    const written = { author_id: 'bob', message: 'hello', root: { post_id: 'r' }, redacted: true };
    expect(tell(event('3', 'post.created', written))).toMatchObject({
      what: 'trail.reply_created',
      by: 'bob',
      about: [],
      text: 'hello',
      redacted: true,
    });
  });

  it('holds the newest of each event once, in the order of their time', () => {
    const late = event('a', 'team.created', {}, 9);
    const early = event('b', 'team.created', {}, 1);
    expect(addTo([late], [early, late]).map(({ id }) => id)).toEqual(['a', 'b']);
    const many = Array.from({ length: HELD_MAX + 5 }, (_, n) => event(`e${n}`, 'team.created', {}, 2));
    const held = addTo([late, early], many);
    expect([held.length, held[0]?.id, held.includes(early)]).toEqual([HELD_MAX, 'a', false]);
  });

  it('finds whom an event concerns', () => {
    const added = event('1', 'channel.members_added', { by: 'ada', admitted: ['bob'] });
    expect(['ada', 'bob', 'cy'].map((id) => concerns(added, id))).toEqual([true, true, false]);
  });

  it('asks for what is chosen; a channel says more than its team', () => {
    expect(addressOf({ kind: 'all', past: false, channelId: '', teamId: '' })).toBe('/events?from=now');
    expect(addressOf({ kind: 'people', past: true, channelId: 'c', teamId: 't' })).toBe(
      '/events?from=beginning&types=user.*&channel_id=c',
    );
  });

  it('takes an id, and links that end with one', () => {
    const id = 'abcdefghij0123456789abcdef';
    expect([id, ` https://x.org/team/pl/${id}/ `, 'nonsense', `${id}0`].map(postIdIn)).toEqual([
      id,
      id,
      '',
      '',
    ]);
  });
});
