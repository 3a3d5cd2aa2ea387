// Pictures at their full size.
import { Dialog } from '@base-ui/react/dialog';
import type { FileInfo } from '@mattermost/types/files';
import { ChevronLeft, ChevronRight, Download, X } from 'lucide-react';
import { type KeyboardEvent, useState } from 'react';
import { api } from '../../api';
import { useT } from '../../i18n';
import { IconButton } from '../bits';
import { close } from './Dialogs';

export const Lightbox = ({ files, at }: { files: readonly FileInfo[]; at: number }) => {
  const t = useT();
  const [shown, setShown] = useState(at);
  const file = files[shown]!;
  const step = (by: number) => setShown((now) => (now + by + files.length) % files.length);
  const onKeyDown = (event: KeyboardEvent) => {
    const onward = document.documentElement.dir === 'rtl' ? 'ArrowLeft' : 'ArrowRight';
    if (event.key === 'ArrowLeft' || event.key === 'ArrowRight') step(event.key === onward ? 1 : -1);
  };
  return (
    <Dialog.Root open onOpenChange={(open) => !open && close()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="backdrop dark" />
        <Dialog.Popup className="lightbox" onKeyDown={onKeyDown}>
          <header>
            <Dialog.Title>{file.name}</Dialog.Title>
            <a
              className="icon-button"
              href={`${api.getFileUrl(file.id, 0)}?download=1`}
              download={file.name}
              aria-label={t('file.download', { name: file.name })}
            >
              <Download size={18} aria-hidden />
            </a>
            <IconButton icon={X} label={t('action.close')} onClick={close} />
          </header>
          <img src={api.getFileUrl(file.id, 0)} alt={file.name} />
          {files.length > 1 && (
            <nav>
              <IconButton icon={ChevronLeft} label={t('lightbox.previous')} onClick={() => step(-1)} />
              <IconButton icon={ChevronRight} label={t('lightbox.next')} onClick={() => step(1)} />
            </nav>
          )}
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
};
