// The page of somebody who is in: the list of channels, the conversation, what is beside it.
import { Menu, WifiOff } from 'lucide-react';
import { type ReactNode, Suspense, useEffect, useLayoutEffect, useState } from 'react';
import { Redirect, Route, Switch, useLocation, useSearch } from 'wouter';
import { api } from '../api';
import { useT } from '../i18n';
import {
  addChannel,
  channelPath,
  fetchChannel,
  joinChannel,
  openDirect,
  teammateId,
} from '../state/channels';
import { usersByName } from '../state/people';
import { local } from '../state/preferences';
import { enterTeam } from '../state/session';
import { get, open, set, useStore } from '../state/store';
import { IconButton, Modal, Spinner } from './bits';
import { ChannelView } from './ChannelView';
import { listen } from './keyboard';
import { later } from './later';
import { Pane } from './Pane';
import { Frame } from './PaneParts';
import { Part } from './Part';
import { ProfileCard } from './ProfileCard';
import { placeOf, timeIn, userNamed } from './places';
import { Sidebar } from './Sidebar';
import { Threads } from './Threads';

const Drafts = later(() => import('./Drafts'));
const Dialogs = later(() => import('./dialogs/Dialogs'));

export const Shell = ({ teamName }: { teamName: string }) => {
  const t = useT();
  const teamId = useStore((s) => Object.values(s.teams).find((team) => team.name === teamName)?.id ?? '');
  const ready = useStore((s) => s.teamId === teamId && teamId in s.categories);
  const pane = useStore((s) => s.pane !== null);
  const [drawer, setDrawer] = useState(false);
  useEffect(listen, []);
  useEffect(() => {
    if (!teamId) return;
    set({ pane: null, channelId: '' });
    local.set('team', teamId);
    void enterTeam(teamId);
  }, [teamId]);
  if (!teamId) return <Redirect to="/teams" replace />;
  return (
    <div className={`shell${pane ? ' with-pane' : ''}${drawer ? ' with-drawer' : ''}`}>
      <a className="skip" href="#composer">
        {t('app.skip')}
      </a>
      <Offline />
      <Part
        home=".sidebar a"
        frame={(words) => (
          <nav className="sidebar" aria-label={t('failed.sidebar')}>
            {words}
          </nav>
        )}
      >
        <Sidebar onGo={() => setDrawer(false)} />
      </Part>
      <button
        type="button"
        className="scrim"
        aria-label={t('sidebar.shut')}
        onClick={() => setDrawer(false)}
      />
      <main className="main">{ready ? <Conversation onMenu={() => setDrawer(true)} /> : <Spinner />}</main>
      <SidePane />
      <ProfileCard />
      <Modals />
      <Notice />
    </div>
  );
};

interface NowhereProps {
  readonly title: string;
  readonly onMenu: () => void;
  readonly children: ReactNode;
}

/** In place of a conversation; from here, too, there is a way to the others. */
const Nowhere = ({ title, onMenu, children }: NowhereProps) => {
  const t = useT();
  return (
    <section className="channel" aria-label={title}>
      <header className="channel-head">
        <IconButton icon={Menu} label={t('sidebar.open')} className="only-narrow" onClick={onMenu} />
        <div className="channel-title">
          <h1>{title}</h1>
        </div>
      </header>
      <div className="nowhere">{children}</div>
    </section>
  );
};

const Conversation = ({ onMenu }: { onMenu: () => void }) => {
  const t = useT();
  const [path] = useLocation();
  const at = useSearch();
  return (
    <Part
      of={`${path}?${at}`}
      home="#composer"
      onRetry={() => set({ timelines: {} })}
      frame={(words) => (
        <Nowhere title={t('failed.conversation')} onMenu={onMenu}>
          {words}
        </Nowhere>
      )}
    >
      <Places onMenu={onMenu} />
    </Part>
  );
};

const SidePane = () => {
  const t = useT();
  const pane = useStore((s) => s.pane);
  if (!pane) return null;
  return (
    <Part
      of={pane}
      home=".pane"
      onRetry={() => set({ replies: {} })}
      frame={(words) => <Frame title={t('failed.pane')}>{words}</Frame>}
    >
      <Pane pane={pane} />
    </Part>
  );
};

const Modals = () => {
  const t = useT();
  const dialog = useStore((s) => s.dialog);
  if (!dialog) return null;
  return (
    <Part
      of={dialog}
      home=".modal"
      frame={(words) => (
        <Modal title={t('failed.pane')} onClose={() => open(null)}>
          {words}
        </Modal>
      )}
    >
      <Suspense fallback={null}>
        <Dialogs dialog={dialog} />
      </Suspense>
    </Part>
  );
};

export const Offline = () => {
  const t = useT();
  const online = useStore((s) => s.online);
  return (
    <div className="banner-place" role="status">
      {!online && (
        <div className="banner">
          <WifiOff size={15} aria-hidden /> {t('offline.banner')}
        </div>
      )}
    </div>
  );
};

export const Notice = () => {
  const notice = useStore((s) => s.notice);
  return (
    <div className="toast-place" role="status">
      {notice && <div className="toast">{notice}</div>}
    </div>
  );
};

const Places = ({ onMenu }: { onMenu: () => void }) => (
  <Switch>
    <Route path="/:team/channels/:name">{({ name }) => <NamedPlace name={name} onMenu={onMenu} />}</Route>
    <Route path="/:team/messages/:who">
      {({ who }) => (
        <Place
          at={`messages ${who}`}
          held={() => heldConversation(decodeURIComponent(who))}
          find={() => conversation(decodeURIComponent(who))}
          onMenu={onMenu}
        />
      )}
    </Route>
    <Route path="/:team/pl/:id">
      {({ id }) => <Place at={`post ${id}`} find={() => placeOf(id)} onMenu={onMenu} />}
    </Route>
    <Route path="/:team/drafts">
      <Suspense fallback={<Spinner />}>
        <Drafts onMenu={onMenu} />
      </Suspense>
    </Route>
    <Route path="/:team/threads">
      <Threads onMenu={onMenu} />
    </Route>
    <Route>
      <Start />
    </Route>
  </Switch>
);

/** Opening a channel joins it; looking back at it does not. */
const NamedPlace = ({ name, onMenu }: { name: string; onMenu: () => void }) => {
  const looksBack = timeIn(useSearch()) > 0;
  return (
    <Place
      at={looksBack ? `past of ${name}` : `channel ${name}`}
      held={() => heldChannel(name, looksBack)}
      find={() => namedChannel(name, looksBack)}
      onMenu={onMenu}
    />
  );
};

/** The channel that was open last in this team. */
const Start = () => {
  const to = useStore((s) => {
    const mine = Object.values(s.channels).filter((c) => c.team_id === s.teamId && !c.delete_at);
    const last = local.get<Record<string, string>>('last', {})[s.teamId];
    const channel = s.channels[last ?? ''] ?? mine.find((c) => c.name === 'town-square') ?? mine[0];
    return channel ? channelPath(s, channel) : '';
  });
  return to ? <Redirect to={to} replace /> : <Spinner />;
};

interface Found {
  readonly channelId: string;
  readonly focus: string | null;
}

const held = (channel: { id: string } | undefined): Found | null =>
  channel ? { channelId: channel.id, focus: null } : null;

const heldChannel = (name: string, looksBack: boolean): Found | null => {
  const { channels, members, teamId } = get();
  const channel = Object.values(channels).find((c) => c.team_id === teamId && c.name === name);
  return held(channel && (looksBack || members[channel.id]) ? channel : undefined);
};

const namedChannel = async (name: string, looksBack: boolean) => {
  const channel = await api.getChannelByName(get().teamId, name);
  if (!looksBack) await joinChannel(channel.id);
  return { channelId: channel.id, focus: null };
};

const directWith = (userId: string | undefined) => {
  const { channels, me } = get();
  return Object.values(channels).find((c) => c.type === 'D' && teammateId(c, me!.id) === userId);
};

const heldConversation = (who: string): Found | null => {
  const { channels } = get();
  if (who.startsWith('@')) {
    const userId = usersByName(get()).get(who.slice(1))?.id;
    return userId ? held(directWith(userId)) : null;
  }
  return held(channels[who] ?? Object.values(channels).find((c) => c.name === who));
};

const conversation = async (who: string) => {
  if (who.startsWith('@')) {
    const userId = await userNamed(who.slice(1));
    return { channelId: (directWith(userId) ?? (await openDirect([userId]))).id, focus: null };
  }
  return { channelId: (await fetchChannel(who)).id, focus: null };
};

interface PlaceProps {
  readonly at: string;
  /** What is known already is shown at once. */
  readonly held?: () => Found | null;
  readonly find: () => Promise<Found>;
  readonly onMenu: () => void;
}

/** Finds the channel of an address, and shows it. */
const Place = ({ at, held, find, onMenu }: PlaceProps) => {
  const t = useT();
  const teamId = useStore((s) => s.teamId);
  const [sought, setFound] = useState<(Found & { at: string }) | null>(null);
  const [missing, setMissing] = useState('');
  // biome-ignore lint/correctness/useExhaustiveDependencies: `at` says what `find` finds
  useEffect(() => {
    if (held?.()) return;
    let current = true;
    find().then(
      async ({ channelId, focus }) => {
        if (!get().channels[channelId])
          addChannel((await api.getChannel(channelId)) as Parameters<typeof addChannel>[0]);
        if (current) setFound({ at, channelId, focus });
      },
      () => current && setMissing(at),
    );
    return () => {
      current = false;
    };
  }, [at, teamId]);
  const found = held?.() ?? (sought?.at === at ? sought : null);
  const channelId = found?.channelId ?? '';
  useLayoutEffect(() => {
    set({ channelId });
    if (channelId)
      local.set('last', { ...local.get<Record<string, string>>('last', {}), [teamId]: channelId });
    return () => set({ channelId: '' });
  }, [channelId, teamId]);
  if (missing === at && !found) {
    return (
      <Nowhere title={t('channel.nowhere')} onMenu={onMenu}>
        <p>{t('channel.missing')}</p>
        {at.startsWith('post ') && (
          <button
            type="button"
            className="button"
            onClick={() => open({ kind: 'history', postId: at.slice('post '.length) })}
          >
            {t('history.link')}
          </button>
        )}
        <button type="button" className="button" onClick={() => open({ kind: 'browse' })}>
          {t('sidebar.browse')}
        </button>
      </Nowhere>
    );
  }
  if (!found || !channelId) return <Spinner />;
  return <ChannelView key={channelId} channelId={channelId} focus={found.focus} onMenu={onMenu} />;
};
