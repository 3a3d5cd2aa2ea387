// A part of the page that fails alone: the others go on, and it can be shown anew.
import { TriangleAlert } from 'lucide-react';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { ErrorBoundary } from 'react-error-boundary';
import { useT } from '../i18n';
import { renewFailed } from './later';

interface PartProps {
  /** What is shown is of this; with another the part begins anew. */
  readonly of?: unknown;
  /** Where the keys are once it is shown again. */
  readonly home: string;
  /** Lets go of what it was made from, so that it is read again. */
  readonly onRetry?: () => void;
  /** What it is, and stands around the words that it failed. */
  readonly frame: (words: ReactNode) => ReactNode;
  readonly children: ReactNode;
}

export const Part = ({ of, home, onRetry, frame, children }: PartProps) => {
  const [retries, setRetries] = useState(0);
  useEffect(() => {
    const failedAgain = document.activeElement?.closest('.failed');
    if (retries && !failedAgain) document.querySelector<HTMLElement>(home)?.focus();
  }, [retries, home]);
  return (
    <ErrorBoundary
      resetKeys={[of]}
      onReset={({ reason }) => {
        renewFailed();
        if (reason !== 'imperative-api') return;
        onRetry?.();
        setRetries((n) => n + 1);
      }}
      fallbackRender={({ error, resetErrorBoundary }) =>
        frame(<Failed error={error} onRetry={resetErrorBoundary} />)
      }
    >
      {children}
    </ErrorBoundary>
  );
};

const Failed = ({ error, onRetry }: { error: unknown; onRetry: () => void }) => {
  const t = useT();
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.focus(), []);
  return (
    <div className="failed" ref={box} role="alert" tabIndex={-1}>
      <TriangleAlert size={28} aria-hidden />
      <p>{t('failed.lead')}</p>
      <code dir="ltr">{error instanceof Error ? error.message : String(error)}</code>
      <div className="failed-ways">
        <button type="button" className="button primary" onClick={onRetry}>
          {t('action.retry')}
        </button>
        <button type="button" className="button" onClick={() => location.reload()}>
          {t('failed.reload')}
        </button>
      </div>
    </div>
  );
};
