// How much a message matters, and who has taken notice of it.
import type { Post, PostPriorityMetadata } from '@mattermost/types/posts';
import { CircleCheck, Flag } from 'lucide-react';
import { useEffect } from 'react';
import { useShallow } from 'zustand/react/shallow';
import { api } from '../api';
import { type Key, useT } from '../i18n';
import { meet, nameOf, nameStyle } from '../state/people';
import { acknowledged } from '../state/posts';
import { get, useStore } from '../state/store';
import { attempt } from './attempt';
import { type Choice, IconButton, Menu } from './bits';

const NAMES: Readonly<Record<string, Key>> = {
  '': 'priority.standard',
  important: 'priority.important',
  urgent: 'priority.urgent',
};

interface PriorityMenuProps {
  readonly value: PostPriorityMetadata;
  readonly onChange: (value: PostPriorityMetadata) => void;
}

export const PriorityMenu = ({ value, onChange }: PriorityMenuProps) => {
  const t = useT();
  const choices: Choice[] = [
    ...Object.entries(NAMES).map(([priority, label]) => ({
      label: t(label),
      checked: value.priority === priority,
      act: () => onChange({ ...value, priority: priority as PostPriorityMetadata['priority'] }),
    })),
    {
      label: t('priority.request'),
      checked: value.requested_ack === true,
      separate: true,
      act: () => onChange({ ...value, requested_ack: !value.requested_ack }),
    },
  ];
  return (
    <Menu side="top" trigger={<IconButton icon={Flag} label={t('priority.menu')} />} choices={choices} />
  );
};

export const PriorityLabel = ({ priority }: { priority: PostPriorityMetadata | undefined }) => {
  const t = useT();
  const name = NAMES[priority?.priority ?? ''];
  if (!priority?.priority || !name) return null;
  return <span className={`priority ${priority.priority}`}>{t(name)}</span>;
};

const toggle = async (post: Post, has: boolean): Promise<void> => {
  const me = get().me!.id;
  if (has) await api.unacknowledgePost(post.id, me);
  else await api.acknowledgePost(post.id, me);
  acknowledged({ post_id: post.id, user_id: me, acknowledged_at: has ? 0 : Date.now() });
};

/** The button, and who has pressed it. */
export const Acknowledgements = ({ post }: { post: Post }) => {
  const t = useT();
  const list = (post.metadata.acknowledgements ?? []).filter((ack) => ack.acknowledged_at > 0);
  const me = useStore((s) => s.me?.id ?? '');
  const names = useStore(useShallow((s) => list.map((ack) => nameOf(s.users[ack.user_id], nameStyle(s)))));
  const ids = list.map((ack) => ack.user_id).join();
  useEffect(() => meet(ids.split(',')), [ids]);
  const has = list.some((ack) => ack.user_id === me);
  const words = t('ack.by', { count: list.length, names: names.join(', ') });
  return (
    <div className="acks">
      {post.user_id === me ? (
        <span className="quiet">{t('ack.requested')}</span>
      ) : (
        <button
          type="button"
          className={has ? 'reaction mine' : 'reaction'}
          aria-pressed={has}
          onClick={() => attempt(toggle(post, has))}
        >
          <CircleCheck size={14} aria-hidden /> {t('ack.do')}
        </button>
      )}
      <span className="quiet">{words}</span>
    </div>
  );
};
