// A channel as it was: of this server alone. What is read here is never put among what is now.
import type { Post } from '@mattermost/types/posts';
import { api } from '../api';
import { meet } from './people';

const PAGE = 60;

/** What became since of a message that stood then. */
export interface AsOf {
  readonly changed_since: boolean;
  readonly deleted_since: boolean;
  /** What it said then, what it says now, or that it was there and no word of it. */
  readonly shows: 'then' | 'now' | 'nothing';
}

export type PastPost = Post & { readonly as_of?: AsOf };

interface PastList {
  readonly order: readonly string[];
  readonly posts: Readonly<Record<string, PastPost>>;
  readonly prev_post_id: string;
}

export interface Past {
  /** Oldest first. */
  readonly posts: readonly PastPost[];
  /** The message that older ones come before; empty where there are none. */
  readonly before: string;
}

/** The newest of what stood at a time, or what is older than `held`, with that. */
export const readPast = async (channelId: string, at: number, held: Past | null): Promise<Past> => {
  const before = held ? `&before=${held.before}` : '';
  const path = `/channels/${channelId}/as_of?at=${at}&per_page=${PAGE}${before}`;
  const list = await api.own<PastList>('get', path);
  const page = list.order.map((id) => list.posts[id]!).reverse();
  meet(page.map((post) => post.user_id));
  const older = list.prev_post_id ? page[0] : undefined;
  return { posts: [...page, ...(held?.posts ?? [])], before: older?.id ?? '' };
};
