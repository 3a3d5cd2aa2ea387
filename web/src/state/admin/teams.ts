// All teams, archived ones too. The server searches among none of them, so they are read whole.
import type { Team, TeamsWithCount } from '@mattermost/types/teams';
import { api } from '../../api';
import { type Found, whole } from './pages';

export const STANDS = ['all', 'active', 'archived'] as const;
export type Stand = (typeof STANDS)[number];

export interface TeamsFilter {
  readonly term: string;
  readonly stand: Stand;
}

export interface CountedTeam extends Team {
  readonly members: number;
}

/** Each of them is asked how many people it has. */
const SHOWN = 25;

export const allTeams = (): Promise<Team[]> =>
  whole(async (page, size) => ((await api.getTeams(page, size, true)) as TeamsWithCount).teams);

export const named = (term: string, ...names: readonly string[]): boolean =>
  names.some((name) => name.toLowerCase().includes(term.toLowerCase()));

const counted = async (team: Team): Promise<CountedTeam> => ({
  ...team,
  members: (await api.getTeamStats(team.id)).total_member_count,
});

export const findTeams = async ({ term, stand }: TeamsFilter, from = 0): Promise<Found<CountedTeam>> => {
  const fits = (await allTeams())
    .filter((team) => stand === 'all' || (stand === 'archived') === team.delete_at > 0)
    .filter((team) => named(term, team.display_name, team.name, team.description))
    .sort((a, b) => a.display_name.localeCompare(b.display_name));
  const end = (from + 1) * SHOWN;
  const items = await Promise.all(fits.slice(from * SHOWN, end).map(counted));
  return { items, total: fits.length, next: end < fits.length ? from + 1 : undefined };
};
