// Times that are chosen by hand: for what is to be sent, and for being reminded.
import { useState } from 'react';
import { useT } from '../../i18n';
import { changeScheduled, remindAt, scheduleAt } from '../../state/later';
import { type Unsent, useStore } from '../../state/store';
import { inMinutes } from '../../text/when';
import { useSubmit } from '../attempt';
import { Modal, Problem } from '../bits';
import { Foot } from '../Foot';
import { When } from '../When';
import { close } from './Dialogs';

interface TimeDialogProps {
  readonly title: string;
  readonly at?: number;
  readonly act: (at: number) => Promise<void>;
}

const TimeDialog = ({ title, at, act }: TimeDialogProps) => {
  const t = useT();
  const [chosen, setChosen] = useState(() => at ?? inMinutes(60));
  const { busy, problem, submit } = useSubmit(async () => {
    await act(chosen);
    close();
  });
  return (
    <Modal title={title} onClose={close}>
      <form onSubmit={submit}>
        <When value={chosen} onChange={setChosen} />
        {problem && <Problem text={problem} />}
        <Foot busy={busy || chosen <= Date.now()} label={t('action.save')} />
      </form>
    </Modal>
  );
};

export const Schedule = ({ unsent }: { unsent: Unsent }) => {
  const t = useT();
  return <TimeDialog title={t('later.title')} act={(at) => scheduleAt(unsent, at)} />;
};

export const Reschedule = ({ id }: { id: string }) => {
  const t = useT();
  const post = useStore((s) => s.scheduled[id]);
  if (!post) return null;
  return (
    <TimeDialog
      title={t('later.change')}
      at={post.scheduled_at}
      act={(scheduled_at) => changeScheduled(post, { scheduled_at })}
    />
  );
};

export const Remind = ({ postId }: { postId: string }) => {
  const t = useT();
  return <TimeDialog title={t('remind.title')} act={(at) => remindAt(postId, at)} />;
};
