// The pictures under docs/images: a small company on a Thursday, in the page as it is.
import { mkdirSync } from 'node:fs';
import { Caller, launch, Person, until } from './lib/people.mjs';
import { Server } from './lib/server.mjs';

const IMAGES = new URL('../../docs/images/', import.meta.url).pathname;
mkdirSync(IMAGES, { recursive: true });

const PEOPLE = [
  ['mara', { first_name: 'Mara', last_name: 'Lindqvist', position: 'Product' }],
  ['jonas', { first_name: 'Jonas', last_name: 'Weber', position: 'Backend' }],
  ['ines', { first_name: 'Inês', last_name: 'Carvalho', position: 'Design' }],
  ['tomo', { first_name: 'Tomo', last_name: 'Hayashi', position: 'Operations' }],
];

const server = await Server.fresh();
const browser = await launch();
try {
  const folk = {};
  for (const [name, profile] of PEOPLE) folk[name] = await Caller.signUp(server.url, name, profile);
  const { mara, jonas, ines, tomo } = folk;
  const team = await mara.ask('POST', '/teams', { name: 'fjord', display_name: 'Fjord Bikes', type: 'O' });
  for (const { id } of [jonas, ines, tomo]) {
    await mara.ask('POST', `/teams/${team.id}/members`, { team_id: team.id, user_id: id });
  }
  const channels = {};
  const make = async (name, display_name, type = 'O', more = {}) => {
    const channel = await mara.ask('POST', '/channels', {
      team_id: team.id,
      name,
      display_name,
      type,
      ...more,
    });
    for (const { id } of [jonas, ines, tomo])
      await mara.ask('POST', `/channels/${channel.id}/members`, { user_id: id });
    channels[name] = channel.id;
  };
  await make('autumn-launch', 'Autumn launch', 'O', {
    header: 'Launch on **12 November** · [plan](https://example.org/plan)',
    purpose: 'Everything about the new touring bike.',
  });
  await make('workshop', 'Workshop');
  await make('design', 'Design');
  await make('incidents', 'Incidents');
  await make('board', 'Board', 'P');
  const launch_ = channels['autumn-launch'];
  const react = (who, post, emoji_name) =>
    who.ask('POST', '/reactions', { user_id: who.id, post_id: post.id, emoji_name });

  await mara.ask('PUT', '/users/me/preferences', [
    { user_id: mara.id, category: 'display_settings', name: 'name_format', value: 'full_name' },
  ]);
  await mara.ask('POST', `/users/me/teams/${team.id}/channels/categories`, {
    user_id: mara.id,
    team_id: team.id,
    display_name: 'Launch',
    channel_ids: [launch_, channels.design],
  });
  for (const [display_name, link_url] of [
    ['Launch plan', 'https://example.org/plan'],
    ['Press kit', 'https://example.org/press'],
  ]) {
    await mara.ask('POST', `/channels/${launch_}/bookmarks`, { type: 'link', display_name, link_url });
  }
  await ines.ask('PUT', '/users/me/status/custom', {
    emoji: 'art',
    text: 'Drawing',
    duration: '',
    expires_at: '0001-01-01T00:00:00Z',
  });

  await mara.say(launch_, 'Morning! Three weeks to go. Where are we?');
  const pages = await ines.say(
    launch_,
    'Product pages are **done**, apart from the photos:\n\n- [x] copy, English and German\n- [x] size table\n- [ ] photos of the green one',
  );
  await react(mara, pages, 'tada');
  await react(tomo, pages, 'tada');
  await react(jonas, pages, 'eyes');
  const stock = await jonas.say(
    launch_,
    'Stock sync runs every minute now. The query that took 4 s:\n\n```sql\nSELECT sku, sum(quantity) AS free\nFROM stock\nWHERE warehouse = ANY($1) AND reserved_until < now()\nGROUP BY sku;\n```\n\nWith the new index it takes **11 ms**.',
  );
  await react(mara, stock, 'rocket');
  await react(ines, stock, 'rocket');
  await tomo.say(
    launch_,
    'Nice. @mara shall I move the freeze to Friday? ~incidents has been quiet for two weeks :crossed_fingers:',
  );
  const question = await mara.say(launch_, 'Yes please. Who checks the checkout with the new VAT rules?');
  await jonas.say(launch_, 'I will, this afternoon.', { root_id: question.id });
  await ines.say(launch_, 'I can go through the German flow with you.', { root_id: question.id });
  await mara.say(launch_, 'Perfect, thank you both :bike:', { root_id: question.id });
  await ines.say(launch_, 'First sketch of the landing page, thoughts?');
  await tomo.say(channels.workshop, 'The second truing stand has arrived.');
  const ordered = await jonas.say(channels.workshop, 'I order **40** wheels on Monday, in black.');
  const agreed = await ines.say(channels.workshop, 'Black is right. Go ahead.');
  const changed = { message: 'I order **60** wheels on Tuesday, in green.' };
  await jonas.ask('PUT', `/posts/${ordered.id}/patch`, changed);
  await tomo.say(channels.incidents, '@mara short spike of 502s at 09:12, gone since the deploy.');
  const direct = await mara.ask('POST', '/channels/direct', [mara.id, ines.id]);
  await ines.say(direct.id, 'Coffee at three?');
  const other = await mara.ask('POST', '/channels/direct', [mara.id, tomo.id]);
  await mara.say(other.id, 'Thanks for last night.');
  await mara
    .ask('PUT', `/users/${ines.id}/status`, { user_id: ines.id, status: 'online' })
    .catch(() => undefined);

  const shoot = async (name, options, work) => {
    const person = await Person.sitDown(browser, server.url, {
      viewport: { width: 1360, height: 860 },
      deviceScaleFactor: 1.5,
      reducedMotion: 'reduce',
      ...options,
    });
    await work(person);
    await until('pictures', () =>
      person.page.evaluate(() =>
        [...document.querySelectorAll('.avatar')].every((avatar) => {
          const { top, bottom } = avatar.getBoundingClientRect();
          return bottom < 0 || top > innerHeight || avatar.querySelector('img')?.complete;
        }),
      ),
    );
    await person.page.screenshot({ path: `${IMAGES}${name}.png` });
    await person.leave();
  };
  const inLaunch = async (person) => {
    await person.logIn('mara', '/fjord/channels/autumn-launch');
    await person.seesAtEnd('First sketch');
    await until('emoji', async () => (await person.page.locator('.emoji').count()) > 0);
    await until('colours', async () => (await person.page.locator('.hljs-keyword').count()) > 0);
  };
  const inThread = async (person) => {
    await inLaunch(person);
    await person
      .post('Who checks the checkout')
      .getByRole('button', { name: /3 replies/ })
      .click();
    await person.page.getByText('Perfect, thank you both').waitFor();
  };
  await shoot('login', {}, async (person) => {
    await person.go('/login');
    await person.page.getByLabel('Password').waitFor();
  });
  await shoot('channel', {}, inLaunch);
  await shoot('thread', {}, inThread);
  await shoot('thread-dark', { colorScheme: 'dark' }, inThread);
  await shoot('switcher', {}, async (person) => {
    await inLaunch(person);
    await person.page.keyboard.press('Control+k');
    await person.page.getByRole('combobox', { name: 'Channel or person' }).fill('i');
    await person.page.getByRole('option').first().waitFor();
  });
  await shoot('emoji-dark', { colorScheme: 'dark' }, async (person) => {
    await inLaunch(person);
    await person.act('First sketch', 'Add a reaction');
    await person.page.getByRole('searchbox', { name: 'Search emoji' }).waitFor();
    await until('emoji', async () => (await person.page.locator('.emoji-cell').count()) > 100);
  });
  await shoot('search', {}, async (person) => {
    await inLaunch(person);
    await person.page.keyboard.press('Control+f');
    await person.page.keyboard.type('photos');
    await person.page.keyboard.press('Enter');
    await person.page.locator('mark').first().waitFor();
  });
  await shoot('settings', {}, async (person) => {
    await inLaunch(person);
    await person.page.getByRole('button', { name: /Your status and settings/ }).click();
    await person.page.getByRole('menuitem', { name: 'Settings' }).click();
    await person.page.getByRole('tab', { name: 'Display' }).click();
  });
  const freelancer = await Caller.signUp(server.url, 'lena', { first_name: 'Lena', last_name: 'Fischer' });
  await mara.ask('POST', `/users/${freelancer.id}/demote`, {});
  const left = await Caller.signUp(server.url, 'oskar', { first_name: 'Oskar', last_name: 'Nyman' });
  await mara.ask('PUT', `/users/${left.id}/active`, { active: false });
  await shoot('admin', {}, async (person) => {
    await inLaunch(person);
    await person.go('/admin/users');
    await person.page.getByRole('link', { name: /Tomo Hayashi/ }).waitFor();
  });
  await shoot('past', {}, async (person) => {
    await inLaunch(person);
    await person.go(`/fjord/channels/workshop?at=${agreed.create_at}`);
    await person.sees('I order 40');
  });
  await shoot('small', { viewport: { width: 390, height: 780 } }, inLaunch);
} finally {
  await browser.close();
  await server.remove();
}
