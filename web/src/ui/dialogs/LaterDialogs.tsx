// Times that are chosen by hand: for what is to be sent, and for being reminded.
import { useState } from 'react';
import { api } from '../../api';
import { t as say, useT } from '../../i18n';
import { saveDraft } from '../../state/drafts';
import { changeScheduled, schedule } from '../../state/scheduled';
import { get, notify, type Unsent, useStore } from '../../state/store';
import { moment } from '../../text/time';
import { inMinutes } from '../../text/when';
import { useSubmit } from '../attempt';
import { Modal, Problem } from '../bits';
import { When } from '../When';
import { Foot } from './ChannelDialogs';
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

export const scheduleAt = async (unsent: Unsent, at: number): Promise<void> => {
  await schedule(unsent, at);
  saveDraft(unsent.channelId, unsent.rootId, { message: '', files: [] });
  notify(say('later.done', { when: moment(at) }));
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

export const remindAt = async (postId: string, at: number): Promise<void> => {
  await api.addPostReminder(get().me!.id, postId, Math.floor(at / 1000));
  notify(say('remind.done', { when: moment(at) }));
};

export const Remind = ({ postId }: { postId: string }) => {
  const t = useT();
  return <TimeDialog title={t('remind.title')} act={(at) => remindAt(postId, at)} />;
};
