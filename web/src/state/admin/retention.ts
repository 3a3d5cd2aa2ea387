// How long things are kept, what was done about it, and what is kept all the same.
import type { ChannelWithTeamData } from '@mattermost/types/channels';
import type { DataRetentionCustomPolicy } from '@mattermost/types/data_retention';
import { api } from '../../api';
import type { Found } from './people';
import { allTeams, named } from './teams';

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

/** Something that is chosen from a list that a search gives. */
export interface Choosable {
  readonly id: string;
  readonly name: string;
  readonly hint: string;
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
const OFFERED = 8;
const READ = 200;

/** Everything, page by page: a policy is saved with all that follow it. */
const whole = async <T>(ask: (page: number) => Promise<readonly T[]>): Promise<T[]> => {
  const all: T[] = [];
  for (let page = 0; ; page++) {
    const read = await ask(page);
    all.push(...read);
    if (read.length < READ) return all;
  }
};

export const policies = (): Promise<DataRetentionCustomPolicy[]> =>
  whole(async (page) => (await api.getDataRetentionCustomPolicies(page, READ)).policies);

/** As they are sent; the client's types say it differently. */
type TeamsOfPolicy = { readonly teams: readonly { id: string; display_name: string; name: string }[] };
type ChannelsOfPolicy = { readonly channels: readonly ChannelWithTeamData[] };

export const followersOf = async (
  policyId: string,
): Promise<{ teams: Choosable[]; channels: Choosable[] }> => {
  const [teams, channels] = await Promise.all([
    whole(async (page) => {
      const read: unknown = await api.getDataRetentionCustomPolicyTeams(policyId, page, READ);
      return (read as TeamsOfPolicy).teams;
    }),
    whole(async (page) => {
      const read: unknown = await api.getDataRetentionCustomPolicyChannels(policyId, page, READ);
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

export const offerPeople = async (term: string): Promise<Choosable[]> => {
  const found = await api.searchUsers(term, { allow_inactive: true, limit: OFFERED });
  return found.map(({ id, username, first_name, last_name }) => ({
    id,
    name: `@${username}`,
    hint: `${first_name} ${last_name}`.trim(),
  }));
};

export const offerTeams = async (term: string): Promise<Choosable[]> =>
  (await allTeams())
    .filter((team) => named(term, team.display_name, team.name))
    .slice(0, OFFERED)
    .map((team) => ({ id: team.id, name: team.display_name, hint: `/${team.name}` }));

export const offerChannels = async (term: string): Promise<Choosable[]> => {
  const { channels } = await api.searchAllChannels(term, {
    page: 0,
    per_page: OFFERED,
    include_deleted: true,
  });
  return channels.map((c) => ({ id: c.id, name: c.display_name, hint: c.team_display_name }));
};
