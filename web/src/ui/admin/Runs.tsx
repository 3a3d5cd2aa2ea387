// What retention did, and what it would do.
import { useState } from 'react';
import { useT } from '../../i18n';
import { type Expiry, expiriesOf, type Run, runNow, runs } from '../../state/admin/retention';
import { meet } from '../../state/people';
import { useSubmit } from '../attempt';
import { Modal, Problem } from '../bits';
import { Amount, Listing, Name, Section, usePages, useQuestion, When } from './parts';
import { useChannelName } from './places';

export const Runs = () => {
  const t = useT();
  const pages = usePages<Run>('runs', async (from) => {
    const found = await runs(from);
    meet(found.items.flatMap((run) => run.requested_by ?? []));
    return found;
  });
  const [shown, setShown] = useState<Run | null>(null);
  const [trial, setTrial] = useState<Run | null>(null);
  const { ask, dialog } = useQuestion();
  const { busy, problem, submit } = useSubmit(async () => setTrial(await runNow(true)));
  const run = () =>
    ask({
      title: t('admin.run_title'),
      lead: t('admin.run_lead'),
      label: t('admin.run_now'),
      danger: true,
      act: async () => {
        await runNow(false);
        setTrial(null);
        pages.reload();
      },
    });
  return (
    <Section title={t('admin.runs')} lead={t('admin.runs_hint')}>
      <div className="admin-actions">
        <button type="button" className="button" disabled={busy} onClick={() => void submit()}>
          {t('admin.run_try')}
        </button>
        <button type="button" className="button" onClick={run}>
          {t('admin.run_now')}
        </button>
      </div>
      {problem && <Problem text={problem} />}
      {trial && (
        <p className="admin-note" role="status">
          {t('admin.run_would', {
            posts: trial.posts,
            files: trial.files,
            channels: trial.channels,
            held: trial.channels_held,
          })}
        </p>
      )}
      <Listing
        label={t('admin.runs')}
        pages={pages}
        none={t('admin.run_none')}
        heads={[
          t('admin.began'),
          `~${t('admin.by')}`,
          t('admin.messages'),
          t('admin.files'),
          `~${t('admin.run_held')}`,
          `~${t('admin.run_failed')}`,
          t('admin.report'),
        ]}
        row={(one) => <RunRow key={one.id} run={one} open={() => setShown(one)} />}
      />
      {dialog}
      {shown && <Report run={shown} onClose={() => setShown(null)} />}
    </Section>
  );
};

const RunRow = ({ run, open }: { run: Run; open: () => void }) => {
  const t = useT();
  return (
    <tr>
      <td>
        <When at={run.began_at} />
      </td>
      <td className="roomy">
        {run.requested_by ? <Name userId={run.requested_by} /> : t('admin.by_itself')}
      </td>
      <td>
        <Amount of={run.posts} />
      </td>
      <td>
        <Amount of={run.files} />
      </td>
      <td className="roomy">
        <Amount of={run.channels_held} />
      </td>
      <td className="roomy">
        <Amount of={run.channels_failed} />
      </td>
      <td>
        <button type="button" className="button small" onClick={open}>
          {t('admin.show')}
        </button>
      </td>
    </tr>
  );
};

const Report = ({ run, onClose }: { run: Run; onClose: () => void }) => {
  const t = useT();
  const pages = usePages<Expiry>(run.id, (from) => expiriesOf(run.id, from));
  return (
    <Modal title={t('admin.report')} onClose={onClose} wide>
      <dl className="admin-facts">
        <dt>{t('admin.began')}</dt>
        <dd>
          <When at={run.began_at} />
        </dd>
        <dt>{t('admin.ended')}</dt>
        <dd>
          <When at={run.ended_at} />
        </dd>
        <dt>{t('admin.channels')}</dt>
        <dd>
          <Amount of={run.channels} />
        </dd>
        <dt>{t('admin.keys_advanced')}</dt>
        <dd>
          <Amount of={run.keys_advanced} />
        </dd>
        <dt>{t('admin.objects_removed')}</dt>
        <dd>
          <Amount of={run.objects_removed} />
        </dd>
      </dl>
      <Listing
        label={t('admin.report')}
        pages={pages}
        none={t('admin.report_none')}
        heads={[t('admin.channel'), t('admin.messages'), t('admin.files')]}
        row={(expiry) => <ExpiryRow key={`${expiry.channel_id} ${expiry.at}`} expiry={expiry} />}
      />
    </Modal>
  );
};

const ExpiryRow = ({ expiry }: { expiry: Expiry }) => (
  <tr>
    <td>{useChannelName(expiry.channel_id)}</td>
    <td>
      <Amount of={expiry.posts} />
    </td>
    <td>
      <Amount of={expiry.files} />
    </td>
  </tr>
);
