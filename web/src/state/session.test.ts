// What happens around the first reads of the lists: it is heard, or read.
import { beforeEach, expect, it, vi } from 'vitest';
import { api } from '../api';
import { start } from './session';
import { get, set, useStore } from './store';

type Listener = (message: unknown) => void;
let hear: Listener;
/** The sockets that were opened, all of them connecting. */
let lines: Line[];
class Line {
  onclose: unknown = () => undefined;
  closed = false;
  constructor() {
    lines.push(this);
  }
  close() {
    this.closed = true;
  }
}
vi.mock('@mattermost/client', async (original) => ({
  ...(await original<typeof import('@mattermost/client')>()),
  WebSocketClient: class {
    constructor(private readonly config: { newWebSocketFn: (url: string) => WebSocket }) {}
    addFirstConnectListener() {}
    addReconnectListener() {}
    addMissedMessageListener() {}
    addCloseListener() {}
    addMessageListener(listener: Listener) {
      hear = listener;
    }
    initialize(url: string) {
      this.config.newWebSocketFn(url);
    }
    close() {}
    userUpdateActiveStatus() {}
  },
}));

const EMPTY = useStore.getInitialState();
/** How many messages the channel has on the server. */
let total: number;
const channel = () => ({ id: 'town', team_id: 'team', type: 'O', name: 'town', total_msg_count: total });
const member = () => ({ channel_id: 'town', msg_count: 1, mention_count: 0 });
const count = () => get().channels.town?.total_msg_count;
const hello = () => hear({ event: 'hello', data: { connection_id: 'one' }, broadcast: {} });
const posted = (id: string) =>
  hear({
    event: 'posted',
    data: {
      post: JSON.stringify({
        id,
        channel_id: 'town',
        user_id: 'bob',
        create_at: 9,
        type: '',
        message: 'word',
        metadata: {},
      }),
    },
    broadcast: { channel_id: 'town' },
  });

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('WebSocket', Line);
  lines = [];
  set(EMPTY);
  total = 1;
  vi.spyOn(document, 'cookie', 'get').mockReturnValue('MMUSERID=ada');
  const answers = {
    getClientConfig: () => ({}),
    getMe: () => ({ id: 'ada', username: 'ada', roles: '' }),
    getMyPreferences: () => [],
    getMyTeams: () => [{ id: 'team', name: 'first', delete_at: 0 }],
    getMyTeamMembers: () => [{ team_id: 'team' }],
    getAllTeamsChannels: () => [channel()],
    getAllChannelsMembers: () => [member()],
    getChannel: channel,
    getMyChannelMember: member,
    getCustomEmojis: () => [],
    getProfilesByIds: () => [],
    getStatusesByIds: () => [],
  };
  for (const [name, answer] of Object.entries(answers))
    vi.spyOn(api, name as 'getMe').mockImplementation(async () => answer() as never);
  return () => vi.useRealTimers();
});

it('reads the lists once the socket hears, and once only', async () => {
  const started = start();
  await vi.advanceTimersByTimeAsync(0);
  expect(api.getAllTeamsChannels).not.toHaveBeenCalled();
  total = 2;
  hello();
  await started;
  await vi.advanceTimersByTimeAsync(5000);
  expect(get().phase).toBe('signed-in');
  expect(count()).toBe(2);
  expect(api.getAllTeamsChannels).toHaveBeenCalledTimes(1);
});

it.each([
  ['that they count', 2],
  ['that they do not count yet', 1],
])('counts once what is heard while the lists are read, %s', async (_, listed) => {
  let answer!: () => void;
  vi.spyOn(api, 'getAllTeamsChannels').mockImplementation(async () => {
    const list = [{ ...channel(), total_msg_count: listed }];
    await new Promise<void>((resolve) => {
      answer = resolve;
    });
    return list as never;
  });
  const started = start();
  hello();
  await vi.advanceTimersByTimeAsync(0);
  total = 2;
  posted('new');
  await vi.advanceTimersByTimeAsync(0);
  answer();
  await started;
  await vi.advanceTimersByTimeAsync(0);
  expect(count()).toBe(2);
});

it('leaves no socket behind where the first reads fail', async () => {
  vi.spyOn(api, 'getClientConfig').mockRejectedValueOnce(new Error('not there yet'));
  await start();
  expect(get().phase).toBe('unreachable');
  expect(lines.map(({ closed, onclose }) => ({ closed, onclose }))).toEqual([
    { closed: true, onclose: null },
  ]);
  const abandoned = hear;
  await vi.advanceTimersByTimeAsync(1500);
  hello();
  await vi.advanceTimersByTimeAsync(0);
  expect(get().phase).toBe('signed-in');
  const heard = count();
  hear = abandoned;
  posted('new');
  expect(count()).toBe(heard);
});

it('counts once what is heard while the lists are read again', async () => {
  const started = start();
  await vi.advanceTimersByTimeAsync(300);
  await started;
  let answer!: () => void;
  vi.spyOn(api, 'getAllTeamsChannels').mockImplementation(async () => {
    const list = [channel()];
    await new Promise<void>((resolve) => {
      answer = resolve;
    });
    return list as never;
  });
  hello();
  await vi.advanceTimersByTimeAsync(0);
  total = 2;
  posted('new');
  answer();
  await vi.advanceTimersByTimeAsync(0);
  expect(count()).toBe(2);
});

it('does not wait long, and reads again what was missed', async () => {
  const started = start();
  await vi.advanceTimersByTimeAsync(300);
  await started;
  expect(get().phase).toBe('signed-in');
  total = 2;
  expect(count()).toBe(1);
  hello();
  await vi.advanceTimersByTimeAsync(0);
  expect(count()).toBe(2);
});
