// How long things are kept, what was done about it, and what is kept all the same.
import type { ChannelWithTeamData } from '@mattermost/types/channels';
import type { DataRetentionCustomPolicy } from '@mattermost/types/data_retention';
import { api } from '../../api';
import type { Choosable } from './choices';
import { type Found, whole } from './pages';

export interface Run {
  readonly id: string;
  readonly began_at: number;
  readonly ended_at: number;
  readonly requested_by: string | null;
  readonly channels: number;
  readonly posts: number;
  readonly files: number;
  readonly channels_held: number;
  readonly keys_advanced: number;
  readonly objects_removed: number;
  readonly channels_failed: number;
}

export interface Expiry {
  readonly channel_id: string;
  readonly at: number;
  readonly posts: number;
  readonly files: number;
}

export interface Hold {
  readonly id: string;
  readonly name: string;
  readonly placed_by: string;
  readonly create_at: number;
  readonly release_at: number;
  /** Of a lifted one nobody knows any more whom it held. */
  readonly user_ids: readonly string[] | null;
  readonly channel_ids: readonly string[] | null;
}

export interface PolicyText {
  readonly display_name: string;
  readonly post_duration: number;
  readonly team_ids: string[];
  readonly channel_ids: string[];
}

/** What stands for "for ever" among the days. */
export const FOR_EVER = -1;
const RUNS = 20;

export const policies = (): Promise<DataRetentionCustomPolicy[]> =>
  whole(async (page, size) => (await api.getDataRetentionCustomPolicies(page, size)).policies);

/** As they are sent; the client's types say it differently. */
type TeamsOfPolicy = { readonly teams: readonly { id: string; display_name: string; name: string }[] };
type ChannelsOfPolicy = { readonly channels: readonly ChannelWithTeamData[] };

/** All of them: a policy is saved with all that follow it. */
export const followersOf = async (
  policyId: string,
): Promise<{ teams: Choosable[]; channels: Choosable[] }> => {
  const [teams, channels] = await Promise.all([
    whole(async (page, size) => {
      const read: unknown = await api.getDataRetentionCustomPolicyTeams(policyId, page, size);
      return (read as TeamsOfPolicy).teams;
    }),
    whole(async (page, size) => {
      const read: unknown = await api.getDataRetentionCustomPolicyChannels(policyId, page, size);
      return (read as ChannelsOfPolicy).channels;
    }),
  ]);
  return {
    teams: teams.map(({ id, display_name, name }) => ({ id, name: display_name, hint: `/${name}` })),
    channels: channels.map((c) => ({ id: c.id, name: c.display_name, hint: c.team_display_name })),
  };
};

export const savePolicy = (id: string | null, policy: PolicyText): Promise<unknown> =>
  id ? api.updateDataRetentionPolicy(id, policy) : api.createDataRetentionPolicy(policy);

export const runs = async (from = 0): Promise<Found<Run>> => {
  const items = await api.own<Run[]>('get', `/retention/runs?page=${from}&per_page=${RUNS}`);
  return { items, next: items.length < RUNS ? undefined : from + 1 };
};

export const expiriesOf = async (runId: string, from = 0): Promise<Found<Expiry>> => {
  const items = await api.own<Expiry[]>(
    'get',
    `/retention/runs/${runId}/channels?page=${from}&per_page=${RUNS}`,
  );
  return { items, next: items.length < RUNS ? undefined : from + 1 };
};

export const runNow = (dry: boolean): Promise<Run> =>
  api.own('post', `/retention/run${dry ? '?dry_run=true' : ''}`);

export const holds = (): Promise<readonly Hold[]> => api.own('get', '/legal_holds');
export const placeHold = (hold: Pick<Hold, 'name' | 'user_ids' | 'channel_ids'>): Promise<unknown> =>
  api.own('post', '/legal_holds', hold);
export const liftHold = (id: string): Promise<unknown> => api.own('delete', `/legal_holds/${id}`);
