// All teams, and one of them.
import type { Team } from '@mattermost/types/teams';
import { useState } from 'react';
import { api } from '../../api';
import { type Key, useT } from '../../i18n';
import { PAGE } from '../../state/admin/people';
import { type CountedTeam, findTeams, STANDS, type Stand } from '../../state/admin/teams';
import { notify } from '../../state/store';
import { useSubmit } from '../attempt';
import { Field, Problem, Spinner } from '../bits';
import { TeamMark } from '../Teams';
import { Members } from './Members';
import {
  Amount,
  Listing,
  NameCell,
  Page,
  SearchField,
  Section,
  Segments,
  useLoad,
  usePages,
  useQuestion,
  useRested,
  When,
} from './parts';

export const STAND_FILTER: Readonly<Record<Stand, Key>> = {
  all: 'admin.all',
  active: 'admin.active',
  archived: 'admin.archived',
};

export const Teams = () => {
  const t = useT();
  const [term, setTerm] = useState('');
  const [stand, setStand] = useState<Stand>('all');
  const filter = { term: useRested(term.trim()), stand };
  const pages = usePages(JSON.stringify(filter), (from) => findTeams(filter, from));
  return (
    <Page title={t('admin.teams')}>
      <div className="admin-filters">
        <SearchField label={t('admin.team_search')} value={term} onChange={setTerm} />
        <Segments
          label={t('admin.state')}
          value={stand}
          options={STANDS.map((one) => [one, t(STAND_FILTER[one])])}
          onChange={setStand}
        />
      </div>
      <Listing
        label={t('admin.teams')}
        pages={pages}
        none={t('admin.team_none')}
        heads={[t('admin.name'), t('admin.members'), `~${t('admin.privacy')}`, `~${t('admin.created')}`]}
        row={(team) => <TeamRow key={team.id} team={team} />}
      />
    </Page>
  );
};

const TeamRow = ({ team }: { team: CountedTeam }) => {
  const t = useT();
  return (
    <tr className={team.delete_at ? 'faded' : undefined}>
      <NameCell
        to={`/admin/teams/${team.id}`}
        icon={<TeamMark name={team.display_name} />}
        name={team.display_name}
        hint={`/${team.name}`}
        tag={team.delete_at > 0 && t('admin.archived')}
      />
      <td>
        <Amount of={team.members} />
      </td>
      <td className="roomy">{t(team.allow_open_invite ? 'admin.team_open' : 'admin.team_invited')}</td>
      <td className="roomy">
        <When at={team.create_at} />
      </td>
    </tr>
  );
};

export const TeamPage = ({ teamId }: { teamId: string }) => {
  const t = useT();
  const { data: team, problem, reload } = useLoad(teamId, () => api.getTeam(teamId));
  const back = { to: '/admin/teams', label: t('admin.teams') };
  if (!team)
    return (
      <Page title={t('admin.team')} back={back}>
        {problem ? <Problem text={problem} /> : <Spinner />}
      </Page>
    );
  return (
    <Page
      title={team.display_name}
      lead={`/${team.name}`}
      back={back}
      tools={team.delete_at > 0 && <span className="tag">{t('admin.archived')}</span>}
    >
      {problem && <Problem text={problem} />}
      {team.delete_at ? (
        <p className="admin-note">{t('admin.team_archived')}</p>
      ) : (
        <>
          <TeamForm key={team.update_at} team={team} reload={reload} />
          <Section title={t('channel.members_title')}>
            <Members
              at={team.id}
              ask={(page) => api.getTeamMembers(team.id, page, PAGE)}
              setAdmin={(userId, admin) => api.updateTeamMemberSchemeRoles(team.id, userId, true, admin)}
              remove={(userId) => api.removeFromTeam(team.id, userId)}
              removal={t('admin.team_remove_lead')}
            />
          </Section>
        </>
      )}
      <TeamEnding team={team} reload={reload} />
    </Page>
  );
};

interface PartProps {
  readonly team: Team;
  readonly reload: () => void;
}

const TeamForm = ({ team, reload }: PartProps) => {
  const t = useT();
  const [values, setValues] = useState({
    display_name: team.display_name,
    description: team.description,
    allow_open_invite: team.allow_open_invite,
  });
  const fill = (part: Partial<typeof values>) => setValues((held) => ({ ...held, ...part }));
  const { busy, problem, submit } = useSubmit(async () => {
    await api.patchTeam({ id: team.id, ...values });
    notify(t('settings.saved'));
    reload();
  });
  return (
    <Section title={t('settings.title')}>
      <form onSubmit={submit} className="admin-form">
        <Field
          label={t('admin.name')}
          value={values.display_name}
          required
          minLength={2}
          maxLength={64}
          onChange={(event) => fill({ display_name: event.target.value })}
        />
        <Field
          label={t('admin.description')}
          value={values.description}
          maxLength={255}
          onChange={(event) => fill({ description: event.target.value })}
        />
        <label className="check">
          <input
            type="checkbox"
            checked={values.allow_open_invite}
            onChange={(event) => fill({ allow_open_invite: event.target.checked })}
          />
          <span>
            {t('admin.team_open')}
            <small className="hint">{t('admin.team_open_hint')}</small>
          </span>
        </label>
        {problem && <Problem text={problem} />}
        <div className="admin-actions">
          <button type="submit" className="button primary" disabled={busy}>
            {t('action.save')}
          </button>
        </div>
      </form>
    </Section>
  );
};

const TeamEnding = ({ team, reload }: PartProps) => {
  const t = useT();
  const { ask, dialog } = useQuestion();
  const name = team.display_name;
  const archive = () =>
    ask({
      title: t('admin.archive_title', { name }),
      lead: t('admin.team_archive_lead'),
      label: t('admin.archive'),
      danger: true,
      act: () => api.deleteTeam(team.id).then(reload),
    });
  const restore = () =>
    ask({
      title: t('admin.restore_title', { name }),
      lead: t('admin.team_restore_lead'),
      label: t('admin.restore'),
      act: () => api.unarchiveTeam(team.id).then(reload),
    });
  return (
    <Section title={t('admin.archive_section')}>
      <div className="admin-actions">
        <button type="button" className="button" onClick={team.delete_at ? restore : archive}>
          {t(team.delete_at ? 'admin.restore' : 'admin.archive')}
        </button>
      </div>
      {dialog}
    </Section>
  );
};
