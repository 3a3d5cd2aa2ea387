// One message: who, when, what, and what can be done with it.
import type { Post } from '@mattermost/types/posts';
import {
  AlarmClock,
  Bookmark,
  Clock,
  Copy,
  EllipsisVertical,
  Eye,
  EyeOff,
  History,
  Link2,
  MailOpen,
  MessageSquare,
  Pencil,
  Pin,
  SmilePlus,
  Trash2,
  TriangleAlert,
} from 'lucide-react';
import { type KeyboardEvent, memo, Suspense, useEffect, useRef, useState } from 'react';
import { ErrorBoundary } from 'react-error-boundary';
import { useShallow } from 'zustand/react/shallow';
import { api } from '../api';
import { type Key, t as say, useT } from '../i18n';
import { mayReadHistory } from '../state/history';
import { discard, retry } from '../state/outbox';
import { isAdmin, nameOf, nameStyle } from '../state/people';
import { editPost, isSystem, markUnreadFrom, toggleReaction } from '../state/posts';
import { isSaved, setSaved } from '../state/preferences';
import { collapsed, get, notify, type Outgoing, open, permalink, useStore } from '../state/store';
import { follow, openThread } from '../state/threads';
import { noteEmoji, useEmoji } from '../text/emoji';
import { clock, short } from '../text/time';
import { inMinutes, tomorrowAt } from '../text/when';
import { Author, AuthorPicture } from './Author';
import { attempt } from './attempt';
import { Body } from './Body';
import { Avatar, type Choice, IconButton, Menu, useName } from './bits';
import { Embeds } from './Embeds';
import { Files } from './Files';
import { Glyph } from './Glyph';
import { later } from './later';
import { Acknowledgements } from './Priority';

const Picker = later(() => import('./EmojiPicker'));

interface PostRowProps {
  readonly id: string;
  readonly pending?: Outgoing | null;
  readonly grouped?: boolean;
  readonly focused?: boolean;
  readonly tabIndex?: number;
  /** In its thread: what leads there is left out. */
  readonly inThread?: boolean;
}

/** One message that fails takes no other with it. */
export const PostRow = memo((props: PostRowProps) => (
  <ErrorBoundary FallbackComponent={Unshown}>
    <Message {...props} />
  </ErrorBoundary>
));

const Unshown = () => {
  const t = useT();
  return <p className="unshown">{t('failed.post')}</p>;
};

const Message = ({ id, pending, grouped, focused, tabIndex = -1, inThread }: PostRowProps) => {
  const t = useT();
  const stored = useStore((s) => s.posts[id]);
  const post = pending?.post ?? stored;
  const saved = useStore((s) => isSaved(id, s.preferences));
  const [editing, setEditing] = useState(false);
  const name = useName(post?.user_id ?? '');
  if (!post) return null;
  const system = isSystem(post);
  const plainActions = !pending && !system && !post.delete_at;
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'r' || event.key === 'Enter') openThread(post.root_id || post.id);
    else if (event.key === 'e' && isMine(post)) setEditing(true);
    else return;
    event.preventDefault();
  };
  const classes = ['post'];
  if (grouped) classes.push('grouped');
  if (focused) classes.push('focused');
  if (pending) classes.push(`pending-${pending.state}`);
  if (system) classes.push('system');
  if (saved || post.is_pinned) classes.push('marked');
  return (
    <article
      className={classes.join(' ')}
      data-post={id}
      tabIndex={tabIndex}
      aria-label={`${name}, ${clock(post.create_at)}`}
      onKeyDown={onKeyDown}
      onDoubleClick={(event) => event.altKey && isMine(post) && setEditing(true)}
    >
      <div className="post-side">
        {grouped ? (
          <time className="post-time quiet" dateTime={new Date(post.create_at).toISOString()}>
            {clock(post.create_at)}
          </time>
        ) : (
          <AuthorPicture userId={post.user_id} />
        )}
      </div>
      <div className="post-main">
        {(saved || post.is_pinned) && <Marks saved={saved} pinned={post.is_pinned} />}
        {!grouped && <Author post={post} />}
        {post.type === ('system_ephemeral' as string) && (
          <small className="quiet">{t('post.only_you')}</small>
        )}
        {post.root_id && !inThread && !collapsed(get()) && (
          <button type="button" className="link small" onClick={() => openThread(post.root_id)}>
            {t('post.in_reply')}
          </button>
        )}
        {editing ? (
          <Editor post={post} onDone={() => setEditing(false)} />
        ) : (
          <Body message={post.delete_at ? t('post.deleted') : post.message} edited={post.edit_at > 0} />
        )}
        {!pending && !post.delete_at && <Embeds post={post} />}
        <Files files={post.metadata?.files ?? []} />
        {!pending && <Reactions post={post} />}
        {!pending && post.metadata?.priority?.requested_ack && <Acknowledgements post={post} />}
        {!inThread && post.reply_count > 0 && !post.root_id && <ThreadLine post={post} />}
        {pending && pending.state !== 'sending' && <Unsent out={pending} />}
      </div>
      {plainActions && !editing && (
        <Actions post={post} saved={saved} onEdit={() => setEditing(true)} inThread={inThread} />
      )}
    </article>
  );
};

const isMine = (post: Post): boolean => post.user_id === get().me?.id;

const Marks = ({ saved, pinned }: { saved: boolean; pinned: boolean }) => {
  const t = useT();
  return (
    <div className="post-marks">
      {pinned && (
        <span>
          <Pin size={12} aria-hidden /> {t('post.pinned')}
        </span>
      )}
      {saved && (
        <span>
          <Bookmark size={12} aria-hidden /> {t('post.saved')}
        </span>
      )}
    </div>
  );
};

const Editor = ({ post, onDone }: { post: Post; onDone: () => void }) => {
  const t = useT();
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    const area = field.current!;
    area.focus();
    area.setSelectionRange(area.value.length, area.value.length);
  }, []);
  const save = () => {
    const message = field.current!.value.trim();
    if (message && message !== post.message) attempt(editPost(post, message));
    onDone();
    document.getElementById('composer')?.focus();
  };
  return (
    <div className="editor">
      <textarea
        ref={field}
        defaultValue={post.message}
        dir="auto"
        aria-label={t('post.edit')}
        onKeyDown={(event) => {
          if (event.key === 'Escape') {
            event.stopPropagation();
            onDone();
          }
          if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) {
            event.preventDefault();
            save();
          }
        }}
      />
      <div className="editor-foot">
        <button type="button" className="button small" onClick={onDone}>
          {t('action.cancel')}
        </button>
        <button type="button" className="button primary small" onClick={save}>
          {t('action.save')}
        </button>
      </div>
    </div>
  );
};

const Reactions = ({ post }: { post: Post }) => {
  const t = useT();
  useEmoji((s) => s.byName);
  const reactions = post.metadata?.reactions;
  const me = useStore((s) => s.me?.id);
  const users = useStore(
    useShallow((s) => (reactions ?? []).map((r) => nameOf(s.users[r.user_id], nameStyle(s)))),
  );
  const [picking, setPicking] = useState<Element | null>(null);
  if (!reactions?.length) return null;
  const groups = new Map<string, { mine: boolean; names: string[] }>();
  reactions.forEach((reaction, n) => {
    const group = groups.get(reaction.emoji_name) ?? { mine: false, names: [] };
    group.mine ||= reaction.user_id === me;
    group.names.push(reaction.user_id === me ? t('reaction.you') : users[n]!);
    groups.set(reaction.emoji_name, group);
  });
  return (
    <div className="reactions">
      {[...groups].map(([name, { mine, names }]) => {
        const label = t('reaction.by', { names: names.join(', '), emoji: `:${name}:` });
        return (
          <button
            key={name}
            type="button"
            className={mine ? 'reaction mine' : 'reaction'}
            aria-pressed={mine}
            title={label}
            onClick={() => attempt(toggleReaction(post, name))}
          >
            <Glyph name={name} /> <span>{names.length}</span> <span className="hidden">{label}</span>
          </button>
        );
      })}
      <button
        type="button"
        className="reaction add"
        aria-label={t('post.react')}
        title={t('post.react')}
        onClick={(event) => setPicking(event.currentTarget)}
      >
        <SmilePlus size={15} aria-hidden />
      </button>
      {picking && <ReactionPicker post={post} anchor={picking} onClose={() => setPicking(null)} />}
    </div>
  );
};

const ReactionPicker = ({ post, anchor, onClose }: { post: Post; anchor: Element; onClose: () => void }) => (
  <Suspense fallback={null}>
    <Picker
      anchor={anchor}
      onClose={onClose}
      onPick={(name) => {
        noteEmoji(name);
        const mine = get().posts[post.id]?.metadata?.reactions?.some(
          (r) => r.user_id === get().me?.id && r.emoji_name === name,
        );
        if (!mine) attempt(toggleReaction(post, name));
        onClose();
      }}
    />
  </Suspense>
);

const FACES_MAX = 4;

const ThreadLine = ({ post }: { post: Post }) => {
  const t = useT();
  const unread = useStore((s) => s.threads[post.id]?.unread_replies ?? 0);
  const people = ((post.participants ?? []) as { id: string }[]).slice(0, FACES_MAX);
  return (
    <button
      type="button"
      className={unread ? 'thread-line unread' : 'thread-line'}
      onClick={() => openThread(post.id)}
    >
      <span className="faces">
        {people.map((person) => (
          <Avatar key={person.id} userId={person.id} size={20} />
        ))}
      </span>
      <strong>{t('post.replies', { count: post.reply_count })}</strong>
      {post.last_reply_at ? (
        <span className="quiet">{t('post.last_reply', { when: short(post.last_reply_at) })}</span>
      ) : null}
    </button>
  );
};

const Unsent = ({ out }: { out: Outgoing }) => {
  const t = useT();
  const pending = out.post.pending_post_id;
  if (out.state === 'waiting') {
    return (
      <p className="unsent">
        <Clock size={13} aria-hidden /> {t('post.waiting')}
      </p>
    );
  }
  return (
    <p className="unsent failed" role="alert">
      <TriangleAlert size={13} aria-hidden /> {t('post.failed')}
      <button type="button" className="link" onClick={() => retry(pending)}>
        {t('action.retry')}
      </button>
      <button type="button" className="link" onClick={() => discard(pending)}>
        {t('action.discard')}
      </button>
    </p>
  );
};

interface ActionsProps {
  readonly post: Post;
  readonly saved: boolean;
  readonly onEdit: () => void;
  readonly inThread: boolean | undefined;
}

const Actions = ({ post, saved, onEdit, inThread }: ActionsProps) => {
  const t = useT();
  const [picking, setPicking] = useState<Element | null>(null);
  const [menu, setMenu] = useState<Element | null>(null);
  return (
    <div
      className={picking || menu ? 'actions shown' : 'actions'}
      role="group"
      aria-label={t('post.actions')}
    >
      <IconButton icon={SmilePlus} label={t('post.react')} onClick={(e) => setPicking(e.currentTarget)} />
      {!inThread && (
        <IconButton
          icon={MessageSquare}
          label={t('post.reply')}
          onClick={() => openThread(post.root_id || post.id)}
        />
      )}
      <IconButton
        icon={Bookmark}
        label={saved ? t('post.unsave') : t('post.save')}
        pressed={saved}
        onClick={() => attempt(setSaved(post.id, !saved))}
      />
      <IconButton
        icon={EllipsisVertical}
        label={t('action.more')}
        aria-haspopup="menu"
        onClick={(e) => setMenu(e.currentTarget)}
      />
      {picking && <ReactionPicker post={post} anchor={picking} onClose={() => setPicking(null)} />}
      {menu && (
        <Menu anchor={menu} align="end" onClose={() => setMenu(null)} choices={choices(post, onEdit)} />
      )}
    </div>
  );
};

const copy = (text: string): void =>
  attempt(navigator.clipboard.writeText(text).then(() => notify(say('action.copied'))));

const mayDelete = (post: Post): boolean => {
  const { me, teamMembers, teamId } = get();
  return isMine(post) || (me !== null && isAdmin(me)) || !!teamMembers[teamId]?.scheme_admin;
};

const REMINDERS: readonly [Key, () => number][] = [
  ['remind.thirty_minutes', () => inMinutes(30)],
  ['remind.one_hour', () => inMinutes(60)],
  ['remind.two_hours', () => inMinutes(120)],
];

const reminders = (postId: string): Choice[] => {
  const at = (time: number) => () =>
    attempt(import('../state/later').then(({ remindAt }) => remindAt(postId, time)));
  return [
    ...REMINDERS.map(([key, time]) => ({ label: say(key), act: at(time()) })),
    { label: say('later.tomorrow', { time: clock(tomorrowAt(9)) }), act: at(tomorrowAt(9)) },
    { label: say('later.choose'), act: () => open({ kind: 'remind', postId }), separate: true },
  ];
};

const choices = (post: Post, onEdit: () => void): (Choice | false)[] => {
  const mine = isMine(post);
  const root = post.root_id || post.id;
  const following = get().posts[root]?.is_following;
  return [
    {
      icon: following ? EyeOff : Eye,
      label: say(following ? 'post.unfollow' : 'post.follow'),
      act: () => attempt(follow(root, !following)),
    },
    {
      icon: Pin,
      label: say(post.is_pinned ? 'post.unpin' : 'post.pin'),
      act: () => attempt(post.is_pinned ? api.unpinPost(post.id) : api.pinPost(post.id)),
    },
    { icon: MailOpen, label: say('post.mark_unread'), act: () => attempt(markUnreadFrom(post)) },
    { icon: AlarmClock, label: say('remind.menu'), more: reminders(post.id) },
    { icon: Link2, label: say('post.copy_link'), act: () => copy(permalink(get(), post.id)), separate: true },
    { icon: Copy, label: say('post.copy_text'), act: () => copy(post.message) },
    mayReadHistory(post) &&
      post.edit_at > 0 && {
        icon: History,
        label: say('post.history'),
        act: () => open({ kind: 'history', postId: post.id }),
      },
    mine && { icon: Pencil, label: say('post.edit'), act: onEdit, separate: true },
    mayDelete(post) && {
      icon: Trash2,
      label: say('post.delete'),
      act: () => open({ kind: 'delete-post', postId: post.id }),
      danger: true,
      separate: !mine,
    },
  ];
};
