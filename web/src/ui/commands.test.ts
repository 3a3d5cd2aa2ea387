// What is done instead of being said.
import { beforeEach, expect, it, vi } from 'vitest';
import { api } from '../api';
import { get, set, useStore } from '../state/store';
import { commandsNamed, runCommand } from './commands';

const where = { channelId: 'town', rootId: '' };

beforeEach(() => {
  set({ ...useStore.getInitialState(), me: { id: 'ada' } as never });
});

it('is offered by its beginning', () => {
  expect(commandsNamed('s').map(({ text }) => text)).toEqual([
    '/search',
    '/settings',
    '/shortcuts',
    '/shrug',
    '/status',
  ]);
});

it('does what it says', async () => {
  const status = vi.spyOn(api, 'updateStatus').mockResolvedValue({} as never);
  expect(runCommand('/away', where)).toBe(true);
  await vi.waitFor(() => expect(status).toHaveBeenCalledTimes(1));
  expect(get().statuses.ada).toBe('away');
});

it('says what it could not do', async () => {
  vi.spyOn(api, 'updateStatus').mockRejectedValue(new Error('offline'));
  expect(runCommand('/dnd', where)).toBe(true);
  await vi.waitFor(() => expect(get().notice).not.toBeNull());
});

it('says words with a shrug, and a shrug alone', () => {
  vi.spyOn(api, 'createPost').mockReturnValue(new Promise(() => undefined));
  expect(runCommand('/shrug who knows', where)).toBe(true);
  expect(runCommand('/shrug', where)).toBe(true);
  return vi.waitFor(() =>
    expect(get().outbox.map(({ post }) => post.message)).toEqual([
      'who knows ¯\\\\\\_(ツ)\\_/¯',
      '¯\\\\\\_(ツ)\\_/¯',
    ]),
  );
});

it.each(['/usr/bin is full', '/nothing', '/away now', '/me', '/constructor', 'away'])(
  'leaves %s a message',
  (text) => {
    expect(runCommand(text, where)).toBe(false);
  },
);
