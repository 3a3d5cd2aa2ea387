// About one message; and the list of keys.
import { Fragment } from 'react';
import { type Key, useT } from '../../i18n';
import { deletePost } from '../../state/posts';
import { useStore } from '../../state/store';
import { useSubmit } from '../attempt';
import { Body } from '../Body';
import { Modal, Problem } from '../bits';
import { MODIFIER } from '../keyboard';
import { close } from './Dialogs';

export const DeletePost = ({ postId }: { postId: string }) => {
  const t = useT();
  const post = useStore((s) => s.posts[postId]);
  const { busy, problem, submit } = useSubmit(async () => {
    if (post) await deletePost(post);
    close();
  });
  return (
    <Modal title={t('post.delete_title')} onClose={close}>
      <form onSubmit={submit}>
        <p>{t('post.delete_lead')}</p>
        {post && (
          <blockquote className="quoted">
            <Body message={post.message} />
          </blockquote>
        )}
        {problem && <Problem text={problem} />}
        <footer className="modal-foot">
          <button type="button" className="button" onClick={close}>
            {t('action.cancel')}
          </button>
          <button type="submit" className="button danger" disabled={busy} autoFocus>
            {t('post.delete')}
          </button>
        </footer>
      </form>
    </Modal>
  );
};

const KEYS: readonly [string, Key][] = [
  [`${MODIFIER} K`, 'keys.switcher'],
  [`${MODIFIER} F`, 'keys.search'],
  ['Alt ⇧ ↓', 'keys.next_unread'],
  ['Alt ↓', 'keys.next'],
  ['Alt ↑', 'keys.previous'],
  ['↑', 'keys.edit_last'],
  ['⇧ Enter', 'keys.newline'],
  ['Esc', 'keys.close'],
  [`${MODIFIER} /`, 'keys.help'],
];

export const Keys = () => {
  const t = useT();
  return (
    <Modal title={t('keys.title')} onClose={close}>
      <dl className="keys">
        {KEYS.map(([keys, what]) => (
          <Fragment key={keys}>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{t(what)}</dd>
          </Fragment>
        ))}
      </dl>
    </Modal>
  );
};
