// What stands below a message for the sake of a link in it. A frame never has it, and the server fetches a
// page only once somebody reads the message: so it is read again, a few times.
import type { Post, PostEmbed } from '@mattermost/types/posts';
import { api } from '../api';
import { learnPosts } from './posts';
import { local } from './preferences';
import { get, type State } from './store';

const LINK = /https?:\/\/\S/;
const AGAIN_MS = [400, 2500, 8000];
/** What was read from a list was asked about by that. */
const ONCE_MORE_MS = [2500];
const YOUNG_MS = 5 * 60_000;
const KEPT_MAX = 200;

/** A link of which nothing is known is not shown, yet. */
export const embedsOf = (post: Post): readonly PostEmbed[] =>
  (post.metadata?.embeds ?? []).filter(({ type }) => type !== 'link' && type !== 'message_attachment');

export const wantsPreviews = (state: State): boolean =>
  state.config.EnableLinkPreviews !== 'false' &&
  state.preferences['display_settings/link_previews'] !== 'false';

const asked = new Map<string, number>();

const waits = (post: Post): readonly number[] => {
  if (!LINK.test(post.message)) return [];
  if (Date.now() - Math.max(post.create_at, post.edit_at) < YOUNG_MS) return AGAIN_MS;
  return post.metadata?.embeds?.some(({ type }) => type === 'link') ? ONCE_MORE_MS : [];
};

/** Asks for what may be there by now; whoever stops looking ends it. */
export const seekEmbeds = (post: Post): (() => void) => {
  const key = `${post.id} ${post.edit_at}`;
  const all = waits(post);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const next = () => {
    const count = asked.get(key) ?? 0;
    const wait = all[count];
    const held = get().posts[post.id];
    if (wait === undefined || !held || embedsOf(held).length) return;
    timer = setTimeout(() => {
      asked.set(key, count + 1);
      api.getPost(post.id).then(
        (found) => {
          learnPosts([found]);
          next();
        },
        () => undefined,
      );
    }, wait);
  };
  next();
  return () => clearTimeout(timer);
};

/** Pictures from elsewhere come through the server, so that elsewhere does not learn who reads. */
export const proxied = (url: string | undefined): string => {
  if (!url) return '';
  if (url.startsWith('/api/') || url.startsWith(`${location.origin}/`)) return url;
  if (!/^https?:\/\//i.test(url) || get().config.HasImageProxy !== 'true') return '';
  return `/api/v4/image?url=${encodeURIComponent(url)}`;
};

type Choices = Readonly<Record<string, boolean>>;

/** Whether the preview is folded: as somebody chose for this message, else as they like it. */
export const isFolded = (postId: string): boolean =>
  local.get<Choices>('folded', {})[postId] ??
  get().preferences['display_settings/collapse_previews'] === 'true';

export const setFolded = (postId: string, folded: boolean): void => {
  const { [postId]: _, ...others } = local.get<Choices>('folded', {});
  const kept = Object.entries(others).slice(1 - KEPT_MAX);
  local.set('folded', { ...Object.fromEntries(kept), [postId]: folded });
};
