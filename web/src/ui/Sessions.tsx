// Where an account is logged in, and the end of it.
import type { Session } from '@mattermost/types/sessions';
import { MonitorSmartphone } from 'lucide-react';
import { useCallback, useEffect, useState } from 'react';
import { api, wordsOf } from '../api';
import { useT } from '../i18n';
import { ago, dated } from '../text/time';
import { Problem, Spinner } from './bits';

type Shown = Session & { readonly is_current: boolean };

/** Which browser on which system, as far as the server could tell. */
const Device = ({ of: { props } }: { of: Session }) => {
  const t = useT();
  const { os = '', browser = '' } = props as Record<string, string>;
  const [name = ''] = browser.split('/');
  if (name && os) return t('sessions.device', { browser: name, os });
  return name || os || t('sessions.device_unknown');
};

export const Sessions = ({ userId }: { userId: string }) => {
  const t = useT();
  const [sessions, setSessions] = useState<readonly Shown[] | null>(null);
  const [problem, setProblem] = useState('');
  const [busy, setBusy] = useState(false);
  const load = useCallback(async () => {
    const found = (await api.getSessions(userId)) as Shown[];
    setSessions(
      found.sort((a, b) => Number(b.is_current) - Number(a.is_current) || b.create_at - a.create_at),
    );
  }, [userId]);
  const failed = useCallback((error: unknown) => setProblem(wordsOf(error, t('error.general'))), [t]);
  useEffect(() => void load().catch(failed), [load, failed]);
  const others = sessions?.filter((session) => !session.is_current) ?? [];
  const mine = others.length < (sessions?.length ?? 0);
  const end = async (work: () => Promise<unknown>) => {
    setBusy(true);
    setProblem('');
    try {
      await work();
    } catch (error) {
      failed(error);
    }
    await load().catch(failed);
    setBusy(false);
  };
  // The server ends either one or all of them.
  const endOthers = async () => {
    if (!mine) return api.revokeAllSessionsForUser(userId);
    for (const { id } of others) await api.revokeSession(userId, id);
  };
  return (
    <div className="sessions">
      {problem && <Problem text={problem} />}
      {!sessions && !problem && <Spinner />}
      {sessions && !sessions.length && <p className="hint">{t('sessions.none')}</p>}
      <ul className="rows" aria-label={t('sessions.label')}>
        {sessions?.map((session) => (
          <li key={session.id} className="session">
            <MonitorSmartphone size={18} aria-hidden className="quiet" />
            <span className="row-text">
              <span>
                <Device of={session} /> · {t('sessions.used', { when: ago(session.last_activity_at) })}
              </span>
              <small className="hint">
                {t('sessions.since', { when: dated(session.create_at) })} ·{' '}
                {t('sessions.until', { when: dated(session.expires_at) })}
              </small>
            </span>
            {session.is_current ? (
              <span className="tag">{t('sessions.current')}</span>
            ) : (
              <button
                type="button"
                className="button small"
                disabled={busy}
                onClick={() => void end(() => api.revokeSession(userId, session.id))}
              >
                {t('sessions.end')}
              </button>
            )}
          </li>
        ))}
      </ul>
      {others.length > 0 && (
        <button type="button" className="button" disabled={busy} onClick={() => void end(endOthers)}>
          {mine ? t('sessions.end_others') : t('sessions.end_all')}
        </button>
      )}
    </div>
  );
};
