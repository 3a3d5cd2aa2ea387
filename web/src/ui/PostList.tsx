// The conversation: only what can be seen is in the document. It opens at the first unread message,
// grows at both ends without a jump, and follows the newest one while somebody looks at it.
import { ArrowDown } from 'lucide-react';
import {
  type KeyboardEvent,
  memo,
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from 'react';
import { Virtualizer, type VirtualizerHandle } from 'virtua';
import { useShallow } from 'zustand/react/shallow';
import { useT } from '../i18n';
import { channelName, markRead, teammateId } from '../state/channels';
import { isSystem, jumpToNewest, readNewer, readOlder } from '../state/posts';
import { collapsed, get, type Outgoing, type State, useStore } from '../state/store';
import { day, sameDay } from '../text/time';
import { PostRow } from './PostRow';
import { ChannelIcon } from './Sidebar';

/** Posts of one author within this time stand under one name. */
const GROUP_MS = 5 * 60_000;
const NEAR_END_PX = 400;
const AT_END_PX = 24;
const SETTLE_MS = 1000;

interface Row {
  readonly key: string;
  readonly id: string;
  readonly pending: Outgoing | null;
  readonly date: string;
  readonly isNew: boolean;
  readonly grouped: boolean;
}

const rowsOf = (state: State, channelId: string, readUntil: number): Row[] => {
  const timeline = state.timelines[channelId];
  if (!timeline) return [];
  const apart = collapsed(state);
  const waiting = timeline.atNewest
    ? state.outbox.filter(({ post }) => post.channel_id === channelId && (!apart || !post.root_id))
    : [];
  const sent = timeline.ids.map((id) => ({ post: state.posts[id], pending: null as Outgoing | null }));
  const held = new Set(sent.map(({ post }) => post?.pending_post_id).filter(Boolean));
  const all = [
    ...sent,
    ...waiting
      .filter((out) => !held.has(out.post.pending_post_id))
      .map((out) => ({ post: out.post, pending: out })),
  ];
  const rows: Row[] = [];
  let last: State['posts'][string] | undefined;
  let lineDrawn = false;
  for (const { post, pending } of all) {
    if (!post) continue;
    const date = !last || !sameDay(last.create_at, post.create_at) ? day(post.create_at) : '';
    const isNew: boolean =
      !lineDrawn &&
      readUntil > 0 &&
      post.create_at > readUntil &&
      post.user_id !== state.me?.id &&
      rows.length > 0;
    lineDrawn ||= isNew;
    const grouped =
      !date &&
      !isNew &&
      !!last &&
      last.user_id === post.user_id &&
      isSystem(last) === isSystem(post) &&
      !post.root_id &&
      !(last.reply_count && collapsed(state)) &&
      post.create_at - last.create_at < GROUP_MS;
    rows.push({ key: post.pending_post_id || post.id, id: post.id, pending, date, isNew, grouped });
    last = post;
  }
  return rows;
};

const sameRows = (one: readonly Row[], other: readonly Row[]): boolean =>
  one.length === other.length &&
  one.every((row, n) => {
    const twin = other[n]!;
    return (
      row.key === twin.key &&
      row.id === twin.id &&
      row.pending === twin.pending &&
      row.date === twin.date &&
      row.isNew === twin.isNew &&
      row.grouped === twin.grouped
    );
  });

/** Drawn again only if a row comes, goes or moves; what a message says is the row's own business. */
const useRows = (channelId: string): readonly Row[] => {
  const held = useRef<readonly Row[]>([]);
  return useStore((state) => {
    const rows = rowsOf(state, channelId, state.timelines[channelId]?.readUntil ?? 0);
    if (!sameRows(rows, held.current)) held.current = rows;
    return held.current;
  });
};

export const PostList = memo(({ channelId }: { channelId: string }) => {
  const t = useT();
  const rows = useRows(channelId);
  const { atOldest, atNewest, focus, epoch } = useStore(
    useShallow((s) => ({
      atOldest: s.timelines[channelId]?.atOldest ?? false,
      atNewest: s.timelines[channelId]?.atNewest ?? false,
      focus: s.timelines[channelId]?.focus ?? null,
      epoch: s.timelines[channelId]?.epoch ?? 0,
    })),
  );
  const name = useStore((s) => channelName(s, s.channels[channelId]));
  const scroller = useRef<HTMLDivElement>(null);
  const list = useRef<VirtualizerHandle>(null);
  const follows = useRef(true);
  const offsetBefore = useRef(0);
  // Where it opened, until what is drawn has its size or a person scrolls.
  const settle = useRef<(() => void) | null>(null);
  const opened = useRef(-1);
  const [away, setAway] = useState(false);
  const [missed, setMissed] = useState(0);
  const [active, setActive] = useState('');

  // Rows that came above what was the first one: the virtualizer keeps what is seen where it is.
  const first = useRef('');
  const prepended =
    opened.current === epoch &&
    first.current !== '' &&
    rows[0]?.key !== first.current &&
    rows.some((r) => r.key === first.current);
  const count = useRef(0);

  const toEnd = useCallback(() => {
    if (rows.length) list.current?.scrollToIndex(rows.length - 1, { align: 'end' });
  }, [rows.length]);

  useLayoutEffect(() => {
    if (!rows.length || !list.current) return;
    const before = count.current;
    count.current = rows.length;
    first.current = rows[0]!.key;
    if (opened.current !== epoch) {
      opened.current = epoch;
      const at = focus ? rows.findIndex((row) => row.id === focus) : rows.findIndex((row) => row.isNew);
      follows.current = at < 0;
      const there = () =>
        list.current?.scrollToIndex(at, { align: focus ? 'center' : 'start', offset: focus ? 0 : -48 });
      settle.current = at < 0 ? null : there;
      if (at < 0) toEnd();
      else there();
      setTimeout(() => {
        settle.current = null;
      }, SETTLE_MS);
      return;
    }
    const mine = rows.at(-1)?.pending != null && rows.length > before;
    if (mine) follows.current = true;
    if (follows.current && atNewest) toEnd();
    else if (rows.length > before && !prepended && atNewest) setMissed((n) => n + rows.length - before);
  }, [rows, epoch, focus, atNewest, toEnd, prepended]);

  const onScroll = useCallback(
    (offset: number) => {
      const handle = list.current;
      if (!handle || opened.current < 0) return;
      const below = handle.scrollSize - offset - handle.viewportSize;
      // What grows leaves the offset as it is; only a person goes up.
      if (below < AT_END_PX) follows.current = true;
      else if (offset < offsetBefore.current) follows.current = false;
      offsetBefore.current = offset;
      setAway(below > NEAR_END_PX);
      if (follows.current && atNewest) {
        setMissed(0);
        if (document.hasFocus()) markRead(channelId);
      }
      if (offset < NEAR_END_PX) void readOlder(channelId);
      if (below < NEAR_END_PX) void readNewer(channelId);
    },
    [channelId, atNewest],
  );

  // What is drawn may still grow (pictures, code); while it is followed, its end stays in view.
  useEffect(() => {
    const box = scroller.current;
    if (!box) return;
    const observer = new ResizeObserver(() => {
      if (settle.current) settle.current();
      else if (follows.current && atNewest) toEnd();
      setAway(box.scrollHeight - box.scrollTop - box.clientHeight > NEAR_END_PX);
    });
    observer.observe(box);
    if (box.lastElementChild) observer.observe(box.lastElementChild);
    return () => observer.disconnect();
  }, [toEnd, atNewest]);

  // A stretch that does not fill the view is read on.
  useEffect(() => {
    const box = scroller.current;
    if (box && rows.length && !atOldest && box.scrollHeight <= box.clientHeight) void readOlder(channelId);
  }, [rows, atOldest, channelId]);

  const onKeyDown = (event: KeyboardEvent) => {
    const row = (event.target as Element).closest<HTMLElement>('[data-post]');
    if (!row || event.target !== row || (event.key !== 'ArrowUp' && event.key !== 'ArrowDown')) return;
    const at = rows.findIndex((one) => one.id === row.dataset.post);
    const next = rows[at + (event.key === 'ArrowUp' ? -1 : 1)];
    if (!next) return;
    event.preventDefault();
    setActive(next.id);
    list.current?.scrollToIndex(rows.indexOf(next), { align: 'nearest' });
    requestAnimationFrame(() =>
      scroller.current?.querySelector<HTMLElement>(`[data-post="${next.id}"]`)?.focus(),
    );
  };

  const reachable = rows.some((row) => row.id === active) ? active : rows.at(-1)?.id;
  return (
    <div className="list-place">
      <div
        className="list"
        ref={scroller}
        role="log"
        aria-label={t('list.label', { name })}
        aria-live={follows.current ? 'polite' : 'off'}
        onKeyDown={onKeyDown}
        onWheel={() => {
          settle.current = null;
        }}
        onPointerDown={() => {
          settle.current = null;
        }}
      >
        <div className="list-space" />
        {atOldest && !rows.length ? <Beginning channelId={channelId} /> : null}
        <Virtualizer ref={list} shift={prepended} scrollRef={scroller} onScroll={onScroll} bufferSize={600}>
          {rows.map((row, n) => (
            <div className="list-row" key={row.key}>
              {n === 0 && atOldest && <Beginning channelId={channelId} />}
              {row.date && (
                <div className="day">
                  <span>{row.date}</span>
                </div>
              )}
              {row.isNew && (
                <div className="new-line">
                  <span>{t('list.new')}</span>
                </div>
              )}
              <PostRow
                id={row.id}
                pending={row.pending}
                grouped={row.grouped}
                focused={row.id === focus}
                tabIndex={row.id === reachable ? 0 : -1}
              />
            </div>
          ))}
        </Virtualizer>
      </div>
      {(away || !atNewest) && rows.length > 0 && (
        <button
          type="button"
          className="to-end"
          onClick={() => {
            setMissed(0);
            if (atNewest) toEnd();
            else void jumpToNewest(channelId);
          }}
        >
          <ArrowDown size={15} aria-hidden />
          {missed ? t('list.new_below', { count: missed }) : t('list.to_newest')}
        </button>
      )}
    </div>
  );
});

const Beginning = ({ channelId }: { channelId: string }) => {
  const t = useT();
  const channel = useStore((s) => s.channels[channelId]);
  const name = useStore((s) => channelName(s, s.channels[channelId]));
  const self = useMemo(
    () => channel?.type === 'D' && teammateId(channel, get().me?.id ?? '') === get().me?.id,
    [channel],
  );
  if (!channel) return null;
  const direct = channel.type === 'D' || channel.type === 'G';
  return (
    <header className="beginning">
      {!direct && (
        <span className="beginning-mark">
          <ChannelIcon type={channel.type} size={22} />
        </span>
      )}
      <h2>{direct ? t('channel.start_direct', { name }) : t('channel.start', { name })}</h2>
      <p>{self ? t('channel.start_self') : channel.purpose || t('channel.start_hint')}</p>
    </header>
  );
};
