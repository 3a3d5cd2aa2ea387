// All that a message ever said, the newest first.
import { intl, useT } from '../i18n';
import type { Version } from '../state/history';
import { moment } from '../text/time';
import { Body } from './Body';

interface VersionsProps {
  /** The oldest first. */
  readonly of: readonly Version[];
  /** Every letter as it was written. */
  readonly verbatim?: boolean;
}

export const Versions = ({ of, verbatim }: VersionsProps) => {
  const t = useT();
  return (
    <ol className="versions" reversed>
      {of.toReversed().map((version, n, all) => (
        <li key={version.from}>
          <time
            className="quiet small"
            dateTime={new Date(version.from).toISOString()}
            title={intl().formatDate(version.from, { dateStyle: 'full', timeStyle: 'medium' })}
          >
            {t(n === all.length - 1 ? 'history.said' : 'history.changed', { when: moment(version.from) })}
            {version.to ? ` – ${t('history.until', { when: moment(version.to) })}` : ''}
          </time>
          {verbatim ? <p className="verbatim">{version.message}</p> : <Body message={version.message} />}
          {version.files.length > 0 && (
            <p className="quiet small">{version.files.map((file) => file.name).join(', ')}</p>
          )}
        </li>
      ))}
    </ol>
  );
};
