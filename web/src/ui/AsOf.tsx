// A channel as it was at a time: to be read only, and not to be taken for what is now.
import { CalendarDays, ChevronLeft, ChevronRight, History } from 'lucide-react';
import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { Virtualizer, type VirtualizerHandle } from 'virtua';
import { useT } from '../i18n';
import { type Past, type PastPost, readPast } from '../state/asOf';
import { channelName } from '../state/channels';
import { mayReadHistory } from '../state/history';
import { isSystem } from '../state/posts';
import { get, open, useStore } from '../state/store';
import { clock, day, moment, sameDay } from '../text/time';
import { dayBeside } from '../text/when';
import { Author, AuthorPicture } from './Author';
import { Body } from './Body';
import { Empty, IconButton, Problem, Spinner, useName } from './bits';
import { Cards } from './Embeds';
import { Files } from './Files';
import { isInLayer } from './keyboard';
import { goToChannel, goToTime } from './places';
import '../styles/past.css';

const NEAR_END_PX = 400;

interface AsOfProps {
  readonly channelId: string;
  readonly at: number;
}

export default function AsOf({ channelId, at }: AsOfProps) {
  const t = useT();
  const scroller = useRef<HTMLDivElement>(null);
  const words = t('asof.banner', { when: moment(at) });
  useEffect(() => scroller.current?.focus(), []);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key === 'Escape' && isFree(event.target)) goToChannel(channelId);
    };
    // In the capture phase: the page's own keys would close a pane first, and the same key would lead back too.
    document.addEventListener('keydown', onKey, true);
    return () => document.removeEventListener('keydown', onKey, true);
  }, [channelId]);
  const later = dayBeside(at, 1);
  return (
    <section className="past" aria-label={words}>
      <header className="past-head">
        <History size={17} aria-hidden />
        <p role="status">{words}</p>
        <div className="past-tools">
          <IconButton
            icon={ChevronLeft}
            className="flip"
            label={t('asof.before')}
            onClick={() => goToTime(channelId, dayBeside(at, -1))}
          />
          <IconButton
            icon={ChevronRight}
            className="flip"
            label={t('asof.after')}
            disabled={later > Date.now()}
            onClick={() => goToTime(channelId, later)}
          />
          <IconButton
            icon={CalendarDays}
            label={t('asof.choose')}
            onClick={() => open({ kind: 'as-of', channelId })}
          />
          <button type="button" className="button small" onClick={() => goToChannel(channelId)}>
            {t('asof.today')}
          </button>
        </div>
      </header>
      <PastList key={at} channelId={channelId} at={at} scroller={scroller} />
    </section>
  );
}

/** Whether Escape has nothing else to end. */
const isFree = (target: EventTarget | null): boolean => {
  const { dialog, pane } = get();
  const isField = target instanceof Element && target.closest('input, textarea') !== null;
  return !dialog && !pane && !isField && !isInLayer(target);
};

const usePast = (channelId: string, at: number) => {
  const [past, setPast] = useState<Past | null>(null);
  const [failed, setFailed] = useState(false);
  const busy = useRef(false);
  const read = useCallback(
    async (held: Past | null) => {
      if (busy.current || held?.before === '') return;
      busy.current = true;
      try {
        setPast(await readPast(channelId, at, held));
        setFailed(false);
      } catch {
        setFailed(true);
      } finally {
        busy.current = false;
      }
    },
    [channelId, at],
  );
  useEffect(() => void read(null), [read]);
  return { past, failed, read: () => void read(past) };
};

interface PastListProps extends AsOfProps {
  readonly scroller: RefObject<HTMLDivElement | null>;
}

const PastList = ({ channelId, at, scroller }: PastListProps) => {
  const t = useT();
  const name = useStore((s) => channelName(s, s.channels[channelId]));
  const { past, failed, read } = usePast(channelId, at);
  const list = useRef<VirtualizerHandle>(null);
  const opened = useRef(false);
  useLayoutEffect(() => {
    if (opened.current || !past?.posts.length) return;
    opened.current = true;
    list.current?.scrollToIndex(past.posts.length - 1, { align: 'end' });
  }, [past]);
  // What does not fill the view is read on.
  useEffect(() => {
    const box = scroller.current;
    if (box && past?.before && !failed && box.scrollHeight <= box.clientHeight) read();
  });
  return (
    <div className="list-place">
      <div
        className="list"
        ref={scroller}
        role="log"
        aria-live="off"
        aria-label={t('list.label', { name })}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: whoever has no mouse scrolls it by keys
        tabIndex={0}
      >
        <div className="list-space" />
        {failed && (
          <>
            <Problem text={t('error.general')} />
            <button type="button" className="button small" onClick={read}>
              {t('action.retry')}
            </button>
          </>
        )}
        {!past && !failed && <Spinner />}
        {past && !past.posts.length && <Empty>{t('asof.none')}</Empty>}
        {past && past.posts.length > 0 && (
          // Whatever comes, comes above.
          <Virtualizer
            ref={list}
            shift
            scrollRef={scroller}
            bufferSize={600}
            onScroll={(offset) => offset < NEAR_END_PX && read()}
          >
            {past.posts.map((post, n) => (
              <div className="list-row" key={post.id}>
                {(n === 0 || !sameDay(past.posts[n - 1]!.create_at, post.create_at)) && (
                  <div className="day">
                    <span>{day(post.create_at)}</span>
                  </div>
                )}
                <PastRow post={post} />
              </div>
            ))}
          </Virtualizer>
        )}
      </div>
    </div>
  );
};

const PastRow = ({ post }: { post: PastPost }) => {
  const t = useT();
  const name = useName(post.user_id);
  const withheld = post.as_of?.shows === 'nothing';
  return (
    <article
      className={isSystem(post) ? 'post system' : 'post'}
      data-post={post.id}
      aria-label={`${name}, ${clock(post.create_at)}`}
    >
      <div className="post-side">
        <AuthorPicture userId={post.user_id} />
      </div>
      <div className="post-main">
        <Author post={post} isPast>
          {post.root_id && <small className="quiet">{t('post.in_reply')}</small>}
        </Author>
        {withheld ? (
          <p className="quiet">{t('asof.withheld')}</p>
        ) : (
          <Body message={post.message} edited={post.edit_at > 0} />
        )}
        <Cards post={post} />
        <Files files={post.metadata?.files ?? []} />
        {post.reply_count > 0 && !post.root_id && (
          <p className="quiet small">{t('post.replies', { count: post.reply_count })}</p>
        )}
        <Became post={post} />
      </div>
    </article>
  );
};

/** That it is not, or no longer, what is shown; who may know how, finds it from here. */
const Became = ({ post }: { post: PastPost }) => {
  const t = useT();
  if (!post.as_of) return null;
  const { changed_since, deleted_since, shows } = post.as_of;
  return (
    <p className="became">
      {deleted_since && <span>{t('asof.deleted')}</span>}
      {changed_since && shows !== 'nothing' && (
        <span>{t(shows === 'now' ? 'asof.now' : 'asof.changed')}</span>
      )}
      {mayReadHistory(post) && (
        <button type="button" className="link" onClick={() => open({ kind: 'history', postId: post.id })}>
          {t('history.title')}
        </button>
      )}
    </p>
  );
};
