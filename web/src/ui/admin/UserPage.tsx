// One account, and what an administrator does about it.
import type { UserProfile } from '@mattermost/types/users';
import { useState } from 'react';
import { Link } from 'wouter';
import { api } from '../../api';
import { type Key, useT } from '../../i18n';
import { roleOf } from '../../state/admin/people';
import { isAdmin, learn } from '../../state/people';
import { notify, useStore } from '../../state/store';
import { useSubmit } from '../attempt';
import { Avatar, Field, Problem, Spinner } from '../bits';
import { Sessions } from '../Sessions';
import { Page, Section, useLoad, useQuestion } from './parts';
import { fullNameOf, ROLE_WORDS } from './Users';

interface Erasure {
  readonly erased: boolean;
  readonly key_destroyed: boolean;
}

const FIELDS = [
  ['username', 'admin.username'],
  ['email', 'admin.email'],
  ['first_name', 'settings.first_name'],
  ['last_name', 'settings.last_name'],
  ['nickname', 'settings.nickname'],
  ['position', 'settings.position'],
] as const satisfies readonly (readonly [keyof UserProfile, Key])[];

interface PartProps {
  readonly user: UserProfile;
  readonly reload: () => void;
}

export const UserPage = ({ userId }: { userId: string }) => {
  const t = useT();
  const { data, problem, reload } = useLoad(userId, async () => {
    const [user, erasure] = await Promise.all([
      api.getUser(userId),
      api.own<Erasure>('get', `/users/${userId}/erasure`),
    ]);
    learn([user]);
    return { user, erasure };
  });
  const back = { to: '/admin/users', label: t('admin.users') };
  if (!data)
    return (
      <Page title={t('admin.user')} back={back}>
        {problem ? <Problem text={problem} /> : <Spinner />}
      </Page>
    );
  const { user, erasure } = data;
  return (
    <Page
      title={
        <span className="admin-who">
          <Avatar userId={user.id} size={36} />
          {fullNameOf(user) || user.username}
        </span>
      }
      lead={`@${user.username}`}
      back={back}
      tools={<Marks user={user} erased={erasure.erased} />}
    >
      {problem && <Problem text={problem} />}
      {erasure.erased ? (
        <p className="admin-note" role="status">
          {erasure.key_destroyed ? t('admin.erased_done') : t('admin.erased_going')}
        </p>
      ) : (
        <>
          <Profile key={user.update_at} user={user} reload={reload} />
          <TeamsOf userId={user.id} />
          <Roles user={user} reload={reload} />
          {!user.delete_at && (
            <Section title={t('settings.sessions')}>
              <Sessions key={user.last_password_update} userId={user.id} />
            </Section>
          )}
          <Password user={user} reload={reload} />
          <Ending user={user} reload={reload} />
        </>
      )}
    </Page>
  );
};

const Marks = ({ user, erased }: { user: UserProfile; erased: boolean }) => {
  const t = useT();
  return (
    <>
      {!erased && <span className="tag">{t(ROLE_WORDS[roleOf(user)])}</span>}
      {user.delete_at > 0 && <span className="tag">{t(erased ? 'admin.erased' : 'admin.deactivated')}</span>}
    </>
  );
};

const Profile = ({ user, reload }: PartProps) => {
  const t = useT();
  const [values, setValues] = useState(() =>
    Object.fromEntries(FIELDS.map(([name]) => [name, user[name] ?? ''])),
  );
  const { busy, problem, submit } = useSubmit(async () => {
    const changed = FIELDS.filter(([name]) => values[name] !== (user[name] ?? ''));
    await api.patchUser({
      id: user.id,
      ...Object.fromEntries(changed.map(([name]) => [name, values[name]])),
    });
    notify(t('settings.saved'));
    reload();
  });
  const {
    busy: resetting,
    problem: pictureProblem,
    submit: reset,
  } = useSubmit(async () => {
    await api.setDefaultProfileImage(user.id);
    reload();
  });
  return (
    <Section title={t('settings.profile')}>
      <form onSubmit={submit} className="admin-form">
        {FIELDS.map(([name, label]) => (
          <Field
            key={name}
            label={t(label)}
            type={name === 'email' ? 'email' : 'text'}
            value={values[name]}
            autoComplete="off"
            required={name === 'username' || name === 'email'}
            maxLength={128}
            onChange={(event) => setValues((held) => ({ ...held, [name]: event.target.value }))}
          />
        ))}
        {(problem || pictureProblem) && <Problem text={problem || pictureProblem} />}
        <div className="admin-actions">
          <button type="submit" className="button primary" disabled={busy}>
            {t('action.save')}
          </button>
          <button type="button" className="button" disabled={resetting} onClick={() => void reset()}>
            {t('admin.picture_reset')}
          </button>
        </div>
      </form>
    </Section>
  );
};

const TeamsOf = ({ userId }: { userId: string }) => {
  const t = useT();
  const { data, problem } = useLoad(userId, () => api.getTeamsForUser(userId));
  return (
    <Section title={t('admin.teams')}>
      {problem && <Problem text={problem} />}
      {data && !data.length && <p className="hint">{t('admin.user_no_teams')}</p>}
      <ul className="chips">
        {data?.map((team) => (
          <li key={team.id}>
            <Link href={`/admin/teams/${team.id}`} className="chip admin-chip">
              {team.display_name}
            </Link>
          </li>
        ))}
      </ul>
    </Section>
  );
};

const Roles = ({ user, reload }: PartProps) => {
  const t = useT();
  const guests = useStore((s) => s.config.EnableGuestAccounts === 'true');
  const { ask, dialog } = useQuestion();
  const role = roleOf(user);
  const change = (title: string, lead: string, label: string, act: () => Promise<unknown>, danger = false) =>
    ask({ title, lead, label, danger, act: () => act().then(reload) });
  const name = user.username;
  return (
    <Section title={t('admin.role')} lead={t('admin.role_hint')}>
      <div className="admin-actions">
        {role === 'member' && (
          <button
            type="button"
            className="button"
            onClick={() =>
              change(
                t('admin.make_admin_title', { name }),
                t('admin.make_admin_lead'),
                t('admin.make_admin'),
                () => api.updateUserRoles(user.id, 'system_user system_admin'),
              )
            }
          >
            {t('admin.make_admin')}
          </button>
        )}
        {isAdmin(user) && (
          <button
            type="button"
            className="button"
            onClick={() =>
              change(
                t('admin.unmake_admin_title', { name }),
                t('admin.unmake_admin_lead'),
                t('admin.unmake_admin'),
                () => api.updateUserRoles(user.id, 'system_user'),
                true,
              )
            }
          >
            {t('admin.unmake_admin')}
          </button>
        )}
        {role === 'member' && guests && (
          <button
            type="button"
            className="button"
            onClick={() =>
              change(t('admin.demote_title', { name }), t('admin.demote_lead'), t('admin.demote'), () =>
                api.demoteUserToGuest(user.id),
              )
            }
          >
            {t('admin.demote')}
          </button>
        )}
        {role === 'guest' && (
          <button
            type="button"
            className="button"
            onClick={() =>
              change(t('admin.promote_title', { name }), t('admin.promote_lead'), t('admin.promote'), () =>
                api.promoteGuestToUser(user.id),
              )
            }
          >
            {t('admin.promote')}
          </button>
        )}
      </div>
      {dialog}
    </Section>
  );
};

const Password = ({ user, reload }: PartProps) => {
  const t = useT();
  const own = useStore((s) => s.me?.id === user.id);
  const min = Number(useStore((s) => s.config.PasswordMinimumLength) || 8);
  const [wanted, setWanted] = useState('');
  const { busy, problem, submit } = useSubmit(async () => {
    await api.updateUserPassword(user.id, '', wanted);
    setWanted('');
    notify(t('admin.password_set'));
    // It ended the sessions.
    reload();
  });
  if (own) return null;
  return (
    <Section title={t('signup.password')} lead={t('admin.password_hint')}>
      <form onSubmit={submit} className="admin-form">
        <Field
          label={t('settings.password_new')}
          hint={t('signup.password_hint', { min })}
          type="password"
          autoComplete="new-password"
          minLength={min}
          required
          value={wanted}
          onChange={(event) => setWanted(event.target.value)}
        />
        {problem && <Problem text={problem} />}
        <div className="admin-actions">
          <button type="submit" className="button" disabled={busy}>
            {t('admin.password_submit')}
          </button>
        </div>
      </form>
    </Section>
  );
};

const Ending = ({ user, reload }: PartProps) => {
  const t = useT();
  const own = useStore((s) => s.me?.id === user.id);
  const { ask, dialog } = useQuestion();
  const name = user.username;
  const active = !user.delete_at;
  const setActive = () =>
    ask({
      title: t(active ? 'admin.deactivate_title' : 'admin.activate_title', { name }),
      lead: t(active ? 'admin.deactivate_lead' : 'admin.activate_lead'),
      label: t(active ? 'admin.deactivate' : 'admin.activate'),
      danger: active,
      act: () => api.updateUserActive(user.id, !active).then(reload),
    });
  const erase = () =>
    ask({
      title: t('admin.erase_title', { name }),
      lead: t('admin.erase_lead'),
      label: t('admin.erase'),
      danger: true,
      typed: name,
      act: () => api.own('post', `/users/${user.id}/erase`, {}).then(reload),
    });
  if (own) return null;
  return (
    <Section title={t('admin.ending')} lead={t('admin.ending_hint')}>
      <div className="admin-actions">
        <button type="button" className="button" onClick={setActive}>
          {t(active ? 'admin.deactivate' : 'admin.activate')}
        </button>
        <button type="button" className="button danger" onClick={erase}>
          {t('admin.erase')}
        </button>
      </div>
      {dialog}
    </Section>
  );
};
