// A bookmark of a channel: a new link, or another name for one.
import type { ChannelBookmark } from '@mattermost/types/channel_bookmarks';
import { useState } from 'react';
import { useT } from '../../i18n';
import { addBookmark, editBookmark, TITLE_MAX } from '../../state/bookmarks';
import { useSubmit } from '../attempt';
import { Field, Modal, Problem } from '../bits';
import { Foot } from '../Foot';
import { close } from './Dialogs';

interface BookmarkDialogProps {
  readonly channelId: string;
  readonly bookmark: ChannelBookmark | null;
}

/** As people write addresses. */
const withScheme = (address: string): string =>
  /^[a-z][a-z0-9+.-]*:/i.test(address) ? address : `https://${address}`;

export const BookmarkDialog = ({ channelId, bookmark }: BookmarkDialogProps) => {
  const t = useT();
  const [title, setTitle] = useState(bookmark?.display_name ?? '');
  const [address, setAddress] = useState(bookmark?.link_url ?? '');
  const isFile = bookmark?.type === 'file';
  const { busy, problem, submit } = useSubmit(async () => {
    const link_url = withScheme(address.trim());
    const display_name = title.trim() || link_url.replace(/^https?:\/\//, '').slice(0, TITLE_MAX);
    await (bookmark
      ? editBookmark(bookmark, { display_name, ...(isFile ? {} : { link_url }) })
      : addBookmark(channelId, { type: 'link', display_name, link_url }));
    close();
  });
  return (
    <Modal title={t(bookmark ? 'bookmark.edit' : 'bookmark.add_link')} onClose={close}>
      <form onSubmit={submit}>
        {!isFile && (
          <Field
            label={t('bookmark.address')}
            value={address}
            inputMode="url"
            required
            autoFocus
            onChange={(event) => setAddress(event.target.value)}
          />
        )}
        <Field
          label={t('bookmark.title')}
          value={title}
          dir="auto"
          required={isFile}
          maxLength={TITLE_MAX}
          onChange={(event) => setTitle(event.target.value)}
        />
        {problem && <Problem text={problem} />}
        <Foot busy={busy} label={t(bookmark ? 'action.save' : 'action.add')} />
      </form>
    </Modal>
  );
};
