// The end of a form in a dialog: away from it, or do it.
import { useT } from '../i18n';
import { open } from '../state/store';

interface FootProps {
  readonly busy: boolean;
  readonly label: string;
  readonly danger?: boolean;
  readonly onClose?: () => void;
}

export const Foot = ({ busy, label, danger, onClose = () => open(null) }: FootProps) => {
  const t = useT();
  return (
    <footer className="modal-foot">
      <button type="button" className="button" onClick={onClose}>
        {t('action.cancel')}
      </button>
      <button type="submit" className={danger ? 'button danger' : 'button primary'} disabled={busy}>
        {label}
      </button>
    </footer>
  );
};
