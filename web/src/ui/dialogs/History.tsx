// All that a message ever said, the newest first, and whether it is gone.
import { useEffect, useState } from 'react';
import { useT } from '../../i18n';
import { loadHistory, type PostHistory } from '../../state/history';
import { moment } from '../../text/time';
import { Empty, Modal, Spinner, useName } from '../bits';
import { Versions } from '../Versions';
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
      {history && <Versions of={history.versions} />}
    </Modal>
  );
};

const Deletion = ({ at, by }: { at: number; by: string | null }) => {
  const t = useT();
  const name = useName(by ?? '');
  return <p className="problem">{t('history.deleted', { when: moment(at), name })}</p>;
};
