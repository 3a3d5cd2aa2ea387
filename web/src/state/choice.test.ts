// What is seen of choices that overtake each other, and of those that the server does not take.
import { beforeEach, expect, it } from 'vitest';
import { choose } from './choice';

let seen: string;
const shown = {
  now: () => seen,
  show: (value: string) => {
    seen = value;
  },
};

beforeEach(() => {
  seen = 'held';
});

/** A choice, and the server's answers to it. */
const choice = (wanted: string) => {
  let take!: () => void;
  let refuse!: () => void;
  const answer = new Promise<void>((resolve, reject) => {
    take = resolve;
    refuse = () => reject(new Error('no'));
  });
  const done = choose('it', shown, wanted, () => answer).catch(() => undefined);
  const answered = (say: () => void) => () => {
    say();
    return done;
  };
  return { taken: answered(take), refused: answered(refuse) };
};

it('is shown at once, and put back if it is refused', async () => {
  const first = choice('first');
  expect(seen).toBe('first');
  await first.refused();
  expect(seen).toBe('held');
});

it.each(['in order', 'the last one first'])(
  'is what the server has after two that were refused, %s',
  async (how) => {
    const both = [choice('first'), choice('second')];
    if (how !== 'in order') both.reverse();
    for (const one of both) await one.refused();
    expect(seen).toBe('held');
  },
);

it('is the one before while nobody answered that', async () => {
  const [first, second] = [choice('first'), choice('second')];
  await second.refused();
  expect(seen).toBe('first');
  await first.taken();
  await choice('third').refused();
  expect(seen).toBe('first');
});

it('is the last one that was taken', async () => {
  const [first, second, third] = [choice('first'), choice('second'), choice('third')];
  await second.taken();
  await third.refused();
  expect(seen).toBe('second');
  await first.refused();
  expect(seen).toBe('second');
});

it('leaves what came by other ways', async () => {
  const first = choice('first');
  seen = 'from elsewhere';
  const second = choice('second');
  await first.refused();
  expect(seen).toBe('second');
  await second.refused();
  expect(seen).toBe('from elsewhere');
});
