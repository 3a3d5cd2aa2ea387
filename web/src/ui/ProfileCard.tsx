// Who somebody is, beside where their name was clicked.
import { Popover } from '@base-ui/react/popover';
import { MessageSquare } from 'lucide-react';
import { create } from 'zustand';
import { intl, useT } from '../i18n';
import { meet } from '../state/people';
import { useStore } from '../state/store';
import { Avatar, useName } from './bits';
import { CustomStatus, useCustomStatus } from './CustomStatus';
import { writeTo } from './places';

const useCard = create<{ userId: string; anchor: Element | null }>(() => ({ userId: '', anchor: null }));

export const showCard = (userId: string, anchor: Element): void => {
  meet([userId]);
  useCard.setState({ userId, anchor });
};
const hide = (): void => useCard.setState({ userId: '', anchor: null });

export const ProfileCard = () => {
  const { userId, anchor } = useCard();
  if (!userId || !anchor) return null;
  return (
    <Popover.Root open onOpenChange={(open) => !open && hide()}>
      <Popover.Portal>
        <Popover.Positioner
          className="layer"
          anchor={anchor}
          side="right"
          align="start"
          sideOffset={8}
          collisionPadding={8}
        >
          <Popover.Popup className="card">
            <Card userId={userId} />
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
};

const Card = ({ userId }: { userId: string }) => {
  const t = useT();
  const user = useStore((s) => s.users[userId]);
  const isMe = useStore((s) => s.me?.id === userId);
  const name = useName(userId);
  const custom = useCustomStatus(userId);
  if (!user) return null;
  const zone =
    user.timezone?.useAutomaticTimezone === 'false'
      ? user.timezone.manualTimezone
      : user.timezone?.automaticTimezone;
  return (
    <>
      <Avatar userId={userId} size={72} status />
      <Popover.Title className="card-name">
        {name} {isMe && <small>({t('profile.you')})</small>}{' '}
        {user.is_bot && <span className="tag">{t('profile.bot')}</span>}
      </Popover.Title>
      <p className="card-user">@{user.username}</p>
      {user.position && <p>{user.position}</p>}
      {custom && (
        <p>
          <CustomStatus userId={userId} withEnd />
        </p>
      )}
      {zone && <p className="quiet">{t('profile.local_time', { time: timeIn(zone) })}</p>}
      <button
        type="button"
        className="button primary block"
        onClick={() => {
          hide();
          void writeTo([userId]);
        }}
      >
        <MessageSquare size={16} aria-hidden /> {t('profile.message')}
      </button>
    </>
  );
};

const timeIn = (zone: string): string => {
  try {
    return intl().formatTime(Date.now(), { hour: 'numeric', minute: '2-digit', timeZone: zone });
  } catch {
    return '';
  }
};
