// What `@`, `~`, `:` and `/` may be meant to become.
import { useCallback, useRef, useState } from 'react';
import { api } from '../api';
import { t } from '../i18n';
import { learn, nameOf } from '../state/people';
import { get } from '../state/store';
import { findEmoji } from '../text/emoji';
import { commandsNamed } from './commands';

export interface Suggestion {
  readonly text: string;
  readonly hint: string;
  readonly from: number;
  readonly to: number;
  readonly userId?: string;
  readonly emoji?: string;
}

const MAX = 8;
const BEGUN = /(?:^|[\s([{"'>])([@~:])([\p{L}\p{N}._+-]*)$/u;
/** Commands stand at the beginning. */
const COMMAND = /^(\/)([a-z]*)$/;
const EMOJI_LETTERS_MIN = 2;

type Found = Omit<Suggestion, 'from' | 'to'>;

const people = async (term: string, channelId: string): Promise<Found[]> => {
  const { users, out_of_channel } = (await api.autocompleteUsers(term, get().teamId, channelId, {
    limit: MAX,
  })) as {
    users: Parameters<typeof learn>[0];
    out_of_channel?: Parameters<typeof learn>[0];
  };
  const all = [...users, ...(out_of_channel ?? [])].filter((user) => !user.delete_at);
  learn(all);
  const found: Found[] = all.map((user) => ({
    text: `@${user.username}`,
    hint: user.nickname || nameOf(user, 'full_name'),
    userId: user.id,
  }));
  const groups = [
    { text: '@here', hint: t('complete.here') },
    { text: '@channel', hint: t('complete.channel') },
  ];
  return [...found, ...groups.filter((group) => group.text.startsWith(`@${term}`))];
};

const channels = (term: string): Found[] => {
  const { channels, teamId } = get();
  return Object.values(channels)
    .filter((c) => c.team_id === teamId && !c.delete_at)
    .filter((c) => c.name.includes(term) || c.display_name.toLowerCase().includes(term))
    .sort((a, b) => Number(b.name.startsWith(term)) - Number(a.name.startsWith(term)))
    .map((c) => ({ text: `~${c.name}`, hint: c.display_name }));
};

const emoji = (term: string): Found[] =>
  term.length < EMOJI_LETTERS_MIN
    ? []
    : findEmoji(term, MAX).map(({ name }) => ({ text: `:${name}:`, hint: '', emoji: name }));

const find = async (sign: string, term: string, channelId: string): Promise<Found[]> => {
  if (sign === '@') return people(term, channelId);
  if (sign === '/') return commandsNamed(term);
  return sign === '~' ? channels(term) : emoji(term);
};

export const useSuggestions = (channelId: string) => {
  const [suggestions, setSuggestions] = useState<readonly Suggestion[]>([]);
  const [chosen, setChosen] = useState(0);
  const asked = useRef('');

  const shut = useCallback(() => {
    asked.current = '';
    setSuggestions([]);
  }, []);

  const look = useCallback(
    (text: string, caret: number) => {
      const written = text.slice(0, Math.max(caret, 0));
      const begun = BEGUN.exec(written) ?? COMMAND.exec(written);
      if (!begun) return shut();
      const [, sign = '', word = ''] = begun;
      const question = `${sign}${word} ${caret}`;
      if (asked.current === question) return;
      asked.current = question;
      find(sign, word.toLowerCase(), channelId).then(
        (found) => {
          if (asked.current !== question) return;
          const from = caret - word.length - 1;
          setChosen(0);
          setSuggestions(found.slice(0, MAX).map((one) => ({ ...one, from, to: caret })));
        },
        () => asked.current === question && setSuggestions([]),
      );
    },
    [channelId, shut],
  );

  const move = useCallback(
    (by: number) => setChosen((now) => (now + by + suggestions.length) % suggestions.length),
    [suggestions.length],
  );
  return { suggestions, chosen, look, move, shut };
};
