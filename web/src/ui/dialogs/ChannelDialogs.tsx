// Finding, making and changing channels.
import type { ServerChannel } from '@mattermost/types/channels';
import { useEffect, useState } from 'react';
import { api } from '../../api';
import { type Key, useT } from '../../i18n';
import { channelName, fetchChannel, joinChannel, loadCategories, patchChannel } from '../../state/channels';
import { get, useStore } from '../../state/store';
import { addressOf } from '../../text/address';
import { attempt, useSubmit } from '../attempt';
import { ChannelIcon, Field, Modal, Problem, Spinner } from '../bits';
import { Foot } from '../Foot';
import { goToChannel, leave } from '../places';
import { close } from './Dialogs';
import { PeopleField } from './PeopleDialogs';

const REST_MS = 150;

export const Browse = () => {
  const t = useT();
  const [term, setTerm] = useState('');
  const [found, setFound] = useState<readonly ServerChannel[] | null>(null);
  const mine = useStore((s) => s.members);
  const teamId = useStore((s) => s.teamId);
  useEffect(() => {
    let current = true;
    const words = term.trim();
    const ask = () => (words ? api.searchChannels(teamId, words) : api.getChannels(teamId, 0, 100));
    const timer = setTimeout(
      () =>
        attempt(
          (ask() as Promise<ServerChannel[]>).then((list) => {
            const shown = list.filter((channel) => !channel.delete_at && channel.type === 'O');
            if (current) setFound(shown.sort((a, b) => a.display_name.localeCompare(b.display_name)));
          }),
        ),
      words ? REST_MS : 0,
    );
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [term, teamId]);
  const enter = async (channel: ServerChannel) => {
    if (!get().members[channel.id]) await joinChannel(channel.id);
    goToChannel(channel.id);
  };
  return (
    <Modal title={t('browse.title')} onClose={close} wide>
      <input
        type="search"
        className="search-wide"
        autoFocus
        value={term}
        placeholder={t('browse.search')}
        aria-label={t('browse.search')}
        onChange={(event) => setTerm(event.target.value)}
      />
      <ul className="rows scroll">
        {!found && <Spinner />}
        {found?.map((channel) => (
          <li key={channel.id} className="browse-row">
            <ChannelIcon type={channel.type} />
            <span className="row-text">
              {channel.display_name}
              <small className="quiet">{channel.purpose}</small>
            </span>
            {mine[channel.id] && <span className="quiet">{t('browse.joined')}</span>}
            <button type="button" className="button small" onClick={() => attempt(enter(channel))}>
              {mine[channel.id] ? t('browse.open') : t('browse.join')}
            </button>
          </li>
        ))}
      </ul>
      {found && !found.length && <p className="empty">{t('browse.none')}</p>}
    </Modal>
  );
};

const nameFor = (display: string): string => {
  const name = addressOf(display, 60);
  return name.length > 1 ? name : `channel-${crypto.randomUUID().slice(0, 8)}`;
};

export const CreateChannel = () => {
  const t = useT();
  const [name, setName] = useState('');
  const [purpose, setPurpose] = useState('');
  const [secret, setSecret] = useState(false);
  const { busy, problem, submit } = useSubmit(async () => {
    const { teamId } = get();
    const made = await api.createChannel({
      team_id: teamId,
      name: nameFor(name),
      display_name: name.trim(),
      purpose: purpose.trim(),
      header: '',
      type: secret ? 'P' : 'O',
    });
    await fetchChannel(made.id);
    await loadCategories(teamId);
    goToChannel(made.id);
  });
  return (
    <Modal title={t('create.title')} onClose={close}>
      <form onSubmit={submit}>
        <Field
          label={t('channel.name')}
          value={name}
          dir="auto"
          onChange={(event) => setName(event.target.value)}
          required
          maxLength={64}
          autoFocus
        />
        <Field
          label={t('channel.purpose')}
          hint={t('channel.purpose_hint')}
          value={purpose}
          dir="auto"
          onChange={(event) => setPurpose(event.target.value)}
          maxLength={250}
        />
        <label className="check">
          <input type="checkbox" checked={secret} onChange={(event) => setSecret(event.target.checked)} />
          <span>
            {t('create.private')}
            <small className="hint">{t('create.private_hint')}</small>
          </span>
        </label>
        {problem && <Problem text={problem} />}
        <Foot busy={busy} label={t('action.create')} />
      </form>
    </Modal>
  );
};

export const EditChannel = ({ channelId }: { channelId: string }) => {
  const t = useT();
  const channel = useStore((s) => s.channels[channelId])!;
  const [values, setValues] = useState({
    display_name: channel.display_name,
    header: channel.header,
    purpose: channel.purpose,
  });
  const fill = (part: Partial<typeof values>) => setValues((held) => ({ ...held, ...part }));
  const { busy, problem, submit } = useSubmit(async () => {
    await api.patchChannel(channelId, values);
    patchChannel(channelId, values);
    close();
  });
  return (
    <Modal title={t('channel.edit')} onClose={close}>
      <form onSubmit={submit}>
        <Field
          label={t('channel.name')}
          value={values.display_name}
          dir="auto"
          onChange={(event) => fill({ display_name: event.target.value })}
          required
          maxLength={64}
        />
        <Field
          label={t('channel.header')}
          hint={t('channel.header_hint')}
          value={values.header}
          dir="auto"
          onChange={(event) => fill({ header: event.target.value })}
          maxLength={1024}
        />
        <Field
          label={t('channel.purpose')}
          hint={t('channel.purpose_hint')}
          value={values.purpose}
          dir="auto"
          onChange={(event) => fill({ purpose: event.target.value })}
          maxLength={250}
        />
        {problem && <Problem text={problem} />}
        <Foot busy={busy} label={t('action.save')} />
      </form>
    </Modal>
  );
};

export const AddMembers = ({ channelId }: { channelId: string }) => {
  const t = useT();
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const { busy, problem, submit } = useSubmit(async () => {
    await Promise.all(chosen.map((id) => api.addToChannel(id, channelId)));
    close();
  });
  return (
    <Modal title={t('channel.add_people')} onClose={close}>
      <form onSubmit={submit}>
        <PeopleField chosen={chosen} onChange={setChosen} max={50} outside={channelId} />
        {problem && <Problem text={problem} />}
        <Foot busy={busy || !chosen.length} label={t('action.add')} />
      </form>
    </Modal>
  );
};

interface QuestionProps {
  readonly words: { readonly title: Key; readonly lead: Key; readonly act: Key };
  readonly channelId: string;
  readonly work: () => Promise<unknown>;
}

/** Asks before what is not easily undone. */
const Question = ({ words, channelId, work }: QuestionProps) => {
  const t = useT();
  const name = useStore((s) => channelName(s, s.channels[channelId]));
  const { busy, problem, submit } = useSubmit(async () => {
    await work();
    close();
  });
  return (
    <Modal title={t(words.title, { name })} onClose={close}>
      <form onSubmit={submit}>
        <p>{t(words.lead)}</p>
        {problem && <Problem text={problem} />}
        <Foot busy={busy} label={t(words.act)} danger />
      </form>
    </Modal>
  );
};

const LEAVING = {
  title: 'channel.leave_title',
  lead: 'channel.leave_lead',
  act: 'channel.leave',
} as const;
const ARCHIVING = {
  title: 'channel.archive_title',
  lead: 'channel.archive_lead',
  act: 'channel.archive',
} as const;

export const LeaveChannel = ({ channelId }: { channelId: string }) => (
  <Question words={LEAVING} channelId={channelId} work={() => leave(channelId)} />
);

export const ArchiveChannel = ({ channelId }: { channelId: string }) => (
  <Question words={ARCHIVING} channelId={channelId} work={() => api.deleteChannel(channelId)} />
);
