// Who was asked for, and whether I am here.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { api } from '../api';
import { choosePresence, meet, watchStatuses } from './people';
import { get, set, useStore } from './store';

beforeEach(() => {
  vi.useFakeTimers();
  set({ ...useStore.getInitialState(), me: { id: 'ada' } as never, statuses: { ada: 'away' } });
});
afterEach(() => {
  vi.useRealTimers();
  watchStatuses()();
});

describe('meeting people', () => {
  const meetSoon = async (...ids: string[]) => {
    meet(ids);
    await vi.advanceTimersByTimeAsync(100);
  };

  it('asks once for each, known to the server or not', async () => {
    const profiles = vi.spyOn(api, 'getProfilesByIds').mockResolvedValue([]);
    const statuses = vi.spyOn(api, 'getStatusesByIds').mockResolvedValue([]);
    await meetSoon('bot', 'bot', 'gone');
    await meetSoon('bot', 'gone', 'ada');
    expect(statuses.mock.calls).toEqual([[['bot', 'gone']]]);
    expect(profiles.mock.calls).toEqual([[['bot', 'gone']], [['ada']]]);
  });

  it('asks again where that failed', async () => {
    vi.spyOn(api, 'getProfilesByIds').mockResolvedValue([]);
    const statuses = vi.spyOn(api, 'getStatusesByIds').mockRejectedValueOnce(new Error('offline'));
    await meetSoon('bob');
    statuses.mockResolvedValue([{ user_id: 'bob', status: 'online' }] as never);
    await meetSoon('bob');
    expect(get().statuses.bob).toBe('online');
  });
});

describe('being here', () => {
  it('is shown at once, and put back if the server does not hear of it', async () => {
    let fail!: (error: Error) => void;
    vi.spyOn(api, 'updateStatus').mockReturnValue(new Promise((_, reject) => (fail = reject)));
    const choice = choosePresence('dnd', 5_000);
    expect([get().statuses.ada, get().quietUntil]).toEqual(['dnd', 5_000]);
    fail(new Error('offline'));
    await expect(choice).rejects.toThrow('offline');
    expect([get().statuses.ada, get().quietUntil]).toEqual(['away', 0]);
  });

  it('is what the server has after two choices in a row that it did not hear of', async () => {
    vi.spyOn(api, 'updateStatus').mockRejectedValue(new Error('offline'));
    const both = [choosePresence('dnd', 5_000), choosePresence('offline')];
    for (const one of both) await expect(one).rejects.toThrow('offline');
    expect([get().statuses.ada, get().quietUntil]).toEqual(['away', 0]);
  });

  it('stays as it was chosen anew meanwhile', async () => {
    let fail!: (error: Error) => void;
    const save = vi.spyOn(api, 'updateStatus');
    save.mockReturnValueOnce(new Promise((_, reject) => (fail = reject)));
    const first = choosePresence('dnd', 5_000);
    save.mockResolvedValue({} as never);
    await choosePresence('online');
    fail(new Error('late'));
    await expect(first).rejects.toThrow('late');
    expect([get().statuses.ada, get().quietUntil]).toEqual(['online', 0]);
  });
});
