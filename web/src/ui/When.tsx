// A date and a time, chosen by hand.
import { useT } from '../i18n';
import { fromField, toField } from '../text/when';
import { Field } from './bits';

interface WhenProps {
  readonly value: number;
  readonly onChange: (at: number) => void;
}

export const When = ({ value, onChange }: WhenProps) => {
  const t = useT();
  return (
    <Field
      label={t('status.when')}
      type="datetime-local"
      required
      min={toField(Date.now())}
      value={value ? toField(value) : ''}
      onChange={(event) => onChange(fromField(event.target.value) || 0)}
    />
  );
};
