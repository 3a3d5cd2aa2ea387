// Which of the page's places is shown.
import { Suspense, useEffect } from 'react';
import { Redirect, Route, Switch, useLocation, useSearch } from 'wouter';
import { useT } from '../i18n';
import { local } from '../state/preferences';
import { useStore } from '../state/store';
import { Spinner } from './bits';
import { Door, inviteIdIn, Login, Signup } from './Entry';
import { later } from './later';
import { Part } from './Part';
import { Shell } from './Shell';
import { Invited, Teams } from './Teams';

const Admin = later(() => import('./admin/Admin'));

const ARRIVAL = 'nottermost:arrival';

const SignedOut = () => {
  const [path] = useLocation();
  const search = useSearch();
  useEffect(() => {
    if (!/^\/(login|signup)?$/.test(path)) sessionStorage.setItem(ARRIVAL, path + (search && `?${search}`));
  }, [path, search]);
  return (
    <Switch>
      <Route path="/signup" component={Signup} />
      <Route path="/signup_user_complete" component={Signup} />
      <Route component={Login} />
    </Switch>
  );
};

/** Where somebody wanted to go before they were asked who they are; else the team where they were last. */
const Home = () => {
  const teams = useStore((s) => s.teams);
  const inviteId = inviteIdIn(useSearch());
  useEffect(() => sessionStorage.removeItem(ARRIVAL), []);
  if (inviteId) return <Invited inviteId={inviteId} />;
  const arrival = sessionStorage.getItem(ARRIVAL);
  if (arrival) return <Redirect to={arrival} replace />;
  const last = local.get('team', '');
  const team = Object.values(teams).find((one) => one.id === last) ?? Object.values(teams)[0];
  return team ? <Redirect to={`/${team.name}`} replace /> : <Redirect to="/teams" replace />;
};

const SignedIn = () => {
  const inviteId = inviteIdIn(useSearch());
  return (
    <Switch>
      <Route path="/teams" component={Teams} />
      <Route path="/signup_user_complete">{inviteId ? <Invited inviteId={inviteId} /> : <Home />}</Route>
      <Route path="/admin/*?">
        <Suspense fallback={<Splash />}>
          <Admin />
        </Suspense>
      </Route>
      <Route path="/:team/*?">{({ team }) => (isPlace(team) ? <Shell teamName={team} /> : <Home />)}</Route>
      <Route component={Home} />
    </Switch>
  );
};

const isPlace = (segment: string | undefined): segment is string =>
  !!segment && !['login', 'signup', 'teams'].includes(segment);

/** All of it; whatever no part of it has caught ends here. */
export const Page = () => {
  const t = useT();
  const [path] = useLocation();
  return (
    <Part
      of={path}
      home="#composer"
      frame={(words) => (
        <Door title={t('failed.page')} lead="">
          {words}
        </Door>
      )}
    >
      <App />
    </Part>
  );
};

const App = () => {
  const t = useT();
  const phase = useStore((s) => s.phase);
  if (phase === 'signed-in') return <SignedIn />;
  if (phase === 'signed-out') return <SignedOut />;
  if (phase === 'unreachable') {
    return (
      <Door title="nottermost" lead={t('app.unreachable')}>
        <Spinner />
      </Door>
    );
  }
  return <Splash />;
};

const Splash = () => (
  <main className="splash">
    <Spinner />
  </main>
);
