// Ctrl/Cmd+K: to any channel or person, by a few letters.
import type { UserProfile } from '@mattermost/types/users';
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react';
import { api } from '../../api';
import { useT } from '../../i18n';
import { channelName, teammateId, unreadOf } from '../../state/channels';
import { learn, nameOf, nameStyle } from '../../state/people';
import { get, open, useStore } from '../../state/store';
import { Avatar, ChannelIcon, Modal } from '../bits';
import { goTo, goToChannel, writeTo } from '../places';

const MAX = 12;
const REST_MS = 120;

interface Target {
  readonly key: string;
  readonly name: string;
  readonly hint: string;
  readonly type: string;
  readonly userId?: string;
  readonly unread: boolean;
  readonly go: () => void;
}

/** 0 begins so, 1 has a word that begins so, 2 holds it, 3 does not. */
const rank = (term: string, ...names: string[]): number => {
  const all = names.map((name) => name.toLowerCase());
  if (all.some((name) => name.startsWith(term))) return 0;
  if (all.some((name) => name.split(/[\s._-]+/).some((word) => word.startsWith(term)))) return 1;
  return all.some((name) => name.includes(term)) ? 2 : 3;
};

const mine = (term: string): Target[] => {
  const state = get();
  const weigh = (id: string) => {
    const { messages, mentions } = unreadOf(state, id);
    return (mentions ? 2 : messages ? 1 : 0) * 1e15 + (state.channels[id]?.last_post_at ?? 0);
  };
  return Object.values(state.channels)
    .filter((c) => !c.delete_at && (!c.team_id || c.team_id === state.teamId) && c.id !== state.channelId)
    .map((c) => {
      const mate = c.type === 'D' ? teammateId(c, state.me?.id ?? '') : '';
      const user = state.users[mate];
      const name = channelName(state, c);
      return { c, mate, name, user, n: rank(term, name, c.type === 'D' ? (user?.username ?? '') : c.name) };
    })
    .filter(({ n }) => n < 3)
    .sort((a, b) => a.n - b.n || weigh(b.c.id) - weigh(a.c.id))
    .map(({ c, mate, name, user }) => ({
      key: c.id,
      name,
      hint: user ? `@${user.username}` : '',
      type: c.type,
      userId: mate || undefined,
      unread: weigh(c.id) >= 1e15,
      go: () => goToChannel(c.id),
    }));
};

export const Switcher = () => {
  const t = useT();
  const [term, setTerm] = useState('');
  const [at, setAt] = useState(0);
  const [others, setOthers] = useState<readonly Target[]>([]);
  const channels = useStore((s) => s.channels);
  const list = useRef<HTMLUListElement>(null);
  const wanted = term.trim().toLowerCase();
  useEffect(() => {
    setAt(0);
    if (!wanted) return setOthers([]);
    let current = true;
    const timer = setTimeout(async () => {
      const found = await elsewhere(wanted).catch(() => []);
      if (current) setOthers(found);
    }, REST_MS);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [wanted]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `channels` is what `mine` looks through
  const targets = useMemo(() => {
    const here = mine(wanted);
    const held = new Set(here.map((one) => one.userId ?? one.key));
    return [...here, ...others.filter((one) => !held.has(one.userId ?? one.key))].slice(0, MAX);
  }, [wanted, others, channels]);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      const next = (at + (event.key === 'ArrowDown' ? 1 : -1) + targets.length) % Math.max(targets.length, 1);
      setAt(next);
      list.current?.children[next]?.scrollIntoView({ block: 'nearest' });
    }
    if (event.key === 'Enter') {
      event.preventDefault();
      open(null);
      targets[at]?.go();
    }
  };
  return (
    <Modal title={t('switcher.title')} onClose={() => open(null)}>
      <input
        className="switcher-field"
        type="text"
        role="combobox"
        aria-expanded="true"
        aria-controls="switcher-list"
        aria-activedescendant={targets[at] && `switch-${targets[at].key}`}
        aria-label={t('switcher.search')}
        placeholder={t('switcher.search')}
        value={term}
        autoFocus
        onChange={(event) => setTerm(event.target.value)}
        onKeyDown={onKeyDown}
      />
      <ul
        className="switcher-list"
        id="switcher-list"
        role="listbox"
        aria-label={t('switcher.title')}
        ref={list}
      >
        {targets.map((target, n) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the field has the keys
          // biome-ignore lint/a11y/useFocusableInteractive: the field keeps the focus
          <li
            key={target.key}
            id={`switch-${target.key}`}
            role="option"
            aria-selected={n === at}
            className={`switch${n === at ? ' chosen' : ''}${target.unread ? ' unread' : ''}`}
            onMouseMove={() => setAt(n)}
            onClick={() => {
              open(null);
              target.go();
            }}
          >
            {target.userId ? (
              <Avatar userId={target.userId} size={24} status />
            ) : (
              <ChannelIcon type={target.type} />
            )}
            <span>{target.name}</span>
            <small className="quiet">{target.hint}</small>
          </li>
        ))}
      </ul>
      {!targets.length && <p className="empty">{t('switcher.none')}</p>}
      <p className="hint">{t('switcher.hint')}</p>
    </Modal>
  );
};

/** People and channels that I have nothing to do with yet. */
const elsewhere = async (term: string): Promise<Target[]> => {
  const { teamId, teams, me } = get();
  const [found, channels] = await Promise.all([
    api.autocompleteUsers(term, teamId, '', { limit: MAX }) as Promise<{ users: UserProfile[] }>,
    api.searchChannels(teamId, term),
  ]);
  learn(found.users);
  const people = found.users
    .filter((user) => user.id !== me?.id && !user.delete_at)
    .map((user) => ({
      key: user.id,
      name: nameOf(user, nameStyle(get())),
      hint: `@${user.username}`,
      type: 'D',
      userId: user.id,
      unread: false,
      go: () => void writeTo([user.id]),
    }));
  const open = channels
    .filter((channel) => channel.type === 'O' && !channel.delete_at)
    .map((channel) => ({
      key: channel.id,
      name: channel.display_name,
      hint: channel.purpose,
      type: channel.type,
      unread: false,
      go: () => goTo(`/${teams[teamId]?.name}/channels/${channel.name}`),
    }));
  return [...people, ...open];
};
