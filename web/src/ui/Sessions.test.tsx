import { cleanup, render, screen } from '@testing-library/react';
import { afterEach, expect, it, vi } from 'vitest';
import { api } from '../api';
import { ago } from '../text/time';
import { Sessions } from './Sessions';

afterEach(cleanup);

const MINUTE_MS = 60_000;
const session = (id: string, usedMs: number, props: Record<string, string>, is_current = false) => ({
  id,
  is_current,
  props,
  create_at: 1_767_225_600_000,
  expires_at: 1_769_817_600_000,
  last_activity_at: Date.now() - usedMs,
});

it('says what each session began on, and when it was last used', async () => {
  vi.spyOn(api, 'getSessions').mockResolvedValue([
    session('a', 5 * MINUTE_MS, { os: 'Windows 10', browser: 'Firefox/140.0' }),
    session('b', 3 * 60 * MINUTE_MS, { browser: 'curl/8.0' }),
    session('c', 50 * 60 * MINUTE_MS, {}),
    session('d', 0, { os: 'Linux', browser: 'Chrome/150.0' }, true),
  ] as never);
  render(<Sessions userId="ada" />);
  await screen.findByText(/Firefox on Windows 10 · last used 5 minutes ago/);
  expect(screen.getByText(/^curl · last used 3 hours ago/)).toBeDefined();
  expect(screen.getByText(/^Unknown device · last used 2 days ago/)).toBeDefined();
  const [first] = screen.getAllByRole('listitem');
  expect(first!.textContent).toMatch(/Chrome on Linux · last used this minute.*This one/);
});

it('counts days as the calendar does', () => {
  const now = new Date(2026, 6, 15, 8, 0).getTime();
  expect(ago(new Date(2026, 6, 13, 9, 0).getTime(), now)).toBe('2 days ago');
  expect(ago(new Date(2026, 6, 14, 7, 0).getTime(), now)).toBe('yesterday');
});
