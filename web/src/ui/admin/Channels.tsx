// The channels of all teams.
import { useState } from 'react';
import { type Key, useT } from '../../i18n';
import { type FoundChannel, findChannels, KINDS, type Kind } from '../../state/admin/channels';
import { STANDS, type Stand } from '../../state/admin/teams';
import { ChannelIcon } from '../bits';
import { Amount, Listing, NameCell, Page, SearchField, Segments, usePages, useRested, When } from './parts';
import { STAND_FILTER } from './Teams';

const KIND_FILTER: Readonly<Record<Kind, Key>> = {
  all: 'admin.all',
  public: 'admin.public',
  private: 'admin.private',
};

export const Channels = () => {
  const t = useT();
  const [term, setTerm] = useState('');
  const [kind, setKind] = useState<Kind>('all');
  const [stand, setStand] = useState<Stand>('active');
  const filter = { term: useRested(term.trim()), kind, stand };
  const pages = usePages(JSON.stringify(filter), (from) => findChannels(filter, from));
  return (
    <Page title={t('admin.channels')}>
      <div className="admin-filters">
        <SearchField label={t('admin.channel_search')} value={term} onChange={setTerm} />
        <Segments
          label={t('admin.privacy')}
          value={kind}
          options={KINDS.map((one) => [one, t(KIND_FILTER[one])])}
          onChange={setKind}
        />
        <Segments
          label={t('admin.state')}
          value={stand}
          options={STANDS.map((one) => [one, t(STAND_FILTER[one])])}
          onChange={setStand}
        />
      </div>
      <Listing
        label={t('admin.channels')}
        pages={pages}
        none={t('admin.channel_none')}
        heads={[
          t('admin.name'),
          t('admin.team'),
          `~${t('admin.privacy')}`,
          `~${t('admin.messages')}`,
          `~${t('admin.last_message')}`,
        ]}
        row={(channel) => <ChannelRow key={channel.id} channel={channel} />}
      />
    </Page>
  );
};

const ChannelRow = ({ channel }: { channel: FoundChannel }) => {
  const t = useT();
  return (
    <tr className={channel.delete_at ? 'faded' : undefined}>
      <NameCell
        to={`/admin/channels/${channel.id}`}
        icon={<ChannelIcon type={channel.type} />}
        name={channel.display_name}
        hint={`~${channel.name}`}
        tag={channel.delete_at > 0 && t('admin.archived')}
      />
      <td>{channel.team_display_name}</td>
      <td className="roomy">{t(channel.type === 'P' ? 'admin.private' : 'admin.public')}</td>
      <td className="roomy">
        <Amount of={channel.total_msg_count} />
      </td>
      <td className="roomy">
        <When at={channel.last_post_at} />
      </td>
    </tr>
  );
};
