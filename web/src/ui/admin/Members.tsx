// Who is in a team or a channel, and with which role.
import { useT } from '../../i18n';
import type { Found } from '../../state/admin/pages';
import { PAGE } from '../../state/admin/people';
import { meet } from '../../state/people';
import { useStore } from '../../state/store';
import { useSubmit } from '../attempt';
import { Avatar, Problem, useName } from '../bits';
import { Listing, NameCell, type Question, usePages, useQuestion } from './parts';

interface Member {
  readonly user_id: string;
  readonly scheme_admin?: boolean;
  readonly scheme_guest?: boolean;
}

interface MembersProps {
  readonly at: string;
  readonly ask: (page: number) => Promise<readonly Member[]>;
  readonly setAdmin: (userId: string, admin: boolean) => Promise<unknown>;
  readonly remove: (userId: string) => Promise<unknown>;
  /** What the question before a removal says. */
  readonly removal: string;
}

const page = async (ask: MembersProps['ask'], from: number): Promise<Found<Member>> => {
  const items = await ask(from);
  meet(items.map((member) => member.user_id));
  return { items, next: items.length < PAGE ? undefined : from + 1 };
};

export const Members = ({ at, ask, setAdmin, remove, removal }: MembersProps) => {
  const t = useT();
  const pages = usePages<Member>(at, (from = 0) => page(ask, from));
  const { ask: question, dialog } = useQuestion();
  return (
    <>
      <Listing
        label={t('channel.members_title')}
        pages={pages}
        none={t('admin.members_none')}
        heads={[t('admin.name'), `~${t('admin.role')}`, t('admin.actions')]}
        row={(member) => (
          <MemberRow
            key={member.user_id}
            member={member}
            setAdmin={(admin) => setAdmin(member.user_id, admin).then(pages.reload)}
            remove={() => remove(member.user_id).then(pages.reload)}
            removal={removal}
            ask={question}
          />
        )}
      />
      {dialog}
    </>
  );
};

interface RowProps {
  readonly member: Member;
  readonly setAdmin: (admin: boolean) => Promise<unknown>;
  readonly remove: () => Promise<unknown>;
  readonly removal: string;
  readonly ask: (question: Question) => void;
}

const MemberRow = ({ member, setAdmin, remove, removal, ask }: RowProps) => {
  const t = useT();
  const name = useName(member.user_id);
  const username = useStore((s) => s.users[member.user_id]?.username);
  const admin = member.scheme_admin ?? false;
  const role = admin ? 'admin.role_admin' : member.scheme_guest ? 'admin.role_guest' : 'admin.role_member';
  const change = useSubmit(async () => {
    await setAdmin(!admin);
  });
  return (
    <tr>
      <NameCell
        to={`/admin/users/${member.user_id}`}
        icon={<Avatar userId={member.user_id} size={32} />}
        name={name}
        hint={`@${username}`}
      />
      <td className="roomy">{t(role)}</td>
      <td>
        <div className="admin-actions">
          {!member.scheme_guest && (
            <button
              type="button"
              className="button small"
              disabled={change.busy}
              onClick={() => void change.submit()}
            >
              {t(admin ? 'admin.member_demote' : 'admin.member_promote')}
              <span className="hidden"> {name}</span>
            </button>
          )}
          <button
            type="button"
            className="button small"
            onClick={() =>
              ask({
                title: t('admin.member_remove_title', { name }),
                lead: removal,
                label: t('admin.remove'),
                danger: true,
                act: remove,
              })
            }
          >
            {t('admin.remove')}
            <span className="hidden"> {name}</span>
          </button>
        </div>
        {change.problem && <Problem text={change.problem} />}
      </td>
    </tr>
  );
};
