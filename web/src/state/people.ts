// Who the others are, and whether they are here. What is missing is asked for in one request for
// everything that was missed within a moment.
import type { UserProfile } from '@mattermost/types/users';
import { api } from '../api';
import { choose, type Shown } from './choice';
import { byId, get, type State, set } from './store';

const TOGETHER_MS = 30;
const STATUS_EVERY_MS = 60_000;

/** Asks later for all who were named meanwhile; `failed` hears for whom that was in vain. */
const gather = (
  ask: (ids: string[]) => Promise<void>,
  failed: (ids: string[]) => void,
): ((ids: Iterable<string>) => void) => {
  const wanted = new Set<string>();
  let soon: ReturnType<typeof setTimeout> | undefined;
  return (ids) => {
    for (const id of ids) wanted.add(id);
    if (!wanted.size) return;
    soon ??= setTimeout(() => {
      const all = [...wanted];
      wanted.clear();
      soon = undefined;
      ask(all).catch(() => failed(all));
    }, TOGETHER_MS);
  };
};

export const learn = (profiles: readonly UserProfile[]): void => {
  if (profiles.length) set(({ users }) => ({ users: { ...users, ...byId(profiles) } }));
};

// Not everybody whom somebody names is there, and not everybody has a status: each is asked for once.
const asked = new Set<string>();
const askedStatus = new Set<string>();
const forget = (from: Set<string>) => (ids: string[]) => {
  for (const id of ids) from.delete(id);
};
const askProfiles = gather(async (ids) => {
  for (let n = 0; n < ids.length; n += 100) learn(await api.getProfilesByIds(ids.slice(n, n + 100)));
}, forget(asked));
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
}, forget(askedStatus));

/** Those of `ids` who were not asked for yet; from now on they were. */
const fresh = (ids: readonly string[], from: Set<string>): string[] => {
  const found = ids.filter((id) => !from.has(id));
  for (const id of found) from.add(id);
  return found;
};

/** Sees to it that these people will be known. */
export const meet = (ids: Iterable<string>): void => {
  const { users, statuses } = get();
  const all = [...new Set(ids)].filter(Boolean);
  const lacking = (known: Readonly<Record<string, unknown>>) => all.filter((id) => !known[id]);
  askProfiles(fresh(lacking(users), asked));
  askStatuses(fresh(lacking(statuses), askedStatus));
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
    askedStatus.clear();
  };
};

interface MyPresence {
  readonly status: string;
  readonly until: number;
}

const presence: Shown<MyPresence> = {
  now: () => {
    const { me, statuses, quietUntil } = get();
    return { status: statuses[me!.id] ?? 'online', until: quietUntil };
  },
  show: ({ status, until }) =>
    set(({ me, statuses }) => ({ statuses: { ...statuses, [me!.id]: status }, quietUntil: until })),
  isSame: (one, other) => one.status === other.status && one.until === other.until,
};

/** Whether I am here, as I say it myself. */
export const choosePresence = async (status: string, until = 0): Promise<void> => {
  const { me } = get();
  if (!me) return;
  await choose('presence', presence, { status, until }, () =>
    api.updateStatus({ user_id: me.id, status, dnd_end_time: Math.floor(until / 1000) }),
  );
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
