// A category of the sidebar: a new one, or another name for one.
import type { ChannelCategory } from '@mattermost/types/channel_categories';
import { useState } from 'react';
import { useT } from '../../i18n';
import { makeCategory, renameCategory } from '../../state/sidebar';
import { useSubmit } from '../attempt';
import { Field, Modal, Problem } from '../bits';
import { Foot } from '../Foot';
import { close } from './Dialogs';

const NAME_MAX = 22;

interface CategoryDialogProps {
  readonly category: ChannelCategory | null;
  /** What goes into a new one at once. */
  readonly channelId: string | null;
}

export const CategoryDialog = ({ category, channelId }: CategoryDialogProps) => {
  const t = useT();
  const [name, setName] = useState(category?.display_name ?? '');
  const { busy, problem, submit } = useSubmit(async () => {
    await (category ? renameCategory(category.id, name.trim()) : makeCategory(name.trim(), channelId));
    close();
  });
  return (
    <Modal title={category ? t('category.rename') : t('category.make')} onClose={close}>
      <form onSubmit={submit}>
        <Field
          label={t('category.name')}
          value={name}
          dir="auto"
          required
          maxLength={NAME_MAX}
          autoFocus
          onChange={(event) => setName(event.target.value)}
        />
        {problem && <Problem text={problem} />}
        <Foot busy={busy || !name.trim()} label={t(category ? 'action.save' : 'action.create')} />
      </form>
    </Modal>
  );
};
