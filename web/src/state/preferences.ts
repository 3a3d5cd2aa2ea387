// What I prefer: on the server, under `category/name`; what concerns this browser alone stays here.
import type { PreferenceType } from '@mattermost/types/preferences';
import { api } from '../api';
import { choose } from './choice';
import { get, set } from './store';

export const learnPreferences = (list: readonly PreferenceType[]): void =>
  set(({ preferences }) => ({
    preferences: {
      ...preferences,
      ...Object.fromEntries(list.map((p) => [`${p.category}/${p.name}`, p.value])),
    },
  }));

export const forgetPreferences = (list: readonly PreferenceType[]): void =>
  set(({ preferences }) => {
    const gone = new Set(list.map((p) => `${p.category}/${p.name}`));
    return { preferences: Object.fromEntries(Object.entries(preferences).filter(([key]) => !gone.has(key))) };
  });

/** Without a value it is dropped. */
const choosePreference = (
  category: string,
  name: string,
  wanted: string | undefined,
  save: (user_id: string, list: PreferenceType[]) => Promise<unknown>,
): Promise<void> => {
  const user_id = get().me!.id;
  const key = `${category}/${name}`;
  const listed = (value = '') => [{ user_id, category, name, value }];
  const now = () => get().preferences[key];
  const show = (value: string | undefined) =>
    value === undefined ? forgetPreferences(listed()) : learnPreferences(listed(value));
  return choose(`preference ${key}`, { now, show }, wanted, () => save(user_id, listed(wanted)));
};

export const savePreference = (category: string, name: string, value: string): Promise<void> =>
  choosePreference(category, name, value, (id, list) => api.savePreferences(id, list));

export const dropPreference = (category: string, name: string): Promise<void> =>
  choosePreference(category, name, undefined, (id, list) => api.deletePreferences(id, list));

export const isSaved = (postId: string, preferences: Readonly<Record<string, string>>): boolean =>
  preferences[`flagged_post/${postId}`] === 'true';

export const setSaved = (postId: string, saved: boolean): Promise<void> =>
  saved ? savePreference('flagged_post', postId, 'true') : dropPreference('flagged_post', postId);

/** Of this browser. A browser that keeps nothing (a private window) starts anew each time. */
export const local = {
  get<T>(key: string, otherwise: T): T {
    try {
      const text = localStorage.getItem(`nottermost:${key}`);
      return text === null ? otherwise : (JSON.parse(text) as T);
    } catch {
      return otherwise;
    }
  },
  set(key: string, value: unknown): void {
    try {
      localStorage.setItem(`nottermost:${key}`, JSON.stringify(value));
    } catch {
      // Full, or not allowed: it is then not kept.
    }
  },
};
