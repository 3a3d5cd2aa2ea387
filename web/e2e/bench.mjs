// How fast the page is in a channel with very many messages. Prints a table.
//
//   web/e2e/run bench [messages]
import { Caller, launch, Person, until } from './lib/people.mjs';
import { Server } from './lib/server.mjs';

const MESSAGES = Number(process.argv[2] ?? 100_000);
const AT_ONCE = 64;
const SWITCHES = 20;
const LETTERS = 60;
const SCROLL_MS = 4000;
/** A frame that takes longer was not drawn in time at 60 frames a second. */
const FRAME_MS = 1000 / 60;

const words =
  'every channel of a long life has messages of all lengths, some with `code` and **marks**'.split(' ');
const message = (n) => `${n}: ${words.slice(0, 3 + (n % words.length)).join(' ')}`;

/** Many at once: they share the server's writes. */
const fill = async (api, channelId, count) => {
  let next = 0;
  const one = async () => {
    while (next < count) await api.say(channelId, message(next++));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
};

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
const share = (numbers, part) => numbers.toSorted((a, b) => a - b)[Math.floor((numbers.length - 1) * part)];
const ms = (n) => `${n.toFixed(1)} ms`;

const lines = [];
const say = (what, figure) => lines.push(`| ${what} | ${figure} |`);

/** From the click to the first frame that shows the other channel, with its messages held. */
const switches = (person, names) =>
  person.page.evaluate(
    async ([first, second, times]) => {
      const frame = () => new Promise((done) => requestAnimationFrame(done));
      const shown = (name) =>
        document.querySelector('.channel')?.getAttribute('aria-label') === name &&
        document.querySelector('.list .post');
      const entry = (name) =>
        [...document.querySelectorAll('a.entry')].find((link) => link.textContent.includes(name));
      const took = [];
      const frames = [];
      for (let n = 0; n < times; n++) {
        const name = n % 2 ? first : second;
        await frame();
        const from = performance.now();
        entry(name).click();
        let count = 0;
        do {
          await frame();
          count += 1;
        } while (!shown(name));
        took.push(performance.now() - from);
        frames.push(count);
        for (let rest = 0; rest < 30; rest++) await frame();
      }
      return { took, frames };
    },
    [...names, SWITCHES],
  );

/** The times between frames while the list is scrolled up all the time, and what took long meanwhile. */
const scrolling = async (person) => {
  await person.page.evaluate(() => {
    window.bench = { frames: [], long: 0, on: true };
    new PerformanceObserver((list) => {
      window.bench.long += list.getEntries().length;
    }).observe({ type: 'longtask' });
    let last = performance.now();
    const tick = (now) => {
      window.bench.frames.push(now - last);
      last = now;
      if (window.bench.on) requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  });
  await person.page.getByRole('log').hover();
  const end = Date.now() + SCROLL_MS;
  while (Date.now() < end) await person.page.mouse.wheel(0, -240);
  return person.page.evaluate(() => {
    window.bench.on = false;
    return { ...window.bench, rows: document.querySelectorAll('.list .post').length };
  });
};

/** What changes in the list while somebody types below it, and how long a letter takes to its frame. */
const typing = async (person) => {
  await person.page.evaluate(() => {
    window.bench = { changes: 0, took: [] };
    new MutationObserver((changes) => {
      window.bench.changes += changes.length;
    }).observe(document.querySelector('.list'), { subtree: true, childList: true, characterData: true });
    document.querySelector('#composer').addEventListener('input', () => {
      const from = performance.now();
      requestAnimationFrame(() => window.bench.took.push(performance.now() - from));
    });
  });
  await person.composer().pressSequentially('abcdefghij'.repeat(LETTERS / 10));
  await until('every letter has its frame', () =>
    person.page.evaluate((count) => window.bench.took.length >= count, LETTERS),
  );
  return person.page.evaluate(() => window.bench);
};

const server = await Server.fresh({
  NOTTERMOST_LIMITS__ACCOUNT_REQUESTS_PER_SECOND: '0',
  NOTTERMOST_LIMITS__ADDRESS_REQUESTS_PER_SECOND: '0',
});
const browser = await launch();
try {
  const api = await Caller.signUp(server.url, 'ada');
  const team = await api.ask('POST', '/teams', { name: 'first', display_name: 'First', type: 'O' });
  const make = (name) =>
    api.ask('POST', '/channels', { team_id: team.id, name, display_name: name, type: 'O' });
  const [long, short] = [await make('long'), await make('short')];
  const from = Date.now();
  await fill(api, long.id, MESSAGES);
  await fill(api, short.id, 200);
  const seconds = (Date.now() - from) / 1000;
  say('messages in the channel', `${MESSAGES} (${Math.round(MESSAGES / seconds)}/s through the API)`);

  const ada = await Person.sitDown(browser, server.url, { viewport: { width: 1280, height: 800 } });
  await ada.logIn('ada', '/first/channels/short');
  await ada.page.locator('.list .post').first().waitFor();
  const opened = Date.now();
  await ada.entry('long').click();
  await ada.page.locator('.channel[aria-label="long"] .list .post').first().waitFor();
  say('opening it for the first time', ms(Date.now() - opened));

  const { took, frames } = await switches(ada, ['long', 'short']);
  say(
    'switching between two channels that were open',
    `median ${ms(median(took))}, worst ${ms(Math.max(...took))}, median ${median(frames)} frames`,
  );

  await ada.go('/first/channels/long');
  await ada.page.locator('.list .post').first().waitFor();
  const scrolled = await scrolling(ada);
  const late = scrolled.frames.filter((took) => took > FRAME_MS * 1.5).length;
  say(
    `scrolling up for ${SCROLL_MS / 1000} s, older messages read on the way`,
    `${Math.round((scrolled.frames.length / SCROLL_MS) * 1000)} frames/s, median ${ms(median(scrolled.frames))}, 99 % ${ms(share(scrolled.frames, 0.99))}, ${late} of ${scrolled.frames.length} late, ${scrolled.long} long tasks, ${scrolled.rows} rows in the document`,
  );

  await ada.go('/first/channels/long');
  await ada.page.locator('.list .post').first().waitFor();
  const typed = await typing(ada);
  say(
    `typing ${LETTERS} letters`,
    `letter to frame median ${ms(median(typed.took))}, worst ${ms(Math.max(...typed.took))}; ${typed.changes} changes in the list`,
  );
  console.log(['| what | figure |', '|---|---|', ...lines].join('\n'));
} finally {
  await browser.close();
  await server.remove();
}
