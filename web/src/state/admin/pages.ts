// What a search or a list answers, and how it is read page by page.
export interface Found<T> {
  readonly items: readonly T[];
  /** The page of the server to go on with; without it there is nothing more. */
  readonly next?: number;
  readonly total?: number;
  /** More fit than the server tells at once. */
  readonly cut?: boolean;
}

const READ = 200;

/** All of a list, however many pages it has. */
export const whole = async <T>(ask: (page: number, size: number) => Promise<readonly T[]>): Promise<T[]> => {
  const all: T[] = [];
  for (let page = 0; ; page++) {
    const read = await ask(page, READ);
    all.push(...read);
    if (read.length < READ) return all;
  }
};
