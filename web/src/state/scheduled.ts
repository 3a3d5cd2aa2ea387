// What is to be sent later.
import type { PostPriorityMetadata } from '@mattermost/types/posts';
import type { ScheduledPost } from '@mattermost/types/schedule_post';
import { api } from '../api';
import { connectionId } from './connection';
import { send } from './outbox';
import { byId, get, set, type Unsent, without } from './store';

const learn = (posts: readonly ScheduledPost[]): void =>
  set(({ scheduled }) => ({ scheduled: { ...scheduled, ...byId(posts) } }));

export const scheduledChanged = (post: ScheduledPost): void => learn([post]);
export const scheduledGone = (id: string): void =>
  set(({ scheduled }) => ({ scheduled: without(scheduled, id) }));

/** Of this team, and of no team. */
export const loadScheduled = async (teamId: string): Promise<void> => {
  if (get().config.ScheduledPosts !== 'true') return;
  const { data } = await api.getScheduledPosts(teamId, true);
  set({ scheduled: byId(Object.values(data).flat()) });
};

const priorityOf = (priority: PostPriorityMetadata | undefined) => (priority ? { priority } : {});

export const schedule = async (unsent: Unsent, scheduled_at: number): Promise<void> => {
  const { data } = await api.createScheduledPost(
    {
      channel_id: unsent.channelId,
      root_id: unsent.rootId,
      user_id: get().me!.id,
      message: unsent.message,
      file_ids: unsent.files.map((file) => file.id),
      metadata: priorityOf(unsent.priority) as ScheduledPost['metadata'],
      scheduled_at,
    },
    connectionId(),
  );
  learn([data]);
};

export const changeScheduled = async (
  post: ScheduledPost,
  part: Partial<Pick<ScheduledPost, 'message' | 'scheduled_at'>>,
): Promise<void> => {
  const { data } = await api.updateScheduledPost({ ...post, ...part }, connectionId());
  learn([data]);
};

export const unschedule = async (post: ScheduledPost): Promise<void> => {
  await api.deleteScheduledPost(get().me!.id, post.id, connectionId());
  scheduledGone(post.id);
};

export const sendScheduled = async (post: ScheduledPost): Promise<void> => {
  await unschedule(post);
  send(post.channel_id, post.root_id, post.message, post.metadata?.files ?? [], post.metadata?.priority);
};
