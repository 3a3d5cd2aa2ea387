// What was begun, and what is to be sent later.
import { Tabs } from '@base-ui/react/tabs';
import type { ScheduledPost } from '@mattermost/types/schedule_post';
import { CalendarClock, Menu as MenuIcon, Pencil, SendHorizontal, Trash2 } from 'lucide-react';
import { type ReactNode, useEffect, useState } from 'react';
import { useT } from '../i18n';
import { channelName } from '../state/channels';
import { saveDraft } from '../state/drafts';
import { changeScheduled, sendScheduled, unschedule } from '../state/later';
import { send } from '../state/outbox';
import { loadScheduled } from '../state/scheduled';
import { type Draft, get, open, useStore } from '../state/store';
import { openThread } from '../state/threads';
import { moment } from '../text/time';
import { attempt } from './attempt';
import { Body } from './Body';
import { Empty, IconButton } from './bits';
import { SearchField } from './ChannelView';
import { goToChannel } from './places';

export default function Drafts({ onMenu }: { onMenu: () => void }) {
  const t = useT();
  const teamId = useStore((s) => s.teamId);
  useEffect(() => attempt(loadScheduled(teamId)), [teamId]);
  return (
    <section className="channel" aria-label={t('drafts.title')}>
      <header className="channel-head">
        <IconButton icon={MenuIcon} label={t('sidebar.open')} className="only-narrow" onClick={onMenu} />
        <div className="channel-title">
          <h1>{t('drafts.title')}</h1>
        </div>
        <div className="channel-tools">
          <SearchField />
        </div>
      </header>
      <Tabs.Root defaultValue="drafts" className="search-tabs">
        <Tabs.List className="segments">
          <Tabs.Tab value="drafts">{t('drafts.title')}</Tabs.Tab>
          <Tabs.Tab value="scheduled">{t('drafts.scheduled')}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="drafts" className="pane-list">
          <Begun />
        </Tabs.Panel>
        <Tabs.Panel value="scheduled" className="pane-list">
          <Scheduled />
        </Tabs.Panel>
      </Tabs.Root>
    </section>
  );
}

const goOn = (channelId: string, rootId: string): void => {
  goToChannel(channelId);
  if (rootId) openThread(rootId);
};

interface CardProps {
  readonly channelId: string;
  readonly rootId: string;
  readonly note?: string;
  readonly failed?: boolean;
  readonly tools: ReactNode;
  readonly children: ReactNode;
}

const Card = ({ channelId, rootId, note, failed, tools, children }: CardProps) => {
  const t = useT();
  const place = useStore((s) => channelName(s, s.channels[channelId]));
  return (
    <article className="hit draft" aria-label={place}>
      <header>
        <strong>{place}</strong>
        {rootId && <span className="quiet">{t('post.in_reply')}</span>}
        {note && <span className={failed ? 'draft-note failed' : 'draft-note quiet'}>{note}</span>}
        <span className="draft-tools">{tools}</span>
      </header>
      {children}
    </article>
  );
};

const Files = ({ names }: { names: readonly string[] }) =>
  names.length > 0 && <p className="quiet small">{names.join(', ')}</p>;

const Begun = () => {
  const t = useT();
  const drafts = useStore((s) => s.drafts);
  const known = useStore((s) => s.channels);
  const all = Object.entries(drafts)
    .map(([at, draft]) => ({ at, draft, ids: at.split(':') }))
    .filter(({ ids }) => known[ids[0]!]);
  if (!all.length) return <Empty>{t('drafts.none')}</Empty>;
  return all.map(({ at, draft, ids: [channelId = '', rootId = ''] }) => (
    <BegunCard key={at} draft={draft} channelId={channelId} rootId={rootId} />
  ));
};

interface BegunProps {
  readonly draft: Draft;
  readonly channelId: string;
  readonly rootId: string;
}

const BegunCard = ({ draft, channelId, rootId }: BegunProps) => {
  const t = useT();
  const drop = () => saveDraft(channelId, rootId, { message: '', files: [] });
  const sendIt = () => {
    send(channelId, rootId, draft.message.trim(), draft.files);
    drop();
  };
  const later = () => open({ kind: 'schedule', unsent: { channelId, rootId, ...draft } });
  return (
    <Card
      channelId={channelId}
      rootId={rootId}
      tools={
        <>
          <IconButton icon={Pencil} label={t('drafts.go_on')} onClick={() => goOn(channelId, rootId)} />
          <IconButton icon={CalendarClock} label={t('later.menu')} onClick={later} />
          <IconButton icon={SendHorizontal} label={t('composer.send')} onClick={sendIt} />
          <IconButton icon={Trash2} label={t('drafts.delete')} onClick={drop} />
        </>
      }
    >
      <Body message={draft.message} />
      <Files names={draft.files.map((file) => file.name)} />
    </Card>
  );
};

const Scheduled = () => {
  const t = useT();
  const scheduled = useStore((s) => s.scheduled);
  const known = useStore((s) => s.channels);
  const all = Object.values(scheduled)
    .filter((post) => known[post.channel_id])
    .sort((a, b) => a.scheduled_at - b.scheduled_at);
  if (!all.length) return <Empty>{t('drafts.none_scheduled')}</Empty>;
  return all.map((post) => <ScheduledCard key={post.id} post={post} />);
};

const ScheduledCard = ({ post }: { post: ScheduledPost }) => {
  const t = useT();
  const [editing, setEditing] = useState(false);
  const failed = !!post.error_code;
  return (
    <Card
      channelId={post.channel_id}
      rootId={post.root_id}
      failed={failed}
      note={failed ? t('later.failed') : t('later.send_at', { when: moment(post.scheduled_at) })}
      tools={
        <>
          <IconButton icon={Pencil} label={t('later.edit')} onClick={() => setEditing(true)} />
          <IconButton
            icon={CalendarClock}
            label={t('later.change')}
            onClick={() => open({ kind: 'reschedule', id: post.id })}
          />
          <IconButton
            icon={SendHorizontal}
            label={t('later.send_now')}
            onClick={() => attempt(sendScheduled(post))}
          />
          <IconButton icon={Trash2} label={t('post.delete')} onClick={() => attempt(unschedule(post))} />
        </>
      }
    >
      {editing ? (
        <TextEditor post={post} onDone={() => setEditing(false)} />
      ) : (
        <Body message={post.message} />
      )}
      <Files names={(post.metadata?.files ?? []).map((file) => file.name)} />
    </Card>
  );
};

const TextEditor = ({ post, onDone }: { post: ScheduledPost; onDone: () => void }) => {
  const t = useT();
  const [message, setMessage] = useState(post.message);
  const save = () => {
    const held = get().scheduled[post.id] ?? post;
    if (message.trim()) attempt(changeScheduled(held, { message: message.trim() }));
    onDone();
  };
  return (
    <div className="editor">
      <textarea
        value={message}
        dir="auto"
        autoFocus
        aria-label={t('later.edit')}
        onChange={(event) => setMessage(event.target.value)}
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
