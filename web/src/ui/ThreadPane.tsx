// A thread, beside the conversation. Only what can be seen of it is in the document.
import { useCallback, useEffect, useLayoutEffect, useRef } from 'react';
import { Virtualizer, type VirtualizerHandle } from 'virtua';
import { useShallow } from 'zustand/react/shallow';
import { useT } from '../i18n';
import { channelName } from '../state/channels';
import { get, type Outgoing, useStore } from '../state/store';
import { follow, loadThread, readThread } from '../state/threads';
import { attempt } from './attempt';
import { Spinner } from './bits';
import { Composer } from './Composer';
import { Frame } from './PaneParts';
import { PostRow } from './PostRow';

const AT_END_PX = 40;
const GROUP_MS = 5 * 60_000;
const NONE: readonly string[] = [];

const isGrouped = (before: string | undefined, id: string): boolean => {
  const { posts } = get();
  const [one, other] = [posts[before ?? ''], posts[id]];
  return !!one && !!other && one.user_id === other.user_id && other.create_at - one.create_at < GROUP_MS;
};

export const Thread = ({ rootId }: { rootId: string }) => {
  const t = useT();
  const root = useStore((s) => s.posts[rootId]);
  const place = useStore((s) => channelName(s, s.channels[s.posts[rootId]?.channel_id ?? '']));
  useEffect(() => attempt(loadThread(rootId)), [rootId]);
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
      <Replies rootId={rootId} />
      {root && <Composer channelId={root.channel_id} rootId={rootId} placeholder={t('composer.reply')} />}
    </Frame>
  );
};

const usePending = (rootId: string, ids: readonly string[]): readonly Outgoing[] => {
  const waiting = useStore(useShallow((s) => s.outbox.filter((out) => out.post.root_id === rootId)));
  const held = new Set(ids.map((id) => get().posts[id]?.pending_post_id));
  return waiting.filter((out) => !held.has(out.post.pending_post_id));
};

const Replies = ({ rootId }: { rootId: string }) => {
  const t = useT();
  const loaded = useStore((s) => s.replies[rootId]?.loaded ?? false);
  const ids = useStore((s) => s.replies[rootId]?.ids ?? NONE);
  const pending = usePending(rootId, ids);
  const box = useRef<HTMLDivElement>(null);
  const list = useRef<VirtualizerHandle>(null);
  const follows = useRef(true);
  const count = ids.length + pending.length;
  const toEnd = useCallback(() => {
    if (follows.current && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, []);
  // Each reply that comes is seen, and followed.
  useLayoutEffect(() => {
    if (!loaded) return;
    if (follows.current) list.current?.scrollToIndex(count + 1, { align: 'end' });
    if (document.hasFocus()) readThread(rootId);
  }, [count, loaded, rootId]);
  // What is drawn may still grow; while it is followed, its end stays in view.
  useEffect(() => {
    const grows = box.current?.firstElementChild;
    if (!grows) return;
    const observer = new ResizeObserver(toEnd);
    observer.observe(grows);
    return () => observer.disconnect();
  }, [toEnd]);
  const letGo = () => {
    const now = box.current;
    follows.current = !!now && now.scrollHeight - now.scrollTop - now.clientHeight < AT_END_PX;
  };
  return (
    <div
      className="pane-list"
      ref={box}
      role="log"
      aria-label={t('thread.title')}
      onWheel={() => requestAnimationFrame(letGo)}
      onTouchMove={letGo}
      onKeyUp={letGo}
      onPointerUp={letGo}
    >
      <Virtualizer ref={list} scrollRef={box} bufferSize={600}>
        <PostRow key="root" id={rootId} inThread tabIndex={0} />
        <div key="rule" className="thread-rule">
          <span>{count ? t('post.replies', { count }) : t('thread.none')}</span>
          {!loaded && <Spinner />}
        </div>
        {ids.map((id, n) => (
          <PostRow
            key={get().posts[id]?.pending_post_id || id}
            id={id}
            inThread
            tabIndex={0}
            grouped={isGrouped(ids[n - 1], id)}
          />
        ))}
        {pending.map((out) => (
          <PostRow key={out.post.pending_post_id} id={out.post.id} pending={out} inThread />
        ))}
      </Virtualizer>
    </div>
  );
};
