// Of what one channel tells.
import { useState } from 'react';
import { type Key, useT } from '../../i18n';
import { channelName, setChannelNotify } from '../../state/channels';
import { type Level, levelOf } from '../../state/notifications';
import { useStore } from '../../state/store';
import { useSubmit } from '../attempt';
import { Modal, Problem } from '../bits';
import { Foot } from '../Foot';
import { Radios } from '../Radios';
import { close } from './Dialogs';

type Sound = 'default' | 'on' | 'off';

export const LEVELS: Readonly<Record<Level, Key>> = {
  all: 'notify.all',
  mention: 'notify.mention',
  none: 'notify.none',
};

export const ChannelNotifications = ({ channelId }: { channelId: string }) => {
  const t = useT();
  const name = useStore((s) => channelName(s, s.channels[channelId]));
  const held = useStore((s) => s.members[channelId]?.notify_props);
  const mine = useStore((s) => levelOf(s.me?.notify_props?.desktop));
  const [desktop, setDesktop] = useState<Level | 'default'>(held?.desktop ?? 'default');
  const [muted, setMuted] = useState(held?.mark_unread === 'mention');
  const [ignores, setIgnores] = useState(held?.ignore_channel_mentions === 'on');
  const mySound = useStore((s) => s.me?.notify_props?.desktop_sound !== 'false');
  const [sound, setSound] = useState<Sound>(held?.desktop_sound ?? 'default');
  const { busy, problem, submit } = useSubmit(async () => {
    await setChannelNotify(channelId, {
      desktop,
      mark_unread: muted ? 'mention' : 'all',
      ignore_channel_mentions: ignores ? 'on' : 'off',
      desktop_sound: sound,
    });
    close();
  });
  const check = (label: Key, on: boolean, change: (on: boolean) => void) => (
    <label className="check">
      <input type="checkbox" checked={on} onChange={(event) => change(event.target.checked)} />
      <span>{t(label)}</span>
    </label>
  );
  return (
    <Modal title={t('notify.channel_title', { name })} onClose={close}>
      <form onSubmit={submit}>
        {check('notify.muted', muted, setMuted)}
        <Radios<Level | 'default'>
          label={t('notify.desktop')}
          value={desktop}
          options={[
            ['default', t('notify.default', { what: t(LEVELS[mine]) })],
            ['all', t('notify.all')],
            ['mention', t('notify.mention')],
            ['none', t('notify.none')],
          ]}
          onChange={setDesktop}
        />
        {check('notify.ignore', ignores, setIgnores)}
        <Radios<Sound>
          label={t('notify.sound')}
          value={sound}
          options={[
            ['default', t('notify.default', { what: t(mySound ? 'notify.sound_on' : 'notify.sound_off') })],
            ['on', t('notify.sound_on')],
            ['off', t('notify.sound_off')],
          ]}
          onChange={setSound}
        />
        {problem && <Problem text={problem} />}
        <Foot busy={busy} label={t('action.save')} />
      </form>
    </Modal>
  );
};
