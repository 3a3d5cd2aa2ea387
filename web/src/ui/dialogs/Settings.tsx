// What everybody sets for themselves.
import { Tabs } from '@base-ui/react/tabs';
import { type ReactNode, useState } from 'react';
import { api } from '../../api';
import { chooseLanguage, type Key, LANGUAGES, type Language, useLanguage, useT } from '../../i18n';
import { learn, nameStyle } from '../../state/people';
import { savePreference } from '../../state/preferences';
import { notify, set, useStore } from '../../state/store';
import { choose, type Density, type Theme, useAppearance } from '../appearance';
import { attempt, useSubmit } from '../attempt';
import { Avatar, Field, Modal, Problem } from '../bits';
import { Radios } from '../Radios';
import { Sessions } from '../Sessions';
import { close } from './Dialogs';
import { NotificationSettings } from './NotificationSettings';

const TABS: readonly [string, Key, () => ReactNode][] = [
  ['profile', 'settings.profile', () => <Profile />],
  ['display', 'settings.display', () => <Display />],
  ['notifications', 'settings.notifications', () => <NotificationSettings />],
  ['security', 'settings.security', () => <Security />],
  ['sessions', 'settings.sessions', () => <OwnSessions />],
];

export const Settings = () => {
  const t = useT();
  return (
    <Modal title={t('settings.title')} onClose={close} wide>
      <Tabs.Root defaultValue="profile" className="settings">
        <Tabs.List className="tabs">
          {TABS.map(([value, label]) => (
            <Tabs.Tab key={value} value={value} className="tab">
              {t(label)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {TABS.map(([value, , show]) => (
          <Tabs.Panel key={value} value={value} className="tab-panel">
            {show()}
          </Tabs.Panel>
        ))}
      </Tabs.Root>
    </Modal>
  );
};

const Profile = () => {
  const t = useT();
  const me = useStore((s) => s.me)!;
  const [values, setValues] = useState({
    first_name: me.first_name,
    last_name: me.last_name,
    nickname: me.nickname,
    position: me.position,
  });
  const { busy, problem, submit } = useSubmit(async () => {
    const changed = await api.patchMe(values);
    learn([changed]);
    set({ me: changed });
    notify(t('settings.saved'));
  });
  const picture = async (file: File | undefined) => {
    if (!file) return;
    await api.uploadProfileImage(me.id, file);
    learn([await api.getMe()]);
  };
  const field = (name: keyof typeof values, label: Key) => (
    <Field
      label={t(label)}
      value={values[name]}
      maxLength={64}
      onChange={(event) => setValues((held) => ({ ...held, [name]: event.target.value }))}
    />
  );
  return (
    <form onSubmit={submit}>
      <div className="picture-field">
        <Avatar userId={me.id} size={72} />
        <label className="button">
          {t('settings.picture')}
          <input
            type="file"
            accept="image/png,image/jpeg,image/gif,image/webp"
            className="hidden"
            onChange={(event) => attempt(picture(event.target.files?.[0]))}
          />
        </label>
      </div>
      <div className="pair">
        {field('first_name', 'settings.first_name')}
        {field('last_name', 'settings.last_name')}
      </div>
      {field('nickname', 'settings.nickname')}
      {field('position', 'settings.position')}
      {problem && <Problem text={problem} />}
      <button type="submit" className="button primary" disabled={busy}>
        {t('action.save')}
      </button>
    </form>
  );
};

const NAMES: readonly [string, Key][] = [
  ['username', 'names.username'],
  ['nickname_full_name', 'names.nickname_full_name'],
  ['full_name', 'names.full_name'],
];

const Names = () => {
  const t = useT();
  const style = useStore(nameStyle);
  const locked = useStore((s) => s.config.LockTeammateNameDisplay === 'true');
  if (locked) return null;
  return (
    <Radios
      label={t('names.label')}
      value={style}
      options={NAMES.map(([name, key]) => [name, t(key)])}
      onChange={(value) => attempt(savePreference('display_settings', 'name_format', value))}
    />
  );
};

const Previews = () => {
  const t = useT();
  const on = useStore((s) => s.preferences['display_settings/link_previews'] !== 'false');
  const folded = useStore((s) => s.preferences['display_settings/collapse_previews'] === 'true');
  const check = (label: Key, name: string, value: boolean) => (
    <label className="check">
      <input
        type="checkbox"
        checked={value}
        onChange={(event) => attempt(savePreference('display_settings', name, String(event.target.checked)))}
      />
      <span>{t(label)}</span>
    </label>
  );
  return (
    <>
      {check('preview.setting', 'link_previews', on)}
      {check('preview.setting_collapsed', 'collapse_previews', folded)}
    </>
  );
};

const Display = () => {
  const t = useT();
  const { theme, density } = useAppearance();
  const language = useLanguage();
  return (
    <>
      <Radios<Theme>
        label={t('settings.theme')}
        value={theme}
        options={[
          ['system', t('settings.theme_system')],
          ['light', t('settings.theme_light')],
          ['dark', t('settings.theme_dark')],
        ]}
        onChange={(value) => choose({ theme: value })}
      />
      <Radios<Density>
        label={t('settings.density')}
        value={density}
        options={[
          ['comfortable', t('settings.density_comfortable')],
          ['compact', t('settings.density_compact')],
        ]}
        onChange={(value) => choose({ density: value })}
      />
      <Radios<Language>
        label={t('settings.language')}
        value={language}
        options={Object.entries(LANGUAGES) as [Language, string][]}
        onChange={(value) => void chooseLanguage(value)}
      />
      <Names />
      <Previews />
    </>
  );
};

const OwnSessions = () => <Sessions userId={useStore((s) => s.me!.id)} />;

const Security = () => {
  const t = useT();
  const me = useStore((s) => s.me)!;
  const [held, setHeld] = useState('');
  const [wanted, setWanted] = useState('');
  const { busy, problem, submit } = useSubmit(async () => {
    await api.updateUserPassword(me.id, held, wanted);
    setHeld('');
    setWanted('');
    notify(t('settings.saved'));
  });
  return (
    <form onSubmit={submit}>
      <input type="text" autoComplete="username" value={me.username} readOnly hidden />
      <Field
        label={t('settings.password_current')}
        type="password"
        autoComplete="current-password"
        value={held}
        required
        onChange={(event) => setHeld(event.target.value)}
      />
      <Field
        label={t('settings.password_new')}
        type="password"
        autoComplete="new-password"
        value={wanted}
        required
        onChange={(event) => setWanted(event.target.value)}
      />
      {problem && <Problem text={problem} />}
      <button type="submit" className="button primary" disabled={busy}>
        {t('settings.password_change')}
      </button>
    </form>
  );
};
