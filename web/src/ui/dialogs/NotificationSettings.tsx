// Of what the page tells, and how.
import type { UserNotifyProps } from '@mattermost/types/users';
import { useState } from 'react';
import { api } from '../../api';
import { type Key, useT } from '../../i18n';
import { canNotify, type Level, levelOf, wantsNotifications } from '../../state/notifications';
import { learn } from '../../state/people';
import { local } from '../../state/preferences';
import { playSound, SOUNDS, type Sound } from '../../state/sound';
import { notify, set, useStore } from '../../state/store';
import { useSubmit } from '../attempt';
import { Field, Problem } from '../bits';
import { Radios } from '../Radios';

export const NotificationSettings = () => (
  <>
    <Permission />
    <Account />
  </>
);

const Permission = () => {
  const t = useT();
  const [on, setOn] = useState(canNotify() && wantsNotifications());
  const [denied, setDenied] = useState(false);
  const change = async (wanted: boolean) => {
    local.set('notifications', wanted);
    if (wanted && 'Notification' in window && !canNotify()) await Notification.requestPermission();
    setDenied(wanted && !canNotify());
    setOn(wanted && canNotify());
  };
  return (
    <>
      <label className="check">
        <input type="checkbox" checked={on} onChange={(event) => void change(event.target.checked)} />
        <span>{t('settings.notify_desktop')}</span>
      </label>
      {denied && <Problem text={t('settings.notify_denied')} />}
    </>
  );
};

const Account = () => {
  const t = useT();
  const me = useStore((s) => s.me)!;
  const [props, setProps] = useState<Partial<UserNotifyProps>>(me.notify_props ?? {});
  const fill = (part: Partial<UserNotifyProps>) => setProps((held) => ({ ...held, ...part }));
  const { busy, problem, submit } = useSubmit(async () => {
    const changed = await api.patchMe({ notify_props: { ...me.notify_props, ...props } as UserNotifyProps });
    learn([changed]);
    set({ me: changed });
    notify(t('settings.saved'));
  });
  const check = (label: Key, key: 'desktop_sound' | 'first_name' | 'channel') => (
    <label className="check">
      <input
        type="checkbox"
        checked={props[key] === 'true'}
        onChange={(event) => fill({ [key]: event.target.checked ? 'true' : 'false' })}
      />
      <span>{t(label)}</span>
    </label>
  );
  return (
    <form onSubmit={submit}>
      <Radios<Level>
        label={t('notify.desktop')}
        value={levelOf(props.desktop)}
        options={[
          ['all', t('notify.all')],
          ['mention', t('notify.mention')],
          ['none', t('notify.none')],
        ]}
        onChange={(desktop) => fill({ desktop })}
      />
      {check('notify.sound', 'desktop_sound')}
      <div className="inline">
        <div className="field">
          <label htmlFor="sound">{t('notify.sound_which')}</label>
          <select
            id="sound"
            value={props.desktop_notification_sound ?? 'Bing'}
            onChange={(event) => fill({ desktop_notification_sound: event.target.value as Sound })}
          >
            {SOUNDS.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </div>
        <button
          type="button"
          className="button"
          onClick={() => playSound(props.desktop_notification_sound ?? 'Bing')}
        >
          {t('notify.sound_try')}
        </button>
      </div>
      {check('notify.first_name', 'first_name')}
      {check('notify.group', 'channel')}
      <Field
        label={t('notify.keywords')}
        hint={t('notify.keywords_hint')}
        dir="auto"
        value={props.mention_keys ?? ''}
        onChange={(event) => fill({ mention_keys: event.target.value })}
      />
      {problem && <Problem text={problem} />}
      <button type="submit" className="button primary" disabled={busy}>
        {t('action.save')}
      </button>
    </form>
  );
};
