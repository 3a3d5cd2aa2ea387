// The channels of all teams, and how one of them is moderated.
import type { ChannelModeration, ChannelWithTeamData, ServerChannel } from '@mattermost/types/channels';
import { api } from '../../api';
import type { Found } from './pages';
import type { Stand } from './teams';

export type FoundChannel = ChannelWithTeamData & ServerChannel;

export const KINDS = ['all', 'public', 'private'] as const;
export type Kind = (typeof KINDS)[number];

export interface ChannelsFilter {
  readonly term: string;
  readonly kind: Kind;
  readonly stand: Stand;
}

const SHOWN = 50;

export const findChannels = async (filter: ChannelsFilter, from = 0): Promise<Found<FoundChannel>> => {
  const { channels, total_count } = await api.searchAllChannels(filter.term, {
    page: from,
    per_page: SHOWN,
    public: filter.kind === 'public',
    private: filter.kind === 'private',
    deleted: filter.stand === 'archived',
    include_deleted: filter.stand === 'all',
  });
  const more = (from + 1) * SHOWN < total_count;
  return { items: channels as FoundChannel[], total: total_count, next: more ? from + 1 : undefined };
};

export const WHOM = ['members', 'guests'] as const;
export type Whom = (typeof WHOM)[number];

/** The server gives no row for guests where they never may, and none may be set that a higher rule keeps. */
export const settable = (moderation: ChannelModeration, whom: Whom): boolean =>
  moderation.roles[whom]?.enabled ?? false;

export const moderate = (channelId: string, name: string, whom: Whom, allowed: boolean) =>
  api.patchChannelModerations(channelId, [{ name, roles: { [whom]: allowed } }]);
