// What stands beside the conversation: a thread, what was found, pinned or saved, who is here.
import type { Post, PostList, PostSearchResults } from '@mattermost/types/posts';
import { X } from 'lucide-react';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { useShallow } from 'zustand/react/shallow';
import { api } from '../api';
import { useT } from '../i18n';
import { channelName } from '../state/channels';
import { learnPosts } from '../state/posts';
import { local } from '../state/preferences';
import { get, type Pane as PaneState, set, useStore } from '../state/store';
import { follow, loadThread, readThread } from '../state/threads';
import { moment, short } from '../text/time';
import { attempt } from './attempt';
import { Body } from './Body';
import { Avatar, Empty, IconButton, Presence, Spinner, useName } from './bits';
import { meetMembers } from './ChannelView';
import { Composer } from './Composer';
import { markHits } from './hits';
import { PostRow } from './PostRow';
import { showCard } from './ProfileCard';
import { goToPost, search } from './places';

export const Pane = () => {
  const pane = useStore((s) => s.pane);
  if (!pane) return null;
  switch (pane.kind) {
    case 'thread':
      return <Thread key={pane.rootId} rootId={pane.rootId} />;
    case 'search':
      return <Found key={pane.terms} pane={pane} />;
    case 'pinned':
      return <Pinned key={pane.channelId} channelId={pane.channelId} />;
    case 'saved':
      return <Saved />;
    case 'members':
      return <Members key={pane.channelId} channelId={pane.channelId} />;
  }
};

interface FrameProps {
  readonly title: string;
  readonly sub?: string;
  readonly tools?: ReactNode;
  readonly children: ReactNode;
}

const Frame = ({ title, sub, tools, children }: FrameProps) => {
  const t = useT();
  return (
    <aside className="pane" aria-label={title}>
      <header className="pane-head">
        <h2>
          {title} {sub && <small>{sub}</small>}
        </h2>
        {tools}
        <IconButton icon={X} label={t('action.close')} onClick={() => set({ pane: null })} />
      </header>
      {children}
    </aside>
  );
};

const AT_END_PX = 40;

const Thread = ({ rootId }: { rootId: string }) => {
  const t = useT();
  const root = useStore((s) => s.posts[rootId]);
  const place = useStore((s) => channelName(s, s.channels[s.posts[rootId]?.channel_id ?? '']));
  const loaded = useStore((s) => s.replies[rootId]?.loaded ?? false);
  const ids = useStore(useShallow((s) => s.replies[rootId]?.ids ?? []));
  const waiting = useStore(useShallow((s) => s.outbox.filter((out) => out.post.root_id === rootId)));
  const held = useStore(useShallow((s) => ids.map((id) => s.posts[id]?.pending_post_id || id)));
  const pending = waiting.filter((out) => !held.includes(out.post.pending_post_id));
  const list = useRef<HTMLDivElement>(null);
  const follows = useRef(true);
  const count = ids.length + pending.length;
  useEffect(() => attempt(loadThread(rootId)), [rootId]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each reply that comes is seen, and followed
  useEffect(() => {
    if (!loaded) return;
    const box = list.current;
    if (box && follows.current) box.scrollTop = box.scrollHeight;
    if (document.hasFocus()) readThread(rootId);
  }, [count, loaded, rootId]);
  return (
    <Frame
      title={t('thread.title')}
      sub={t('thread.in', { name: place })}
      tools={
        root && (
          <button
            type="button"
            className="button small"
            aria-pressed={root.is_following ?? false}
            onClick={() => attempt(follow(rootId, !root.is_following))}
          >
            {root.is_following ? t('post.unfollow') : t('post.follow')}
          </button>
        )
      }
    >
      <div
        className="pane-list"
        ref={list}
        role="log"
        aria-label={t('thread.title')}
        onScroll={({ currentTarget: box }) => {
          follows.current = box.scrollHeight - box.scrollTop - box.clientHeight < AT_END_PX;
        }}
      >
        <PostRow id={rootId} inThread tabIndex={0} />
        <div className="thread-rule">
          <span>{count ? t('post.replies', { count }) : t('thread.none')}</span>
        </div>
        {!loaded && <Spinner />}
        {ids.map((id, n) => (
          <PostRow key={held[n] ?? id} id={id} inThread tabIndex={0} grouped={isGrouped(ids[n - 1], id)} />
        ))}
        {pending.map((out) => (
          <PostRow key={out.post.pending_post_id} id={out.post.id} pending={out} inThread />
        ))}
      </div>
      {root && <Composer channelId={root.channel_id} rootId={rootId} placeholder={t('composer.reply')} />}
    </Frame>
  );
};

const GROUP_MS = 5 * 60_000;
const isGrouped = (before: string | undefined, id: string): boolean => {
  const { posts } = get();
  const [one, other] = [posts[before ?? ''], posts[id]];
  return !!one && !!other && one.user_id === other.user_id && other.create_at - one.create_at < GROUP_MS;
};

type SearchPane = Extract<PaneState, { kind: 'search' }>;

const FOUND_PAGE = 40;
const RECENT_MAX = 6;

const Found = ({ pane }: { pane: SearchPane }) => {
  const t = useT();
  const { terms } = pane;
  const [result, setResult] = useState<PostSearchResults | null>(null);
  const [words, setWords] = useState(terms);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the same search again is another search
  useEffect(() => {
    if (!terms) return;
    let current = true;
    const recent = local.get<string[]>('searches', []).filter((other) => other !== terms);
    local.set('searches', [terms, ...recent].slice(0, RECENT_MAX));
    const time_zone_offset = -new Date().getTimezoneOffset() * 60;
    attempt(
      api
        .searchPostsWithParams(get().teamId, {
          terms,
          is_or_search: false,
          time_zone_offset,
          page: 0,
          per_page: FOUND_PAGE,
        })
        .then((found) => {
          learnPosts(Object.values(found.posts));
          if (current) setResult(found);
        }),
    );
    return () => {
      current = false;
    };
  }, [pane]);
  const recent = local.get<string[]>('searches', []);
  return (
    <Frame title={t('search.title')}>
      <form
        className="pane-search"
        onSubmit={(event) => {
          event.preventDefault();
          search(words.trim());
        }}
      >
        <input
          type="search"
          aria-label={t('search.label')}
          placeholder={t('search.label')}
          value={words}
          autoFocus={!terms}
          onChange={(event) => setWords(event.target.value)}
        />
        <p className="hint">{t('search.hint')}</p>
      </form>
      <div className="pane-list">
        {!terms && recent.length > 0 && (
          <section className="recent">
            <h3>{t('search.recent')}</h3>
            {recent.map((one) => (
              <button key={one} type="button" className="row-button" onClick={() => search(one)}>
                {one}
              </button>
            ))}
          </section>
        )}
        {terms && !result && <Spinner />}
        {result?.order.map((id) => (
          <Hit key={id} post={result.posts[id]!} words={result.matches?.[id] ?? wordsIn(terms)} />
        ))}
        {result && !result.order.length && <Empty>{t('search.none', { terms })}</Empty>}
      </div>
    </Frame>
  );
};

/** What is looked for, without what narrows it down. */
const wordsIn = (terms: string): string[] =>
  (terms.match(/"[^"]+"|\S+/g) ?? [])
    .filter((word) => !/^-|^\w+:/.test(word))
    .map((word) => word.replace(/"/g, '').replace(/\*$/, ''));

const Hit = ({ post, words }: { post: Post; words: readonly string[] }) => {
  const t = useT();
  const name = useName(post.user_id);
  const place = useStore((s) => channelName(s, s.channels[post.channel_id]));
  const box = useRef<HTMLElement>(null);
  useEffect(() => {
    if (box.current) markHits(box.current, words);
  }, [words]);
  return (
    <article className="hit" ref={box}>
      <header>
        <Avatar userId={post.user_id} size={20} />
        <strong>{name}</strong>
        <span className="quiet">{place}</span>
        <time className="quiet" title={moment(post.create_at)}>
          {short(post.create_at)}
        </time>
      </header>
      <Body message={post.message} />
      <button type="button" className="link small" onClick={() => goToPost(post.id)}>
        {t('search.jump')}
      </button>
    </article>
  );
};

const Listed = ({ load, none }: { load: () => Promise<PostList>; none: string }) => {
  const [list, setList] = useState<PostList | null>(null);
  const [failed, setFailed] = useState(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: loaded when it is opened
  useEffect(() => {
    load().then(
      (found) => {
        learnPosts(Object.values(found.posts));
        setList(found);
      },
      () => setFailed(true),
    );
  }, []);
  const shown = (list?.order ?? []).filter((id) => list?.posts[id]);
  return (
    <div className="pane-list">
      {!list && !failed && <Spinner />}
      {shown.map((id) => (
        <Hit key={id} post={list!.posts[id]!} words={[]} />
      ))}
      {(failed || (list && !shown.length)) && <Empty>{none}</Empty>}
    </div>
  );
};

const Pinned = ({ channelId }: { channelId: string }) => {
  const t = useT();
  const name = useStore((s) => channelName(s, s.channels[channelId]));
  return (
    <Frame title={t('pinned.title')} sub={name}>
      <Listed load={() => api.getPinnedPosts(channelId)} none={t('pinned.none')} />
    </Frame>
  );
};

const Saved = () => {
  const t = useT();
  return (
    <Frame title={t('saved.title')}>
      <Listed load={() => api.getFlaggedPosts('me')} none={t('saved.none')} />
    </Frame>
  );
};

const Members = ({ channelId }: { channelId: string }) => {
  const t = useT();
  const [ids, setIds] = useState<readonly string[]>([]);
  const place = useStore((s) => channelName(s, s.channels[channelId]));
  useEffect(() => attempt(meetMembers(channelId).then(setIds)), [channelId]);
  return (
    <Frame title={t('channel.members_title')} sub={place}>
      <ul className="pane-list rows">
        {ids.map((id) => (
          <li key={id}>
            <Person userId={id} />
          </li>
        ))}
      </ul>
    </Frame>
  );
};

const Person = ({ userId }: { userId: string }) => {
  const name = useName(userId);
  const username = useStore((s) => s.users[userId]?.username);
  return (
    <button type="button" className="row-button" onClick={(event) => showCard(userId, event.currentTarget)}>
      <Avatar userId={userId} size={32} />
      <span className="row-text">
        {name} <small className="quiet">@{username}</small>
      </span>
      <Presence userId={userId} />
    </button>
  );
};
