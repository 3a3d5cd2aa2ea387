// The list of channels, in the order and the categories of its owner.
import type { ChannelCategory } from '@mattermost/types/channel_categories';
import {
  Bookmark,
  ChevronDown,
  Hash,
  Lock,
  MessageSquarePlus,
  MessagesSquare,
  Pencil,
  Plus,
  Search,
  Settings,
  ShieldCheck,
  Smile,
  UserPlus,
  Users,
} from 'lucide-react';
import { memo, useMemo } from 'react';
import { Link, useLocation } from 'wouter';
import { useShallow } from 'zustand/react/shallow';
import { api } from '../api';
import { type Key, useT } from '../i18n';
import {
  channelName,
  channelPath,
  isMuted,
  setCategoryCollapsed,
  teammateId,
  unreadOf,
  unreadOfTeam,
} from '../state/channels';
import { isAdmin } from '../state/people';
import { logOut } from '../state/session';
import { open, type State, set, useStore } from '../state/store';
import { emojiNamed, useEmoji } from '../text/emoji';
import { Avatar, type Icon, IconButton, Menu, STATUS, useName } from './bits';
import { MODIFIER } from './keyboard';
import { TeamMark } from './Teams';

const DIRECTS_MAX = 40;
const FIXED: Readonly<Record<string, Key>> = {
  favorites: 'sidebar.favorites',
  channels: 'sidebar.channels',
  direct_messages: 'sidebar.direct_messages',
};

/** Hidden conversations come back with what is unread in them. */
const isShown = (state: State, id: string): boolean => {
  const channel = state.channels[id];
  if (!channel || channel.delete_at) return false;
  if (channel.type !== 'D' && channel.type !== 'G') return true;
  if (id === state.channelId || unreadOf(state, id).mentions || unreadOf(state, id).messages) return true;
  const key =
    channel.type === 'D'
      ? `direct_channel_show/${teammateId(channel, state.me?.id ?? '')}`
      : `group_channel_show/${id}`;
  return (
    state.preferences[key] !== 'false' && (channel.last_post_at > 0 || state.preferences[key] === 'true')
  );
};

const idsOf = (state: State, category: ChannelCategory): string[] => {
  const ids = category.channel_ids.filter((id) => isShown(state, id));
  if (category.type === 'direct_messages') {
    const recent = (id: string) => state.channels[id]?.last_post_at ?? 0;
    return ids.sort((a, b) => recent(b) - recent(a)).slice(0, DIRECTS_MAX);
  }
  if (category.sorting !== 'alpha') return ids;
  return ids.sort((a, b) =>
    channelName(state, state.channels[a]).localeCompare(channelName(state, state.channels[b])),
  );
};

export const inSidebarOrder = (state: State): string[] =>
  (state.categories[state.teamId] ?? []).flatMap((category) => idsOf(state, category));

export const Sidebar = ({ onGo }: { onGo: () => void }) => {
  const t = useT();
  const categories = useStore((s) => s.categories[s.teamId]);
  const team = useStore((s) => s.teams[s.teamId]?.name ?? '');
  const threads = useStore((s) => s.threadCounts[s.teamId]);
  const [path] = useLocation();
  return (
    <nav className="sidebar" aria-label={t('sidebar.label')}>
      <TeamMenu />
      <div className="sidebar-tools">
        <button type="button" className="finder" onClick={() => open({ kind: 'switcher' })}>
          <Search size={15} aria-hidden />
          <span>{t('sidebar.find')}</span>
          <kbd>{MODIFIER} K</kbd>
        </button>
        <Menu
          trigger={<IconButton icon={Plus} label={t('sidebar.add')} />}
          align="end"
          choices={[
            { icon: Search, label: t('sidebar.browse'), act: () => open({ kind: 'browse' }) },
            { icon: Hash, label: t('sidebar.create'), act: () => open({ kind: 'create-channel' }) },
            { icon: MessageSquarePlus, label: t('sidebar.direct'), act: () => open({ kind: 'direct' }) },
            { icon: UserPlus, label: t('team.invite'), act: () => open({ kind: 'invite' }), separate: true },
          ]}
        />
      </div>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: closes the drawer once something in it was chosen */}
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the links in it are reached by keys */}
      <div className="sidebar-list" onClick={onGo}>
        <Link
          href={`/${team}/threads`}
          className={`entry${path === `/${team}/threads` ? ' current' : ''}${threads?.unread ? ' unread' : ''}`}
        >
          <MessagesSquare size={16} aria-hidden className="entry-icon" />
          <span className="entry-name">{t('sidebar.threads')}</span>
          {threads?.mentions ? <span className="badge">{threads.mentions}</span> : null}
        </Link>
        <button type="button" className="entry" onClick={() => set({ pane: { kind: 'saved' } })}>
          <Bookmark size={16} aria-hidden className="entry-icon" />
          <span className="entry-name">{t('sidebar.saved')}</span>
        </button>
        {categories?.map((category) => (
          <Category key={category.id} category={category} />
        ))}
      </div>
      <Me />
    </nav>
  );
};

const Category = ({ category }: { category: ChannelCategory }) => {
  const t = useT();
  const ids = useStore(useShallow((s) => idsOf(s, category)));
  const shown = useStore(
    useShallow((s) =>
      category.collapsed
        ? ids.filter((id) => id === s.channelId || unreadOf(s, id).messages || unreadOf(s, id).mentions)
        : ids,
    ),
  );
  const fixed = FIXED[category.type];
  const name = fixed ? t(fixed) : category.display_name;
  if (category.type === 'favorites' && !ids.length) return null;
  const direct = category.type === 'direct_messages';
  return (
    <section className="category">
      <header className="category-head">
        <button
          type="button"
          className="category-name"
          aria-expanded={!category.collapsed}
          onClick={(event) => {
            event.stopPropagation();
            void setCategoryCollapsed(category, !category.collapsed);
          }}
        >
          <ChevronDown size={13} aria-hidden />
          {name}
        </button>
        {(direct || category.type === 'channels') && (
          <IconButton
            icon={Plus}
            label={direct ? t('sidebar.direct') : t('sidebar.browse')}
            onClick={() => open({ kind: direct ? 'direct' : 'browse' })}
          />
        )}
      </header>
      <ul>
        {shown.map((id) => (
          <Entry key={id} id={id} />
        ))}
      </ul>
      {direct && !ids.length && <p className="category-empty">{t('sidebar.no_directs')}</p>}
    </section>
  );
};

const Entry = memo(({ id }: { id: string }) => {
  const t = useT();
  const name = useStore((s) => channelName(s, s.channels[id]));
  const path = useStore((s) => (s.channels[id] ? channelPath(s, s.channels[id]) : '/'));
  const type = useStore((s) => s.channels[id]?.type);
  const mate = useStore((s) =>
    s.channels[id]?.type === 'D' ? teammateId(s.channels[id], s.me?.id ?? '') : '',
  );
  const current = useStore((s) => s.channelId === id);
  const muted = useStore((s) => isMuted(s.members[id]));
  const draft = useStore((s) => !!s.drafts[id] && s.channelId !== id);
  const { messages, mentions } = useStore(useShallow((s) => unreadOf(s, id)));
  const unread = (messages > 0 || mentions > 0) && !current;
  const label = mentions
    ? t('channel.mentions', { name, count: mentions })
    : messages
      ? t('channel.unread', { name, count: messages })
      : `${name}${muted ? `, ${t('channel.muted')}` : ''}${type === 'P' ? `, ${t('channel.private')}` : ''}`;
  return (
    <li>
      <Link
        href={path}
        className={`entry${current ? ' current' : ''}${unread ? ' unread' : ''}${muted ? ' muted' : ''}`}
        aria-current={current ? 'page' : undefined}
        aria-label={label}
        data-channel-id={id}
      >
        {type === 'D' ? <Avatar userId={mate} size={20} status /> : <ChannelIcon type={type} />}
        <span className="entry-name">{name}</span>
        {draft && !unread && <Pencil size={13} aria-label={t('channel.draft')} />}
        {mentions > 0 && !current && <span className="badge">{mentions}</span>}
      </Link>
    </li>
  );
});

export const ChannelIcon = ({ type, size = 16 }: { type: string | undefined; size?: number }) => {
  const Shown = ({ P: Lock, G: Users }[type ?? ''] ?? Hash) as Icon;
  return <Shown size={size} aria-hidden className="entry-icon" />;
};

const TeamMenu = () => {
  const t = useT();
  const [, go] = useLocation();
  const team = useStore((s) => s.teams[s.teamId]);
  const teams = useStore((s) => s.teams);
  const elsewhere = useStore(
    useShallow((s) =>
      Object.keys(s.teams).filter((id) => {
        const unread = unreadOfTeam(s, id);
        return id !== s.teamId && (unread.messages > 0 || unread.mentions > 0);
      }),
    ),
  );
  const others = useMemo(
    () =>
      Object.values(teams)
        .filter((other) => other.id !== team?.id)
        .sort((a, b) => a.display_name.localeCompare(b.display_name)),
    [teams, team],
  );
  if (!team) return <header className="team-head" />;
  return (
    <header className="team-head">
      <Menu
        trigger={
          <button type="button" className="team-button">
            <TeamMark name={team.display_name} />
            <span className="team-name">{team.display_name}</span>
            <span className="hidden">{t('team.menu')}</span>
            {elsewhere.length > 0 && <span className="dot" />}
            <ChevronDown size={15} aria-hidden />
          </button>
        }
        choices={[
          ...others.map((other) => ({
            label: (
              <>
                {other.display_name} {elsewhere.includes(other.id) && <span className="dot" />}
              </>
            ),
            act: () => go(`/${other.name}`),
          })),
          {
            icon: UserPlus,
            label: t('team.invite'),
            act: () => open({ kind: 'invite' }),
            separate: others.length > 0,
          },
          { icon: Plus, label: t('team.more'), act: () => go('/teams') },
        ]}
      />
    </header>
  );
};

const chooseStatus = (status: string): void => {
  const { me } = useStore.getState();
  if (!me) return;
  set(({ statuses }) => ({ statuses: { ...statuses, [me.id]: status } }));
  api.updateStatus({ user_id: me.id, status }).catch(() => undefined);
};

const Me = () => {
  const t = useT();
  const id = useStore((s) => s.me?.id ?? '');
  const name = useName(id);
  const status = useStore((s) => (s.statuses[id] ?? 'online') as keyof typeof STATUS);
  const custom = useStore((s) => s.users[id]?.props?.customStatus);
  const admin = useStore((s) => s.me !== null && isAdmin(s.me));
  const [, go] = useLocation();
  return (
    <footer className="me">
      <Menu
        side="top"
        trigger={
          <button type="button" className="me-button">
            <Avatar userId={id} size={32} status />
            <span className="me-text">
              <strong>{name}</strong>
              <small>{custom ? <CustomStatus json={custom} /> : t(STATUS[status] ?? 'status.offline')}</small>
            </span>
            <span className="hidden">{t('me.menu')}</span>
          </button>
        }
        choices={[
          { icon: Smile, label: t('status.set'), act: () => open({ kind: 'status' }) },
          ...(['online', 'away', 'dnd', 'offline'] as const).map((one, n) => ({
            icon: (() => <span className={`presence presence-${one}`} />) as Icon,
            label: t(STATUS[one]),
            act: () => chooseStatus(one),
            separate: n === 0,
          })),
          { icon: Settings, label: t('me.settings'), act: () => open({ kind: 'settings' }), separate: true },
          admin && { icon: ShieldCheck, label: t('me.admin'), act: () => go('/admin/users') },
          { label: t('me.keys'), act: () => open({ kind: 'keys' }) },
          { label: t('me.logout'), act: () => void logOut(), separate: true },
        ]}
      />
    </footer>
  );
};

export const CustomStatus = ({ json, emojiOnly }: { json: string; emojiOnly?: boolean }) => {
  useEmoji((s) => s.byName);
  const status = useMemo(() => {
    try {
      return JSON.parse(json) as { emoji?: string; text?: string; expires_at?: string };
    } catch {
      return {};
    }
  }, [json]);
  const over =
    status.expires_at && !status.expires_at.startsWith('0001') && new Date(status.expires_at) < new Date();
  if (over || (!status.emoji && !status.text)) return null;
  const emoji = emojiNamed(status.emoji || 'speech_balloon');
  return (
    <span title={emojiOnly ? status.text : undefined} className="custom-status">
      {emoji?.character} {!emojiOnly && status.text}
    </span>
  );
};
