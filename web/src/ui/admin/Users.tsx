// All accounts.
import type { UserProfile } from '@mattermost/types/users';
import { UserPlus } from 'lucide-react';
import { useState } from 'react';
import { api } from '../../api';
import { type Key, useT } from '../../i18n';
import { ACTIVITIES, type Activity, findPeople, ROLES, type Role, roleOf } from '../../state/admin/people';
import { useStore } from '../../state/store';
import { useSubmit } from '../attempt';
import { Avatar, Field, Modal, Problem } from '../bits';
import { Foot } from '../Foot';
import { goTo } from '../places';
import { Listing, NameCell, Page, SearchField, Segments, usePages, useRested, When } from './parts';

export const ROLE_WORDS: Readonly<Record<Exclude<Role, 'all'>, Key>> = {
  admin: 'admin.role_admin',
  member: 'admin.role_member',
  guest: 'admin.role_guest',
};
const ROLE_FILTER: Readonly<Record<Role, Key>> = {
  all: 'admin.any_role',
  admin: 'admin.role_admins',
  member: 'admin.role_members',
  guest: 'admin.role_guests',
};
const ACTIVITY_FILTER: Readonly<Record<Activity, Key>> = {
  all: 'admin.all',
  active: 'admin.active',
  inactive: 'admin.deactivated',
};

export const fullNameOf = (user: UserProfile): string =>
  `${user.first_name} ${user.last_name}`.trim() || user.nickname;

export const Users = () => {
  const t = useT();
  const [term, setTerm] = useState('');
  const [role, setRole] = useState<Role>('all');
  const [activity, setActivity] = useState<Activity>('all');
  const [creating, setCreating] = useState(false);
  const filter = { term: useRested(term.trim()), role, activity };
  const pages = usePages(JSON.stringify(filter), (from) => findPeople(filter, from));
  return (
    <Page
      title={t('admin.users')}
      tools={
        <button type="button" className="button primary" onClick={() => setCreating(true)}>
          <UserPlus size={16} aria-hidden /> {t('admin.user_create')}
        </button>
      }
    >
      <div className="admin-filters">
        <SearchField label={t('admin.user_search')} value={term} onChange={setTerm} />
        <Segments
          label={t('admin.role')}
          value={role}
          options={ROLES.map((one) => [one, t(ROLE_FILTER[one])])}
          onChange={setRole}
        />
        <Segments
          label={t('admin.state')}
          value={activity}
          options={ACTIVITIES.map((one) => [one, t(ACTIVITY_FILTER[one])])}
          onChange={setActivity}
        />
      </div>
      <Listing
        label={t('admin.users')}
        pages={pages}
        none={t('admin.user_none')}
        heads={[t('admin.name'), `~${t('admin.email')}`, t('admin.role'), `~${t('admin.created')}`]}
        row={(user) => <UserRow key={user.id} user={user} />}
      />
      {creating && <CreateUser onClose={() => setCreating(false)} />}
    </Page>
  );
};

const UserRow = ({ user }: { user: UserProfile }) => {
  const t = useT();
  return (
    <tr className={user.delete_at ? 'faded' : undefined}>
      <NameCell
        to={`/admin/users/${user.id}`}
        icon={<Avatar userId={user.id} size={32} />}
        name={fullNameOf(user) || user.username}
        hint={`@${user.username}`}
        tag={user.delete_at > 0 && t('admin.deactivated')}
      />
      <td className="roomy">{user.email}</td>
      <td>{t(ROLE_WORDS[roleOf(user)])}</td>
      <td className="roomy">
        <When at={user.create_at} />
      </td>
    </tr>
  );
};

const CreateUser = ({ onClose }: { onClose: () => void }) => {
  const t = useT();
  const min = Number(useStore((s) => s.config.PasswordMinimumLength) || 8);
  const [who, setWho] = useState({ username: '', email: '', password: '' });
  const fill = (part: Partial<typeof who>) => setWho((held) => ({ ...held, ...part }));
  const { busy, problem, submit } = useSubmit(async () => {
    const made = await api.createUser({ ...who } as unknown as UserProfile, '', '');
    onClose();
    goTo(`/admin/users/${made.id}`);
  });
  return (
    <Modal title={t('admin.user_create')} onClose={onClose}>
      <form onSubmit={submit}>
        <Field
          label={t('admin.username')}
          hint={t('signup.username_hint')}
          value={who.username}
          autoComplete="off"
          autoCapitalize="none"
          required
          autoFocus
          onChange={(event) => fill({ username: event.target.value.toLowerCase() })}
        />
        <Field
          label={t('admin.email')}
          type="email"
          value={who.email}
          autoComplete="off"
          required
          onChange={(event) => fill({ email: event.target.value })}
        />
        <Field
          label={t('signup.password')}
          hint={t('signup.password_hint', { min })}
          type="password"
          value={who.password}
          autoComplete="new-password"
          minLength={min}
          required
          onChange={(event) => fill({ password: event.target.value })}
        />
        {problem && <Problem text={problem} />}
        <Foot busy={busy} label={t('action.create')} onClose={onClose} />
      </form>
    </Modal>
  );
};
