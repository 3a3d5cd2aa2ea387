// All that a message ever said, for administrators.
import { useT } from '../../i18n';
import { loadHistory, type PostHistory } from '../../state/history';
import { Modal, Problem, Spinner } from '../bits';
import { Versions } from '../Versions';
import { Name, useLoad, When } from './parts';
import { useChannelName } from './places';

interface Document extends PostHistory {
  readonly channel_id: string;
}

export const History = ({ postId, onClose }: { postId: string; onClose: () => void }) => {
  const t = useT();
  const { data, problem } = useLoad(postId, () => loadHistory(postId) as Promise<Document>);
  return (
    <Modal title={t('admin.history')} onClose={onClose} wide>
      {problem && <Problem text={problem} />}
      {!data && !problem && <Spinner />}
      {data && <Whole of={data} />}
    </Modal>
  );
};

const Whole = ({ of }: { of: Document }) => {
  const t = useT();
  const channel = useChannelName(of.channel_id);
  return (
    <>
      <dl className="admin-facts">
        <dt>{t('admin.by')}</dt>
        <dd>
          <Name userId={of.user_id} />
        </dd>
        <dt>{t('admin.channel')}</dt>
        <dd>{channel}</dd>
        {of.deleted && (
          <>
            <dt>{t('admin.history_deleted')}</dt>
            <dd>
              <When at={of.deleted.at} /> {of.deleted.by && <Name userId={of.deleted.by} />}
            </dd>
          </>
        )}
      </dl>
      <Versions of={of.versions} verbatim />
    </>
  );
};
