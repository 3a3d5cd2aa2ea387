// What is written behind a `/`: done at once, by whoever wrote it, and said to nobody.
import { api } from '../api';
import { type Key, t } from '../i18n';
import { isMuted, openDirect, setMuted } from '../state/channels';
import { send } from '../state/outbox';
import { choosePresence } from '../state/people';
import { logOut } from '../state/session';
import { get, open } from '../state/store';
import { attempt } from './attempt';
import { goTo, goToChannel, leave, search, userNamed } from './places';

interface Where {
  readonly channelId: string;
  readonly rootId: string;
}

interface Command {
  readonly hint: Key;
  /** What stands behind its name, as it is shown; without it nothing may. */
  readonly takes?: string;
  readonly mayBeAlone?: boolean;
  readonly run: (words: string, where: Where) => unknown;
}

const team = (): string => `/${get().teams[get().teamId]?.name}`;

/** A name, whatever sign is before it, and what follows. */
const split = (words: string): [string, string] => {
  const [, name = '', rest = ''] = /^[@~]?(\S+)\s*([\s\S]*)$/.exec(words) ?? [];
  return [name.toLowerCase(), rest];
};

const write = async (words: string): Promise<void> => {
  const [name, message] = split(words);
  const channel = await openDirect([await userNamed(name)]);
  if (message) send(channel.id, '', message, []);
  goToChannel(channel.id);
};

const COMMANDS: Readonly<Record<string, Command>> = {
  away: { hint: 'command.away', run: () => choosePresence('away') },
  dnd: { hint: 'command.dnd', run: () => choosePresence('dnd') },
  invite: {
    hint: 'command.invite',
    takes: '@…',
    run: async (words, { channelId }) => api.addToChannel(await userNamed(split(words)[0]), channelId),
  },
  join: { hint: 'command.join', takes: '~…', run: (words) => goTo(`${team()}/channels/${split(words)[0]}`) },
  leave: {
    hint: 'command.leave',
    run: (_, { channelId }) => leave(channelId),
  },
  logout: { hint: 'command.logout', run: logOut },
  me: {
    hint: 'command.me',
    takes: '…',
    run: (words, { channelId, rootId }) => send(channelId, rootId, `*${words}*`, []),
  },
  msg: { hint: 'command.msg', takes: '@… …', run: write },
  mute: {
    hint: 'command.mute',
    run: (_, { channelId }) => setMuted(channelId, !isMuted(get().members[channelId])),
  },
  offline: { hint: 'command.offline', run: () => choosePresence('offline') },
  online: { hint: 'command.online', run: () => choosePresence('online') },
  search: { hint: 'command.search', takes: '…', run: search },
  settings: { hint: 'command.settings', run: () => open({ kind: 'settings' }) },
  shortcuts: { hint: 'command.shortcuts', run: () => open({ kind: 'keys' }) },
  shrug: {
    hint: 'command.shrug',
    takes: '…',
    mayBeAlone: true,
    run: (words, { channelId, rootId }) => send(channelId, rootId, `${words} ¯\\\\\\_(ツ)\\_/¯`.trim(), []),
  },
  status: { hint: 'command.status', run: () => open({ kind: 'status' }) },
};

export const commandsNamed = (begun: string): { readonly text: string; readonly hint: string }[] =>
  Object.entries(COMMANDS)
    .filter(([name]) => name.startsWith(begun))
    .map(([name, { takes = '', hint }]) => ({ text: `/${name}`, hint: `${takes} ${t(hint)}`.trim() }));

/** Whether it was a command. Whatever else begins with a slash is a message. */
export const runCommand = (text: string, where: Where): boolean => {
  const [, name = '', words = ''] = /^\/([a-z]+)(?:\s+([\s\S]*))?$/.exec(text) ?? [];
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command || (words ? !command.takes : command.takes && !command.mayBeAlone)) return false;
  attempt(Promise.resolve(where).then(() => command.run(words, where)));
  return true;
};
