import { cleanup, render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { type FormEvent, useState } from 'react';
import { afterEach, expect, it, vi } from 'vitest';
import { addTexts } from '../../i18n';
import de from '../../i18n/admin/de.json';
import en from '../../i18n/admin/en.json';
import type { Choosable } from '../../state/admin/choices';
import { Choose } from './Choose';
import { Listing, usePages, useQuestion } from './parts';

addTexts({ en, de });
afterEach(cleanup);

const Erasing = ({ act }: { act: () => Promise<unknown> }) => {
  const { ask, dialog } = useQuestion();
  return (
    <>
      <button
        type="button"
        onClick={() => ask({ title: 'Sure?', lead: 'For ever.', label: 'Erase', typed: 'bob', act })}
      >
        begin
      </button>
      {dialog}
    </>
  );
};

it('acts only once the name is typed, and stays open with the reason where that fails', async () => {
  const refusal = { server_error_id: 'held', message: 'A hold keeps it.' };
  const act = vi.fn().mockRejectedValueOnce(refusal).mockResolvedValueOnce(undefined);
  render(<Erasing act={act} />);
  await userEvent.click(screen.getByText('begin'));
  const button = screen.getByRole<HTMLButtonElement>('button', { name: 'Erase' });
  await userEvent.type(screen.getByLabelText('Type “bob” to confirm'), 'bo');
  await userEvent.click(button);
  expect(act).not.toHaveBeenCalled();
  await userEvent.type(screen.getByLabelText('Type “bob” to confirm'), 'b');
  await userEvent.click(button);
  expect((await screen.findByRole('alert')).textContent).toBe('A hold keeps it.');
  await userEvent.click(button);
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
});

const Letters = ({
  at,
  ask,
}: {
  at: string;
  ask: (from?: number) => Promise<{ items: string[]; next?: number }>;
}) => (
  <Listing
    label="Letters"
    pages={usePages(at, ask)}
    none="None."
    heads={['Letter', '~More']}
    row={(letter) => (
      <tr key={letter}>
        <td>{letter}</td>
      </tr>
    )}
  />
);
const cells = () => screen.queryAllByRole('cell').map((cell) => cell.textContent);

it('adds pages until there are no more, and begins anew for another question', async () => {
  const ask = async (from = 0) => ({ items: [`a${from}`], next: from < 2 ? from + 1 : undefined });
  const { rerender } = render(<Letters at="a" ask={ask} />);
  await screen.findByText('a0');
  await userEvent.click(screen.getByRole('button', { name: 'Show more' }));
  await screen.findByText('a1');
  await userEvent.click(screen.getByRole('button', { name: 'Show more' }));
  await waitFor(() => expect(cells()).toEqual(['a0', 'a1', 'a2']));
  expect(screen.queryByRole('button', { name: 'Show more' })).toBeNull();
  rerender(<Letters at="b" ask={async () => ({ items: [] })} />);
  await screen.findByText('None.');
  expect(cells()).toEqual([]);
});

it('keeps what it has where a page fails, and says why', async () => {
  const ask = async (from = 0) => {
    if (from) throw { server_error_id: 'x', message: 'Too many requests.' };
    return { items: ['one'], next: 1 };
  };
  render(<Letters at="a" ask={ask} />);
  await screen.findByText('one');
  await userEvent.click(screen.getByRole('button', { name: 'Show more' }));
  expect((await screen.findByRole('alert')).textContent).toBe('Too many requests.');
  expect(cells()).toEqual(['one']);
});

it('shows no answer to an older question', async () => {
  let late: (found: { items: string[] }) => void = () => undefined;
  const slow = new Promise<{ items: string[] }>((resolve) => {
    late = resolve;
  });
  const { rerender } = render(<Letters at="slow" ask={() => slow} />);
  rerender(<Letters at="quick" ask={async () => ({ items: ['quick'] })} />);
  await screen.findByText('quick');
  late({ items: ['slow'] });
  await slow;
  await waitFor(() => expect(cells()).toEqual(['quick']));
});

it('chooses the first that is offered with Enter, and does not send the form around it', async () => {
  const sent = vi.fn((event: FormEvent) => event.preventDefault());
  const offer = async (term: string) => [{ id: 'a', name: `${term}!`, hint: '' }];
  const Chosen = () => {
    const [chosen, setChosen] = useState<readonly Choosable[]>([]);
    return (
      <form onSubmit={sent}>
        <Choose label="Teams" offer={offer} chosen={chosen} onChange={setChosen} />
      </form>
    );
  };
  render(<Chosen />);
  await userEvent.type(screen.getByRole('searchbox'), 'fir');
  await screen.findByRole('button', { name: 'fir!' });
  await userEvent.type(screen.getByRole('searchbox'), '{Enter}');
  await screen.findByRole('button', { name: 'Remove fir!' });
  expect(sent).not.toHaveBeenCalled();
});
