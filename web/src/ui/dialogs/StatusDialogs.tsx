// What one is at, and until when one does not want to be disturbed.
import { X } from 'lucide-react';
import { Suspense, useState } from 'react';
import { type Key, useT } from '../../i18n';
import {
  DURATIONS,
  type Duration,
  endOf,
  forgetRecent,
  recentIn,
  type Said,
  say,
  sayNothing,
  statusIn,
} from '../../state/customStatus';
import { choosePresence } from '../../state/people';
import { useStore } from '../../state/store';
import { noteEmoji } from '../../text/emoji';
import { inMinutes } from '../../text/when';
import { attempt, useSubmit } from '../attempt';
import { Field, IconButton, Modal, Problem } from '../bits';
import { Foot } from '../Foot';
import { Glyph } from '../Glyph';
import { later } from '../later';
import { When } from '../When';
import { close } from './Dialogs';

const Picker = later(() => import('../EmojiPicker'));

const TEXT_MAX = 100;
const NAMES: Readonly<Record<Duration, Key>> = {
  '': 'status.never',
  thirty_minutes: 'status.thirty_minutes',
  one_hour: 'status.one_hour',
  four_hours: 'status.four_hours',
  today: 'status.today',
  this_week: 'status.this_week',
  date_and_time: 'status.date',
};

export const SetStatus = () => {
  const t = useT();
  const json = useStore((s) => s.me?.props?.customStatus);
  const held = statusIn(json);
  const [emoji, setEmoji] = useState(held?.emoji || 'speech_balloon');
  const [text, setText] = useState(held?.text ?? '');
  const [duration, setDuration] = useState<Duration>(held?.until ? 'date_and_time' : '');
  const [chosen, setChosen] = useState(held?.until || inMinutes(60));
  const [picking, setPicking] = useState<Element | null>(null);
  const { busy, problem, submit } = useSubmit(async () => {
    await say({ emoji, text: text.trim(), duration, until: endOf(duration, chosen) });
    close();
  });
  const take = (one: Offered) => {
    setEmoji(one.emoji || 'speech_balloon');
    setText(one.text);
    setDuration(one.duration === 'date_and_time' ? '' : one.duration);
  };
  return (
    <Modal title={t('status.title')} onClose={close}>
      <form onSubmit={submit}>
        <div className="inline status-field">
          <button
            type="button"
            className="button"
            aria-label={t('emoji.label')}
            onClick={(event) => setPicking(event.currentTarget)}
          >
            <Glyph name={emoji} />
          </button>
          <Field
            label={t('status.text')}
            value={text}
            dir="auto"
            maxLength={TEXT_MAX}
            autoFocus
            onChange={(event) => setText(event.target.value)}
          />
        </div>
        {picking && (
          <Suspense fallback={null}>
            <Picker
              anchor={picking}
              onClose={() => setPicking(null)}
              onPick={(name) => {
                noteEmoji(name);
                setEmoji(name);
                setPicking(null);
              }}
            />
          </Suspense>
        )}
        <div className="field">
          <label htmlFor="status-duration">{t('status.clear_after')}</label>
          <select
            id="status-duration"
            value={duration}
            onChange={(event) => setDuration(event.target.value as Duration)}
          >
            {DURATIONS.map((one) => (
              <option key={one} value={one}>
                {t(NAMES[one])}
              </option>
            ))}
          </select>
        </div>
        {duration === 'date_and_time' && <When value={chosen} onChange={setChosen} />}
        <Recent onTake={take} />
        <Suggested onTake={take} />
        {problem && <Problem text={problem} />}
        {held && (
          <button type="button" className="link" onClick={() => attempt(sayNothing().then(close))}>
            {t('status.clear')}
          </button>
        )}
        <Foot busy={busy} label={t('action.save')} />
      </form>
    </Modal>
  );
};

type Offered = Omit<Said, 'until'>;

interface OffersProps {
  readonly onTake: (one: Offered) => void;
}

const Offer = ({ one, onTake }: OffersProps & { one: Offered }) => {
  const t = useT();
  return (
    <button type="button" className="row-button" onClick={() => onTake(one)}>
      <Glyph name={one.emoji || 'speech_balloon'} />
      <span className="row-text" dir="auto">
        {one.text} <small className="quiet">{t(NAMES[one.duration] ?? 'status.never')}</small>
      </span>
    </button>
  );
};

const SUGGESTED: readonly { emoji: string; key: Key; duration: Duration }[] = [
  { emoji: 'calendar', key: 'status.in_a_meeting', duration: 'one_hour' },
  { emoji: 'hamburger', key: 'status.out_for_lunch', duration: 'thirty_minutes' },
  { emoji: 'sneezing_face', key: 'status.out_sick', duration: 'today' },
  { emoji: 'house', key: 'status.working_from_home', duration: 'today' },
  { emoji: 'palm_tree', key: 'status.on_a_vacation', duration: 'this_week' },
];

/** Those that are not among the recent ones. */
const Suggested = ({ onTake }: OffersProps) => {
  const t = useT();
  const recent = recentIn(useStore((s) => s.me?.props?.recentCustomStatuses));
  const offers = SUGGESTED.map(({ key, ...one }) => ({ ...one, text: t(key) })).filter(
    ({ text }) => !recent.some((one) => one.text === text),
  );
  if (!offers.length) return null;
  return (
    <section className="recent-statuses" aria-label={t('status.suggested')}>
      <h3>{t('status.suggested')}</h3>
      <ul className="rows">
        {offers.map((one) => (
          <li key={one.text} className="inline-row">
            <Offer one={one} onTake={onTake} />
          </li>
        ))}
      </ul>
    </section>
  );
};

const Recent = ({ onTake }: OffersProps) => {
  const t = useT();
  const recent = recentIn(useStore((s) => s.me?.props?.recentCustomStatuses));
  if (!recent.length) return null;
  return (
    <section className="recent-statuses" aria-label={t('status.recent')}>
      <h3>{t('status.recent')}</h3>
      <ul className="rows">
        {recent.map((one, n) => (
          <li key={`${one.emoji} ${one.text}`} className="inline-row">
            <Offer one={one} onTake={onTake} />
            <IconButton
              icon={X}
              label={t('status.forget', { text: one.text || one.emoji })}
              onClick={() => attempt(forgetRecent(n))}
            />
          </li>
        ))}
      </ul>
    </section>
  );
};

export const QuietUntil = () => {
  const t = useT();
  const [until, setUntil] = useState(() => inMinutes(60));
  const { busy, problem, submit } = useSubmit(async () => {
    await choosePresence('dnd', until);
    close();
  });
  return (
    <Modal title={t('dnd.title')} onClose={close}>
      <form onSubmit={submit}>
        <When value={until} onChange={setUntil} />
        {problem && <Problem text={problem} />}
        <Foot busy={busy || until <= Date.now()} label={t('action.save')} />
      </form>
    </Modal>
  );
};
