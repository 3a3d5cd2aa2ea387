// The bookmarks of a channel, below its head.
import type { ChannelBookmark } from '@mattermost/types/channel_bookmarks';
import { ArrowLeft, ArrowRight, EllipsisVertical, FileText, Globe, Pencil, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { t as say, useT } from '../i18n';
import { addressOf, deleteBookmark, moveBookmark } from '../state/bookmarks';
import { open, useStore } from '../state/store';
import { attempt } from './attempt';
import { type Choice, IconButton, Menu } from './bits';

const NONE: readonly ChannelBookmark[] = [];

export default function Bookmarks({ channelId }: { channelId: string }) {
  const t = useT();
  const bookmarks = useStore((s) => s.bookmarks[channelId] ?? NONE);
  return (
    <nav className="bookmarks" aria-label={t('bookmark.label')}>
      <ul>
        {bookmarks.map((bookmark, n) => (
          <Bookmark key={bookmark.id} bookmark={bookmark} at={n} last={bookmarks.length - 1} />
        ))}
      </ul>
    </nav>
  );
}

interface BookmarkProps {
  readonly bookmark: ChannelBookmark;
  readonly at: number;
  readonly last: number;
}

const Bookmark = ({ bookmark, at, last }: BookmarkProps) => {
  const t = useT();
  const [menu, setMenu] = useState<Element | null>(null);
  const Shown = bookmark.type === 'file' ? FileText : Globe;
  return (
    <li>
      <a href={addressOf(bookmark) || undefined} target="_blank" rel="noopener noreferrer nofollow">
        {bookmark.emoji || <Shown size={14} aria-hidden />} <span dir="auto">{bookmark.display_name}</span>
      </a>
      <IconButton
        icon={EllipsisVertical}
        label={t('category.menu', { name: bookmark.display_name })}
        aria-haspopup="menu"
        onClick={(event) => setMenu(event.currentTarget)}
      />
      {menu && <Menu anchor={menu} onClose={() => setMenu(null)} choices={choices(bookmark, at, last)} />}
    </li>
  );
};

const choices = (bookmark: ChannelBookmark, at: number, last: number): Choice[] => [
  {
    icon: Pencil,
    label: say('bookmark.edit'),
    act: () => open({ kind: 'bookmark', channelId: bookmark.channel_id, bookmark }),
  },
  {
    icon: ArrowLeft,
    label: say('bookmark.earlier'),
    disabled: at === 0,
    act: () => attempt(moveBookmark(bookmark, at - 1)),
  },
  {
    icon: ArrowRight,
    label: say('bookmark.later'),
    disabled: at === last,
    act: () => attempt(moveBookmark(bookmark, at + 1)),
  },
  {
    icon: Trash2,
    label: say('bookmark.delete'),
    danger: true,
    separate: true,
    act: () => attempt(deleteBookmark(bookmark)),
  },
];
