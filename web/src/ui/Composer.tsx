// Where messages are written. What is typed stays in here: nothing else is drawn again by it.
import type { FileInfo } from '@mattermost/types/files';
import type { PostPriorityMetadata } from '@mattermost/types/posts';
import { Paperclip, SendHorizontal, Smile, X } from 'lucide-react';
import { type KeyboardEvent, memo, Suspense, useCallback, useEffect, useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import { api } from '../api';
import { useT } from '../i18n';
import { draftKey, saveDraft } from '../state/drafts';
import { send } from '../state/outbox';
import { nameOf, nameStyle } from '../state/people';
import { socketNow } from '../state/session';
import { type Draft, get, notify, type Unsent, useStore } from '../state/store';
import { type Upload, upload } from '../state/uploads';
import { emojiNamed, noteEmoji } from '../text/emoji';
import { bytes } from '../text/time';
import { Avatar, IconButton } from './bits';
import { runCommand } from './commands';
import { Glyph } from './Glyph';
import { later } from './later';
import { PriorityLabel, PriorityMenu } from './Priority';
import { SendLater } from './SendLater';
import { type Suggestion, useSuggestions } from './suggestions';

const Picker = later(() => import('./EmojiPicker'));

const FILES_MAX = 10;
const MESSAGE_MAX = 16_383;
const DRAFT_REST_MS = 300;

interface Sending {
  readonly key: number;
  readonly name: string;
  readonly share: number;
  readonly upload: Upload;
}

interface ComposerProps {
  readonly channelId: string;
  readonly rootId?: string;
  readonly placeholder: string;
  /** What the Up key does in an empty field. */
  readonly onEditLast?: () => void;
}

const PLAIN: PostPriorityMetadata = { priority: '' };

let uploads = 0;

export const Composer = memo(({ channelId, rootId = '', placeholder, onEditLast }: ComposerProps) => {
  const t = useT();
  const at = draftKey(channelId, rootId);
  const [text, setText] = useState(() => get().drafts[at]?.message ?? '');
  const [files, setFiles] = useState<readonly FileInfo[]>(() => get().drafts[at]?.files ?? []);
  const [sending, setSending] = useState<readonly Sending[]>([]);
  const [picking, setPicking] = useState<Element | null>(null);
  const [dragged, setDragged] = useState(false);
  const [priority, setPriority] = useState<PostPriorityMetadata>(PLAIN);
  const field = useRef<HTMLTextAreaElement>(null);
  const chooser = useRef<HTMLInputElement>(null);
  const config = useStore((s) => s.config);
  const { suggestions, chosen, look, move, shut } = useSuggestions(channelId);
  const id = rootId ? 'reply' : 'composer';

  const touched = useRef(text !== '');
  const latest = useRef({ text, files });
  latest.current = { text, files };
  const held = useStore((s) => s.drafts[at]);
  const saved = useRef(held);
  const save = useCallback(
    (draft: Draft) => {
      saveDraft(channelId, rootId, draft);
      saved.current = get().drafts[at];
    },
    [channelId, rootId, at],
  );
  // What another device or another view made of the draft, unless it was gone on with here.
  useEffect(() => {
    if (held === saved.current) return;
    const before = saved.current?.message ?? '';
    saved.current = held;
    if (latest.current.text !== before) return;
    setText(held?.message ?? '');
    setFiles(held?.files ?? []);
    if (!held) setPriority(PLAIN);
  }, [held]);
  useEffect(() => {
    const timer = setTimeout(() => touched.current && save({ message: text, files }), DRAFT_REST_MS);
    return () => clearTimeout(timer);
  }, [text, files, save]);
  useEffect(
    () => () => {
      if (touched.current) save({ message: latest.current.text, files: latest.current.files });
    },
    [save],
  );

  const touchScreen = matchMedia('(pointer: coarse)').matches;
  useEffect(() => {
    if (!touchScreen) field.current?.focus();
  }, [touchScreen]);

  const typed = useTypingNotice(channelId, rootId);

  const change = (value: string, caret: number) => {
    touched.current = true;
    setText(value);
    if (value) typed();
    look(value, caret);
  };

  const tooLong = [...text].length - MESSAGE_MAX;
  const ready = (text.trim() !== '' || files.length > 0) && sending.length === 0 && tooLong <= 0;

  const marked = priority.priority || priority.requested_ack ? priority : undefined;
  const take = (): Unsent => {
    save({ message: text, files });
    return { channelId, rootId, message: text.trim(), files, priority: marked };
  };

  const submit = () => {
    if (!ready) return;
    const words = text.trim();
    if (files.length || !runCommand(words, { channelId, rootId }))
      send(channelId, rootId, words, files, marked);
    touched.current = true;
    // A command may lead elsewhere before this is drawn.
    latest.current = { text: '', files: [] };
    setText('');
    setFiles([]);
    setPriority(PLAIN);
    save({ message: '', files: [] });
    shut();
    field.current?.focus();
  };

  const insert = (words: string, from?: number, to?: number) => {
    const area = field.current!;
    const start = from ?? area.selectionStart;
    const value = text.slice(0, start) + words + text.slice(to ?? area.selectionEnd);
    // At once: the next key may come before the next frame.
    flushSync(() => change(value, -1));
    area.focus();
    area.setSelectionRange(start + words.length, start + words.length);
  };

  const complete = (suggestion: Suggestion) => {
    insert(`${suggestion.text} `, suggestion.from, suggestion.to);
    shut();
  };

  const attach = useCallback(
    (list: Iterable<File>) => {
      const max = Number(get().config.MaxFileSize || 0);
      let room = FILES_MAX - files.length - sending.length;
      for (const file of list) {
        if (room-- <= 0) return notify(t('composer.too_many', { max: FILES_MAX }));
        if (max && file.size > max) {
          notify(t('composer.too_large', { name: file.name, max: bytes(max) }));
          continue;
        }
        const key = ++uploads;
        const change = (share: number) =>
          setSending((held) => held.map((one) => (one.key === key ? { ...one, share } : one)));
        const begun = upload(channelId, file, change);
        setSending((held) => [...held, { key, name: file.name, share: 0, upload: begun }]);
        begun.done
          .then(
            (info) => {
              touched.current = true;
              setFiles((held) => [...held, info]);
            },
            (error) => {
              if ((error as Error).name !== 'AbortError') {
                notify((error as Error).message || t('composer.upload_failed', { name: file.name }));
              }
            },
          )
          .finally(() => setSending((held) => held.filter((one) => one.key !== key)));
      }
    },
    [channelId, files.length, sending.length, t],
  );

  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (event.nativeEvent.isComposing) return;
    if (suggestions.length) {
      if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
        event.preventDefault();
        return move(event.key === 'ArrowDown' ? 1 : -1);
      }
      if (event.key === 'Enter' || event.key === 'Tab') {
        event.preventDefault();
        if (event.key === 'Enter' && text.startsWith('/') && text === suggestions[chosen]!.text)
          return submit();
        return complete(suggestions[chosen]!);
      }
      if (event.key === 'Escape') {
        event.preventDefault();
        return shut();
      }
    }
    if (
      event.key === 'Enter' &&
      !event.shiftKey &&
      !event.altKey &&
      !isInCode(text, event.currentTarget.selectionStart)
    ) {
      event.preventDefault();
      return submit();
    }
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      return submit();
    }
    if (event.key === 'ArrowUp' && !text && onEditLast) {
      event.preventDefault();
      onEditLast();
    }
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: files may be dropped; the button does the same
    <div
      className={dragged ? 'composer dragged' : 'composer'}
      onDragOver={(event) => {
        if (![...event.dataTransfer.types].includes('Files')) return;
        event.preventDefault();
        setDragged(true);
      }}
      onDragLeave={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setDragged(false);
      }}
      onDrop={(event) => {
        event.preventDefault();
        setDragged(false);
        attach(event.dataTransfer.files);
      }}
    >
      {dragged && <div className="drop-hint">{t('composer.drop')}</div>}
      {suggestions.length > 0 && (
        <ul className="suggestions" role="listbox" id={`${id}-suggestions`} aria-label={t('complete.label')}>
          {suggestions.map((suggestion, n) => (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the field has the keys
            // biome-ignore lint/a11y/useFocusableInteractive: the field keeps the focus
            <li
              key={suggestion.text}
              id={`${id}-suggestion-${n}`}
              role="option"
              aria-selected={n === chosen}
              className={n === chosen ? 'suggestion chosen' : 'suggestion'}
              onMouseDown={(event) => event.preventDefault()}
              onClick={() => complete(suggestion)}
            >
              {suggestion.userId ? <Avatar userId={suggestion.userId} size={24} status /> : null}
              {suggestion.emoji ? <Glyph name={suggestion.emoji} /> : null}
              <strong>{suggestion.text}</strong>
              <span className="quiet">{suggestion.hint}</span>
            </li>
          ))}
        </ul>
      )}
      <div className="composer-box">
        <textarea
          id={id}
          ref={field}
          rows={1}
          value={text}
          placeholder={placeholder}
          aria-label={placeholder}
          role="combobox"
          aria-expanded={suggestions.length > 0}
          aria-controls={suggestions.length ? `${id}-suggestions` : undefined}
          aria-activedescendant={suggestions.length ? `${id}-suggestion-${chosen}` : undefined}
          aria-autocomplete="list"
          aria-haspopup="listbox"
          dir="auto"
          onChange={(event) => change(event.target.value, event.target.selectionStart)}
          onSelect={(event) => look(event.currentTarget.value, event.currentTarget.selectionStart)}
          onBlur={shut}
          onKeyDown={onKeyDown}
          onPaste={(event) => {
            if (!event.clipboardData.files.length) return;
            event.preventDefault();
            attach(event.clipboardData.files);
          }}
        />
        {(files.length > 0 || sending.length > 0) && (
          <ul className="attached">
            {files.map((file) => (
              <li key={file.id} className="attached-file">
                {file.has_preview_image && <img src={api.getFileThumbnailUrl(file.id, 0)} alt="" />}
                <span className="attached-name">{file.name}</span>
                <IconButton
                  icon={X}
                  label={t('composer.remove_file', { name: file.name })}
                  onClick={() => setFiles((held) => held.filter((one) => one.id !== file.id))}
                />
              </li>
            ))}
            {sending.map((one) => (
              <li key={one.key} className="attached-file">
                <progress
                  value={one.share}
                  max={1}
                  aria-label={t('composer.uploading', {
                    name: one.name,
                    percent: Math.round(one.share * 100),
                  })}
                />
                <span className="attached-name">{one.name}</span>
                <IconButton
                  icon={X}
                  label={t('composer.remove_file', { name: one.name })}
                  onClick={one.upload.cancel}
                />
              </li>
            ))}
          </ul>
        )}
        <div className="composer-foot">
          <IconButton
            icon={Paperclip}
            label={t('composer.attach')}
            onClick={() => chooser.current?.click()}
          />
          <IconButton
            icon={Smile}
            label={t('composer.emoji')}
            onClick={(event) => setPicking(event.currentTarget)}
          />
          {!rootId && config.PostPriority === 'true' && (
            <PriorityMenu value={priority} onChange={setPriority} />
          )}
          <PriorityLabel priority={marked} />
          {marked?.requested_ack && <span className="quiet small">{t('ack.requested')}</span>}
          <span className="composer-hint quiet">
            {tooLong > 0 ? t('composer.too_long', { count: tooLong }) : text ? t('composer.format') : ''}
          </span>
          <IconButton
            icon={SendHorizontal}
            label={t('composer.send')}
            className="send"
            disabled={!ready}
            onClick={submit}
          />
          <SendLater disabled={!ready} take={take} />
        </div>
        <input
          ref={chooser}
          type="file"
          multiple
          hidden
          data-testid={`${id}-files`}
          onChange={(event) => {
            attach(event.target.files ?? []);
            event.target.value = '';
          }}
        />
      </div>
      <Typing at={rootId || channelId} />
      {picking && (
        <Suspense fallback={null}>
          <Picker
            anchor={picking}
            onClose={() => setPicking(null)}
            onPick={(name) => {
              noteEmoji(name);
              insert(`${emojiNamed(name)?.character ?? `:${name}:`} `);
              setPicking(null);
            }}
          />
        </Suspense>
      )}
    </div>
  );
});

/** Within a fence, Enter makes a line. */
const isInCode = (text: string, caret: number): boolean =>
  (text.slice(0, caret).match(/^```/gm)?.length ?? 0) % 2 === 1;

/** Tells the others, no oftener than the server wants to hear it. */
const useTypingNotice = (channelId: string, rootId: string): (() => void) => {
  const last = useRef(0);
  return useCallback(() => {
    const { config } = get();
    const every = Number(config.TimeBetweenUserTypingUpdatesMilliseconds || 3000);
    if (config.EnableUserTypingMessages === 'false' || Date.now() - last.current < every) return;
    last.current = Date.now();
    socketNow()?.userTyping(channelId, rootId);
  }, [channelId, rootId]);
};

const Typing = ({ at }: { at: string }) => {
  const t = useT();
  const words = useStore((s) => {
    const names = (s.typing[at] ?? []).map((one) => nameOf(s.users[one.userId], nameStyle(s)));
    if (!names.length) return '';
    if (names.length === 1) return t('typing.one', { name: names[0]! });
    return names.length === 2 ? t('typing.two', { name: names[0]!, other: names[1]! }) : t('typing.many');
  });
  return (
    <p className="typing" aria-live="polite">
      {words}
    </p>
  );
};
