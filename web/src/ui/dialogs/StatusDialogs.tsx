// What one is at, and until when one does not want to be disturbed.
import { X } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
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
import { When } from '../When';
import { close } from './Dialogs';

const Picker = lazy(() => import('../EmojiPicker'));

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
  const take = (recent: Said) => {
    setEmoji(recent.emoji || 'speech_balloon');
    setText(recent.text);
    setDuration(recent.duration === 'date_and_time' ? '' : recent.duration);
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

const Recent = ({ onTake }: { onTake: (recent: Said) => void }) => {
  const t = useT();
  const recent = recentIn(useStore((s) => s.me?.props?.recentCustomStatuses));
  if (!recent.length) return null;
  return (
    <section className="recent-statuses" aria-label={t('status.recent')}>
      <h3>{t('status.recent')}</h3>
      <ul className="rows">
        {recent.map((one, n) => (
          <li key={`${one.emoji} ${one.text}`} className="inline-row">
            <button type="button" className="row-button" onClick={() => onTake(one)}>
              <Glyph name={one.emoji || 'speech_balloon'} />
              <span className="row-text" dir="auto">
                {one.text} <small className="quiet">{t(NAMES[one.duration] ?? 'status.never')}</small>
              </span>
            </button>
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
