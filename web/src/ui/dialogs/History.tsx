// All that a message ever said, the newest first, and whether it is gone.
import { useEffect, useState } from 'react';
import { useT } from '../../i18n';
import { loadHistory, type PostHistory } from '../../state/history';
import { moment } from '../../text/time';
import { Body } from '../Body';
import { Empty, Modal, Spinner, useName } from '../bits';
import { close } from './Dialogs';

export const History = ({ postId }: { postId: string }) => {
  const t = useT();
  const [history, setHistory] = useState<PostHistory | null>(null);
  const [hidden, setHidden] = useState(false);
  useEffect(() => {
    loadHistory(postId).then(setHistory, () => setHidden(true));
  }, [postId]);
  return (
    <Modal title={t('history.title')} onClose={close}>
      {hidden && <Empty>{t('history.hidden')}</Empty>}
      {!history && !hidden && <Spinner />}
      {history?.deleted && <Deletion {...history.deleted} />}
      <ol className="versions" reversed>
        {history?.versions.toReversed().map((version, n, all) => (
          <li key={version.from}>
            <time className="quiet small">
              {t(n === all.length - 1 ? 'history.said' : 'history.changed', { when: moment(version.from) })}
              {version.to ? ` – ${t('history.until', { when: moment(version.to) })}` : ''}
            </time>
            <Body message={version.message} />
            {version.files.length > 0 && (
              <p className="quiet small">{version.files.map((file) => file.name).join(', ')}</p>
            )}
          </li>
        ))}
      </ol>
    </Modal>
  );
};

const Deletion = ({ at, by }: { at: number; by: string | null }) => {
  const t = useT();
  const name = useName(by ?? '');
  return <p className="problem">{t('history.deleted', { when: moment(at), name })}</p>;
};
