// What happened, as it happens and from the past; and all that a message ever said.
import { useEffect, useState } from 'react';
import { Link } from 'wouter';
import { useT } from '../../i18n';
import { type Choosable, offerChannels, offerPeople, offerTeams } from '../../state/admin/choices';
import {
  addressOf,
  addTo,
  concerns,
  HELD_MAX,
  KINDS,
  type Kind,
  postIdIn,
  type TrailEvent,
  tell,
  WORDS,
} from '../../state/admin/trail';
import { meet } from '../../state/people';
import { Field, Problem } from '../bits';
import { Choose } from './Choose';
import { History } from './History';
import { Name, Page, Section, Segments, Table, When } from './parts';
import { useChannelName, useTeamName } from './places';

const TOGETHER_MS = 150;
const TEXT_MAX = 140;
const KIND_WORDS = {
  all: 'admin.all',
  people: 'admin.people',
  teams: 'admin.teams',
  channels: 'admin.channels',
  messages: 'admin.messages',
} as const;

/** Each may be narrowed to one person, and one channel or team: what they are stands before their id. */
const prefixed = (kind: string, sign: string, list: readonly Choosable[]): Choosable[] =>
  list.map((one) => ({ ...one, id: `${kind}:${one.id}`, name: `${sign}${one.name}` }));
const offerAll = async (term: string): Promise<Choosable[]> => {
  const [people, channels, teams] = await Promise.all([
    offerPeople(term),
    offerChannels(term),
    offerTeams(term),
  ]);
  return [
    ...prefixed('user', '', people),
    ...prefixed('channel', '~', channels),
    ...prefixed('team', '', teams),
  ];
};
const lastOf = (kind: string, chosen: readonly Choosable[]): string =>
  chosen.findLast(({ id }) => id.startsWith(`${kind}:`))?.id.slice(kind.length + 1) ?? '';
const oneOfEach = (chosen: readonly Choosable[]): readonly Choosable[] =>
  chosen.filter((one, n) => !chosen.slice(n + 1).some(({ id }) => id.split(':')[0] === one.id.split(':')[0]));

export const Audit = () => {
  const t = useT();
  const [kind, setKind] = useState<Kind>('people');
  const [past, setPast] = useState(true);
  const [chosen, setChosen] = useState<readonly Choosable[]>([]);
  const [postId, setPostId] = useState('');
  const { events, state, problem } = useTrail(
    addressOf({ kind, past, channelId: lastOf('channel', chosen), teamId: lastOf('team', chosen) }),
    lastOf('user', chosen),
  );
  return (
    <Page title={t('admin.audit')} lead={t('admin.audit_lead')}>
      <Lookup onFind={setPostId} />
      <Section title={t('admin.events')} lead={t('admin.events_hint', { max: HELD_MAX })}>
        <div className="admin-filters">
          <Segments
            label={t('admin.kind')}
            value={kind}
            options={(Object.keys(KINDS) as Kind[]).map((one) => [one, t(KIND_WORDS[one])])}
            onChange={setKind}
          />
          <Segments
            label={t('admin.since')}
            value={past ? 'past' : 'now'}
            options={[
              ['past', t('admin.since_beginning')],
              ['now', t('admin.since_now')],
            ]}
            onChange={(value) => setPast(value === 'past')}
          />
        </div>
        <Choose
          label={t('admin.only_about')}
          offer={offerAll}
          chosen={chosen}
          onChange={(all) => setChosen(oneOfEach(all))}
        />
        {problem && <Problem text={problem} />}
        <p className="hint" role="status">
          {t(
            state === 'open' ? 'admin.live' : state === 'lost' ? 'admin.stream_lost' : 'admin.stream_closed',
          )}
        </p>
        {events.length > 0 ? (
          <Table
            label={t('admin.events')}
            heads={[
              t('admin.when'),
              t('admin.what'),
              t('admin.by'),
              `~${t('admin.about')}`,
              `~${t('admin.where')}`,
            ]}
          >
            {events.map((event) => (
              <EventRow key={event.id} event={event} open={setPostId} />
            ))}
          </Table>
        ) : (
          <p className="empty">{t('admin.events_none')}</p>
        )}
      </Section>
      {postId && <History postId={postId} onClose={() => setPostId('')} />}
    </Page>
  );
};

const Lookup = ({ onFind }: { onFind: (postId: string) => void }) => {
  const t = useT();
  const [text, setText] = useState('');
  const [bad, setBad] = useState(false);
  return (
    <Section title={t('admin.history')} lead={t('admin.history_hint')}>
      <form
        className="inline"
        onSubmit={(event) => {
          event.preventDefault();
          const found = postIdIn(text);
          setBad(!found);
          if (found) onFind(found);
        }}
      >
        <Field
          label={t('admin.history_link')}
          value={text}
          required
          onChange={(event) => setText(event.target.value)}
        />
        <button type="submit" className="button">
          {t('admin.show')}
        </button>
      </form>
      {bad && <Problem text={t('admin.history_bad')} />}
    </Section>
  );
};

const EventRow = ({ event, open }: { event: TrailEvent; open: (postId: string) => void }) => {
  const t = useT();
  const { what, by, about, channelId, teamId, postId, text, redacted } = tell(event);
  return (
    <tr>
      <td>
        <When at={Date.parse(event.time)} />
      </td>
      <td>
        {what ? t(what) : event.type}
        {text && (
          <small className="hint">{text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}…` : text}</small>
        )}
        {redacted && <small className="hint">{t('admin.redacted')}</small>}
        {postId && (
          <button type="button" className="link small" onClick={() => open(postId)}>
            {t('admin.history_of')}
            <span className="hidden"> {text}</span>
          </button>
        )}
      </td>
      <td>{by && <Person userId={by} />}</td>
      <td className="roomy">
        {about.map((id) => (
          <div key={id}>
            <Person userId={id} />
          </div>
        ))}
      </td>
      <td className="roomy">
        {channelId ? <ChannelPlace id={channelId} /> : teamId ? <TeamPlace id={teamId} /> : null}
      </td>
    </tr>
  );
};

const Person = ({ userId }: { userId: string }) => (
  <Link href={`/admin/users/${userId}`}>
    <Name userId={userId} />
  </Link>
);
const ChannelPlace = ({ id }: { id: string }) => (
  <Link href={`/admin/channels/${id}`}>{useChannelName(id)}</Link>
);
const TeamPlace = ({ id }: { id: string }) => <Link href={`/admin/teams/${id}`}>{useTeamName(id)}</Link>;

/** Why the server does not tell what is at this address: a source of events does not say. */
const reasonOf = async (url: string): Promise<string> => {
  const asked = new AbortController();
  try {
    const answer = await fetch(url, { signal: asked.signal });
    return answer.ok ? '' : ((await answer.json()) as { message: string }).message;
  } finally {
    asked.abort();
  }
};

/** The stream knows no person: what does not concern `userId` is passed over here, before it takes room in what is held. */
const useTrail = (address: string, userId: string) => {
  const t = useT();
  const [events, setEvents] = useState<readonly TrailEvent[]>([]);
  const [state, setState] = useState<'closed' | 'open' | 'lost'>('closed');
  const [problem, setProblem] = useState('');
  useEffect(() => {
    const url = `/api/nottermost/v1${address}`;
    const source = new EventSource(url);
    let came: TrailEvent[] = [];
    let soon: ReturnType<typeof setTimeout> | undefined;
    const show = () => {
      const batch = came;
      came = [];
      soon = undefined;
      setEvents((held) => addTo(held, batch));
    };
    const hear = (message: MessageEvent<string>) => {
      const event = JSON.parse(message.data) as TrailEvent;
      if (userId && !concerns(event, userId)) return;
      came.push(event);
      soon ??= setTimeout(show, TOGETHER_MS);
    };
    setEvents([]);
    setProblem('');
    setState('closed');
    for (const type of Object.keys(WORDS)) source.addEventListener(type, hear);
    source.onopen = () => setState('open');
    source.onerror = () => {
      const refused = source.readyState === EventSource.CLOSED;
      setState(refused ? 'closed' : 'lost');
      if (refused) reasonOf(url).then(setProblem, () => setProblem(t('error.general')));
    };
    return () => {
      source.close();
      clearTimeout(soon);
    };
  }, [address, userId, t]);
  useEffect(() => meet(events.flatMap((event) => [tell(event).by, ...tell(event).about])), [events]);
  return { events, state, problem };
};
