// All that a message ever said: of this server alone, for its author and administrators.
import type { Post } from '@mattermost/types/posts';
import { api } from '../api';
import { isAdmin, meet } from './people';
import { get } from './store';

export interface Version {
  readonly from: number;
  /** null: nothing has replaced it. */
  readonly to: number | null;
  readonly message: string;
  readonly files: readonly { readonly id: string; readonly name: string }[];
}

export interface PostHistory {
  readonly user_id: string;
  readonly deleted: { readonly at: number; readonly by: string | null } | null;
  /** Oldest first. */
  readonly versions: readonly Version[];
}

export const loadHistory = async (postId: string): Promise<PostHistory> => {
  const history = await api.own<PostHistory>('get', `/posts/${encodeURIComponent(postId)}/history`);
  meet([history.user_id, history.deleted?.by ?? '']);
  return history;
};

export const mayReadHistory = (post: Post): boolean => {
  const { me } = get();
  return me !== null && (post.user_id === me.id || isAdmin(me));
};
