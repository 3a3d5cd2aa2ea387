// The pages of system administrators. They come when one of them goes there.
import { Activity, ArrowLeft, Hash, ScrollText, Timer, Users as UsersIcon, UsersRound } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { Link, Redirect, Route, Switch, useLocation } from 'wouter';
import { addTexts, type Key, useT } from '../../i18n';
import de from '../../i18n/admin/de.json';
import en from '../../i18n/admin/en.json';
import { isAdmin } from '../../state/people';
import { useStore } from '../../state/store';
import type { Icon } from '../bits';
import { Door } from '../Entry';
import { Part } from '../Part';
import { Notice, Offline } from '../Shell';
import { Audit } from './Audit';
import { ChannelPage } from './ChannelPage';
import { Channels } from './Channels';
import { Retention } from './Retention';
import { System } from './System';
import { TeamPage, Teams } from './Teams';
import { UserPage } from './UserPage';
import { Users } from './Users';
import '../../styles/admin.css';

addTexts({ en, de });

const PLACES: readonly (readonly [string, Key, Icon])[] = [
  ['/admin/users', 'admin.users', UsersIcon],
  ['/admin/teams', 'admin.teams', UsersRound],
  ['/admin/channels', 'admin.channels', Hash],
  ['/admin/retention', 'admin.retention', Timer],
  ['/admin/audit', 'admin.audit', ScrollText],
  ['/admin/system', 'admin.system', Activity],
];

export default function Admin() {
  const may = useStore((s) => s.me !== null && isAdmin(s.me));
  return may ? <Frame /> : <Refused />;
}

const Refused = () => {
  const t = useT();
  return (
    <Door title={t('admin.refused')} lead={t('admin.refused_lead')}>
      <Link href="/" className="button primary block">
        {t('admin.back')}
      </Link>
    </Door>
  );
};

const Frame = () => {
  const t = useT();
  const [path] = useLocation();
  const nav = useRef<HTMLElement>(null);
  // Where there is little room the places stand in one line, which scrolls.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the current one is another with each path
  useEffect(() => {
    nav.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [path]);
  return (
    <div className="admin">
      <a className="skip" href="#admin">
        {t('admin.skip')}
      </a>
      <Offline />
      <nav ref={nav} className="admin-nav" aria-label={t('me.admin')}>
        <Link href="/" className="entry">
          <ArrowLeft size={16} aria-hidden className="entry-icon" />
          <span className="entry-name">{t('admin.back')}</span>
        </Link>
        {PLACES.map(([href, label, Shown]) => {
          const current = path === href || path.startsWith(`${href}/`);
          return (
            <Link
              key={href}
              href={href}
              className={current ? 'entry current' : 'entry'}
              aria-current={current ? 'page' : undefined}
            >
              <span className="entry-icon">
                <Shown size={16} aria-hidden />
              </span>
              <span className="entry-name">{t(label)}</span>
            </Link>
          );
        })}
      </nav>
      <main className="admin-main" id="admin" tabIndex={-1}>
        <Part
          of={path}
          home="#admin"
          frame={(words) => (
            <>
              <h1>{t('failed.page')}</h1>
              {words}
            </>
          )}
        >
          <Switch>
            <Route path="/admin/users" component={Users} />
            <Route path="/admin/users/:id">{({ id }) => <UserPage key={id} userId={id} />}</Route>
            <Route path="/admin/teams" component={Teams} />
            <Route path="/admin/teams/:id">{({ id }) => <TeamPage key={id} teamId={id} />}</Route>
            <Route path="/admin/channels" component={Channels} />
            <Route path="/admin/channels/:id">{({ id }) => <ChannelPage key={id} channelId={id} />}</Route>
            <Route path="/admin/retention" component={Retention} />
            <Route path="/admin/audit" component={Audit} />
            <Route path="/admin/system" component={System} />
            <Route>
              <Redirect to="/admin/users" replace />
            </Route>
          </Switch>
        </Part>
      </main>
      <Notice />
    </div>
  );
};
