// What is to be sent later, as it is known.
import type { ScheduledPost } from '@mattermost/types/schedule_post';
import { api } from '../api';
import { byId, get, set, without } from './store';

export const scheduledChanged = (post: ScheduledPost): void =>
  set(({ scheduled }) => ({ scheduled: { ...scheduled, [post.id]: post } }));
export const scheduledGone = (id: string): void =>
  set(({ scheduled }) => ({ scheduled: without(scheduled, id) }));

/** Of this team, and of no team. */
export const loadScheduled = async (teamId: string): Promise<void> => {
  if (get().config.ScheduledPosts !== 'true') return;
  const { data } = await api.getScheduledPosts(teamId, true);
  set({ scheduled: byId(Object.values(data).flat()) });
};
