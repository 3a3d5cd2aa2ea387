// The list of channels, in the order and the categories of its owner.
import {
  Bookmark,
  ChevronDown,
  FolderPlus,
  Hash,
  MessageSquarePlus,
  MessagesSquare,
  PencilLine,
  Plus,
  Search,
  Settings,
  ShieldCheck,
  Smile,
  UserPlus,
} from 'lucide-react';
import { useMemo } from 'react';
import { Link, useLocation } from 'wouter';
import { useShallow } from 'zustand/react/shallow';
import { type Key, t as say, useT } from '../i18n';
import { unreadOfTeam } from '../state/channels';
import { choosePresence, isAdmin } from '../state/people';
import { logOut } from '../state/session';
import { open, set, useStore } from '../state/store';
import { short } from '../text/time';
import { inMinutes, tomorrowAt } from '../text/when';
import { attempt } from './attempt';
import { Avatar, type Choice, type Icon, IconButton, Menu, STATUS, useName } from './bits';
import { Categories } from './Categories';
import { CustomStatus, useCustomStatus } from './CustomStatus';
import { MODIFIER } from './keyboard';
import { TeamMark } from './Teams';

export const Sidebar = ({ onGo }: { onGo: () => void }) => {
  const t = useT();
  const team = useStore((s) => s.teams[s.teamId]?.name ?? '');
  const threads = useStore((s) => s.threadCounts[s.teamId]);
  const unsent = useStore(
    (s) =>
      Object.keys(s.drafts).filter((at) => s.channels[at.split(':')[0]!]).length +
      Object.values(s.scheduled).filter((one) => s.channels[one.channel_id]).length,
  );
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
            {
              icon: FolderPlus,
              label: t('category.make'),
              act: () => open({ kind: 'category', category: null, channelId: null }),
            },
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
        <Link href={`/${team}/drafts`} className={`entry${path === `/${team}/drafts` ? ' current' : ''}`}>
          <PencilLine size={16} aria-hidden className="entry-icon" />
          <span className="entry-name">{t('drafts.title')}</span>
          {unsent > 0 && <small className="quiet">{unsent}</small>}
        </Link>
        <button type="button" className="entry" onClick={() => set({ pane: { kind: 'saved' } })}>
          <Bookmark size={16} aria-hidden className="entry-icon" />
          <span className="entry-name">{t('sidebar.saved')}</span>
        </button>
        <Categories />
      </div>
      <Me />
    </nav>
  );
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

/** For how long, and until when that is. */
const QUIET: readonly [Key, () => number][] = [
  ['dnd.thirty_minutes', () => inMinutes(30)],
  ['dnd.one_hour', () => inMinutes(60)],
  ['dnd.two_hours', () => inMinutes(120)],
  ['dnd.tomorrow', () => tomorrowAt(0)],
  ['dnd.forever', () => 0],
];

const dot = (status: string): Icon => (() => <span className={`presence presence-${status}`} />) as Icon;

const presenceChoices = (): Choice[] => [
  ...(['online', 'away'] as const).map((one, n) => ({
    icon: dot(one),
    label: say(STATUS[one]),
    act: () => attempt(choosePresence(one)),
    separate: n === 0,
  })),
  {
    icon: dot('dnd'),
    label: say('dnd.until'),
    more: [
      ...QUIET.map(([key, until]) => ({
        label: say(key),
        act: () => attempt(choosePresence('dnd', until())),
      })),
      { label: say('dnd.date'), act: () => open({ kind: 'quiet' }) },
    ],
  },
  { icon: dot('offline'), label: say('status.offline'), act: () => attempt(choosePresence('offline')) },
];

const Me = () => {
  const t = useT();
  const id = useStore((s) => s.me?.id ?? '');
  const name = useName(id);
  const status = useStore((s) => (s.statuses[id] ?? 'online') as keyof typeof STATUS);
  const custom = useCustomStatus(id);
  const quietUntil = useStore((s) => s.quietUntil);
  const until = status === 'dnd' && quietUntil ? `, ${t('status.until', { time: short(quietUntil) })}` : '';
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
              <small>
                {custom ? <CustomStatus userId={id} /> : `${t(STATUS[status] ?? 'status.offline')}${until}`}
              </small>
            </span>
            <span className="hidden">{t('me.menu')}</span>
          </button>
        }
        choices={[
          { icon: Smile, label: t('status.set'), act: () => open({ kind: 'status' }) },
          ...presenceChoices(),
          { icon: Settings, label: t('me.settings'), act: () => open({ kind: 'settings' }), separate: true },
          admin && { icon: ShieldCheck, label: t('me.admin'), act: () => go('/admin/users') },
          { label: t('me.keys'), act: () => open({ kind: 'keys' }) },
          { label: t('me.logout'), act: () => void logOut(), separate: true },
        ]}
      />
    </footer>
  );
};
