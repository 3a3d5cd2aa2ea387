// A date and a time, chosen by hand.
import { useT } from '../i18n';
import { fromField, toField } from '../text/when';
import { Field } from './bits';

interface WhenProps {
  readonly value: number;
  readonly onChange: (at: number) => void;
  /** It has been; else it is still to come. */
  readonly past?: boolean;
}

export const When = ({ value, onChange, past }: WhenProps) => {
  const t = useT();
  const now = toField(Date.now());
  return (
    <Field
      label={t('status.when')}
      type="datetime-local"
      required
      min={past ? undefined : now}
      max={past ? now : undefined}
      value={value ? toField(value) : ''}
      onChange={(event) => onChange(fromField(event.target.value) || 0)}
    />
  );
};
