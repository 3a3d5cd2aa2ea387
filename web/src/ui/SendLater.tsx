// The menu beside the button that sends.
import { ChevronDown } from 'lucide-react';
import { useT } from '../i18n';
import { get, open, type Unsent } from '../state/store';
import { clock } from '../text/time';
import { nextMondayAt, tomorrowAt } from '../text/when';
import { attempt } from './attempt';
import { IconButton, Menu } from './bits';

const MORNING = 9;

interface SendLaterProps {
  readonly disabled: boolean;
  /** What is written by now, kept as a draft. */
  readonly take: () => Unsent;
}

export const SendLater = ({ disabled, take }: SendLaterProps) => {
  const t = useT();
  if (get().config.ScheduledPosts !== 'true') return null;
  const at = (time: number) => () =>
    attempt(import('../state/later').then(({ scheduleAt }) => scheduleAt(take(), time)));
  const morning = clock(tomorrowAt(MORNING));
  return (
    <Menu
      side="top"
      align="end"
      trigger={
        <IconButton icon={ChevronDown} label={t('later.menu')} disabled={disabled} className="later" />
      }
      choices={[
        { label: t('later.tomorrow', { time: morning }), act: at(tomorrowAt(MORNING)) },
        { label: t('later.monday', { time: morning }), act: at(nextMondayAt(MORNING)) },
        { label: t('later.choose'), act: () => open({ kind: 'schedule', unsent: take() }), separate: true },
      ]}
    />
  );
};
