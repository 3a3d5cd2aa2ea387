// One channel: what it is called, who may do what in it, who is in it.
import type { ChannelModeration, ServerChannel } from '@mattermost/types/channels';
import { useState } from 'react';
import { api, wordsOf } from '../../api';
import { type Key, useT } from '../../i18n';
import { moderate, settable, WHOM, type Whom } from '../../state/admin/channels';
import { PAGE } from '../../state/admin/people';
import { notify } from '../../state/store';
import { useSubmit } from '../attempt';
import { Field, Problem, Spinner } from '../bits';
import { Members } from './Members';
import { Page, Section, Table, useLoad, useQuestion } from './parts';

interface PartProps {
  readonly channel: ServerChannel;
  readonly reload: () => void;
}

export const ChannelPage = ({ channelId }: { channelId: string }) => {
  const t = useT();
  const { data, problem, reload } = useLoad(channelId, async () => {
    const channel = (await api.getChannel(channelId)) as ServerChannel;
    return { channel, team: channel.team_id ? await api.getTeam(channel.team_id) : null };
  });
  const back = { to: '/admin/channels', label: t('admin.channels') };
  if (!data)
    return (
      <Page title={t('admin.channel')} back={back}>
        {problem ? <Problem text={problem} /> : <Spinner />}
      </Page>
    );
  const { channel, team } = data;
  if (!team)
    return (
      <Page title={t('admin.conversation')} back={back}>
        <p className="admin-note">{t('admin.conversation_lead')}</p>
      </Page>
    );
  return (
    <Page
      title={channel.display_name}
      lead={`${team.display_name} · ~${channel.name}`}
      back={back}
      tools={
        <>
          <span className="tag">{t(channel.type === 'P' ? 'admin.private' : 'admin.public')}</span>
          {channel.delete_at > 0 && <span className="tag">{t('admin.archived')}</span>}
        </>
      }
    >
      {problem && <Problem text={problem} />}
      {channel.delete_at ? (
        <p className="admin-note">{t('admin.channel_archived')}</p>
      ) : (
        <>
          <ChannelForm key={channel.update_at} channel={channel} reload={reload} />
          <Moderations channelId={channel.id} />
          <Section title={t('channel.members_title')}>
            <Members
              at={channel.id}
              ask={(page) => api.getChannelMembers(channel.id, page, PAGE)}
              setAdmin={(userId, admin) =>
                api.updateChannelMemberSchemeRoles(channel.id, userId, true, admin)
              }
              remove={(userId) => api.removeFromChannel(userId, channel.id)}
              removal={t('admin.channel_remove_lead')}
            />
          </Section>
        </>
      )}
      <Standing channel={channel} reload={reload} />
    </Page>
  );
};

const ChannelForm = ({ channel, reload }: PartProps) => {
  const t = useT();
  const [values, setValues] = useState({
    display_name: channel.display_name,
    header: channel.header,
    purpose: channel.purpose,
  });
  const fill = (part: Partial<typeof values>) => setValues((held) => ({ ...held, ...part }));
  const { busy, problem, submit } = useSubmit(async () => {
    await api.patchChannel(channel.id, values);
    notify(t('settings.saved'));
    reload();
  });
  return (
    <Section title={t('settings.title')}>
      <form onSubmit={submit} className="admin-form">
        <Field
          label={t('admin.name')}
          value={values.display_name}
          required
          maxLength={64}
          onChange={(event) => fill({ display_name: event.target.value })}
        />
        <Field
          label={t('channel.header')}
          hint={t('channel.header_hint')}
          value={values.header}
          maxLength={1024}
          onChange={(event) => fill({ header: event.target.value })}
        />
        <Field
          label={t('channel.purpose')}
          hint={t('channel.purpose_hint')}
          value={values.purpose}
          maxLength={250}
          onChange={(event) => fill({ purpose: event.target.value })}
        />
        {problem && <Problem text={problem} />}
        <div className="admin-actions">
          <button type="submit" className="button primary" disabled={busy}>
            {t('action.save')}
          </button>
        </div>
      </form>
    </Section>
  );
};

const MODERATED: Readonly<Record<string, Key>> = {
  create_post: 'admin.may_post',
  create_reactions: 'admin.may_react',
  manage_members: 'admin.may_manage_members',
  use_channel_mentions: 'admin.may_mention',
  manage_bookmarks: 'admin.may_bookmark',
};
const WHOM_WORDS: Readonly<Record<Whom, Key>> = {
  members: 'admin.role_members',
  guests: 'admin.role_guests',
};

const Moderations = ({ channelId }: { channelId: string }) => {
  const t = useT();
  const { data, problem, replace } = useLoad(channelId, () => api.getChannelModerations(channelId));
  return (
    <Section title={t('admin.moderation')} lead={t('admin.moderation_hint')}>
      {problem && <Problem text={problem} />}
      {!data && !problem && <Spinner />}
      {data && (
        <Table
          label={t('admin.moderation')}
          heads={[t('admin.may'), ...WHOM.map((whom) => t(WHOM_WORDS[whom]))]}
        >
          {data.map((moderation) => (
            <ModerationRow
              key={moderation.name}
              channelId={channelId}
              moderation={moderation}
              onChange={replace}
            />
          ))}
        </Table>
      )}
    </Section>
  );
};

interface ModerationProps {
  readonly channelId: string;
  readonly moderation: ChannelModeration;
  readonly onChange: (all: ChannelModeration[]) => void;
}

/** What is ticked is what the server says; until it has answered nothing changes here. */
const ModerationRow = ({ channelId, moderation, onChange }: ModerationProps) => {
  const t = useT();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState('');
  const known = MODERATED[moderation.name];
  const what = known ? t(known) : moderation.name;
  const change = async (whom: Whom, allowed: boolean) => {
    setBusy(true);
    setProblem('');
    try {
      onChange(await moderate(channelId, moderation.name, whom, allowed));
    } catch (error) {
      setProblem(wordsOf(error, t('error.general')));
    }
    setBusy(false);
  };
  return (
    <tr>
      <th scope="row">
        {what}
        {problem && <Problem text={problem} />}
      </th>
      {WHOM.map((whom) => (
        <td key={whom}>
          {moderation.roles[whom] ? (
            <input
              type="checkbox"
              aria-label={`${what}: ${t(WHOM_WORDS[whom])}`}
              checked={moderation.roles[whom].value}
              disabled={busy || !settable(moderation, whom)}
              onChange={(event) => void change(whom, event.target.checked)}
            />
          ) : (
            <span className="quiet">{t('admin.never_may')}</span>
          )}
        </td>
      ))}
    </tr>
  );
};

const Standing = ({ channel, reload }: PartProps) => {
  const t = useT();
  const { ask, dialog } = useQuestion();
  const name = channel.display_name;
  const secret = channel.type === 'P';
  const convert = () =>
    ask({
      title: t(secret ? 'admin.publish_title' : 'admin.hide_title', { name }),
      lead: t(secret ? 'admin.publish_lead' : 'admin.hide_lead'),
      label: t(secret ? 'admin.publish' : 'admin.hide'),
      danger: secret,
      act: () => api.updateChannelPrivacy(channel.id, secret ? 'O' : 'P').then(reload),
    });
  const archive = () =>
    ask({
      title: t('admin.archive_title', { name }),
      lead: t('admin.channel_archive_lead'),
      label: t('admin.archive'),
      danger: true,
      act: () => api.deleteChannel(channel.id).then(reload),
    });
  const restore = () =>
    ask({
      title: t('admin.restore_title', { name }),
      lead: t('admin.channel_restore_lead'),
      label: t('admin.restore'),
      act: () => api.unarchiveChannel(channel.id).then(reload),
    });
  return (
    <Section title={t('admin.channel_standing')}>
      <div className="admin-actions">
        {!channel.delete_at && (
          <button type="button" className="button" onClick={convert}>
            {t(secret ? 'admin.publish' : 'admin.hide')}
          </button>
        )}
        <button type="button" className="button" onClick={channel.delete_at ? restore : archive}>
          {t(channel.delete_at ? 'admin.restore' : 'admin.archive')}
        </button>
      </div>
      {dialog}
    </Section>
  );
};
