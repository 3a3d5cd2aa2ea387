// What stands beside the conversation: a thread, what was found, pinned or saved, who is here.
import { UserPlus } from 'lucide-react';
import { Suspense, useEffect, useState } from 'react';
import { api } from '../api';
import { useT } from '../i18n';
import { channelName } from '../state/channels';
import { open, type Pane as Shown, useStore } from '../state/store';
import { attempt } from './attempt';
import { IconButton, Spinner } from './bits';
import { meetMembers } from './ChannelView';
import { later } from './later';
import { Frame, Listed, Person } from './PaneParts';
import { Thread } from './ThreadPane';

const SearchPane = later(() => import('./SearchPane'));

export const Pane = ({ pane }: { pane: Shown }) => {
  switch (pane.kind) {
    case 'thread':
      return <Thread key={pane.rootId} rootId={pane.rootId} />;
    case 'search':
      return (
        <Suspense fallback={<Waiting />}>
          <SearchPane pane={pane} />
        </Suspense>
      );
    case 'pinned':
      return <Pinned key={pane.channelId} channelId={pane.channelId} />;
    case 'saved':
      return <Saved />;
    case 'members':
      return <Members key={pane.channelId} channelId={pane.channelId} />;
  }
};

/** Keeps the place of a pane that is still on its way. */
const Waiting = () => (
  <aside className="pane">
    <Spinner />
  </aside>
);

const Pinned = ({ channelId }: { channelId: string }) => {
  const t = useT();
  const name = useStore((s) => channelName(s, s.channels[channelId]));
  return (
    <Frame title={t('pinned.title')} sub={name}>
      <Listed load={() => api.getPinnedPosts(channelId)} none={t('pinned.none')} />
    </Frame>
  );
};

const Saved = () => {
  const t = useT();
  return (
    <Frame title={t('saved.title')}>
      <Listed load={() => api.getFlaggedPosts('me')} none={t('saved.none')} />
    </Frame>
  );
};

const Members = ({ channelId }: { channelId: string }) => {
  const t = useT();
  const [ids, setIds] = useState<readonly string[]>([]);
  const place = useStore((s) => channelName(s, s.channels[channelId]));
  const named = useStore((s) => ['O', 'P'].includes(s.channels[channelId]?.type ?? ''));
  useEffect(() => attempt(meetMembers(channelId).then(setIds)), [channelId]);
  return (
    <Frame
      title={t('channel.members_title')}
      sub={place}
      tools={
        named && (
          <IconButton
            icon={UserPlus}
            label={t('channel.add_people')}
            onClick={() => open({ kind: 'add-members', channelId })}
          />
        )
      }
    >
      <ul className="pane-list rows">
        {ids.map((id) => (
          <li key={id}>
            <Person userId={id} />
          </li>
        ))}
      </ul>
    </Frame>
  );
};
