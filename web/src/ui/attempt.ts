// What a person asks of the server: if it fails, they are told.
import { type FormEvent, useState } from 'react';
import { wordsOf } from '../api';
import { t } from '../i18n';
import { notify } from '../state/store';

const words = (error: unknown): string => wordsOf(error, t('error.general'));

export const attempt = (work: Promise<unknown>): void => void work.catch((error) => notify(words(error)));

/** A form that is sent once at a time, and says what went wrong. */
export const useSubmit = (act: () => Promise<void>, otherwise: (error: unknown) => string = words) => {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState('');
  const submit = async (event?: FormEvent) => {
    event?.preventDefault();
    if (busy) return;
    setBusy(true);
    setProblem('');
    try {
      await act();
    } catch (error) {
      setProblem(otherwise(error));
    } finally {
      setBusy(false);
    }
  };
  return { busy, problem, submit };
};
