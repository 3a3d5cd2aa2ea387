// Choosing some of many: what was chosen, and a search for more.
import { Plus, X } from 'lucide-react';
import { useState } from 'react';
import { useT } from '../../i18n';
import type { Choosable } from '../../state/admin/choices';
import { IconButton, Problem } from '../bits';
import { SearchField, useLoad, useRested } from './parts';

interface ChooseProps {
  readonly label: string;
  readonly offer: (term: string) => Promise<readonly Choosable[]>;
  readonly chosen: readonly Choosable[];
  readonly onChange: (chosen: readonly Choosable[]) => void;
}

export const Choose = ({ label, offer, chosen, onChange }: ChooseProps) => {
  const t = useT();
  const [term, setTerm] = useState('');
  const rested = useRested(term.trim());
  const { data, problem } = useLoad(rested, async () => (rested ? offer(rested) : []));
  const offered = (data ?? []).filter((one) => !chosen.some(({ id }) => id === one.id));
  const take = (one: Choosable | undefined) => {
    if (!one) return;
    onChange([...chosen, one]);
    setTerm('');
  };
  return (
    <div className="choose" role="group" aria-label={label}>
      <span className="choose-label">{label}</span>
      {chosen.length > 0 && (
        <ul className="chips">
          {chosen.map((one) => (
            <li key={one.id} className="chip">
              {one.name}
              <IconButton
                icon={X}
                label={t('direct.remove', { name: one.name })}
                onClick={() => onChange(chosen.filter(({ id }) => id !== one.id))}
              />
            </li>
          ))}
        </ul>
      )}
      <SearchField
        label={t('admin.choose_search', { what: label })}
        value={term}
        onChange={setTerm}
        onEnter={() => take(offered[0])}
      />
      {problem && <Problem text={problem} />}
      {rested && data && !offered.length && <p className="hint">{t('admin.choose_none')}</p>}
      <ul className="rows">
        {offered.map((one) => (
          <li key={one.id}>
            <button type="button" className="row-button" onClick={() => take(one)}>
              <Plus size={15} aria-hidden />
              <span className="row-text">
                {one.name} <small className="quiet">{one.hint}</small>
              </span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
};
