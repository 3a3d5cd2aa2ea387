// Who the others are, and whether they are here. What is missing is asked for in one request for
// everything that was missed within a moment.
import type { UserProfile } from '@mattermost/types/users';
import { api } from '../api';
import { byId, get, type State, set } from './store';

const TOGETHER_MS = 30;
const STATUS_EVERY_MS = 60_000;

const gather = (ask: (ids: string[]) => Promise<void>): ((ids: Iterable<string>) => void) => {
  const wanted = new Set<string>();
  let soon: ReturnType<typeof setTimeout> | undefined;
  return (ids) => {
    for (const id of ids) wanted.add(id);
    if (!wanted.size) return;
    soon ??= setTimeout(() => {
      const asked = [...wanted];
      wanted.clear();
      soon = undefined;
      ask(asked).catch(() => undefined);
    }, TOGETHER_MS);
  };
};

export const learn = (profiles: readonly UserProfile[]): void => {
  if (profiles.length) set(({ users }) => ({ users: { ...users, ...byId(profiles) } }));
};

const asked = new Set<string>();
const askProfiles = gather(async (ids) => {
  for (let n = 0; n < ids.length; n += 100) learn(await api.getProfilesByIds(ids.slice(n, n + 100)));
});
const askStatuses = gather(async (ids) => {
  for (let n = 0; n < ids.length; n += 200) {
    const found = await api.getStatusesByIds(ids.slice(n, n + 200));
    set(({ statuses, me, quietUntil }) => {
      const mine = found.find((s) => s.user_id === me?.id);
      return {
        statuses: { ...statuses, ...Object.fromEntries(found.map((s) => [s.user_id, s.status])) },
        quietUntil: mine ? (mine.dnd_end_time ?? 0) * 1000 : quietUntil,
      };
    });
  }
});

/** Sees to it that these people will be known. */
export const meet = (ids: Iterable<string>): void => {
  const { users, statuses } = get();
  const all = [...new Set(ids)].filter(Boolean);
  const unknown = all.filter((id) => !users[id] && !asked.has(id));
  for (const id of unknown) asked.add(id);
  askProfiles(unknown);
  askStatuses(all.filter((id) => !statuses[id]));
};

/** Nobody tells how others come and go: whoever was met is asked about from time to time. */
export const watchStatuses = (): (() => void) => {
  const refresh = () => document.hidden || askStatuses(Object.keys(get().statuses));
  const timer = setInterval(refresh, STATUS_EVERY_MS);
  document.addEventListener('visibilitychange', refresh);
  return () => {
    clearInterval(timer);
    document.removeEventListener('visibilitychange', refresh);
    asked.clear();
  };
};

/** Whether I am here, as I say it myself. */
export const choosePresence = async (status: string, until = 0): Promise<void> => {
  const { me } = get();
  if (!me) return;
  set(({ statuses }) => ({ statuses: { ...statuses, [me.id]: status }, quietUntil: until }));
  await api.updateStatus({ user_id: me.id, status, dnd_end_time: Math.floor(until / 1000) });
};

/** How names are shown: as a person prefers, where that is theirs to choose. */
export const nameStyle = ({ config, preferences }: State): string =>
  (config.LockTeammateNameDisplay !== 'true' && preferences['display_settings/name_format']) ||
  config.TeammateNameDisplay ||
  '';

/** The name under which somebody is shown. */
export const nameOf = (user: UserProfile | undefined, how: string): string => {
  if (!user) return '…';
  if (how === 'username') return user.username;
  const full = `${user.first_name} ${user.last_name}`.trim();
  if (how === 'full_name') return full || user.username;
  return user.nickname || full || user.username;
};

/** Whether somebody administers the system. */
export const isAdmin = (user: Pick<UserProfile, 'roles'>): boolean =>
  user.roles.split(' ').includes('system_admin');

const named = new WeakMap<object, ReadonlyMap<string, UserProfile>>();

/** Those who are known, by their usernames. */
export const usersByName = ({ users }: State): ReadonlyMap<string, UserProfile> => {
  const held = named.get(users);
  if (held) return held;
  const made = new Map(Object.values(users).map((user) => [user.username, user]));
  named.set(users, made);
  return made;
};
