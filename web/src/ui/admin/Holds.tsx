// Legal holds: what is kept whatever policies and people say.
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { useT } from '../../i18n';
import { type Choosable, offerChannels, offerPeople } from '../../state/admin/choices';
import { type Hold, holds, liftHold, placeHold } from '../../state/admin/retention';
import { meet } from '../../state/people';
import { useSubmit } from '../attempt';
import { Field, Modal, Problem, Spinner } from '../bits';
import { Foot } from '../Foot';
import { Choose } from './Choose';
import { Name, Section, Table, useLoad, useQuestion, When } from './parts';
import { useChannelName } from './places';

export const Holds = () => {
  const t = useT();
  const { data, problem, reload } = useLoad('holds', async () => {
    const found = await holds();
    meet(found.flatMap((hold) => [hold.placed_by, ...(hold.user_ids ?? [])]));
    return found;
  });
  const [placing, setPlacing] = useState(false);
  const { ask, dialog } = useQuestion();
  const lift = (hold: Hold) =>
    ask({
      title: t('admin.hold_lift_title', { name: hold.name }),
      lead: t('admin.hold_lift_lead'),
      label: t('admin.hold_lift'),
      danger: true,
      act: () => liftHold(hold.id).then(reload),
    });
  return (
    <Section title={t('admin.holds')} lead={t('admin.holds_hint')}>
      {problem && <Problem text={problem} />}
      {!data && !problem && <Spinner />}
      {data && !data.length && <p className="hint">{t('admin.hold_none')}</p>}
      {data && data.length > 0 && (
        <Table
          label={t('admin.holds')}
          heads={[
            t('admin.name'),
            t('admin.hold_what'),
            `~${t('admin.by')}`,
            `~${t('admin.created')}`,
            t('admin.actions'),
          ]}
        >
          {data.map((hold) => (
            <HoldRow key={hold.id} hold={hold} lift={() => lift(hold)} />
          ))}
        </Table>
      )}
      <div className="admin-actions">
        <button type="button" className="button" onClick={() => setPlacing(true)}>
          <Plus size={16} aria-hidden /> {t('admin.hold_place')}
        </button>
      </div>
      {dialog}
      {placing && <PlaceHold reload={reload} onClose={() => setPlacing(false)} />}
    </Section>
  );
};

const HoldRow = ({ hold, lift }: { hold: Hold; lift: () => void }) => {
  const t = useT();
  const lifted = hold.release_at > 0;
  return (
    <tr className={lifted ? 'faded' : undefined}>
      <td>
        <strong>{hold.name}</strong>
      </td>
      <td>
        <ul className="chips">
          {hold.user_ids?.map((id) => (
            <li key={id}>
              <Name userId={id} />
            </li>
          ))}
          {hold.channel_ids?.map((id) => (
            <HeldChannel key={id} id={id} />
          ))}
        </ul>
      </td>
      <td className="roomy">
        <Name userId={hold.placed_by} />
      </td>
      <td className="roomy">
        <When at={hold.create_at} />
      </td>
      <td>
        {lifted ? (
          <>
            <span className="tag">{t('admin.hold_lifted')}</span> <When at={hold.release_at} />
          </>
        ) : (
          <button type="button" className="button small" onClick={lift}>
            {t('admin.hold_lift')}
            <span className="hidden"> {hold.name}</span>
          </button>
        )}
      </td>
    </tr>
  );
};

const HeldChannel = ({ id }: { id: string }) => <li>~{useChannelName(id)}</li>;

const PlaceHold = ({ reload, onClose }: { reload: () => void; onClose: () => void }) => {
  const t = useT();
  const [name, setName] = useState('');
  const [people, setPeople] = useState<readonly Choosable[]>([]);
  const [channels, setChannels] = useState<readonly Choosable[]>([]);
  const { busy, problem, submit } = useSubmit(async () => {
    await placeHold({
      name: name.trim(),
      user_ids: people.map(({ id }) => id),
      channel_ids: channels.map(({ id }) => id),
    });
    reload();
    onClose();
  });
  return (
    <Modal title={t('admin.hold_place')} onClose={onClose} wide>
      <form onSubmit={submit}>
        <Field
          label={t('admin.name')}
          value={name}
          required
          maxLength={64}
          autoFocus
          onChange={(event) => setName(event.target.value)}
        />
        <Choose label={t('admin.people')} offer={offerPeople} chosen={people} onChange={setPeople} />
        <Choose label={t('admin.channels')} offer={offerChannels} chosen={channels} onChange={setChannels} />
        {problem && <Problem text={problem} />}
        <Foot
          busy={busy || !(people.length + channels.length)}
          label={t('admin.hold_place')}
          onClose={onClose}
        />
      </form>
    </Modal>
  );
};
