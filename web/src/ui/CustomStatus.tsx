// What somebody says that they are at, beside their name, until it is over.
import { useEffect, useMemo, useReducer } from 'react';
import { useT } from '../i18n';
import { type Said, statusIn } from '../state/customStatus';
import { useStore } from '../state/store';
import { moment } from '../text/time';
import { Glyph } from './Glyph';

/** As much as a timer can count. */
const WAIT_MAX_MS = 2 ** 31 - 1;

interface CustomStatusProps {
  readonly userId: string;
  readonly emojiOnly?: boolean;
  readonly withEnd?: boolean;
}

/** What holds now, and from its end on nothing. */
export const useCustomStatus = (userId: string): Said | null => {
  const json = useStore((s) => s.users[userId]?.props?.customStatus);
  const [tick, wake] = useReducer((n: number) => n + 1, 0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: at its end it is looked at again
  const status = useMemo(() => statusIn(json), [json, tick]);
  useEffect(() => {
    if (!status?.until) return;
    const timer = setTimeout(wake, Math.min(status.until - Date.now() + 50, WAIT_MAX_MS));
    return () => clearTimeout(timer);
  }, [status]);
  return status;
};

export const CustomStatus = ({ userId, emojiOnly, withEnd }: CustomStatusProps) => {
  const t = useT();
  const status = useCustomStatus(userId);
  if (!status) return null;
  return (
    <span title={emojiOnly ? status.text : undefined} className="custom-status">
      <Glyph name={status.emoji || 'speech_balloon'} />
      {emojiOnly ? <span className="hidden">{status.text}</span> : <span dir="auto"> {status.text}</span>}
      {withEnd && status.until > 0 && (
        <small className="quiet"> {t('status.until', { time: moment(status.until) })}</small>
      )}
    </span>
  );
};
