// Previews of links: where their pictures come from, and how long they are asked for.
import type { Post } from '@mattermost/types/posts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { api } from '../api';
import { embedsOf, isFolded, proxied, seekEmbeds, setFolded } from './embeds';
import { learnPosts } from './posts';
import { get, set, useStore } from './store';

const EMPTY = useStore.getInitialState();
const post = (message: string, metadata = {}) =>
  ({
    id: 'one',
    create_at: Date.now(),
    user_id: 'ada',
    channel_id: 'town',
    message,
    edit_at: 0,
    type: '',
    props: {},
    metadata,
  }) as Post;
const PAGE = { type: 'opengraph', url: 'https://example.org', data: { title: 'A page', images: [] } };

beforeEach(() => {
  localStorage.clear();
  vi.useFakeTimers();
  vi.spyOn(api, 'getProfilesByIds').mockResolvedValue([]);
  vi.spyOn(api, 'getStatusesByIds').mockResolvedValue([]);
  set({ ...EMPTY, config: { HasImageProxy: 'true' } });
});
afterEach(() => vi.useRealTimers());

describe('a picture from elsewhere', () => {
  it('comes through the server alone', () => {
    expect(proxied('https://example.org/a b.png')).toBe(
      '/api/v4/image?url=https%3A%2F%2Fexample.org%2Fa%20b.png',
    );
    expect(proxied('/api/v4/image?url=x')).toBe('/api/v4/image?url=x');
    expect(proxied('javascript:alert(1)')).toBe('');
    expect(proxied('data:image/png;base64,x')).toBe('');
    set({ config: { HasImageProxy: 'false' } });
    expect(proxied('https://example.org/a.png')).toBe('');
  });
});

describe('a message with a link', () => {
  it('is read again until its preview is there', async () => {
    const ask = vi.spyOn(api, 'getPost');
    ask.mockResolvedValueOnce(post('see https://example.org', { embeds: [{ type: 'link', url: 'x' }] }));
    ask.mockResolvedValueOnce(post('see https://example.org', { embeds: [PAGE] }));
    learnPosts([post('see https://example.org')]);
    seekEmbeds(get().posts.one!);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(ask).toHaveBeenCalledTimes(2);
    expect(embedsOf(get().posts.one!)).toHaveLength(1);
    // A frame says nothing of it.
    learnPosts([post('see https://example.org', {})]);
    expect(embedsOf(get().posts.one!)).toHaveLength(1);
    learnPosts([post('changed', {})]);
    expect(embedsOf(get().posts.one!)).toHaveLength(0);
  });

  it('is asked about once more if it is old, and only if nothing is known yet', async () => {
    const old = (embeds: object[]) =>
      ({ ...post('https://example.org', { embeds }), id: 'old', create_at: 1 }) as Post;
    const ask = vi.spyOn(api, 'getPost').mockResolvedValue(old([{ type: 'link' }]));
    learnPosts([old([])]);
    seekEmbeds(get().posts.old!);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(ask).not.toHaveBeenCalled();
    learnPosts([old([{ type: 'link' }])]);
    seekEmbeds(get().posts.old!);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(ask).toHaveBeenCalledTimes(1);
  });

  it('is left alone without a link', async () => {
    const ask = vi.spyOn(api, 'getPost');
    learnPosts([post('nothing here')]);
    seekEmbeds(get().posts.one!);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(ask).not.toHaveBeenCalled();
  });

  it('is folded as it was chosen, else as they like it', () => {
    expect(isFolded('one')).toBe(false);
    set({ preferences: { 'display_settings/collapse_previews': 'true' } });
    expect(isFolded('one')).toBe(true);
    setFolded('one', false);
    expect(isFolded('one')).toBe(false);
  });
});
