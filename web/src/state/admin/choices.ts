// What a search offers to choose from.
import { api } from '../../api';
import { allTeams, named } from './teams';

/** Something that is chosen from a list that a search gives. */
export interface Choosable {
  readonly id: string;
  readonly name: string;
  readonly hint: string;
}

const OFFERED = 8;

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
