// The conversation: only what can be seen is in the document. It opens at the first unread message,
// grows at both ends without a jump, and follows the newest one while somebody looks at it.
import { ArrowDown, Pencil, UserPlus } from 'lucide-react';
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
import { collapsed, get, type Outgoing, open, type State, useStore } from '../state/store';
import { day, sameDay } from '../text/time';
import { attempt } from './attempt';
import { ChannelIcon } from './bits';
import { PostRow } from './PostRow';

/** Posts of one author within this time stand under one name. */
const GROUP_MS = 5 * 60_000;
const NEAR_END_PX = 400;
const AT_END_PX = 24;
/** So much is seen above the line before what is new. */
const ABOVE_LINE_PX = 48;
/** What is drawn has its size once that did not change for so long. */
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
      !post.metadata?.priority?.priority &&
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
  // Goes to where it opened, until what is drawn has its size or a person scrolls.
  const settle = useRef<(() => void) | null>(null);
  const settled = useRef<ReturnType<typeof setTimeout>>(undefined);
  const opened = useRef(-1);
  const [away, setAway] = useState(false);
  const [missed, setMissed] = useState(0);
  const [active, setActive] = useState('');

  // What was shown before these rows. What came above its first one does not move what is seen.
  const shown = useRef({ first: '', count: 0, atNewest: false });
  const prepended =
    opened.current === epoch &&
    shown.current.first !== '' &&
    rows[0]?.key !== shown.current.first &&
    rows.some((r) => r.key === shown.current.first);

  const current = useRef(rows);
  current.current = rows;
  const toEnd = useCallback(() => {
    const last = current.current.length - 1;
    if (last >= 0) list.current?.scrollToIndex(last, { align: 'end' });
  }, []);
  const letGo = useCallback(() => {
    settle.current = null;
  }, []);
  const letGoSoon = useCallback(() => {
    clearTimeout(settled.current);
    settled.current = setTimeout(letGo, SETTLE_MS);
  }, [letGo]);

  useLayoutEffect(() => {
    if (!rows.length || !list.current) return;
    const before = shown.current;
    shown.current = { first: rows[0]!.key, count: rows.length, atNewest };
    if (opened.current !== epoch) {
      opened.current = epoch;
      const start = rows.find((row) => (focus ? row.id === focus : row.isNew))?.key;
      follows.current = start === undefined;
      // By its key: rows may come above it meanwhile.
      const toStart = () => {
        const at = current.current.findIndex((row) => row.key === start);
        if (at < 0) return;
        list.current?.scrollToIndex(
          at,
          focus ? { align: 'center' } : { align: 'start', offset: -ABOVE_LINE_PX },
        );
      };
      settle.current = follows.current ? toEnd : toStart;
      settle.current();
      clearTimeout(settled.current);
      // From the next frame on: on a slow machine nothing is measured for long.
      requestAnimationFrame(letGoSoon);
      return;
    }
    const more = rows.length - before.count;
    if (more > 0 && rows.at(-1)!.pending) {
      letGo();
      follows.current = true;
    }
    if (follows.current && atNewest) toEnd();
    // What is read on on the way to the newest was there already.
    else if (more > 0 && !prepended && before.atNewest) setMissed((n) => n + more);
  }, [rows, epoch, focus, atNewest, toEnd, letGo, letGoSoon, prepended]);

  const onScroll = useCallback(
    (offset: number) => {
      const handle = list.current;
      if (!handle || opened.current < 0) return;
      const below = handle.scrollSize - offset - handle.viewportSize;
      // What grows leaves the offset as it is; only a person goes up.
      if (below < AT_END_PX) follows.current = atNewest;
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
      if (settle.current) {
        settle.current();
        letGoSoon();
      } else if (follows.current && atNewest) toEnd();
      const below = box.scrollHeight - box.scrollTop - box.clientHeight;
      if (atNewest && below < AT_END_PX) follows.current = true;
      setAway(below > NEAR_END_PX);
    });
    observer.observe(box);
    if (box.lastElementChild) observer.observe(box.lastElementChild);
    return () => observer.disconnect();
  }, [toEnd, letGoSoon, atNewest]);

  // A stretch that does not fill the view is read on.
  useEffect(() => {
    const box = scroller.current;
    if (box && rows.length && !atOldest && box.scrollHeight <= box.clientHeight) void readOlder(channelId);
  }, [rows, atOldest, channelId]);

  const onKeyDown = (event: KeyboardEvent) => {
    letGo();
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
        onWheel={letGo}
        onPointerDown={letGo}
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
            letGo();
            follows.current = true;
            if (atNewest) toEnd();
            else attempt(jumpToNewest(channelId));
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
      <p>
        {self
          ? t('channel.start_self')
          : channel.purpose || t(direct ? 'channel.start_direct_hint' : 'channel.start_hint')}
      </p>
      {!direct && !channel.delete_at && (
        <div className="beginning-ways">
          <button
            type="button"
            className="button small"
            onClick={() =>
              open(channel.name === 'town-square' ? { kind: 'invite' } : { kind: 'add-members', channelId })
            }
          >
            <UserPlus size={15} aria-hidden />{' '}
            {t(channel.name === 'town-square' ? 'team.invite' : 'channel.add_people')}
          </button>
          {!channel.purpose && (
            <button
              type="button"
              className="button small"
              onClick={() => open({ kind: 'edit-channel', channelId })}
            >
              <Pencil size={15} aria-hidden /> {t('channel.describe')}
            </button>
          )}
        </div>
      )}
    </header>
  );
};
