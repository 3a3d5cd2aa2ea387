// How the server is.
import { useEffect, useRef } from 'react';
import { api, statusOf, wordsOf } from '../../api';
import { intl, type Key, useT } from '../../i18n';
import { askVitals, type Lag } from '../../state/admin/metrics';
import { useStore } from '../../state/store';
import { Problem, Spinner } from '../bits';
import { Amount, Page, Section, Table, useLoad } from './parts';

const EVERY_MS = 5000;

const LAG_WORDS: Readonly<Record<Lag['what'], Key>> = {
  fold: 'admin.lag_fold',
  projection: 'admin.lag_projection',
  index: 'admin.lag_index',
  archive: 'admin.lag_archive',
};

type Server = Awaited<ReturnType<typeof api.ping>> & {
  readonly database_status?: string;
  readonly filestore_status?: string;
  readonly ActiveSearchBackend?: string;
};

type Health = { readonly state: 'well' | 'elsewhere' } | { readonly state: 'ill'; readonly words: string };

/** What the process says of itself. That it cannot serve is an answer, too; an edge passes the question on to nobody. */
const askHealth = async (): Promise<Health> => {
  try {
    await api.own('get', '/health');
    return { state: 'well' };
  } catch (error) {
    if (statusOf(error) === 503) return { state: 'ill', words: wordsOf(error, '503') };
    if (statusOf(error) === 404) return { state: 'elsewhere' };
    throw error;
  }
};

const look = async () => {
  const [server, health, vitals, { data: limits }] = await Promise.all([
    api.ping(true) as Promise<Server>,
    askHealth(),
    askVitals(),
    api.getServerLimits(),
  ]);
  return { server, health, vitals, limits, at: Date.now() };
};

export const System = () => {
  const t = useT();
  const version = useStore((s) => s.config.BuildNumber ?? '');
  const contract = useStore((s) => s.config.Version ?? '');
  const { data, problem, reload } = useLoad('system', look);
  useEvery(EVERY_MS, reload);
  return (
    <Page title={t('admin.system')} lead={t('admin.system_lead')}>
      {problem && <Problem text={problem} />}
      {!data && !problem && <Spinner />}
      {data && (
        <>
          <Section title={t('admin.server')}>
            <dl className="admin-facts">
              <dt>{t('admin.health')}</dt>
              <dd>
                <HealthMark health={data.health} />
              </dd>
              <dt>{t('admin.version')}</dt>
              <dd>{version}</dd>
              <dt>{t('admin.contract')}</dt>
              <dd>{contract}</dd>
              <dt>{t('admin.database')}</dt>
              <dd>{data.server.database_status}</dd>
              <dt>{t('admin.filestore')}</dt>
              <dd>{data.server.filestore_status}</dd>
              <dt>{t('admin.search_engine')}</dt>
              <dd>{data.server.ActiveSearchBackend}</dd>
              <dt>{t('admin.looked')}</dt>
              <dd>{intl().formatTime(data.at, { timeStyle: 'medium' })}</dd>
            </dl>
          </Section>
          <Section title={t('admin.numbers')}>
            <ul className="admin-numbers">
              <Big label={t('admin.accounts_active')} of={data.limits.activeUserCount} />
              {data.vitals && (
                <>
                  <Big label={t('admin.sockets')} of={data.vitals.sockets} />
                  <Big label={t('admin.streams')} of={data.vitals.streams} />
                  <Big label={t('admin.log_records')} of={data.vitals.log} />
                </>
              )}
            </ul>
            <p className="hint">
              {data.limits.maxUsersLimit
                ? t('admin.limit_users', { max: data.limits.maxUsersLimit })
                : t('admin.no_limit')}
            </p>
          </Section>
          <Section title={t('admin.lags')} lead={t('admin.lags_hint')}>
            {data.vitals ? <Lags lags={data.vitals.lags} /> : <p className="hint">{t('admin.no_metrics')}</p>}
          </Section>
        </>
      )}
    </Page>
  );
};

const HealthMark = ({ health }: { health: Health }) => {
  const t = useT();
  if (health.state === 'elsewhere') return t('admin.health_elsewhere');
  const words = health.state === 'ill' ? health.words : t('admin.healthy');
  return <span className={`health ${health.state}`}>{words}</span>;
};

const Big = ({ label, of }: { label: string; of: number }) => (
  <li>
    <strong>
      <Amount of={of} />
    </strong>
    <span>{label}</span>
  </li>
);

const Lags = ({ lags }: { lags: readonly Lag[] }) => {
  const t = useT();
  return (
    <Table
      label={t('admin.lags')}
      heads={[t('admin.lag_what'), t('admin.lag_records'), t('admin.lag_parts')]}
    >
      {lags.map((lag) => (
        <tr key={lag.what}>
          <th scope="row">{t(LAG_WORDS[lag.what])}</th>
          <td>
            <Amount of={lag.records} />
          </td>
          <td>
            <Amount of={lag.behind} />
          </td>
        </tr>
      ))}
    </Table>
  );
};

/** Does something every now and then, while somebody can see it. */
const useEvery = (ms: number, act: () => void): void => {
  const latest = useRef(act);
  latest.current = act;
  useEffect(() => {
    const timer = setInterval(() => document.hidden || latest.current(), ms);
    return () => clearInterval(timer);
  }, [ms]);
};
