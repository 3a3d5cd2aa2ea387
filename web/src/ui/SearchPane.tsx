// What was looked for: in messages, files and people. It comes with the first search.
import { Tabs } from '@base-ui/react/tabs';
import type { FileInfo } from '@mattermost/types/files';
import type { PostSearchResults } from '@mattermost/types/posts';
import type { UserProfile } from '@mattermost/types/users';
import { X } from 'lucide-react';
import { type ReactNode, useCallback, useEffect, useRef, useState } from 'react';
import { api } from '../api';
import { type Key, useT } from '../i18n';
import { channelName } from '../state/channels';
import { learn, meet } from '../state/people';
import { learnPosts } from '../state/posts';
import {
  begun,
  completed,
  forgetSearch,
  namedLast,
  noteSearch,
  recentSearches,
  wordsIn,
} from '../state/search';
import { get, type Pane, useStore } from '../state/store';
import { short } from '../text/time';
import { attempt } from './attempt';
import { Empty, IconButton, Spinner } from './bits';
import { Files } from './Files';
import { Frame, Hit, Person } from './PaneParts';
import { goToPost, search } from './places';

const PAGE = 40;
const PEOPLE_MAX = 100;
const REST_MS = 120;
const SUGGESTED_MAX = 6;

type SearchOf = Extract<Pane, { kind: 'search' }>;

export default function SearchPane({ pane }: { pane: SearchOf }) {
  const t = useT();
  const { terms } = pane;
  const [tab, setTab] = useState('messages');
  useEffect(() => {
    if (terms) noteSearch(terms);
  }, [terms]);
  return (
    <Frame title={t('search.title')}>
      <Terms key={terms} terms={terms} />
      {terms ? (
        <Tabs.Root value={tab} onValueChange={setTab} className="search-tabs">
          <Tabs.List className="segments">
            {KINDS.map(([kind, label]) => (
              <Tabs.Tab key={kind} value={kind}>
                {t(label)}
              </Tabs.Tab>
            ))}
          </Tabs.List>
          {KINDS.map(([kind, label, Found]) => (
            <Tabs.Panel key={kind} value={kind} className="pane-list" aria-label={t(label)} tabIndex={-1}>
              <Found pane={pane} />
            </Tabs.Panel>
          ))}
        </Tabs.Root>
      ) : (
        <Recent />
      )}
    </Frame>
  );
}

const MODIFIERS: readonly [string, Key][] = [
  ['from:', 'search.from'],
  ['in:', 'search.in'],
  ['on:', 'search.on'],
  ['before:', 'search.before'],
  ['after:', 'search.after'],
  ['ext:', 'search.ext'],
  ['-', 'search.not'],
];

const Terms = ({ terms }: { terms: string }) => {
  const t = useT();
  const [words, setWords] = useState(terms);
  const field = useRef<HTMLInputElement>(null);
  const names = useNames(words);
  const write = (next: string) => {
    setWords(next);
    field.current?.focus();
  };
  return (
    <form
      className="pane-search"
      onSubmit={(event) => {
        event.preventDefault();
        search(words.trim());
      }}
    >
      <input
        ref={field}
        type="search"
        dir="auto"
        aria-label={t('search.label')}
        placeholder={t('search.label')}
        value={words}
        autoFocus={!terms}
        onChange={(event) => setWords(event.target.value)}
      />
      {names.length > 0 ? (
        <ul className="rows named" aria-label={t('search.suggestions')}>
          {names.map(({ name, hint }) => (
            <li key={name}>
              <button type="button" className="row-button" onClick={() => write(completed(words, name))}>
                <span className="row-text">
                  {name} <small className="quiet">{hint}</small>
                </span>
              </button>
            </li>
          ))}
        </ul>
      ) : (
        <div className="modifiers">
          {MODIFIERS.map(([modifier, what]) => (
            <button
              key={modifier}
              type="button"
              className="modifier"
              onClick={() => write(begun(words, modifier))}
            >
              <code>{modifier}</code> {t(what)}
            </button>
          ))}
        </div>
      )}
    </form>
  );
};

interface Named {
  readonly name: string;
  readonly hint: string;
}

const channelsNamed = (word: string): Named[] => {
  const { channels, teamId } = get();
  return Object.values(channels)
    .filter((c) => c.team_id === teamId && !c.delete_at)
    .filter((c) => c.name.includes(word) || c.display_name.toLowerCase().includes(word))
    .slice(0, SUGGESTED_MAX)
    .map((c) => ({ name: c.name, hint: c.display_name }));
};

const peopleNamed = async (word: string): Promise<Named[]> => {
  const { users } = (await api.autocompleteUsers(word, get().teamId, '', { limit: SUGGESTED_MAX })) as {
    users: UserProfile[];
  };
  return users
    .slice(0, SUGGESTED_MAX)
    .map((user) => ({ name: user.username, hint: `${user.first_name} ${user.last_name}`.trim() }));
};

/** Whom or which channel the last modifier may mean. */
const useNames = (words: string): readonly Named[] => {
  const [names, setNames] = useState<readonly Named[]>([]);
  useEffect(() => {
    const last = namedLast(words);
    if (!last) return setNames([]);
    if (last.kind === 'in') return setNames(channelsNamed(last.word));
    let current = true;
    const timer = setTimeout(
      () =>
        peopleNamed(last.word).then(
          (found) => current && setNames(found),
          () => undefined,
        ),
      REST_MS,
    );
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [words]);
  return names;
};

const Recent = () => {
  const t = useT();
  const [recent, setRecent] = useState(recentSearches);
  if (!recent.length) return <div className="pane-list" />;
  return (
    <section className="recent pane-list" aria-label={t('search.recent')}>
      <h3>{t('search.recent')}</h3>
      {recent.map((terms) => (
        <div key={terms} className="inline-row">
          <button type="button" className="row-button" dir="auto" onClick={() => search(terms)}>
            {terms}
          </button>
          <IconButton
            icon={X}
            label={t('search.forget', { terms })}
            onClick={() => {
              forgetSearch(terms);
              setRecent(recentSearches());
            }}
          />
        </div>
      ))}
    </section>
  );
};

/** Page after page, the next one when the end of those before comes into view. */
const usePages = <T,>(load: (page: number) => Promise<readonly T[]>) => {
  const [found, setFound] = useState<readonly T[] | null>(null);
  const [more, setMore] = useState(false);
  const state = useRef({ load, page: 0, busy: false });
  const next = useCallback(() => {
    const now = state.current;
    if (now.busy) return;
    now.busy = true;
    const { load } = now;
    attempt(
      load(now.page)
        .then((list) => {
          if (state.current.load !== load) return;
          setFound((held) => (now.page ? [...(held ?? []), ...list] : list));
          setMore(list.length >= PAGE);
          now.page += 1;
        })
        .finally(() => {
          now.busy = false;
        }),
    );
  }, []);
  useEffect(() => {
    state.current = { load, page: 0, busy: false };
    setFound(null);
    setMore(false);
    next();
  }, [load, next]);
  return { found, more, next };
};

const End = ({ onSeen }: { onSeen: () => void }) => {
  const mark = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const observer = new IntersectionObserver(([entry]) => entry?.isIntersecting && onSeen());
    observer.observe(mark.current!);
    return () => observer.disconnect();
  });
  return (
    <div ref={mark} className="search-end">
      <Spinner />
    </div>
  );
};

interface PagesProps<T> {
  readonly terms: string;
  readonly pages: { found: readonly T[] | null; more: boolean; next: () => void };
  readonly children: (found: T) => ReactNode;
}

const Pages = <T,>({ terms, pages: { found, more, next }, children }: PagesProps<T>) => {
  const t = useT();
  if (!found) return <Spinner />;
  if (!found.length) return <Empty>{t('search.none', { terms })}</Empty>;
  return (
    <>
      {found.map(children)}
      {more && <End key={found.length} onSeen={next} />}
    </>
  );
};

const asked = (terms: string, page: number) => ({
  terms,
  is_or_search: false,
  time_zone_offset: -new Date().getTimezoneOffset() * 60,
  page,
  per_page: PAGE,
});

const Messages = ({ pane }: { pane: SearchOf }) => {
  const [matches, setMatches] = useState<PostSearchResults['matches']>({});
  // The same search again is another search.
  const load = useCallback(
    async (page: number) => {
      const result = await api.searchPostsWithParams(get().teamId, asked(pane.terms, page));
      learnPosts(Object.values(result.posts));
      setMatches((held) => ({ ...(page ? held : {}), ...result.matches }));
      return result.order.map((id) => result.posts[id]!);
    },
    [pane],
  );
  return (
    <Pages terms={pane.terms} pages={usePages(load)}>
      {(post) => <Hit key={post.id} post={post} words={matches[post.id] ?? wordsIn(pane.terms)} />}
    </Pages>
  );
};

const FoundFiles = ({ pane }: { pane: SearchOf }) => {
  const load = useCallback(
    async (page: number) => {
      const { order, file_infos } = await api.searchFilesWithParams(get().teamId, asked(pane.terms, page));
      const infos = file_infos as unknown as Readonly<Record<string, FileInfo>>;
      return order.map((id) => infos[id]!);
    },
    [pane],
  );
  return (
    <Pages terms={pane.terms} pages={usePages(load)}>
      {(file) => <FileHit key={file.id} file={file} />}
    </Pages>
  );
};

const FileHit = ({ file }: { file: FileInfo }) => {
  const t = useT();
  const place = useStore((s) => channelName(s, s.channels[file.channel_id]));
  return (
    <article className="hit">
      <header>
        <span className="quiet">{place}</span>
        <time className="quiet">{short(file.create_at)}</time>
      </header>
      <Files files={[file]} />
      {file.post_id && (
        <button type="button" className="link small" onClick={() => goToPost(file.post_id!)}>
          {t('search.jump')}
        </button>
      )}
    </article>
  );
};

const People = ({ pane }: { pane: SearchOf }) => {
  const load = useCallback(async () => {
    const words = wordsIn(pane.terms).join(' ');
    const found = await api.searchUsers(words, { team_id: get().teamId, limit: PEOPLE_MAX });
    learn(found);
    meet(found.map((user) => user.id));
    return found;
  }, [pane]);
  const { found, next } = usePages(load);
  // Whoever looks for people has all of them at once.
  return (
    <div className="rows">
      <Pages terms={pane.terms} pages={{ found, next, more: false }}>
        {(user) => <Person key={user.id} userId={user.id} />}
      </Pages>
    </div>
  );
};

const KINDS: readonly [string, Key, (props: { pane: SearchOf }) => ReactNode][] = [
  ['messages', 'search.messages', Messages],
  ['files', 'search.files', FoundFiles],
  ['people', 'search.people', People],
];
