// The categories of the sidebar, and the channels in them: to go to, to drag, to arrange by a menu.
import type { ChannelCategory } from '@mattermost/types/channel_categories';
import {
  ArrowDown,
  ArrowUp,
  ArrowUpDown,
  Bell,
  BellOff,
  BellRing,
  CheckCheck,
  ChevronDown,
  EllipsisVertical,
  FolderInput,
  FolderPlus,
  Pencil,
  Plus,
  Star,
  Trash2,
} from 'lucide-react';
import { memo, type RefObject, useCallback, useEffect, useRef, useState } from 'react';
import { Link } from 'wouter';
import { useShallow } from 'zustand/react/shallow';
import { type Key, t as say, useT } from '../i18n';
import { once } from '../once';
import {
  channelName,
  channelPath,
  isFavourite,
  isMuted,
  markRead,
  setCategoryCollapsed,
  setFavourite,
  setMuted,
  teammateId,
  unreadOf,
} from '../state/channels';
import {
  categoryOf,
  deleteCategory,
  fits,
  idsOf,
  placeChannel,
  type Sorting,
  setSorting,
  sortingOf,
  stepCategory,
  stepChannel,
} from '../state/sidebar';
import { get, open, useStore } from '../state/store';
import { attempt } from './attempt';
import { Avatar, ChannelIcon, type Choice, IconButton, Menu } from './bits';
import { CustomStatus } from './CustomStatus';
import type { Place } from './sidebarDrag';

type Drag = typeof import('./sidebarDrag');
const loaded = once<Drag>(() => import('./sidebarDrag'));

/** Makes something draggable, once what that takes has come. */
const useDrag = (attach: (drag: Drag) => () => void): void => {
  useEffect(() => {
    let end: (() => void) | undefined;
    let gone = false;
    loaded().then(
      (drag) => {
        if (!gone) end = attach(drag);
      },
      () => undefined,
    );
    return () => {
      gone = true;
      end?.();
    };
  }, [attach]);
};

/** Something that is taken by its handle and put elsewhere; a finger that rests on it and goes opens its options. */
const usePlace = <E extends HTMLElement, H extends HTMLElement>(
  kind: Place['kind'],
  id: string,
  categoryId: string,
  next: string | null,
) => {
  const element = useRef<E>(null);
  const handle = useRef<H>(null);
  const options = useRef<HTMLButtonElement>(null);
  const below = useRef(next);
  below.current = next;
  useDrag(
    useCallback(
      (drag) =>
        drag.place(element.current!, handle.current!, {
          kind,
          id,
          categoryId,
          next: () => below.current,
          onPress: () => options.current?.click(),
        }),
      [kind, id, categoryId],
    ),
  );
  return { element, handle, options };
};

const FIXED: Readonly<Record<string, Key>> = {
  favorites: 'sidebar.favorites',
  channels: 'sidebar.channels',
  direct_messages: 'sidebar.direct_messages',
};

export const categoryName = (category: ChannelCategory): string => {
  const fixed = FIXED[category.type];
  return fixed ? say(fixed) : category.display_name;
};

export const Categories = () => {
  const categories = useStore((s) => s.categories[s.teamId]);
  useDrag(watchDrops);
  return categories?.map((category, n) => (
    <Category key={category.id} category={category} next={categories[n + 1]?.id ?? null} />
  ));
};

const watchDrops = (drag: Drag) => drag.watchDrops();

interface CategoryProps {
  readonly category: ChannelCategory;
  readonly next: string | null;
}

const Category = ({ category, next }: CategoryProps) => {
  const t = useT();
  const ids = useStore(useShallow((s) => idsOf(s, category)));
  const shown = useStore(
    useShallow((s) =>
      category.collapsed
        ? ids.filter((id) => id === s.channelId || unreadOf(s, id).messages || unreadOf(s, id).mentions)
        : ids,
    ),
  );
  const {
    element: box,
    handle,
    options,
  } = usePlace<HTMLElement, HTMLButtonElement>('category', category.id, category.id, next);
  const name = categoryName(category);
  const direct = category.type === 'direct_messages';
  return (
    <section
      className="category"
      ref={box}
      aria-label={name}
      hidden={category.type === 'favorites' && !ids.length}
    >
      <header className="category-head">
        <button
          ref={handle}
          type="button"
          className="category-name"
          aria-expanded={!category.collapsed}
          onClick={(event) => {
            event.stopPropagation();
            attempt(setCategoryCollapsed(category, !category.collapsed));
          }}
        >
          <ChevronDown size={13} aria-hidden />
          <bdi>{name}</bdi>
        </button>
        {(direct || category.type === 'channels') && (
          <IconButton
            icon={Plus}
            label={direct ? t('sidebar.direct') : t('sidebar.browse')}
            onClick={() => open({ kind: direct ? 'direct' : 'browse' })}
          />
        )}
        <Options
          button={options}
          label={t('category.menu', { name })}
          choices={() => categoryChoices(category)}
        />
      </header>
      <ul>
        {shown.map((id, n) => (
          <Entry key={id} id={id} categoryId={category.id} next={shown[n + 1] ?? null} />
        ))}
      </ul>
      {direct && !ids.length && <p className="category-empty">{t('sidebar.no_directs')}</p>}
      {category.type === 'custom' && !ids.length && !category.collapsed && (
        <p className="category-empty">{t('category.empty')}</p>
      )}
    </section>
  );
};

interface OptionsProps {
  readonly button: RefObject<HTMLButtonElement | null>;
  readonly label: string;
  readonly choices: () => (Choice | false)[];
}

/** A button with a menu that is made when it is opened. */
const Options = ({ button, label, choices }: OptionsProps) => {
  const [anchor, setAnchor] = useState<Element | null>(null);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keeps clicks from what is around it
    // biome-ignore lint/a11y/useKeyWithClickEvents: the button in it has the keys
    <span className={anchor ? 'options shown' : 'options'} onClick={(event) => event.stopPropagation()}>
      <IconButton
        ref={button}
        icon={EllipsisVertical}
        label={label}
        aria-haspopup="menu"
        onClick={(event) => setAnchor(event.currentTarget)}
      />
      {anchor && <Menu anchor={anchor} onClose={() => setAnchor(null)} choices={choices()} />}
    </span>
  );
};

const SORTINGS: readonly [Sorting, Key][] = [
  ['manual', 'category.sort_manual'],
  ['alpha', 'category.sort_alpha'],
  ['recent', 'category.sort_recent'],
];

const categoryChoices = (category: ChannelCategory): (Choice | false)[] => {
  const all = get().categories[category.team_id] ?? [];
  const at = all.findIndex(({ id }) => id === category.id);
  const custom = category.type === 'custom';
  return [
    {
      icon: ArrowUpDown,
      label: say('category.sort'),
      more: SORTINGS.map(([sorting, key]) => ({
        label: say(key),
        checked: sortingOf(category) === sorting,
        act: () => attempt(setSorting(category.id, sorting)),
      })),
    },
    {
      icon: ArrowUp,
      label: say('category.up'),
      disabled: at === 0,
      act: () => attempt(stepCategory(category.id, -1)),
    },
    {
      icon: ArrowDown,
      label: say('category.down'),
      disabled: at === all.length - 1,
      act: () => attempt(stepCategory(category.id, 1)),
    },
    {
      icon: FolderPlus,
      label: say('category.make'),
      separate: true,
      act: () => open({ kind: 'category', category: null, channelId: null }),
    },
    custom && {
      icon: Pencil,
      label: say('category.rename'),
      act: () => open({ kind: 'category', category, channelId: null }),
    },
    custom && {
      icon: Trash2,
      label: say('category.delete'),
      danger: true,
      act: () => attempt(deleteCategory(category.id)),
    },
  ];
};

/** To another category. */
export const moveChoice = (channelId: string): Choice => {
  const state = get();
  const others = (state.categories[state.teamId] ?? []).filter(
    (c) => fits(state, channelId, c) && !c.channel_ids.includes(channelId),
  );
  return {
    icon: FolderInput,
    label: say('category.move_to'),
    more: [
      ...others.map((category) => ({
        label: categoryName(category),
        act: () => attempt(placeChannel(channelId, category.id, null)),
      })),
      {
        icon: FolderPlus,
        label: say('category.new'),
        separate: others.length > 0,
        act: () => open({ kind: 'category', category: null, channelId }),
      },
    ],
  };
};

const channelChoices = (id: string): (Choice | false)[] => {
  const state = get();
  const category = categoryOf(state, id);
  const ids = category ? idsOf(state, category) : [];
  const at = ids.indexOf(id);
  const favourite = isFavourite(state, id);
  const muted = isMuted(state.members[id]);
  return [
    { icon: CheckCheck, label: say('channel.mark_read'), act: () => markRead(id) },
    {
      icon: Star,
      label: say(favourite ? 'channel.unfavourite' : 'channel.favourite'),
      act: () => attempt(setFavourite(id, !favourite)),
    },
    {
      icon: muted ? Bell : BellOff,
      label: say(muted ? 'channel.unmute' : 'channel.mute'),
      act: () => attempt(setMuted(id, !muted)),
    },
    {
      icon: BellRing,
      label: say('notify.channel_menu'),
      act: () => open({ kind: 'channel-notify', channelId: id }),
    },
    { ...moveChoice(id), separate: true },
    {
      icon: ArrowUp,
      label: say('category.up'),
      disabled: at <= 0,
      act: () => attempt(stepChannel(id, -1)),
    },
    {
      icon: ArrowDown,
      label: say('category.down'),
      disabled: at < 0 || at === ids.length - 1,
      act: () => attempt(stepChannel(id, 1)),
    },
  ];
};

interface EntryProps {
  readonly id: string;
  readonly categoryId: string;
  readonly next: string | null;
}

const Entry = memo(({ id, categoryId, next }: EntryProps) => {
  const t = useT();
  const {
    element: row,
    handle: link,
    options,
  } = usePlace<HTMLLIElement, HTMLAnchorElement>('channel', id, categoryId, next);
  const name = useStore((s) => channelName(s, s.channels[id]));
  const path = useStore((s) => (s.channels[id] ? channelPath(s, s.channels[id]) : '/'));
  const type = useStore((s) => s.channels[id]?.type);
  const mate = useStore((s) =>
    s.channels[id]?.type === 'D' ? teammateId(s.channels[id], s.me?.id ?? '') : '',
  );
  const current = useStore((s) => s.channelId === id);
  const muted = useStore((s) => isMuted(s.members[id]));
  const draft = useStore((s) => !!s.drafts[id] && s.channelId !== id);
  const { messages, mentions } = useStore(useShallow((s) => unreadOf(s, id)));
  const unread = (messages > 0 || mentions > 0) && !current;
  const label = mentions
    ? t('channel.mentions', { name, count: mentions })
    : messages
      ? t('channel.unread', { name, count: messages })
      : `${name}${muted ? `, ${t('channel.muted')}` : ''}${type === 'P' ? `, ${t('channel.private')}` : ''}`;
  return (
    <li className="entry-row" ref={row}>
      <Link
        ref={link}
        href={path}
        className={`entry${current ? ' current' : ''}${unread ? ' unread' : ''}${muted ? ' muted' : ''}`}
        aria-current={current ? 'page' : undefined}
        aria-label={label}
        data-channel-id={id}
        draggable={false}
      >
        {type === 'D' ? <Avatar userId={mate} size={20} status /> : <ChannelIcon type={type} />}
        <span className="entry-name">
          <bdi>{name}</bdi>
        </span>
        {mate && <CustomStatus userId={mate} emojiOnly />}
        {draft && !unread && <Pencil size={13} aria-label={t('channel.draft')} />}{' '}
        {mentions > 0 && !current && <span className="badge">{mentions}</span>}
      </Link>
      <Options button={options} label={t('category.menu', { name })} choices={() => channelChoices(id)} />
    </li>
  );
});
