// What I wrote and the server has not confirmed. It is shown at once, kept in the browser, and sent
// again under the same `pending_post_id` until there is an answer: the server takes it once.
import type { FileInfo } from '@mattermost/types/files';
import type { Post, PostMetadata, PostPriorityMetadata } from '@mattermost/types/posts';
import { api, mayPass } from '../api';
import { addPost } from './posts';
import { local } from './preferences';
import { get, type Outgoing, set } from './store';

const AGAIN_MS = 3000;
const key = (): string => `outbox:${get().me?.id}`;

const change = (how: (outbox: readonly Outgoing[]) => readonly Outgoing[]): void => {
  set(({ outbox }) => ({ outbox: how(outbox) }));
  local.set(key(), get().outbox);
};

const mark = (pending: string, state: Outgoing['state']): void =>
  change((outbox) => outbox.map((out) => (out.post.pending_post_id === pending ? { ...out, state } : out)));

export const settle = (pending: string): void => {
  if (get().outbox.some((out) => out.post.pending_post_id === pending)) discard(pending);
};

export const discard = (pending: string): void =>
  change((outbox) => outbox.filter((out) => out.post.pending_post_id !== pending));

let count = 0;

export const send = (
  channel_id: string,
  root_id: string,
  message: string,
  files: readonly FileInfo[],
  priority?: PostPriorityMetadata,
): void => {
  const user_id = get().me!.id;
  const now = Date.now();
  const pending_post_id = `${user_id}:${now}${count++ ? `.${count}` : ''}`;
  const post = {
    id: pending_post_id,
    pending_post_id,
    channel_id,
    root_id,
    user_id,
    message,
    create_at: now,
    update_at: now,
    type: '',
    props: {},
    reply_count: 0,
    file_ids: files.map((file) => file.id),
    metadata: { files: [...files], reactions: [], embeds: [], emojis: [], images: {}, priority },
  } as unknown as Post;
  change((outbox) => [...outbox, { post, files, state: 'sending' }]);
  void flush();
};

export const retry = (pending: string): void => {
  mark(pending, 'waiting');
  void flush();
};

let flushing = false;
let again: ReturnType<typeof setTimeout> | undefined;

/** Sends what waits, one after the other, so that it arrives in the order of its writing. */
export const flush = async (): Promise<void> => {
  if (flushing) return;
  flushing = true;
  clearTimeout(again);
  try {
    for (;;) {
      const next = get().outbox.find((out) => out.state !== 'failed');
      if (!next) return;
      if (!(await sent(next))) {
        again = setTimeout(() => void flush(), AGAIN_MS);
        return;
      }
    }
  } finally {
    flushing = false;
  }
};

/** Whether the next may go. */
const sent = async ({ post }: Outgoing): Promise<boolean> => {
  const { pending_post_id, channel_id, root_id, message, file_ids } = post;
  const { priority } = post.metadata;
  const metadata = priority ? { metadata: { priority } as PostMetadata } : {};
  try {
    addPost(await api.createPost({ pending_post_id, channel_id, root_id, message, file_ids, ...metadata }));
    settle(pending_post_id);
  } catch (error) {
    const passes = mayPass(error);
    mark(pending_post_id, passes ? 'waiting' : 'failed');
    return !passes;
  }
  return true;
};

/** What an earlier page of this browser left. */
export const loadOutbox = (): void => {
  const left = local.get<Outgoing[]>(key(), []);
  set({ outbox: left.map((out) => (out.state === 'sending' ? { ...out, state: 'waiting' } : out)) });
  void flush();
};

export const stopOutbox = (): void => clearTimeout(again);
