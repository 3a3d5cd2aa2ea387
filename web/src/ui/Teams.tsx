// Where somebody without a team, or in search of another one, finds or founds it.
import type { Team } from '@mattermost/types/teams';
import { useEffect, useState } from 'react';
import { useLocation } from 'wouter';
import { api } from '../api';
import { useT } from '../i18n';
import { loadChannels } from '../state/channels';
import { logOut } from '../state/session';
import { get, set, useStore } from '../state/store';
import { addressOf } from '../text/address';
import { attempt, useSubmit } from './attempt';
import { Field, Problem, Spinner } from './bits';
import { Door, inviteIdIn } from './Entry';

const arrive = async (team: Team): Promise<void> => {
  const member = await api.getTeamMember(team.id, 'me');
  set(({ teams, teamMembers }) => ({
    teams: { ...teams, [team.id]: team },
    teamMembers: { ...teamMembers, [team.id]: member },
  }));
  await loadChannels();
};

export const Invited = ({ inviteId }: { inviteId: string }) => {
  const t = useT();
  const [, go] = useLocation();
  const [bad, setBad] = useState(false);
  useEffect(() => {
    api
      .addToTeamFromInvite('', inviteId)
      .then((member) => api.getTeam(member.team_id))
      .then(async (team) => {
        await arrive(team);
        go(`/${team.name}`, { replace: true });
      })
      .catch(() => setBad(true));
  }, [inviteId, go]);
  if (!bad) return <Spinner />;
  return (
    <Door title={t('teams.title')} lead={t('teams.bad_invite')}>
      <button type="button" className="button primary block" onClick={() => go('/')}>
        {t('action.back')}
      </button>
    </Door>
  );
};

export const Teams = () => {
  const t = useT();
  const [, go] = useLocation();
  const mine = useStore((s) => s.teams);
  const username = useStore((s) => s.me?.username ?? '');
  const [offered, setOffered] = useState<readonly Team[] | null>(null);
  const [link, setLink] = useState('');
  const [creating, setCreating] = useState(false);
  useEffect(() => {
    api.getTeams(0, 100).then(
      (list) => setOffered(list as unknown as Team[]),
      () => setOffered([]),
    );
  }, []);
  const joinable = (offered ?? []).filter(
    (team) => !mine[team.id] && team.allow_open_invite && !team.delete_at,
  );
  const join = useSubmit(
    async () => {
      const id = inviteIdIn(new URL(link, location.origin).search) || link.trim();
      go(`/signup_user_complete/?id=${id}`);
    },
    () => t('teams.bad_invite'),
  );
  const enter = async (team: Team) => {
    await api.addToTeam(team.id, get().me!.id);
    await arrive(team);
    go(`/${team.name}`);
  };
  const all = Object.values(mine);
  return (
    <Door title={t('teams.title')} lead={t('teams.lead')}>
      {all.length > 0 && (
        <section className="door-part">
          <h2>{t('teams.joined')}</h2>
          <ul className="rows">
            {all.map((team) => (
              <li key={team.id}>
                <button type="button" className="row-button" onClick={() => go(`/${team.name}`)}>
                  <TeamMark name={team.display_name} />
                  {team.display_name}
                </button>
              </li>
            ))}
          </ul>
        </section>
      )}
      {joinable.length > 0 && (
        <section className="door-part">
          <h2>{t('teams.open')}</h2>
          <ul className="rows">
            {joinable.map((team) => (
              <li key={team.id}>
                <button type="button" className="row-button" onClick={() => attempt(enter(team))}>
                  <TeamMark name={team.display_name} />
                  {team.display_name}
                  <span className="row-end">{t('teams.join')}</span>
                </button>
              </li>
            ))}
          </ul>
        </section>
      )}
      {offered && !joinable.length && !all.length && <p className="empty">{t('teams.none')}</p>}
      {creating || (offered && !joinable.length && !all.length) ? (
        <CreateTeam />
      ) : (
        <button type="button" className="button block" onClick={() => setCreating(true)}>
          {t('teams.create')}
        </button>
      )}
      <form className="door-part inline" onSubmit={join.submit}>
        <Field
          label={t('teams.invite')}
          placeholder={t('teams.invite_paste')}
          value={link}
          onChange={(e) => setLink(e.target.value)}
        />
        {link && (
          <button type="submit" className="button">
            {t('teams.join')}
          </button>
        )}
      </form>
      {join.problem && <Problem text={join.problem} />}
      <p className="aside">
        {t('teams.as', { name: username })}{' '}
        <button type="button" className="link" onClick={() => void logOut()}>
          {t('me.logout')}
        </button>
      </p>
    </Door>
  );
};

export const TeamMark = ({ name }: { name: string }) => (
  <span className="team-mark" aria-hidden>
    {[...name][0]?.toUpperCase()}
  </span>
);

const CreateTeam = () => {
  const t = useT();
  const [, go] = useLocation();
  const [name, setName] = useState('');
  const address = addressOf(name, 50).replaceAll('_', '-');
  const { busy, problem, submit } = useSubmit(async () => {
    const team = await api.createTeam({ name: address, display_name: name.trim(), type: 'O' } as Team);
    await arrive(team);
    go(`/${team.name}`);
  });
  return (
    <form className="door-part" onSubmit={submit}>
      <Field
        label={t('teams.create_name')}
        hint={
          address.length > 1
            ? t('teams.address', { address: `${location.host}/${address}` })
            : t('teams.create_hint')
        }
        value={name}
        onChange={(e) => setName(e.target.value)}
        required
        minLength={2}
        maxLength={64}
      />
      {problem && <Problem text={problem} />}
      <button type="submit" className="button primary block" disabled={busy || address.length < 2}>
        {t('teams.create')}
      </button>
    </form>
  );
};
