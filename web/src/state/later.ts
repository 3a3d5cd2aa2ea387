// What people want done later: sending, and being reminded. It comes when somebody says so.
import type { PostPriorityMetadata } from '@mattermost/types/posts';
import type { ScheduledPost } from '@mattermost/types/schedule_post';
import { api } from '../api';
import { t } from '../i18n';
import { moment } from '../text/time';
import { connectionId } from './connection';
import { saveDraft } from './drafts';
import { send } from './outbox';
import { scheduledChanged, scheduledGone } from './scheduled';
import { get, notify, type Unsent } from './store';

const priorityOf = (priority: PostPriorityMetadata | undefined) => (priority ? { priority } : {});

export const scheduleAt = async (unsent: Unsent, scheduled_at: number): Promise<void> => {
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
  scheduledChanged(data);
  saveDraft(unsent.channelId, unsent.rootId, { message: '', files: [] });
  notify(t('later.done', { when: moment(scheduled_at) }));
};

export const changeScheduled = async (
  post: ScheduledPost,
  part: Partial<Pick<ScheduledPost, 'message' | 'scheduled_at'>>,
): Promise<void> => {
  const { data } = await api.updateScheduledPost({ ...post, ...part }, connectionId());
  scheduledChanged(data);
};

export const unschedule = async (post: ScheduledPost): Promise<void> => {
  await api.deleteScheduledPost(get().me!.id, post.id, connectionId());
  scheduledGone(post.id);
};

export const sendScheduled = async (post: ScheduledPost): Promise<void> => {
  await unschedule(post);
  send(post.channel_id, post.root_id, post.message, post.metadata?.files ?? [], post.metadata?.priority);
};

export const remindAt = async (postId: string, at: number): Promise<void> => {
  await api.addPostReminder(get().me!.id, postId, Math.floor(at / 1000));
  notify(t('remind.done', { when: moment(at) }));
};
