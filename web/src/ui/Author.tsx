// Who wrote a message, and when.
import type { Post } from '@mattermost/types/posts';
import type { ReactNode } from 'react';
import { useT } from '../i18n';
import { useStore } from '../state/store';
import { clock, moment } from '../text/time';
import { Avatar, useName } from './bits';
import { CustomStatus } from './CustomStatus';
import { PriorityLabel } from './Priority';
import { showCard } from './ProfileCard';

export const AuthorPicture = ({ userId }: { userId: string }) => {
  const name = useName(userId);
  return (
    <button
      type="button"
      className="bare"
      aria-label={name}
      tabIndex={-1}
      onClick={(event) => showCard(userId, event.currentTarget)}
    >
      <Avatar userId={userId} size={36} />
    </button>
  );
};

interface AuthorProps {
  readonly post: Post;
  /** What somebody is at is of now. */
  readonly isPast?: boolean;
  readonly children?: ReactNode;
}

export const Author = ({ post, isPast, children }: AuthorProps) => {
  const t = useT();
  const name = useName(post.user_id);
  const bot = useStore((s) => s.users[post.user_id]?.is_bot);
  return (
    <header className="post-head">
      <button
        type="button"
        className="post-author"
        onClick={(event) => showCard(post.user_id, event.currentTarget)}
      >
        {name}
      </button>
      {!isPast && <CustomStatus userId={post.user_id} emojiOnly />}
      <PriorityLabel priority={post.metadata?.priority} />
      {bot && <span className="tag">{t('profile.bot')}</span>}
      <time
        className="quiet"
        dateTime={new Date(post.create_at).toISOString()}
        title={moment(post.create_at)}
      >
        {clock(post.create_at)}
      </time>
      {children}
    </header>
  );
};
