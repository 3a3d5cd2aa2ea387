// All emoji, by kind or by name. Arrows move through the grid, Enter picks.
import { Popover } from '@base-ui/react/popover';
import { type KeyboardEvent, memo, useEffect, useMemo, useRef, useState } from 'react';
import { type Key, useT } from '../i18n';
import { open, useStore } from '../state/store';
import {
  customEmoji,
  type Emoji,
  emojiNamed,
  findEmoji,
  frequentEmoji,
  loadEmoji,
  useEmoji,
} from '../text/emoji';

const COLUMNS = 8;
const FOUND_MAX = 80;
/** Groups of the table by number. */
const GROUPS: readonly [number, Key][] = [
  [0, 'emoji.smileys'],
  [1, 'emoji.people'],
  [3, 'emoji.animals'],
  [4, 'emoji.food'],
  [5, 'emoji.travel'],
  [6, 'emoji.activities'],
  [7, 'emoji.objects'],
  [8, 'emoji.symbols'],
  [9, 'emoji.flags'],
];

interface PickerProps {
  readonly anchor: Element;
  readonly onPick: (name: string) => void;
  readonly onClose: () => void;
}

export default function EmojiPicker({ anchor, onPick, onClose }: PickerProps) {
  const t = useT();
  const list = useEmoji((s) => s.list);
  const custom = useStore((s) => s.config.EnableCustomEmoji === 'true');
  const own = useStore((s) => s.emojis);
  const [term, setTerm] = useState('');
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => void loadEmoji(), []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `own` is what `customEmoji` tells of
  const sections = useMemo<[string, readonly Emoji[]][]>(() => {
    if (!list.length) return [];
    if (term.trim()) return [['', findEmoji(term.trim().replace(/^:|:$/g, ''), FOUND_MAX)]];
    const frequent = frequentEmoji()
      .map(emojiNamed)
      .filter((emoji): emoji is Emoji => emoji !== undefined);
    const groups = GROUPS.map(([group, key]): [string, Emoji[]] => [
      t(key),
      list.filter((e) => e.group === group),
    ]);
    return [[t('emoji.frequent'), frequent], [t('emoji.custom'), customEmoji()], ...groups];
  }, [list, term, t, own]);
  const buttons = () => [...(box.current?.querySelectorAll<HTMLButtonElement>('.emoji-cell') ?? [])];
  const onKeyDown = (event: KeyboardEvent) => {
    const by = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: COLUMNS, ArrowUp: -COLUMNS }[event.key];
    const all = buttons();
    const at = all.indexOf(document.activeElement as HTMLButtonElement);
    if (event.key === 'Enter' && at < 0) {
      event.preventDefault();
      all[0]?.click();
      return;
    }
    if (!by || (at < 0 && event.key !== 'ArrowDown')) return;
    event.preventDefault();
    all[at < 0 ? 0 : Math.min(Math.max(at + by, 0), all.length - 1)]?.focus();
  };
  return (
    <Popover.Root open onOpenChange={(open) => !open && onClose()}>
      <Popover.Portal>
        <Popover.Positioner
          className="layer"
          anchor={anchor}
          side="top"
          align="end"
          sideOffset={6}
          collisionPadding={8}
        >
          <Popover.Popup className="picker" aria-label={t('emoji.label')} onKeyDown={onKeyDown}>
            <input
              className="picker-search"
              type="search"
              placeholder={t('emoji.search')}
              aria-label={t('emoji.search')}
              value={term}
              onChange={(event) => setTerm(event.target.value)}
            />
            <div className="picker-list" ref={box}>
              {sections.map(([title, emoji]) =>
                emoji.length ? <Section key={title} title={title} emoji={emoji} onPick={onPick} /> : null,
              )}
              {term && !sections[0]?.[1].length && <p className="empty">{t('emoji.none')}</p>}
            </div>
            {custom && (
              <button
                type="button"
                className="link small picker-add"
                onClick={() => {
                  onClose();
                  open({ kind: 'emoji' });
                }}
              >
                {t('emoji.add')}
              </button>
            )}
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}

interface SectionProps {
  readonly title: string;
  readonly emoji: readonly Emoji[];
  readonly onPick: (name: string) => void;
}

const Section = memo(({ title, emoji, onPick }: SectionProps) => (
  <section className="picker-section">
    {title && <h3>{title}</h3>}
    <div className="picker-grid">
      {emoji.map((one) => (
        <button
          key={one.name}
          type="button"
          className="emoji-cell"
          tabIndex={-1}
          aria-label={one.name.replaceAll('_', ' ')}
          title={`:${one.name}:`}
          onClick={() => onPick(one.name)}
        >
          {one.image ? <img className="emoji" src={one.image} alt="" loading="lazy" /> : one.character}
        </button>
      ))}
    </div>
  </section>
));
