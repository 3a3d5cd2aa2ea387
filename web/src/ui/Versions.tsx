// All that a message ever said, the newest first.
import { useT } from '../i18n';
import type { Version } from '../state/history';
import { moment } from '../text/time';
import { Body } from './Body';

/** `of` has the oldest first. */
export const Versions = ({ of }: { of: readonly Version[] }) => {
  const t = useT();
  return (
    <ol className="versions" reversed>
      {of.toReversed().map((version, n, all) => (
        <li key={version.from}>
          <time className="quiet small">
            {t(n === all.length - 1 ? 'history.said' : 'history.changed', { when: moment(version.from) })}
            {version.to ? ` – ${t('history.until', { when: moment(version.to) })}` : ''}
          </time>
          <Body message={version.message} />
          {version.files.length > 0 && (
            <p className="quiet small">{version.files.map((file) => file.name).join(', ')}</p>
          )}
        </li>
      ))}
    </ol>
  );
};
