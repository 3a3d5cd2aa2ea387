// What a process counts about itself: the text format of Prometheus, as far as it is shown.
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)/;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g;

export const parseMetrics = (text: string): Sample[] =>
  text.split('\n').flatMap((line) => {
    const [, name, labels = '', value] = SAMPLE.exec(line) ?? [];
    if (!name) return [];
    const pairs = [...labels.matchAll(LABEL)].map(([, key, said]) => [key, said?.replace(/\\(.)/g, '$1')]);
    return [{ name, labels: Object.fromEntries(pairs) as Record<string, string>, value: Number(value) }];
  });

export const LAGS = ['fold', 'projection', 'index', 'archive'] as const;

export interface Lag {
  readonly what: (typeof LAGS)[number];
  /** Records that it has not seen yet. */
  readonly records: number;
  /** Parts of the log in which it is behind. */
  readonly behind: number;
}

export interface Vitals {
  readonly lags: readonly Lag[];
  readonly sockets: number;
  readonly streams: number;
  /** Records in the log. */
  readonly log: number;
}

export const vitalsOf = (samples: readonly Sample[]): Vitals => {
  const named = (name: string) => samples.filter((sample) => sample.name === `nottermost_${name}`);
  const sum = (name: string) => named(name).reduce((total, { value }) => total + value, 0);
  return {
    lags: LAGS.map((what) => {
      const name = `${what}_lag_records`;
      return { what, records: sum(name), behind: named(name).filter(({ value }) => value > 0).length };
    }),
    sockets: sum('sockets_open'),
    streams: sum('stream_open'),
    log: sum('log_end_offset'),
  };
};

/** Nothing where the process does not stand behind this address: an edge passes it on to nobody. */
export const askVitals = async (): Promise<Vitals | null> => {
  const answer = await fetch('/metrics');
  const isText = answer.headers.get('content-type')?.startsWith('text/plain');
  return answer.ok && isText ? vitalsOf(parseMetrics(await answer.text())) : null;
};
