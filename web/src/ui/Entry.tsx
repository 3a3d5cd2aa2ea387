// The door: logging in and signing up.
import { type ReactNode, useEffect, useState } from 'react';
import { Link, useSearch } from 'wouter';
import { api, mayPass, statusOf, wordsOf } from '../api';
import { useT } from '../i18n';
import { logIn, signUp } from '../state/session';
import { useStore } from '../state/store';
import { useSubmit } from './attempt';
import { Field, Problem } from './bits';

export const Door = ({ title, lead, children }: { title: string; lead: ReactNode; children: ReactNode }) => (
  <main className="door">
    <div className="door-card">
      <img className="door-mark" src="/favicon.svg" alt="" width={44} height={44} />
      <h1>{title}</h1>
      <p className="lead">{lead}</p>
      {children}
    </div>
  </main>
);

export const Login = () => {
  const t = useT();
  const site = useStore((s) => s.config.SiteName || 'nottermost');
  const open = useStore((s) => s.config.EnableOpenServer !== 'false');
  const ended = useStore((s) => s.ended);
  const [loginId, setLoginId] = useState('');
  const [password, setPassword] = useState('');
  const { busy, problem, submit } = useSubmit(
    () => logIn(loginId.trim(), password),
    (error) =>
      statusOf(error) === 401
        ? t('login.failed')
        : mayPass(error)
          ? t('app.unreachable')
          : wordsOf(error, t('error.general')),
  );
  return (
    <Door title={t('login.title')} lead={t('login.lead', { site })}>
      {ended && !problem && <Problem text={t('login.ended')} />}
      <form onSubmit={submit}>
        <Field
          label={t('login.id')}
          value={loginId}
          onChange={(e) => setLoginId(e.target.value)}
          autoComplete="username"
          autoCapitalize="none"
          required
          autoFocus
        />
        <Field
          label={t('login.password')}
          type="password"
          value={password}
          onChange={(e) => setPassword(e.target.value)}
          autoComplete="current-password"
          required
        />
        {problem && <Problem text={problem} />}
        <button type="submit" className="button primary block" disabled={busy}>
          {t('login.submit')}
        </button>
      </form>
      {open && (
        <p className="aside">
          {t('login.no_account')} <Link href="/signup">{t('login.to_signup')}</Link>
        </p>
      )}
    </Door>
  );
};

export const inviteIdIn = (search: string): string => new URLSearchParams(search).get('id') ?? '';

export const Signup = () => {
  const t = useT();
  const inviteId = inviteIdIn(useSearch());
  const config = useStore((s) => s.config);
  const min = Number(config.PasswordMinimumLength || 8);
  const [team, setTeam] = useState('');
  const [who, setWho] = useState({ email: '', username: '', password: '' });
  const fill = (part: Partial<typeof who>) => setWho((held) => ({ ...held, ...part }));
  const { busy, problem, submit } = useSubmit(() =>
    signUp({ ...who, username: who.username.trim().toLowerCase() }, inviteId),
  );
  useEffect(() => {
    if (inviteId)
      api.getTeamInviteInfo(inviteId).then(
        (info) => setTeam(info.display_name),
        () => undefined,
      );
  }, [inviteId]);
  return (
    <Door title={t('signup.title')} lead={team ? t('signup.invited', { team }) : t('signup.lead')}>
      <form onSubmit={submit}>
        <Field
          label={t('signup.email')}
          type="email"
          value={who.email}
          onChange={(e) => fill({ email: e.target.value })}
          autoComplete="email"
          required
          autoFocus
        />
        <Field
          label={t('signup.username')}
          hint={t('signup.username_hint')}
          value={who.username}
          onChange={(e) => fill({ username: e.target.value })}
          autoComplete="username"
          autoCapitalize="none"
          required
        />
        <Field
          label={t('signup.password')}
          hint={t('signup.password_hint', { min })}
          type="password"
          value={who.password}
          onChange={(e) => fill({ password: e.target.value })}
          autoComplete="new-password"
          minLength={min}
          required
        />
        {problem && <Problem text={problem} />}
        <button type="submit" className="button primary block" disabled={busy}>
          {t('signup.submit')}
        </button>
      </form>
      {config.EnableOpenServer === 'false' && !inviteId && <p className="hint">{t('signup.closed')}</p>}
      <p className="aside">
        {t('signup.have_account')}{' '}
        <Link href={inviteId ? `/login?id=${inviteId}` : '/login'}>{t('signup.to_login')}</Link>
      </p>
    </Door>
  );
};
