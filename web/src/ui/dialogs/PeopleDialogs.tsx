// Writing to people, inviting them, and telling them what one is at.
import type { UserProfile } from '@mattermost/types/users';
import { X } from 'lucide-react';
import { useEffect, useState } from 'react';
import { api } from '../../api';
import { useT } from '../../i18n';
import { learn, meet } from '../../state/people';
import { get, useStore } from '../../state/store';
import { attempt, useSubmit } from '../attempt';
import { Avatar, Field, Modal, Presence, useName } from '../bits';
import { Foot } from '../Foot';
import { writeTo } from '../places';
import { close } from './Dialogs';

const REST_MS = 150;
const GROUP_MAX = 7;

interface PeopleFieldProps {
  readonly chosen: readonly string[];
  readonly onChange: (ids: readonly string[]) => void;
  readonly max: number;
  /** Only those who are not in this channel. */
  readonly outside?: string;
}

export const PeopleField = ({ chosen, onChange, max, outside }: PeopleFieldProps) => {
  const t = useT();
  const [term, setTerm] = useState('');
  const [found, setFound] = useState<readonly UserProfile[]>([]);
  const [asked, setAsked] = useState(false);
  const teamId = useStore((s) => s.teamId);
  useEffect(() => {
    let current = true;
    const timer = setTimeout(() => {
      const ask = outside
        ? api.searchUsers(term, { team_id: teamId, not_in_channel_id: outside, limit: 30 })
        : term
          ? api.searchUsers(term, { team_id: teamId, limit: 30 })
          : api.getProfilesInTeam(teamId, 0, 30);
      ask.then(
        (list) => {
          if (!current) return;
          learn(list);
          meet(list.map((user) => user.id));
          setFound(list.filter((user) => !user.delete_at && user.id !== get().me?.id));
          setAsked(true);
        },
        () => setAsked(true),
      );
    }, REST_MS);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [term, teamId, outside]);
  const toggle = (id: string) => {
    if (chosen.includes(id)) onChange(chosen.filter((other) => other !== id));
    else if (chosen.length < max) onChange([...chosen, id]);
    setTerm('');
  };
  return (
    <>
      {chosen.length > 0 && (
        <ul className="chips">
          {chosen.map((id) => (
            <Chip key={id} userId={id} onRemove={() => toggle(id)} />
          ))}
        </ul>
      )}
      <input
        type="search"
        className="search-wide"
        autoFocus
        value={term}
        placeholder={t('direct.search')}
        aria-label={t('direct.search')}
        onChange={(event) => setTerm(event.target.value)}
        onKeyDown={(event) => {
          const first = found.find((user) => !chosen.includes(user.id));
          if (event.key !== 'Enter' || !term || !first) return;
          event.preventDefault();
          toggle(first.id);
        }}
      />
      <ul className="rows scroll">
        {found
          .filter((user) => !chosen.includes(user.id))
          .map((user) => (
            <li key={user.id}>
              <button type="button" className="row-button" onClick={() => toggle(user.id)}>
                <PersonLine userId={user.id} />
              </button>
            </li>
          ))}
      </ul>
      {asked && !found.length && (
        <p className="empty">{t(term.trim() || !outside ? 'direct.none' : 'people.all_here')}</p>
      )}
    </>
  );
};

const PersonLine = ({ userId }: { userId: string }) => {
  const name = useName(userId);
  const username = useStore((s) => s.users[userId]?.username);
  return (
    <>
      <Avatar userId={userId} size={32} />
      <span className="row-text">
        {name} <small className="quiet">@{username}</small>
      </span>
      <Presence userId={userId} />
    </>
  );
};

const Chip = ({ userId, onRemove }: { userId: string; onRemove: () => void }) => {
  const t = useT();
  const name = useName(userId);
  return (
    <li className="chip">
      <Avatar userId={userId} size={20} /> {name}
      <button type="button" className="bare" aria-label={t('direct.remove', { name })} onClick={onRemove}>
        <X size={14} aria-hidden />
      </button>
    </li>
  );
};

export const Direct = () => {
  const t = useT();
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const { busy, submit } = useSubmit(
    () => writeTo(chosen),
    () => '',
  );
  return (
    <Modal title={t('direct.title')} onClose={close}>
      <form onSubmit={submit}>
        <PeopleField chosen={chosen} onChange={setChosen} max={GROUP_MAX} />
        <p className="hint">{t('direct.hint')}</p>
        <Foot busy={busy || !chosen.length} label={t('direct.start')} />
      </form>
    </Modal>
  );
};

export const Invite = () => {
  const t = useT();
  const team = useStore((s) => s.teams[s.teamId])!;
  const [inviteId, setInviteId] = useState(team.invite_id);
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    api.getTeam(team.id).then(
      (fresh) => setInviteId(fresh.invite_id),
      () => undefined,
    );
  }, [team.id]);
  const link = inviteId && `${location.origin}/signup_user_complete/?id=${inviteId}`;
  return (
    <Modal title={t('invite.title', { team: team.display_name })} onClose={close}>
      {link ? (
        <>
          <p className="lead">{t('invite.lead')}</p>
          <div className="inline">
            <Field
              label={t('invite.link')}
              value={link}
              readOnly
              onFocus={(event) => event.target.select()}
            />
            <button
              type="button"
              className="button primary"
              onClick={() => attempt(navigator.clipboard.writeText(link).then(() => setCopied(true)))}
            >
              {copied ? t('action.copied') : t('action.copy')}
            </button>
          </div>
        </>
      ) : (
        <p>{t('invite.none')}</p>
      )}
    </Modal>
  );
};
