// What panes are made of: a frame, messages that were found, people.
import type { Post, PostList } from '@mattermost/types/posts';
import { X } from 'lucide-react';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { useT } from '../i18n';
import { channelName } from '../state/channels';
import { learnPosts } from '../state/posts';
import { set, useStore } from '../state/store';
import { moment, short } from '../text/time';
import { Body } from './Body';
import { Avatar, Empty, IconButton, Presence, Spinner, useName } from './bits';
import { CustomStatus } from './CustomStatus';
import { markHits } from './hits';
import { showCard } from './ProfileCard';
import { goToPost } from './places';

interface FrameProps {
  readonly title: string;
  readonly sub?: string;
  readonly tools?: ReactNode;
  readonly children: ReactNode;
}

export const Frame = ({ title, sub, tools, children }: FrameProps) => {
  const t = useT();
  return (
    <aside className="pane" aria-label={title} tabIndex={-1}>
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

export const Hit = ({ post, words }: { post: Post; words: readonly string[] }) => {
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

export const Listed = ({ load, none }: { load: () => Promise<PostList>; none: string }) => {
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

export const Person = ({ userId }: { userId: string }) => {
  const name = useName(userId);
  const username = useStore((s) => s.users[userId]?.username);
  return (
    <button type="button" className="row-button" onClick={(event) => showCard(userId, event.currentTarget)}>
      <Avatar userId={userId} size={32} />
      <span className="row-text">
        {name} <CustomStatus userId={userId} emojiOnly /> <small className="quiet">@{username}</small>
      </span>
      <Presence userId={userId} />
    </button>
  );
};
