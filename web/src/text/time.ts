// Moments and sizes in words.
import { intl, t } from '../i18n';

const DAY_MS = 86_400_000;

export const clock = (at: number): string => intl().formatTime(at, { hour: 'numeric', minute: '2-digit' });

const dayOf = (at: number): number => new Date(at).setHours(0, 0, 0, 0);
export const sameDay = (one: number, other: number): boolean => dayOf(one) === dayOf(other);

export const day = (at: number, now = Date.now()): string => {
  const days = Math.round((dayOf(now) - dayOf(at)) / DAY_MS);
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

/** How long ago, in the largest unit of which there is one. */
export const ago = (at: number, now = Date.now()): string => {
  const past = Math.max(now - at, 0);
  const [unit, ms] =
    past < HOUR_MS
      ? (['minute', MINUTE_MS] as const)
      : past < DAY_MS
        ? (['hour', HOUR_MS] as const)
        : (['day', DAY_MS] as const);
  return intl().formatRelativeTime(-Math.floor(past / ms), unit, { numeric: 'auto' });
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
