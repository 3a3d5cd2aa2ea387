// What holds of a status, and until when.
import { describe, expect, it } from 'vitest';
import { endOfWeek, fromField, nextMondayAt, toField, tomorrowAt } from '../text/when';
import { endOf, recentIn, statusIn } from './customStatus';

// A Friday.
const NOW = new Date(2026, 0, 30, 15, 20).getTime();
const json = (more: object) => JSON.stringify({ emoji: 'eyes', text: 'looking', ...more });
const day = (at: number) => toField(at);

describe('a status', () => {
  it('holds until its end, or for ever', () => {
    const until = new Date(NOW + 1000).toISOString();
    expect(statusIn(json({ expires_at: until }), NOW)?.text).toBe('looking');
    expect(statusIn(json({ expires_at: until }), NOW + 1000)).toBeNull();
    expect(statusIn(json({ expires_at: '0001-01-01T00:00:00Z' }), NOW)?.until).toBe(0);
  });

  it('is nothing where there is nothing to read', () => {
    expect([statusIn(undefined), statusIn(''), statusIn('{'), statusIn('{}'), statusIn('null')]).toEqual(
      Array(5).fill(null),
    );
    expect([recentIn(''), recentIn('{}'), recentIn('[')]).toEqual([[], [], []]);
    expect(recentIn(`[${json({ duration: 'today' })}]`)[0]?.duration).toBe('today');
  });

  it('ends when its owner said', () => {
    expect(endOf('', 5, NOW)).toBe(0);
    expect(endOf('four_hours', 5, NOW)).toBe(NOW + 4 * 3_600_000);
    expect(day(endOf('today', 5, NOW))).toBe('2026-01-30T23:59');
    expect(day(endOf('this_week', 5, NOW))).toBe('2026-02-01T23:59');
    expect(endOf('date_and_time', 5, NOW)).toBe(5);
  });
});

describe('moments', () => {
  it('are on the days that they say', () => {
    expect(day(tomorrowAt(9, NOW))).toBe('2026-01-31T09:00');
    expect(day(nextMondayAt(9, NOW))).toBe('2026-02-02T09:00');
    expect(day(nextMondayAt(9, new Date(2026, 1, 2, 8).getTime()))).toBe('2026-02-09T09:00');
    expect(day(nextMondayAt(9, new Date(2026, 1, 1, 8).getTime()))).toBe('2026-02-02T09:00');
    expect(day(endOfWeek(new Date(2026, 1, 1, 8).getTime()))).toBe('2026-02-01T23:59');
  });

  it('are the same from a field', () => {
    expect(fromField(toField(NOW))).toBe(NOW);
  });
});
