// An emoji of one's own.
import { useState } from 'react';
import { api } from '../../api';
import { useT } from '../../i18n';
import { get, set } from '../../state/store';
import { useSubmit } from '../attempt';
import { Field, Modal, Problem } from '../bits';
import { Foot } from '../Foot';
import { close } from './Dialogs';

const NAME_MAX = 64;

const nameOf = (file: File): string =>
  file.name
    .replace(/\.[^.]+$/, '')
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, '_')
    .slice(0, NAME_MAX);

export const EmojiDialog = () => {
  const t = useT();
  const [name, setName] = useState('');
  const [file, setFile] = useState<File | null>(null);
  const { busy, problem, submit } = useSubmit(async () => {
    const made = await api.createCustomEmoji({ name, creator_id: get().me!.id }, file!);
    set(({ emojis }) => ({ emojis: { ...emojis, [made.name]: made } }));
    close();
  });
  return (
    <Modal title={t('emoji.add')} onClose={close}>
      <form onSubmit={submit}>
        <Field
          label={t('emoji.image')}
          type="file"
          accept="image/png,image/jpeg,image/gif,image/webp"
          required
          onChange={(event) => {
            const chosen = event.target.files?.[0] ?? null;
            setFile(chosen);
            if (chosen && !name) setName(nameOf(chosen));
          }}
        />
        <Field
          label={t('emoji.name')}
          hint={t('emoji.name_hint')}
          value={name}
          required
          pattern="[a-z0-9_\-]+"
          maxLength={NAME_MAX}
          onChange={(event) => setName(event.target.value.replace(/:/g, '').toLowerCase())}
        />
        {problem && <Problem text={problem} />}
        <Foot busy={busy || !file || !name} label={t('action.add')} />
      </form>
    </Modal>
  );
};
