// From a fresh page to a live one, and back: who I am, what there is for me, and the socket.
import { WebSocketClient, type WebSocketMessage } from '@mattermost/client';
import type { UserProfile } from '@mattermost/types/users';
import { api, hasSession, statusOf } from '../api';
import { bookmarksChanged } from './bookmarks';
import { fetchChannel, loadCategories, loadChannels, markRead } from './channels';
import { loadDrafts } from './drafts';
import { hear, isWatching } from './events';
import { watchTitle } from './notifications';
import { flush, loadOutbox, stopOutbox } from './outbox';
import { learn, meet, watchStatuses } from './people';
import { catchUp, drawLine, noteGap } from './posts';
import { learnPreferences } from './preferences';
import { loadScheduled } from './scheduled';
import { byId, forget, get, set } from './store';
import { loadThread, loadThreadCounts } from './threads';

/** A short gap is nobody's business. */
const QUIET_MS = 2000;
const RETRY_MS = 1500;
/** The first reads wait so long for the socket: what happens after them is heard then. */
const HELLO_MS = 300;

let socket: WebSocketClient | null = null;
let ends: (() => void)[] = [];
let hello: Promise<unknown> = Promise.resolve();
/** What is heard before the lists stand. */
let held: WebSocketMessage[] | null = null;

export const socketNow = (): WebSocketClient | null => socket;

export const start = async (): Promise<void> => {
  try {
    if (hasSession()) await enter();
    else set({ config: await api.getClientConfig(), phase: 'signed-out' });
  } catch (error) {
    if (statusOf(error) === 401) return forget(true);
    set({ phase: 'unreachable' });
    setTimeout(() => void start(), RETRY_MS);
  }
};

export const logIn = async (loginId: string, password: string): Promise<void> => {
  await api.login(loginId, password);
  await enter();
};

export const signUp = async (
  who: { username: string; email: string; password: string },
  inviteId: string,
): Promise<void> => {
  await api.createUser({ ...who } as unknown as UserProfile, '', inviteId);
  await logIn(who.username, who.password);
};

const enter = async (): Promise<void> => {
  ends = [connect()];
  try {
    const [config, listens] = await Promise.all([api.getClientConfig(), inTime(hello)]);
    set({ config });
    await readMine();
    loadOutbox();
    ends.push(watchStatuses(), watchTitle(), watchFocus(), stopOutbox);
    set({ phase: 'signed-in', ended: false });
    hearHeld();
    if (!listens) void hello.then(resync);
  } catch (error) {
    hangUp();
    throw error;
  }
  void loadCustomEmoji().catch(() => undefined);
};

const inTime = (event: Promise<unknown>): Promise<boolean> =>
  Promise.race([
    event.then(() => true),
    new Promise<boolean>((resolve) => setTimeout(() => resolve(false), HELLO_MS)),
  ]);

const readMine = async (): Promise<void> => {
  const [me, preferences, teams, members] = await Promise.all([
    api.getMe(),
    api.getMyPreferences(),
    api.getMyTeams(),
    api.getMyTeamMembers(),
    loadChannels(),
  ]);
  set({
    me,
    teams: byId(teams.filter((team) => !team.delete_at)),
    teamMembers: Object.fromEntries(members.map((member) => [member.team_id, member])),
  });
  learn([me]);
  meet([me.id]);
  learnPreferences(preferences as unknown as Parameters<typeof learnPreferences>[0]);
};

/** Whether the lists count a post already that was heard meanwhile, they alone know: its channel is read again. */
const hearHeld = (): void => {
  const messages = held ?? [];
  held = null;
  for (const message of messages) hearAlone(message);
  const posted = messages.filter((message) => message.event === 'posted');
  for (const id of new Set(posted.map((message) => message.broadcast.channel_id)))
    if (get().channels[id]) void fetchChannel(id).catch(() => undefined);
};

/** One that cannot be taken in costs none of the others, nor the way in. */
const hearAlone = (message: WebSocketMessage): void => {
  try {
    hear(message);
  } catch (error) {
    reportError(error);
  }
};

const EMOJI_PAGE = 200;

const loadCustomEmoji = async (): Promise<void> => {
  for (let page = 0; ; page++) {
    const list = await api.getCustomEmojis(page, EMOJI_PAGE);
    set(({ emojis }) => ({
      emojis: { ...emojis, ...Object.fromEntries(list.map((emoji) => [emoji.name, emoji])) },
    }));
    if (list.length < EMOJI_PAGE) return;
  }
};

/** What a team needs beside its channels. */
export const enterTeam = async (teamId: string): Promise<void> => {
  set({ teamId });
  await Promise.all([
    loadCategories(teamId),
    loadThreadCounts(teamId).catch(() => undefined),
    loadDrafts(teamId).catch(() => undefined),
    loadScheduled(teamId).catch(() => undefined),
  ]);
};

const connect = (): (() => void) => {
  // For a minute it tries every second or two: a server that restarts is back by then.
  socket = new WebSocketClient({
    minWebSocketRetryTime: 800,
    reconnectJitterRange: 700,
    maxWebSocketFails: 50,
    maxWebSocketRetryTime: 30_000,
    newWebSocketFn: (url) => {
      line = new WebSocket(url);
      return line;
    },
  });
  const url = `${location.origin.replace(/^http/, 'ws')}${api.getUrlVersion()}/websocket`;
  let quiet: ReturnType<typeof setTimeout> | undefined;
  let greet: (value: unknown) => void;
  hello = new Promise((resolve) => {
    greet = resolve;
  });
  held = [];
  let over = false;
  let line: WebSocket | undefined;
  const take = (message: WebSocketMessage) => {
    if (over) return;
    if (message.event === 'hello') greet(message);
    if (held) held.push(message);
    else hear(message);
  };
  const back = () => {
    if (over) return;
    clearTimeout(quiet);
    quiet = undefined;
    set({ online: true });
    void flush();
  };
  const gone = () => {
    if (over) return;
    noteGap();
    quiet ??= setTimeout(() => set({ online: false }), QUIET_MS);
  };
  const closed = () => {
    if (over) return;
    gone();
    void checkSession();
  };
  // The browser may know before the socket does.
  window.addEventListener('offline', gone);
  window.addEventListener('online', back);
  socket.addFirstConnectListener(back);
  socket.addReconnectListener(back);
  socket.addMissedMessageListener(() => void resync());
  socket.addCloseListener(closed);
  socket.addMessageListener(take);
  socket.initialize(url);
  return () => {
    clearTimeout(quiet);
    window.removeEventListener('offline', gone);
    window.removeEventListener('online', back);
    over = true;
    socket?.close();
    // The client leaves alone what is still connecting: it would connect, and connect again, for nobody.
    if (line) {
      line.onopen = line.onmessage = line.onclose = line.onerror = null;
      line.close();
    }
    socket = null;
    held = null;
  };
};

/** The server no longer knows what this page heard: everything is read again, and what was missed filled in. */
const resync = async (): Promise<void> => {
  const { teamId, channelId, pane } = get();
  // What is heard while the lists are read is newer than they are.
  held ??= [];
  try {
    await readMine();
    hearHeld();
    await Promise.all([
      teamId && loadCategories(teamId),
      teamId && loadThreadCounts(teamId),
      catchUp(channelId),
      teamId && loadScheduled(teamId),
      bookmarksChanged(channelId),
      pane?.kind === 'thread' && loadThread(pane.rootId),
    ]);
    if (isWatching(channelId)) markRead(channelId);
  } catch (error) {
    if (statusOf(error) === 401) return forgetSession(true);
    hearHeld();
    setTimeout(() => void resync(), RETRY_MS);
  }
};

const watchFocus = (): (() => void) => {
  const seen = () => {
    const { channelId } = get();
    if (isWatching(channelId)) markRead(channelId);
    socket?.userUpdateActiveStatus(true, false);
  };
  // Who comes back finds the line where they left.
  const left = () => drawLine(get().channelId, null);
  window.addEventListener('focus', seen);
  window.addEventListener('blur', left);
  return () => {
    window.removeEventListener('focus', seen);
    window.removeEventListener('blur', left);
  };
};

/** A socket does not say why it was closed. */
const checkSession = (): Promise<void> =>
  api.getMe().then(
    () => undefined,
    (error) => {
      if (socket && statusOf(error) === 401) forgetSession(true);
    },
  );

const hangUp = (): void => {
  for (const end of ends) end();
  ends = [];
};

const forgetSession = (ended: boolean): void => {
  hangUp();
  api.setToken('');
  forget(ended);
};

export const logOut = async (): Promise<void> => {
  await api.logout().catch(() => undefined);
  forgetSession(false);
};
