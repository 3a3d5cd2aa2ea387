// The page of somebody who is in: the list of channels, the conversation, what is beside it.
import { WifiOff } from 'lucide-react';
import { lazy, Suspense, useEffect, useState } from 'react';
import { Redirect, Route, Switch } from 'wouter';
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
import { local } from '../state/preferences';
import { enterTeam } from '../state/session';
import { get, open, set, useStore } from '../state/store';
import { Spinner } from './bits';
import { ChannelView } from './ChannelView';
import { listen } from './keyboard';
import { Pane } from './Pane';
import { ProfileCard } from './ProfileCard';
import { placeOf, userNamed } from './places';
import { Sidebar } from './Sidebar';
import { Threads } from './Threads';

const Drafts = lazy(() => import('./Drafts'));
const Dialogs = lazy(() => import('./dialogs/Dialogs'));

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
      <Sidebar onGo={() => setDrawer(false)} />
      <button
        type="button"
        className="scrim"
        aria-label={t('sidebar.shut')}
        onClick={() => setDrawer(false)}
      />
      <main className="main">{ready ? <Places onMenu={() => setDrawer(true)} /> : <Spinner />}</main>
      <Pane />
      <ProfileCard />
      <Modals />
      <Notice />
    </div>
  );
};

const Modals = () => {
  const dialog = useStore((s) => s.dialog);
  return dialog ? (
    <Suspense fallback={null}>
      <Dialogs dialog={dialog} />
    </Suspense>
  ) : null;
};

const Offline = () => {
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

const Notice = () => {
  const notice = useStore((s) => s.notice);
  return (
    <div className="toast-place" role="status">
      {notice && <div className="toast">{notice}</div>}
    </div>
  );
};

const Places = ({ onMenu }: { onMenu: () => void }) => (
  <Switch>
    <Route path="/:team/channels/:name">
      {({ name }) => <Place at={`channel ${name}`} find={() => namedChannel(name)} onMenu={onMenu} />}
    </Route>
    <Route path="/:team/messages/:who">
      {({ who }) => (
        <Place at={`messages ${who}`} find={() => conversation(decodeURIComponent(who))} onMenu={onMenu} />
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

const namedChannel = async (name: string) => {
  const { channels, teamId } = get();
  const held = Object.values(channels).find((c) => c.team_id === teamId && c.name === name);
  if (held) return { channelId: held.id, focus: null };
  const channel = await api.getChannelByName(teamId, name);
  return { channelId: (await joinChannel(channel.id)).id, focus: null };
};

const conversation = async (who: string) => {
  const { channels, me } = get();
  if (who.startsWith('@')) {
    const userId = await userNamed(who.slice(1));
    const held = Object.values(channels).find((c) => c.type === 'D' && teammateId(c, me!.id) === userId);
    return { channelId: (held ?? (await openDirect([userId]))).id, focus: null };
  }
  const held = channels[who] ?? Object.values(channels).find((c) => c.name === who);
  if (held) return { channelId: held.id, focus: null };
  return { channelId: (await fetchChannel(who)).id, focus: null };
};

interface PlaceProps {
  readonly at: string;
  readonly find: () => Promise<{ channelId: string; focus: string | null }>;
  readonly onMenu: () => void;
}

/** Finds the channel of an address, and shows it. */
const Place = ({ at, find, onMenu }: PlaceProps) => {
  const t = useT();
  const teamId = useStore((s) => s.teamId);
  const [found, setFound] = useState<{ at: string; channelId: string; focus: string | null } | null>(null);
  const [missing, setMissing] = useState('');
  // biome-ignore lint/correctness/useExhaustiveDependencies: `at` says what `find` finds
  useEffect(() => {
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
  const channelId = found?.at === at ? found.channelId : '';
  useEffect(() => {
    set({ channelId });
    if (channelId)
      local.set('last', { ...local.get<Record<string, string>>('last', {}), [teamId]: channelId });
    return () => set({ channelId: '' });
  }, [channelId, teamId]);
  if (missing === at) {
    return (
      <div className="nowhere">
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
      </div>
    );
  }
  if (!found || !channelId) return <Spinner />;
  return <ChannelView key={channelId} channelId={channelId} focus={found.focus} onMenu={onMenu} />;
};
