// That what fails in one part of the page stays there.
import { cleanup, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { Suspense } from 'react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { later } from './later';
import { Part } from './Part';

afterEach(cleanup);
// React tells of what was caught, too.
beforeEach(() => vi.spyOn(console, 'error').mockImplementation(() => undefined));

let breaks = true;
const Fragile = () => {
  if (breaks) throw new Error('a name without letters');
  return <input aria-label="whole" id="home" />;
};
const page = (of: string, onRetry?: () => void) => (
  <>
    <p>the rest</p>
    <Part of={of} home="#home" onRetry={onRetry} frame={(words) => <aside>{words}</aside>}>
      <Fragile />
    </Part>
  </>
);

beforeEach(() => {
  breaks = true;
});

it('says what happened, to those who hear it too, and leaves the rest alone', () => {
  render(page('one'));
  const said = screen.getByRole('alert');
  expect(said.textContent).toContain('a name without letters');
  expect(document.activeElement).toBe(said);
  expect(screen.getByText('the rest')).toBeDefined();
  expect(screen.getByRole('complementary').contains(said)).toBe(true);
});

it('is shown again when that is asked for, with the keys in it', async () => {
  const forget = vi.fn();
  render(page('one', forget));
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
  const again = screen.getByRole('alert');
  expect(document.activeElement).toBe(again);
  breaks = false;
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
  expect(document.activeElement).toBe(screen.getByLabelText('whole'));
  expect(forget).toHaveBeenCalledTimes(2);
});

it('begins anew with what is shown next', () => {
  const { rerender } = render(page('one'));
  breaks = false;
  rerender(page('two'));
  expect(screen.getByLabelText('whole')).toBeDefined();
});

it('asks again for a script that did not come', async () => {
  const load = vi
    .fn<() => Promise<{ default: typeof Fragile }>>()
    .mockRejectedValueOnce(new Error('no script'))
    .mockResolvedValue({ default: Fragile });
  const Late = later(load);
  breaks = false;
  render(
    <Part home="#home" frame={(words) => words}>
      <Suspense fallback="on its way">
        <Late />
      </Suspense>
    </Part>,
  );
  expect((await screen.findByRole('alert')).textContent).toContain('no script');
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
  await screen.findByLabelText('whole');
  expect(load).toHaveBeenCalledTimes(2);
});
