// What channels and teams are called that the page does not know from elsewhere: each is asked for once.
import { useEffect } from 'react';
import { create } from 'zustand';
import { api } from '../../api';
import { useT } from '../../i18n';

type Name = { readonly name: string } | 'asked' | 'unknown';

const useNames = create<Readonly<Record<string, Name>>>(() => ({}));
const put = (id: string, name: Name) => useNames.setState({ [id]: name });

const askFor = (id: string, ask: () => Promise<{ display_name: string; name: string }>): void => {
  if (!id || useNames.getState()[id]) return;
  put(id, 'asked');
  ask().then(
    ({ display_name, name }) => put(id, { name: display_name || name }),
    () => put(id, 'unknown'),
  );
};

const useNameOf = (id: string, ask: () => Promise<{ display_name: string; name: string }>): string => {
  const t = useT();
  const held = useNames((names) => names[id]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `id` says what `ask` asks for
  useEffect(() => askFor(id, ask), [id]);
  if (!id) return '';
  if (held === 'unknown') return t('admin.place_unknown');
  return typeof held === 'object' ? held.name : '…';
};

export const useChannelName = (id: string): string => useNameOf(id, () => api.getChannel(id));
export const useTeamName = (id: string): string => useNameOf(id, () => api.getTeam(id));
