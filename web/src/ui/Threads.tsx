// The threads that I follow, those that moved last on top.
import { CheckCheck, Menu as MenuIcon } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useShallow } from 'zustand/react/shallow';
import { api } from '../api';
import { useT } from '../i18n';
import { channelName } from '../state/channels';
import { get, useStore } from '../state/store';
import { loadThreads, openThread, threadRead } from '../state/threads';
import { plain } from '../text/markdown';
import { short } from '../text/time';
import { attempt } from './attempt';
import { Avatar, Empty, IconButton, Spinner, useName } from './bits';
import { SearchField } from './ChannelView';

export const Threads = ({ onMenu }: { onMenu: () => void }) => {
  const t = useT();
  const teamId = useStore((s) => s.teamId);
  const list = useStore((s) => s.threadLists[teamId]);
  const [unread, setUnread] = useState(false);
  const ids = useStore(
    useShallow((s) =>
      (s.threadLists[teamId]?.ids ?? []).filter(
        (id) =>
          s.posts[id] && !s.posts[id].delete_at && (!unread || (s.threads[id]?.unread_replies ?? 0) > 0),
      ),
    ),
  );
  useEffect(() => attempt(loadThreads(teamId)), [teamId]);
  const readAll = async () => {
    threadRead(undefined, 0, 0);
    await api.updateThreadsReadForUser(get().me!.id, teamId);
    await loadThreads(teamId);
  };
  return (
    <section className="channel" aria-label={t('threads.title')}>
      <header className="channel-head">
        <IconButton icon={MenuIcon} label={t('sidebar.open')} className="only-narrow" onClick={onMenu} />
        <div className="channel-title">
          <h1>{t('threads.title')}</h1>
        </div>
        <div className="channel-tools">
          <div className="segments" role="group" aria-label={t('threads.title')}>
            <button type="button" aria-pressed={!unread} onClick={() => setUnread(false)}>
              {t('threads.all')}
            </button>
            <button type="button" aria-pressed={unread} onClick={() => setUnread(true)}>
              {t('threads.unread')}
            </button>
          </div>
          <IconButton icon={CheckCheck} label={t('threads.read_all')} onClick={() => attempt(readAll())} />
          <SearchField />
        </div>
      </header>
      <ul className="threads">
        {!list && <Spinner />}
        {ids.map((id) => (
          <li key={id}>
            <Line id={id} />
          </li>
        ))}
        {list && !ids.length && <Empty>{unread ? t('threads.none_unread') : t('threads.none')}</Empty>}
        {list?.more && (
          <button
            type="button"
            className="button"
            onClick={() => attempt(loadThreads(teamId, list.ids.at(-1)))}
          >
            {t('action.more')}
          </button>
        )}
      </ul>
    </section>
  );
};

const Line = ({ id }: { id: string }) => {
  const t = useT();
  const post = useStore((s) => s.posts[id]!);
  const thread = useStore((s) => s.threads[id]);
  const name = useName(post.user_id);
  const place = useStore((s) => channelName(s, s.channels[post.channel_id]));
  const current = useStore((s) => s.pane?.kind === 'thread' && s.pane.rootId === id);
  const unread = thread?.unread_replies ?? 0;
  return (
    <button
      type="button"
      className={`thread-card${unread ? ' unread' : ''}${current ? ' current' : ''}`}
      onClick={() => openThread(id)}
    >
      <Avatar userId={post.user_id} size={36} />
      <span className="thread-card-main">
        <span className="thread-card-head">
          <strong>{name}</strong>
          <span className="quiet">{place}</span>
          <time className="quiet">{short(thread?.last_reply_at || post.create_at)}</time>
        </span>
        <span className="thread-card-text" dir="auto">
          {plain(post.message)}
        </span>
        <span className="quiet">{t('post.replies', { count: thread?.reply_count ?? post.reply_count })}</span>
      </span>
      {unread > 0 && <span className="badge">{unread}</span>}
    </button>
  );
};
