// Moments and sizes in words.
import { intl, t } from '../i18n';

const DAY_MS = 86_400_000;

export const clock = (at: number): string => intl().formatTime(at, { hour: 'numeric', minute: '2-digit' });

const dayOf = (at: number): number => new Date(at).setHours(0, 0, 0, 0);
export const sameDay = (one: number, other: number): boolean => dayOf(one) === dayOf(other);

const daysSince = (at: number, now: number): number => Math.round((dayOf(now) - dayOf(at)) / DAY_MS);

export const day = (at: number, now = Date.now()): string => {
  const days = daysSince(at, now);
  if (days === 0) return t('list.today');
  if (days === 1) return t('list.yesterday');
  const year = new Date(at).getFullYear() === new Date(now).getFullYear() ? undefined : 'numeric';
  return intl().formatDate(at, { weekday: 'long', day: 'numeric', month: 'long', year });
};

export const moment = (at: number): string =>
  intl().formatDate(at, { dateStyle: 'full', timeStyle: 'short' });

/** As tables and lists have it. */
export const dated = (at: number): string =>
  intl().formatDate(at, { dateStyle: 'medium', timeStyle: 'short' });

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** How long ago, in the largest unit of which there is one; days are those of the calendar. */
export const ago = (at: number, now = Date.now()): string => {
  const past = Math.max(now - at, 0);
  const inWords = (n: number, unit: 'minute' | 'hour' | 'day') =>
    intl().formatRelativeTime(-n, unit, { numeric: 'auto' });
  if (past < HOUR_MS) return inWords(Math.floor(past / MINUTE_MS), 'minute');
  if (past < DAY_MS) return inWords(Math.floor(past / HOUR_MS), 'hour');
  return inWords(daysSince(at, now), 'day');
};

export const short = (at: number, now = Date.now()): string =>
  sameDay(at, now) ? clock(at) : intl().formatDate(at, { day: 'numeric', month: 'short' });

export const bytes = (size: number): string => {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const;
  const n = Math.min(Math.floor(Math.log2(Math.max(size, 1)) / 10), units.length - 1);
  return intl().formatNumber(size / 1024 ** n, {
    style: 'unit',
    unit: units[n]!,
    unitDisplay: n ? 'short' : 'long',
    maximumFractionDigits: n ? 1 : 0,
  });
};
