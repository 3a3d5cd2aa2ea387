// Finding accounts among all of them.
import type { UserProfile } from '@mattermost/types/users';
import { api } from '../../api';
import { isAdmin, learn } from '../people';
import type { Found } from './pages';

export const ROLES = ['all', 'admin', 'member', 'guest'] as const;
export type Role = (typeof ROLES)[number];
export const ACTIVITIES = ['all', 'active', 'inactive'] as const;
export type Activity = (typeof ACTIVITIES)[number];

export interface PeopleFilter {
  readonly term: string;
  readonly role: Role;
  readonly activity: Activity;
}

export const PAGE = 100;
/** What a search answers at most. */
const SEARCH_MAX = 200;

export const roleOf = (user: Pick<UserProfile, 'roles'>): Exclude<Role, 'all'> =>
  isAdmin(user) ? 'admin' : user.roles.includes('system_guest') ? 'guest' : 'member';

const fits = (user: UserProfile, { role, activity }: PeopleFilter): boolean =>
  (role === 'all' || roleOf(user) === role) &&
  (activity === 'all' || (activity === 'active') === !user.delete_at);

const search = async (filter: PeopleFilter): Promise<Found<UserProfile>> => {
  const found = await api.searchUsers(filter.term, {
    allow_inactive: filter.activity !== 'active',
    limit: SEARCH_MAX,
  });
  return { items: found.filter((user) => fits(user, filter)), cut: found.length >= SEARCH_MAX };
};

/** The server filters by activity alone: of a role its pages are read until somebody fits. */
const list = async (filter: PeopleFilter, from: number): Promise<Found<UserProfile>> => {
  const only = { active: { active: true }, inactive: { inactive: true }, all: {} }[filter.activity];
  for (let page = from; ; page++) {
    const read = await api.getProfiles(page, PAGE, only);
    const items = read.filter((user) => fits(user, filter));
    if (read.length < PAGE) return { items };
    if (items.length) return { items, next: page + 1 };
  }
};

export const findPeople = async (filter: PeopleFilter, from = 0): Promise<Found<UserProfile>> => {
  const found = await (filter.term ? search(filter) : list(filter, from));
  learn(found.items);
  return found;
};
