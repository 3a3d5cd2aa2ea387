// Moments that people choose: in a while, at the end of today, tomorrow morning, and by hand.
const MINUTE_MS = 60_000;

export const inMinutes = (minutes: number, now = Date.now()): number => now + minutes * MINUTE_MS;

const on = (now: number, days: number, ...time: [number, number, number]): number => {
  const day = new Date(now);
  day.setDate(day.getDate() + days);
  return day.setHours(...time, 0);
};

export const endOfToday = (now = Date.now()): number => on(now, 0, 23, 59, 59);

/** A week ends on Sunday. */
export const endOfWeek = (now = Date.now()): number => on(now, (7 - new Date(now).getDay()) % 7, 23, 59, 59);

export const tomorrowAt = (hour: number, now = Date.now()): number => on(now, 1, hour, 0, 0);

export const nextMondayAt = (hour: number, now = Date.now()): number =>
  on(now, (8 - new Date(now).getDay()) % 7 || 7, hour, 0, 0);

/** The same time of day, so many days away. */
export const dayBeside = (at: number, days: number): number => {
  const day = new Date(at);
  return day.setDate(day.getDate() + days);
};

const two = (n: number): string => String(n).padStart(2, '0');

/** As fields for a date and a time have it: local, without a zone. */
export const toField = (at: number): string => {
  const d = new Date(at);
  return `${String(d.getFullYear()).padStart(4, '0')}-${two(d.getMonth() + 1)}-${two(d.getDate())}T${two(d.getHours())}:${two(d.getMinutes())}`;
};

export const fromField = (text: string): number => new Date(text).getTime();
