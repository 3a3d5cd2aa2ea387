// How long messages and files are kept: the rule for everything, and policies of teams and channels.
import type { DataRetentionCustomPolicy } from '@mattermost/types/data_retention';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { api } from '../../api';
import { useT } from '../../i18n';
import { type Choosable, offerChannels, offerTeams } from '../../state/admin/choices';
import { FOR_EVER, followersOf, policies, savePolicy } from '../../state/admin/retention';
import { useSubmit } from '../attempt';
import { Field, Modal, Problem, Spinner } from '../bits';
import { Foot } from '../Foot';
import { Choose } from './Choose';
import { Holds } from './Holds';
import { Page, Section, Table, useLoad, useQuestion, When } from './parts';
import { Runs } from './Runs';

const DAYS_MAX = 36_500;

export const Retention = () => {
  const t = useT();
  return (
    <Page title={t('admin.retention')} lead={t('admin.retention_lead')}>
      <Global />
      <Policies />
      <Runs />
      <Holds />
    </Page>
  );
};

const Global = () => {
  const t = useT();
  const { data, problem } = useLoad('global', () => api.getDataRetentionPolicy());
  return (
    <Section title={t('admin.retention_global')} lead={t('admin.retention_global_hint')}>
      {problem && <Problem text={problem} />}
      {data && (
        <dl className="admin-facts">
          <dt>{t('admin.messages')}</dt>
          <dd>
            {data.message_deletion_enabled ? (
              <>
                {t('admin.kept_since')} <When at={data.message_retention_cutoff} />
              </>
            ) : (
              t('admin.for_ever')
            )}
          </dd>
          <dt>{t('admin.files')}</dt>
          <dd>
            {data.file_deletion_enabled ? (
              <>
                {t('admin.kept_since')} <When at={data.file_retention_cutoff} />
              </>
            ) : (
              t('admin.for_ever')
            )}
          </dd>
        </dl>
      )}
    </Section>
  );
};

type Editing = DataRetentionCustomPolicy | 'new';

const Policies = () => {
  const t = useT();
  const { data, problem, reload } = useLoad('policies', policies);
  const [editing, setEditing] = useState<Editing | null>(null);
  const { ask, dialog } = useQuestion();
  const remove = (policy: DataRetentionCustomPolicy) =>
    ask({
      title: t('admin.policy_delete_title', { name: policy.display_name }),
      lead: t('admin.policy_delete_lead'),
      label: t('post.delete'),
      danger: true,
      act: () => api.deleteDataRetentionCustomPolicy(policy.id).then(reload),
    });
  return (
    <Section title={t('admin.policies')} lead={t('admin.policies_hint')}>
      {problem && <Problem text={problem} />}
      {!data && !problem && <Spinner />}
      {data && !data.length && <p className="hint">{t('admin.policy_none')}</p>}
      {data && data.length > 0 && (
        <Table
          label={t('admin.policies')}
          heads={[
            t('admin.name'),
            t('admin.days'),
            `~${t('admin.teams')}`,
            `~${t('admin.channels')}`,
            t('admin.actions'),
          ]}
        >
          {data.map((policy) => (
            <tr key={policy.id}>
              <td>
                <strong>{policy.display_name}</strong>
              </td>
              <td>
                {policy.post_duration === FOR_EVER
                  ? t('admin.for_ever')
                  : t('admin.days_count', { count: policy.post_duration })}
              </td>
              <td className="roomy">{policy.team_count}</td>
              <td className="roomy">{policy.channel_count}</td>
              <td>
                <div className="admin-actions">
                  <button type="button" className="button small" onClick={() => setEditing(policy)}>
                    {t('post.edit')}
                    <span className="hidden"> {policy.display_name}</span>
                  </button>
                  <button type="button" className="button small" onClick={() => remove(policy)}>
                    {t('post.delete')}
                    <span className="hidden"> {policy.display_name}</span>
                  </button>
                </div>
              </td>
            </tr>
          ))}
        </Table>
      )}
      <div className="admin-actions">
        <button type="button" className="button" onClick={() => setEditing('new')}>
          <Plus size={16} aria-hidden /> {t('admin.policy_create')}
        </button>
      </div>
      {dialog}
      {editing && <PolicyDialog editing={editing} reload={reload} onClose={() => setEditing(null)} />}
    </Section>
  );
};

interface PolicyProps {
  readonly editing: Editing;
  readonly reload: () => void;
  readonly onClose: () => void;
}

const NOBODY = { teams: [], channels: [] };

const PolicyDialog = ({ editing, reload, onClose }: PolicyProps) => {
  const t = useT();
  const id = editing === 'new' ? '' : editing.id;
  const { data, problem } = useLoad(id, async () => (id ? followersOf(id) : NOBODY));
  return (
    <Modal title={t(id ? 'admin.policy_edit' : 'admin.policy_create')} onClose={onClose} wide>
      {problem && <Problem text={problem} />}
      {!data && !problem && <Spinner />}
      {data && <PolicyForm editing={editing} followers={data} reload={reload} onClose={onClose} />}
    </Modal>
  );
};

interface FormProps extends PolicyProps {
  readonly followers: { readonly teams: readonly Choosable[]; readonly channels: readonly Choosable[] };
}

const PolicyForm = ({ editing, followers, reload, onClose }: FormProps) => {
  const t = useT();
  const held = editing === 'new' ? { id: '', display_name: '', post_duration: 365 } : editing;
  const [name, setName] = useState(held.display_name);
  const [forEver, setForEver] = useState(held.post_duration === FOR_EVER);
  const [days, setDays] = useState(String(held.post_duration === FOR_EVER ? 365 : held.post_duration));
  const [teams, setTeams] = useState(followers.teams);
  const [channels, setChannels] = useState(followers.channels);
  const { busy, problem, submit } = useSubmit(async () => {
    await savePolicy(held.id || null, {
      display_name: name.trim(),
      post_duration: forEver ? FOR_EVER : Number(days),
      team_ids: teams.map((team) => team.id),
      channel_ids: channels.map((channel) => channel.id),
    });
    reload();
    onClose();
  });
  return (
    <form onSubmit={submit}>
      <Field
        label={t('admin.name')}
        value={name}
        required
        maxLength={64}
        autoFocus
        onChange={(event) => setName(event.target.value)}
      />
      <label className="check">
        <input type="checkbox" checked={forEver} onChange={(event) => setForEver(event.target.checked)} />
        <span>{t('admin.keep_for_ever')}</span>
      </label>
      {!forEver && (
        <Field
          label={t('admin.days')}
          hint={t('admin.days_hint')}
          type="number"
          min={1}
          max={DAYS_MAX}
          required
          value={days}
          onChange={(event) => setDays(event.target.value)}
        />
      )}
      <Choose label={t('admin.teams')} offer={offerTeams} chosen={teams} onChange={setTeams} />
      <Choose label={t('admin.channels')} offer={offerChannels} chosen={channels} onChange={setChannels} />
      {problem && <Problem text={problem} />}
      <Foot busy={busy} label={t('action.save')} onClose={onClose} />
    </form>
  );
};
