// A channel: what it is, what was said, and where to answer.
import {
  Archive,
  Bell,
  BellOff,
  BellRing,
  CheckCheck,
  ChevronDown,
  History,
  Link2,
  LogOut,
  Menu as MenuIcon,
  Paperclip,
  Pencil,
  Pin,
  Search,
  Star,
  UserPlus,
  Users,
} from 'lucide-react';
import { Suspense, useEffect, useLayoutEffect, useState } from 'react';
import { useSearch } from 'wouter';
import { api } from '../api';
import { useT } from '../i18n';
import { addFileBookmark, loadBookmarks } from '../state/bookmarks';
import {
  channelName,
  isFavourite,
  isMuted,
  joinChannel,
  markRead,
  setFavourite,
  setMuted,
  teammateId,
} from '../state/channels';
import { meet } from '../state/people';
import { openTimeline } from '../state/posts';
import { get, open, set, useStore } from '../state/store';
import { render } from '../text/markdown';
import { attempt } from './attempt';
import { Avatar, ChannelIcon, type Choice, IconButton, Menu, Spinner } from './bits';
import { moveChoice } from './Categories';
import { Composer } from './Composer';
import { CustomStatus } from './CustomStatus';
import { later } from './later';
import { PostList } from './PostList';
import { leave, search, timeIn } from './places';

const AsOf = later(() => import('./AsOf'));
const Bookmarks = later(() => import('./Bookmarks'));

interface ChannelViewProps {
  readonly channelId: string;
  readonly focus: string | null;
  readonly onMenu: () => void;
}

export const ChannelView = ({ channelId, focus, onMenu }: ChannelViewProps) => {
  const name = useStore((s) => channelName(s, s.channels[channelId]));
  const at = timeIn(useSearch());
  const isMember = useStore((s) => channelId in s.members);
  const looksBack = at > 0;
  useLayoutEffect(() => {
    set({ looksBack });
    return () => set({ looksBack: false });
  }, [looksBack]);
  return (
    <section className="channel" aria-label={name}>
      <Header channelId={channelId} isPast={looksBack} onMenu={onMenu} />
      {!isMember ? (
        <Outside channelId={channelId} />
      ) : looksBack ? (
        <Suspense fallback={<Spinner />}>
          <AsOf channelId={channelId} at={at} />
        </Suspense>
      ) : (
        <Present channelId={channelId} focus={focus} />
      )}
    </section>
  );
};

/** Only who opens a channel joins it at once; who came to look back is asked. */
const Outside = ({ channelId }: { channelId: string }) => {
  const t = useT();
  return (
    <div className="nowhere">
      <p>{t('channel.outside')}</p>
      <button type="button" className="button primary" onClick={() => attempt(joinChannel(channelId))}>
        {t('channel.join')}
      </button>
    </div>
  );
};

const Present = ({ channelId, focus }: { channelId: string; focus: string | null }) => {
  const t = useT();
  // A stretch that ends before the newest message is not where anybody wants to be again.
  const [ready, setReady] = useState(() => !focus && get().timelines[channelId]?.atNewest === true);
  const name = useStore((s) => channelName(s, s.channels[channelId]));
  const marked = useStore((s) => (s.bookmarks[channelId]?.length ?? 0) > 0);
  useEffect(() => void loadBookmarks(channelId).catch(() => undefined), [channelId]);
  const archived = useStore((s) => (s.channels[channelId]?.delete_at ?? 0) > 0);
  useEffect(() => {
    let current = true;
    attempt(
      openTimeline(channelId, focus).then(() => {
        if (!current) return;
        setReady(true);
        if (document.hasFocus()) markRead(channelId);
      }),
    );
    return () => {
      current = false;
    };
  }, [channelId, focus]);
  return (
    <>
      <Suspense fallback={null}>{marked && <Bookmarks channelId={channelId} />}</Suspense>
      {ready ? <PostList channelId={channelId} /> : <Spinner />}
      {archived ? (
        <p className="archived">
          <Archive size={16} aria-hidden /> {t('channel.archived')}
        </p>
      ) : (
        <Composer
          channelId={channelId}
          placeholder={t('composer.placeholder', { name })}
          onEditLast={editLast}
        />
      )}
    </>
  );
};

/** Reaches the last message of mine as a reader of the page would: by its keys. */
const editLast = (): void => {
  const { timelines, channelId, posts, me } = get();
  const id = timelines[channelId]?.ids.findLast((one) => posts[one]?.user_id === me?.id && !posts[one]?.type);
  const row = id && document.querySelector<HTMLElement>(`.list [data-post="${id}"]`);
  if (!row) return;
  row.focus();
  row.dispatchEvent(new KeyboardEvent('keydown', { key: 'e', bubbles: true }));
};

interface HeaderProps {
  readonly channelId: string;
  /** What the channel says of itself is what it says now. */
  readonly isPast: boolean;
  readonly onMenu: () => void;
}

const Header = ({ channelId, isPast, onMenu }: HeaderProps) => {
  const t = useT();
  const channel = useStore((s) => s.channels[channelId]);
  const name = useStore((s) => channelName(s, s.channels[channelId]));
  const favourite = useStore((s) => isFavourite(s, channelId));
  const isMember = useStore((s) => channelId in s.members);
  const muted = useStore((s) => isMuted(s.members[channelId]));
  const mate = channel?.type === 'D' ? teammateId(channel, get().me?.id ?? '') : '';
  const count = useMemberCount(channelId);
  const choices = useChoices(channelId, muted);
  if (!channel) return null;
  return (
    <header className="channel-head">
      <IconButton icon={MenuIcon} label={t('sidebar.open')} className="only-narrow" onClick={onMenu} />
      {isMember && (
        <IconButton
          icon={Star}
          className={favourite ? 'star on' : 'star'}
          label={favourite ? t('channel.unfavourite') : t('channel.favourite')}
          pressed={favourite}
          onClick={() => attempt(setFavourite(channelId, !favourite))}
        />
      )}
      <div className="channel-title">
        <Menu
          trigger={
            <button type="button" className="channel-button">
              {mate ? <Avatar userId={mate} size={24} status /> : <ChannelIcon type={channel.type} />}
              <h1>
                <bdi>{name}</bdi>
              </h1>
              {mate && <CustomStatus userId={mate} emojiOnly />}
              {muted && <BellOff size={14} aria-label={t('channel.muted')} />}
              <ChevronDown size={15} aria-hidden />
            </button>
          }
          choices={choices}
        />
        {channel.header && !isPast && (
          <div
            className="channel-header-text markdown"
            dir="auto"
            dangerouslySetInnerHTML={{ __html: render(channel.header) }}
          />
        )}
      </div>
      <div className="channel-tools">
        {channel.type !== 'D' && (
          <button
            type="button"
            className="count-button"
            aria-label={t('channel.members', { count })}
            title={t('channel.members', { count })}
            onClick={() => set({ pane: { kind: 'members', channelId } })}
          >
            <Users size={16} aria-hidden /> <span>{count}</span>
          </button>
        )}
        <IconButton
          icon={Pin}
          label={t('channel.pinned')}
          onClick={() => set({ pane: { kind: 'pinned', channelId } })}
        />
        <SearchField />
      </div>
    </header>
  );
};

export const SearchField = () => {
  const t = useT();
  const [terms, setTerms] = useState('');
  return (
    <search>
      <form
        className="search"
        onSubmit={(event) => {
          event.preventDefault();
          search(terms.trim());
        }}
      >
        <Search size={15} aria-hidden />
        <input
          id="search"
          dir="auto"
          type="search"
          value={terms}
          placeholder={t('search.title')}
          aria-label={t('search.label')}
          onChange={(event) => setTerms(event.target.value)}
        />
      </form>
      <IconButton
        icon={Search}
        label={t('search.label')}
        className="only-narrow"
        onClick={() => search('')}
      />
    </search>
  );
};

const useMemberCount = (channelId: string): number => {
  const [count, setCount] = useState(0);
  const last = useStore((s) => s.timelines[channelId]?.ids.at(-1));
  const system = useStore((s) => (last && s.posts[last]?.type ? last : ''));
  // biome-ignore lint/correctness/useExhaustiveDependencies: those who come and go leave a message
  useEffect(() => {
    let current = true;
    api.getChannelStats(channelId).then(
      (stats) => current && setCount(stats.member_count),
      () => undefined,
    );
    return () => {
      current = false;
    };
  }, [channelId, system]);
  return count;
};

const chooseBookmark = (channelId: string): void => {
  const field = document.createElement('input');
  field.type = 'file';
  field.onchange = () => {
    const file = field.files?.[0];
    if (file) attempt(addFileBookmark(channelId, file));
  };
  field.click();
};

const useChoices = (channelId: string, muted: boolean): (Choice | false)[] => {
  const t = useT();
  const channel = useStore((s) => s.channels[channelId]);
  const isMember = useStore((s) => channelId in s.members);
  if (!channel) return [];
  const named = channel.type === 'O' || channel.type === 'P';
  const past = { icon: History, label: t('asof.menu'), act: () => open({ kind: 'as-of', channelId }) };
  if (!isMember) return [past];
  return [
    { icon: CheckCheck, label: t('channel.mark_read'), act: () => markRead(channelId) },
    {
      icon: muted ? Bell : BellOff,
      label: t(muted ? 'channel.unmute' : 'channel.mute'),
      act: () => attempt(setMuted(channelId, !muted)),
    },
    {
      icon: BellRing,
      label: t('notify.channel_menu'),
      act: () => open({ kind: 'channel-notify', channelId }),
    },
    {
      icon: Link2,
      label: t('bookmark.add_link'),
      act: () => open({ kind: 'bookmark', channelId, bookmark: null }),
    },
    { icon: Paperclip, label: t('bookmark.add_file'), act: () => chooseBookmark(channelId) },
    past,
    moveChoice(channelId),
    named && {
      icon: UserPlus,
      label: t('channel.add_people'),
      act: () => open({ kind: 'add-members', channelId }),
      separate: true,
    },
    named && { icon: Pencil, label: t('channel.edit'), act: () => open({ kind: 'edit-channel', channelId }) },
    named &&
      channel.name !== 'town-square' && {
        icon: LogOut,
        label: t('channel.leave'),
        separate: true,
        act: () => attempt(leave(channelId)),
      },
    named &&
      channel.name !== 'town-square' && {
        icon: Archive,
        label: t('channel.archive'),
        danger: true,
        act: () => open({ kind: 'archive-channel', channelId }),
      },
  ];
};

export const meetMembers = async (channelId: string): Promise<string[]> => {
  const ids = (await api.getChannelMembers(channelId, 0, 200)).map((member) => member.user_id);
  meet(ids);
  return ids;
};
