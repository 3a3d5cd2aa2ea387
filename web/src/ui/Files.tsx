// What a message carries: pictures as such, anything else as a name to download.
import type { FileInfo } from '@mattermost/types/files';
import { Download, FileArchive, FileAudio, FileText, FileVideo, type LucideIcon } from 'lucide-react';
import { Fragment, memo, useState } from 'react';
import { api } from '../api';
import { useT } from '../i18n';
import { open } from '../state/store';
import { bytes } from '../text/time';

const HEIGHT_MAX = 320;
const WIDTH_MAX = 480;

/** Of what the server made a preview of. */
const isPicture = (file: FileInfo): boolean =>
  file.has_preview_image || /^image\/(png|jpeg|gif|webp)$/.test(file.mime_type);

const iconOf = (file: FileInfo): LucideIcon => {
  if (file.mime_type.startsWith('video/')) return FileVideo;
  if (file.mime_type.startsWith('audio/')) return FileAudio;
  return /zip|tar|compressed|archive/.test(file.mime_type) ? FileArchive : FileText;
};

export const Files = memo(({ files }: { files: readonly FileInfo[] }) => {
  if (!files.length) return null;
  const pictures = files.filter(isPicture);
  const others = files.filter((file) => !isPicture(file));
  return (
    <div className="files">
      {pictures.length > 0 && (
        <div className={pictures.length > 1 ? 'pictures many' : 'pictures'}>
          {pictures.map((file, n) => (
            <Picture
              key={file.id}
              file={file}
              onOpen={() => open({ kind: 'lightbox', files: pictures, at: n })}
            />
          ))}
        </div>
      )}
      {others.map((file) => (
        <Fragment key={file.id}>
          <Player file={file} />
          <Attachment file={file} />
        </Fragment>
      ))}
    </div>
  );
});

const Picture = ({ file, onOpen }: { file: FileInfo; onOpen: () => void }) => {
  const t = useT();
  const scale = Math.min(1, HEIGHT_MAX / (file.height || HEIGHT_MAX), WIDTH_MAX / (file.width || WIDTH_MAX));
  const known = file.width > 0 && file.height > 0;
  return (
    <button
      type="button"
      className="picture"
      onClick={onOpen}
      aria-label={t('file.open', { name: file.name })}
    >
      <img
        src={file.has_preview_image ? api.getFilePreviewUrl(file.id, 0) : api.getFileUrl(file.id, 0)}
        alt={file.name}
        loading="lazy"
        width={known ? Math.round(file.width * scale) : undefined}
        height={known ? Math.round(file.height * scale) : undefined}
      />
    </button>
  );
};

/** What the browser can play is played where it stands. */
const Player = ({ file }: { file: FileInfo }) => {
  const [broken, setBroken] = useState(false);
  if (broken) return null;
  const common = {
    src: api.getFileUrl(file.id, 0),
    controls: true,
    preload: 'metadata',
    'aria-label': file.name,
    onError: () => setBroken(true),
  } as const;
  if (file.mime_type.startsWith('video/')) return <video className="player" {...common} />;
  if (file.mime_type.startsWith('audio/')) return <audio className="player" {...common} />;
  return null;
};

const Attachment = ({ file }: { file: FileInfo }) => {
  const t = useT();
  const Shown = iconOf(file);
  const kind = `${file.extension.toUpperCase()} · ${bytes(file.size)}`;
  return (
    <a
      className="file"
      href={`${api.getFileUrl(file.id, 0)}?download=1`}
      download={file.name}
      aria-label={`${t('file.download', { name: file.name })} ${kind}`}
    >
      <Shown size={22} aria-hidden />
      <span className="file-text">
        <strong>{file.name}</strong> <small>{kind}</small>
      </span>
      <Download size={16} aria-hidden />
    </a>
  );
};
