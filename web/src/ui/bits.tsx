// The small parts that everything is made of.
import { Dialog } from '@base-ui/react/dialog';
import { Menu as BaseMenu } from '@base-ui/react/menu';
import { Check, ChevronRight, Hash, Lock, Users, X } from 'lucide-react';
import { type ComponentType, type ReactElement, type ReactNode, useId } from 'react';
import { api } from '../api';
import { useT } from '../i18n';
import { nameOf, nameStyle } from '../state/people';
import { useStore } from '../state/store';

export type Icon = ComponentType<{ size?: number; 'aria-hidden'?: boolean; className?: string }>;

interface IconButtonProps extends React.ComponentProps<'button'> {
  readonly icon: Icon;
  readonly label: string;
  readonly pressed?: boolean;
}

export const IconButton = ({ icon: Shown, label, pressed, className = '', ...rest }: IconButtonProps) => (
  <button
    type="button"
    className={`icon-button ${className}`}
    aria-label={label}
    title={label}
    aria-pressed={pressed}
    {...rest}
  >
    <Shown size={18} aria-hidden />
  </button>
);

export const Spinner = () => {
  const t = useT();
  return (
    <span className="spinner" role="status">
      <span className="hidden">{t('app.loading')}</span>
    </span>
  );
};

export const Empty = ({ children }: { children: ReactNode }) => <p className="empty">{children}</p>;

interface FieldProps extends React.ComponentProps<'input'> {
  readonly label: string;
  readonly hint?: string;
}

export const Field = ({ label, hint, ...rest }: FieldProps) => {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input id={id} aria-describedby={hint ? `${id}-hint` : undefined} {...rest} />
      {hint && (
        <small id={`${id}-hint`} className="hint">
          {hint}
        </small>
      )}
    </div>
  );
};

export const Problem = ({ text }: { text: string }) => (
  <p className="problem" role="alert">
    {text}
  </p>
);

/** Who somebody is, as their chosen or given picture, with whether they are here. */
export const Avatar = ({
  userId,
  size = 36,
  status = false,
}: {
  userId: string;
  size?: number;
  status?: boolean;
}) => {
  const at = useStore((s) => s.users[userId]?.last_picture_update ?? 0);
  const known = useStore((s) => userId in s.users);
  return (
    <span className={`avatar avatar-${size}`}>
      {known ? (
        <img src={api.getProfilePictureUrl(userId, at)} alt="" loading="lazy" draggable={false} />
      ) : null}
      {status && <Presence userId={userId} />}
    </span>
  );
};

export const Presence = ({ userId }: { userId: string }) => {
  const t = useT();
  const status = useStore((s) => s.statuses[userId] ?? 'offline');
  const word = status in STATUS ? STATUS[status as keyof typeof STATUS] : 'status.offline';
  return <span className={`presence presence-${status}`} role="img" aria-label={t(word)} title={t(word)} />;
};

export const STATUS = {
  online: 'status.online',
  away: 'status.away',
  dnd: 'status.dnd',
  offline: 'status.offline',
  ooo: 'status.ooo',
} as const;

export const ChannelIcon = ({ type, size = 16 }: { type: string | undefined; size?: number }) => {
  const Shown = ({ P: Lock, G: Users }[type ?? ''] ?? Hash) as Icon;
  return <Shown size={size} aria-hidden className="entry-icon" />;
};

export const useName = (userId: string): string => useStore((s) => nameOf(s.users[userId], nameStyle(s)));

interface ModalProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
  readonly wide?: boolean;
}

export const Modal = ({ title, onClose, children, wide }: ModalProps) => {
  const t = useT();
  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="backdrop" />
        <Dialog.Popup className={wide ? 'modal modal-wide' : 'modal'}>
          <header className="modal-head">
            <Dialog.Title className="modal-title">{title}</Dialog.Title>
            <Dialog.Close className="icon-button" aria-label={t('action.close')} title={t('action.close')}>
              <X size={18} aria-hidden />
            </Dialog.Close>
          </header>
          <div className="modal-body">{children}</div>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
};

export interface Choice {
  readonly icon?: Icon;
  readonly label: ReactNode;
  readonly act?: () => void;
  /** What opens beside it. */
  readonly more?: readonly (Choice | false)[];
  /** One of several of which one holds. */
  readonly checked?: boolean;
  readonly disabled?: boolean;
  readonly danger?: boolean;
  readonly separate?: boolean;
}

interface MenuProps {
  readonly trigger?: ReactElement;
  readonly choices: readonly (Choice | false | null | undefined)[];
  readonly side?: 'top' | 'bottom';
  readonly align?: 'start' | 'end';
  /** Without a trigger: where it stands, and what ends it. */
  readonly anchor?: Element | null;
  readonly onClose?: () => void;
}

export const Menu = ({ trigger, choices, side = 'bottom', align = 'start', anchor, onClose }: MenuProps) => (
  <BaseMenu.Root
    {...(trigger ? {} : { open: true, onOpenChange: (open: boolean) => !open && onClose?.() })}
    modal={false}
  >
    {trigger && <BaseMenu.Trigger render={trigger} />}
    <BaseMenu.Portal>
      <BaseMenu.Positioner
        className="layer"
        side={side}
        align={align}
        sideOffset={6}
        anchor={anchor ?? undefined}
      >
        <BaseMenu.Popup className="menu">
          {choices.map((choice, n) => choice && <MenuChoice key={n} {...choice} />)}
        </BaseMenu.Popup>
      </BaseMenu.Positioner>
    </BaseMenu.Portal>
  </BaseMenu.Root>
);

const MenuChoice = ({ icon: Shown, label, act, more, checked, disabled, danger, separate }: Choice) => {
  const face = (
    <>
      {Shown ? <Shown size={16} aria-hidden /> : <span className="menu-gap" />}
      <span>{label}</span>
    </>
  );
  return (
    <>
      {separate && <BaseMenu.Separator className="menu-line" />}
      {more ? (
        <BaseMenu.SubmenuRoot>
          <BaseMenu.SubmenuTrigger className="menu-item">
            {face}
            <ChevronRight size={14} aria-hidden className="menu-end flip" />
          </BaseMenu.SubmenuTrigger>
          <BaseMenu.Portal>
            <BaseMenu.Positioner className="layer" sideOffset={2} collisionPadding={8}>
              <BaseMenu.Popup className="menu">
                {more.map((choice, n) => choice && <MenuChoice key={n} {...choice} />)}
              </BaseMenu.Popup>
            </BaseMenu.Positioner>
          </BaseMenu.Portal>
        </BaseMenu.SubmenuRoot>
      ) : checked !== undefined ? (
        <BaseMenu.CheckboxItem
          className="menu-item"
          checked={checked}
          closeOnClick
          disabled={disabled}
          onCheckedChange={act}
        >
          {face}
          {checked && <Check size={14} aria-hidden className="menu-end" />}
        </BaseMenu.CheckboxItem>
      ) : (
        <BaseMenu.Item
          className={danger ? 'menu-item danger' : 'menu-item'}
          disabled={disabled}
          onClick={act}
        >
          {face}
        </BaseMenu.Item>
      )}
    </>
  );
};
