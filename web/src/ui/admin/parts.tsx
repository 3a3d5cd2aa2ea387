// What the pages of administrators are made of.
import { ArrowLeft } from 'lucide-react';
import { type ReactNode, useEffect, useState } from 'react';
import { Link } from 'wouter';
import { wordsOf } from '../../api';
import { intl, useT } from '../../i18n';
import type { Found } from '../../state/admin/pages';
import { dated } from '../../text/time';
import { useSubmit } from '../attempt';
import { Field, Modal, Problem, Spinner, useName } from '../bits';
import { Foot } from '../Foot';

const REST_MS = 200;

interface PageProps {
  readonly title: ReactNode;
  readonly lead?: ReactNode;
  readonly back?: { readonly to: string; readonly label: string };
  readonly tools?: ReactNode;
  readonly children: ReactNode;
}

export const Page = ({ title, lead, back, tools, children }: PageProps) => (
  <div className="admin-page">
    {back && (
      <Link href={back.to} className="admin-back">
        <ArrowLeft size={15} aria-hidden /> {back.label}
      </Link>
    )}
    <header className="admin-head">
      <h1>{title}</h1>
      {tools && <div className="admin-tools">{tools}</div>}
    </header>
    {lead && <p className="lead">{lead}</p>}
    {children}
  </div>
);

export const Section = ({ title, lead, children }: { title: string; lead?: string; children: ReactNode }) => (
  <section className="admin-section" aria-label={title}>
    <h2>{title}</h2>
    {lead && <p className="hint">{lead}</p>}
    {children}
  </section>
);

export const Segments = <T extends string>(props: {
  label: string;
  value: T;
  options: readonly (readonly [T, string])[];
  onChange: (value: T) => void;
}) => (
  <div className="segments" role="group" aria-label={props.label}>
    {props.options.map(([value, label]) => (
      <button
        key={value}
        type="button"
        aria-pressed={props.value === value}
        onClick={() => props.onChange(value)}
      >
        {label}
      </button>
    ))}
  </div>
);

interface SearchProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (term: string) => void;
  /** In a form, where the key would send it. */
  readonly onEnter?: () => void;
}

export const SearchField = (props: SearchProps) => (
  <input
    type="search"
    className="admin-search"
    aria-label={props.label}
    placeholder={props.label}
    value={props.value}
    onChange={(event) => props.onChange(event.target.value)}
    onKeyDown={(event) => {
      if (event.key !== 'Enter' || !props.onEnter) return;
      event.preventDefault();
      props.onEnter();
    }}
  />
);

/** The value once it has not changed for a moment. */
export const useRested = (value: string): string => {
  const [rested, setRested] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setRested(value), REST_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return rested;
};

const useWords = () => {
  const t = useT();
  return (error: unknown) => wordsOf(error, t('error.general'));
};

/** What `ask` answers, for as long as `at` stays the same; `reload` asks again, and the old answer stands meanwhile. */
export const useLoad = <T,>(at: string, ask: () => Promise<T>) => {
  const words = useWords();
  const [held, setHeld] = useState<{ at: string; data?: T; problem?: string }>({ at });
  const [turn, setTurn] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `at` says what is asked, `turn` that it is again
  useEffect(() => {
    let current = true;
    ask().then(
      (data) => current && setHeld({ at, data }),
      (error) =>
        current &&
        setHeld((old) => ({ at, data: old.at === at ? old.data : undefined, problem: words(error) })),
    );
    return () => {
      current = false;
    };
  }, [at, turn]);
  const mine = held.at === at ? held : { data: undefined, problem: undefined };
  return {
    data: mine.data,
    problem: mine.problem,
    reload: () => setTurn((now) => now + 1),
    replace: (data: T) => setHeld({ at, data }),
  };
};

/** The same for what comes in pages: `more` asks for the next one. */
export const usePages = <T,>(at: string, ask: (from?: number) => Promise<Found<T>>) => {
  const words = useWords();
  const [rest, setRest] = useState<{ first?: Found<T>; pages: readonly Found<T>[]; problem?: string }>({
    pages: [],
  });
  const [busy, setBusy] = useState(false);
  const { data: first, problem, reload } = useLoad(at, () => ask());
  const pages = first ? [first, ...(rest.first === first ? rest.pages : [])] : [];
  const next = pages.at(-1)?.next;
  const more = async () => {
    setBusy(true);
    const held = pages.slice(1);
    try {
      const page = await ask(next);
      setRest({ first, pages: [...held, page] });
    } catch (error) {
      setRest({ first, pages: held, problem: words(error) });
    }
    setBusy(false);
  };
  return {
    items: first && pages.flatMap((page) => page.items),
    total: first?.total,
    cut: first?.cut ?? false,
    problem: problem ?? (rest.first === first ? rest.problem : undefined),
    more: next === undefined ? undefined : () => void more(),
    busy,
    reload,
  };
};

interface ListingProps<T> {
  readonly label: string;
  readonly pages: ReturnType<typeof usePages<T>>;
  readonly none: string;
  /** Those whose name begins with `~` are left out where there is little room. */
  readonly heads: readonly string[];
  readonly row: (item: T) => ReactNode;
}

export const Listing = <T,>({ label, pages, none, heads, row }: ListingProps<T>) => {
  const t = useT();
  return (
    <>
      {pages.problem && <Problem text={pages.problem} />}
      {!pages.items && !pages.problem && <Spinner />}
      {pages.items && pages.items.length > 0 && (
        <Table label={label} heads={heads}>
          {pages.items.map(row)}
        </Table>
      )}
      {pages.items && !pages.items.length && !pages.more && <p className="empty">{none}</p>}
      {pages.cut && <p className="hint">{t('admin.cut')}</p>}
      {pages.more && (
        <button type="button" className="button admin-more" disabled={pages.busy} onClick={pages.more}>
          {t('admin.more')}
        </button>
      )}
    </>
  );
};

export const Table = (props: { label: string; heads: readonly string[]; children: ReactNode }) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by the keys
  <div className="admin-table" role="group" aria-label={props.label} tabIndex={0}>
    <table>
      <thead>
        <tr>
          {props.heads.map((head) => (
            <th key={head} scope="col" className={head.startsWith('~') ? 'roomy' : undefined}>
              {head.replace('~', '')}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>{props.children}</tbody>
    </table>
  </div>
);

interface NameProps {
  readonly to: string;
  readonly icon: ReactNode;
  readonly name: string;
  readonly hint: string;
  readonly tag?: string | false;
}

/** The cell that leads to what its row is about. */
export const NameCell = ({ to, icon, name, hint, tag }: NameProps) => (
  <td>
    <Link href={to} className="admin-name">
      {icon}
      <span>
        <strong>{name}</strong>
        <small>{hint}</small>
        {tag && <span className="tag">{tag}</span>}
      </span>
    </Link>
  </td>
);

export interface Question {
  readonly title: string;
  readonly lead: string;
  readonly label: string;
  readonly danger?: boolean;
  /** What has to be typed before it can be done. */
  readonly typed?: string;
  readonly act: () => Promise<unknown>;
}

/** Asks before it acts: what is put to `ask` stands in `dialog` until it is done or given up. */
export const useQuestion = () => {
  const [question, ask] = useState<Question | null>(null);
  const dialog = question && <Confirm {...question} onClose={() => ask(null)} />;
  return { ask, dialog };
};

const Confirm = ({ title, lead, label, danger, typed, act, onClose }: Question & { onClose: () => void }) => {
  const t = useT();
  const [text, setText] = useState('');
  const { busy, problem, submit } = useSubmit(async () => {
    await act();
    onClose();
  });
  return (
    <Modal title={title} onClose={onClose}>
      <form onSubmit={submit}>
        <p>{lead}</p>
        {typed && (
          <Field
            label={t('admin.type_name', { name: typed })}
            value={text}
            autoComplete="off"
            autoCapitalize="none"
            autoFocus
            onChange={(event) => setText(event.target.value)}
          />
        )}
        {problem && <Problem text={problem} />}
        <Foot
          busy={busy || (typed !== undefined && text !== typed)}
          label={label}
          danger={danger}
          onClose={onClose}
        />
      </form>
    </Modal>
  );
};

/** A moment in a table: short, and to the second where one looks closer. */
export const When = ({ at }: { at: number }) => {
  const t = useT();
  if (!at) return <span className="quiet">{t('admin.never')}</span>;
  return (
    <time
      dateTime={new Date(at).toISOString()}
      title={intl().formatDate(at, { dateStyle: 'full', timeStyle: 'medium' })}
    >
      {dated(at)}
    </time>
  );
};

export const Name = ({ userId }: { userId: string }) => <>{useName(userId)}</>;

export const Amount = ({ of }: { of: number }) => <>{intl().formatNumber(of)}</>;
