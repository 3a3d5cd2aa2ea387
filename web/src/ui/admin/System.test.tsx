import { cleanup, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { api } from '../../api';
import { addTexts } from '../../i18n';
import de from '../../i18n/admin/de.json';
import en from '../../i18n/admin/en.json';
import { System } from './System';

addTexts({ en, de });

const metrics = (body: string, status: number, type: string) =>
  vi.stubGlobal('fetch', async () => new Response(body, { status, headers: { 'Content-Type': type } }));

beforeEach(() => {
  vi.spyOn(api, 'ping').mockResolvedValue({ status: 'OK' } as never);
  vi.spyOn(api, 'getServerLimits').mockResolvedValue({ data: { activeUserCount: 12 } } as never);
});
afterEach(cleanup);

const row = (name: RegExp) => screen.getByRole('row', { name }).textContent;

it('shows what a process says of itself', async () => {
  vi.spyOn(api, 'own').mockResolvedValue({ status: 'OK' });
  metrics('nottermost_archive_lag_records{partition="a"} 4\n', 200, 'text/plain; version=0.0.4');
  render(<System />);
  await screen.findByText('Serves requests');
  expect(row(/Archive/)).toBe('Archive41');
  expect(screen.getByText('12')).toBeDefined();
});

it('says what keeps it from serving', async () => {
  vi.spyOn(api, 'own').mockRejectedValue({ status_code: 503, server_error_id: 'x', message: 'No log.' });
  metrics('', 200, 'text/plain');
  render(<System />);
  await screen.findByText('No log.');
});

it('stands behind an edge, which passes neither question on', async () => {
  vi.spyOn(api, 'own').mockRejectedValue({ status_code: 404, server_error_id: 'x', message: 'Not found.' });
  metrics('{}', 404, 'application/json');
  render(<System />);
  await screen.findByText('Each process tells its own, not at this address.');
  await screen.findByText(/The metrics of the processes are not served at this address/);
  expect(screen.queryByRole('alert')).toBeNull();
});
