// What somebody says that they are at: an emoji, some words, and until when.
import type { UserCustomStatus } from '@mattermost/types/users';
import { api } from '../api';
import { endOfToday, endOfWeek, inMinutes } from '../text/when';
import { learn } from './people';
import { get, set } from './store';

export const DURATIONS = [
  '',
  'thirty_minutes',
  'one_hour',
  'four_hours',
  'today',
  'this_week',
  'date_and_time',
] as const;
export type Duration = (typeof DURATIONS)[number];

export interface Said {
  readonly emoji: string;
  readonly text: string;
  readonly duration: Duration;
  /** 0 for ever. */
  readonly until: number;
}

const NEVER = '0001-01-01T00:00:00Z';

const untilOf = (expires: string | undefined): number => {
  const at = expires && !expires.startsWith('0001') ? Date.parse(expires) : 0;
  return Number.isNaN(at) ? 0 : at;
};

const said = (raw: Partial<UserCustomStatus>): Said => ({
  emoji: raw.emoji ?? '',
  text: raw.text ?? '',
  duration: (raw.duration ?? '') as Duration,
  until: untilOf(raw.expires_at),
});

const parsed = <T>(json: string | undefined, otherwise: T): T => {
  try {
    return (JSON.parse(json || 'null') as T | null) ?? otherwise;
  } catch {
    return otherwise;
  }
};

/** What holds at this time, if anything does. */
export const statusIn = (json: string | undefined, now = Date.now()): Said | null => {
  const status = said(parsed<Partial<UserCustomStatus>>(json, {}));
  if (!status.emoji && !status.text) return null;
  return status.until && status.until <= now ? null : status;
};

export const recentIn = (json: string | undefined): Said[] => {
  const list = parsed<Partial<UserCustomStatus>[]>(json, []);
  return Array.isArray(list) ? list.map(said) : [];
};

/** When what is said for so long is over. */
export const endOf = (duration: Duration, chosen: number, now = Date.now()): number => {
  switch (duration) {
    case '':
      return 0;
    case 'thirty_minutes':
      return inMinutes(30, now);
    case 'one_hour':
      return inMinutes(60, now);
    case 'four_hours':
      return inMinutes(240, now);
    case 'today':
      return endOfToday(now);
    case 'this_week':
      return endOfWeek(now);
    case 'date_and_time':
      return chosen;
  }
};

const wire = ({ emoji, text, duration, until }: Said): UserCustomStatus => ({
  emoji,
  text,
  duration: duration as UserCustomStatus['duration'],
  expires_at: until ? new Date(until).toISOString() : NEVER,
});

const refresh = async (): Promise<void> => {
  const me = await api.getMe();
  set({ me });
  learn([me]);
};

export const say = async (status: Said): Promise<void> => {
  await api.updateCustomStatus(wire(status));
  await refresh();
};

export const sayNothing = async (): Promise<void> => {
  await api.unsetCustomStatus();
  await refresh();
};

/** Takes one from the recent ones. It is named as it was kept. */
export const forgetRecent = async (at: number): Promise<void> => {
  const { me } = get();
  const kept = parsed<UserCustomStatus[]>(me?.props?.recentCustomStatuses, [])[at];
  if (!kept) return;
  await api.removeRecentCustomStatus(kept);
  await refresh();
};
