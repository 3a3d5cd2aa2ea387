import type { UserProfile } from '@mattermost/types/users';
import { act, cleanup, render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { Profiler } from 'react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { api } from '../api';
import { get, set, useStore } from '../state/store';
import { loadEmoji } from '../text/emoji';
import { Composer } from './Composer';
import { PostRow } from './PostRow';

beforeEach(() => {
  localStorage.clear();
  vi.stubGlobal('matchMedia', () => ({ matches: false }));
  vi.spyOn(api, 'createPost').mockReturnValue(new Promise(() => undefined));
  set({
    ...useStore.getInitialState(),
    me: { id: 'ada', username: 'ada', roles: '' } as UserProfile,
    teamId: 'team',
  });
});
afterEach(cleanup);

const composer = () => {
  render(<Composer channelId="town" placeholder="Write to Town" />);
  return screen.getByRole<HTMLTextAreaElement>('combobox', { name: 'Write to Town' });
};
const sent = () => get().outbox.map((out) => out.post.message);

it('sends with Enter, breaks the line with Shift+Enter, and is empty afterwards', async () => {
  const field = composer();
  await userEvent.type(field, 'one{Shift>}{Enter}{/Shift}two{Enter}');
  expect(sent()).toEqual(['one\ntwo']);
  expect(field.value).toBe('');
});

it('sends nothing that is only space', async () => {
  await userEvent.type(composer(), '   {Enter}');
  expect(sent()).toEqual([]);
});

it('keeps the lines of a code block together', async () => {
  await userEvent.type(composer(), '```{Enter}code{Enter}```');
  expect(sent()).toEqual([]);
});

it('completes an emoji with the keys, and Escape leaves what was typed', async () => {
  await loadEmoji();
  const field = composer();
  await userEvent.type(field, 'yes :tad');
  await screen.findByRole('option', { name: /:tada:/ });
  await userEvent.keyboard('{Enter}');
  expect(field.value).toBe('yes :tada: ');
  await userEvent.type(field, ':thumbsu');
  await screen.findAllByRole('option');
  await userEvent.keyboard('{Escape}');
  await waitFor(() => expect(screen.queryByRole('option')).toBeNull());
  expect(field.value).toBe('yes :tada: :thumbsu');
});

it('completes people whom the server offers', async () => {
  const bob = {
    id: 'bob',
    username: 'bob',
    first_name: 'Bob',
    last_name: 'Ross',
    nickname: '',
    delete_at: 0,
  };
  vi.spyOn(api, 'autocompleteUsers').mockResolvedValue({ users: [bob] } as never);
  const field = composer();
  await userEvent.type(field, 'hi @b');
  await screen.findByRole('option', { name: /@bob/ });
  await userEvent.keyboard('{Tab}');
  expect(field.value).toBe('hi @bob ');
});

it('keeps what was begun as a draft of its channel', async () => {
  vi.spyOn(api, 'upsertDraft').mockResolvedValue({} as never);
  const field = composer();
  await userEvent.type(field, 'unfinished');
  cleanup();
  expect(get().drafts.town?.message).toBe('unfinished');
  expect(composer().value).toBe('unfinished');
});

it('draws no message again while somebody types', async () => {
  const post = {
    id: 'p',
    user_id: 'ada',
    channel_id: 'town',
    message: 'hello',
    type: '',
    create_at: 1,
    edit_at: 0,
    root_id: '',
    reply_count: 0,
    metadata: {},
  };
  set({ posts: { p: post as never } });
  const drawn = vi.fn();
  render(
    <>
      <Profiler id="row" onRender={drawn}>
        <PostRow id="p" />
      </Profiler>
      <Composer channelId="town" placeholder="Write" />
    </>,
  );
  const before = drawn.mock.calls.length;
  await userEvent.type(screen.getByRole('combobox', { name: 'Write' }), 'a whole sentence of words');
  expect(drawn.mock.calls.length).toBe(before);
});

it('takes what another device made of the draft, unless it was gone on with here', async () => {
  vi.spyOn(api, 'upsertDraft').mockResolvedValue({} as never);
  const field = composer();
  const heard = (message: string) => act(() => set({ drafts: { town: { message, files: [] } } }));
  heard('from the train');
  expect(field.value).toBe('from the train');
  heard('from the train, later');
  expect(field.value).toBe('from the train, later');
  await userEvent.type(field, ' and here');
  heard('from somewhere else');
  expect(field.value).toBe('from the train, later and here');
});

it('marks the next message as no more than any other after one is sent later', async () => {
  vi.spyOn(api, 'upsertDraft').mockResolvedValue({} as never);
  vi.spyOn(api, 'deleteDraft').mockResolvedValue({} as never);
  const schedule = vi
    .spyOn(api, 'createScheduledPost')
    .mockResolvedValue({ data: { id: 'one', channel_id: 'town' } } as never);
  set({ config: { PostPriority: 'true', ScheduledPosts: 'true' } });
  const field = composer();
  await userEvent.click(screen.getByRole('button', { name: 'Priority' }));
  await userEvent.click(await screen.findByRole('menuitemcheckbox', { name: 'Urgent' }));
  await userEvent.type(field, 'wake up');
  await userEvent.click(screen.getByRole('button', { name: 'Send later' }));
  await userEvent.click(await screen.findByRole('menuitem', { name: /^Tomorrow/ }));
  await waitFor(() => expect(field.value).toBe(''));
  expect(schedule.mock.calls[0]![0].metadata).toEqual({ priority: { priority: 'urgent' } });
  await userEvent.type(field, 'good morning{Enter}');
  expect(get().outbox.map((out) => out.post.metadata.priority)).toEqual([undefined]);
});
