// What people do every day once they know the page: two people, a browser each, one real server.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { Caller, launch, Person, until } from './lib/people.mjs';
import { Server } from './lib/server.mjs';

const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNg+M9QDwADgQF/qNCJvgAAAABJRU5ErkJggg==',
  'base64',
);
const HTML = `<html><head><title>x</title><meta property="og:title" content="A page of its own">
<meta property="og:description" content="What it says of itself"><meta property="og:image" content="/dot.png"></head></html>`;

const serveSite = async () => {
  const made = createServer((request, answer) => {
    const picture = request.url.endsWith('.png');
    answer.setHeader('content-type', picture ? 'image/png' : 'text/html');
    answer.end(picture ? PIXEL : HTML);
  });
  await new Promise((ready) => made.listen(0, '127.0.0.1', ready));
  return made;
};

let site;
let server;
let browser;
let ada;
let bob;
let api;
let bobApi;
let team;
let town;

const make = async (name, display_name = name) => {
  const channel = await api.ask('POST', '/channels', { team_id: team.id, name, display_name, type: 'O' });
  await api.ask('POST', `/channels/${channel.id}/members`, { user_id: bobApi.id });
  return channel;
};

before(async () => {
  [server, browser, site] = await Promise.all([
    Server.fresh({
      // The pages that are linked to stand on this machine.
      NOTTERMOST_LINKS__ALLOWED_NETWORKS: '127.0.0.0/8',
      NOTTERMOST_LINKS__ANY_PORT: 'true',
    }),
    launch(),
    serveSite(),
  ]);
  api = await Caller.signUp(server.url, 'ada', { first_name: 'Ada', last_name: 'Lovelace' });
  team = await api.ask('POST', '/teams', { name: 'first', display_name: 'First', type: 'O' });
  bobApi = await Caller.signUp(server.url, 'bob', { first_name: 'Bob', last_name: 'Stone' });
  await api.ask('POST', `/teams/${team.id}/members`, { team_id: team.id, user_id: bobApi.id });
  town = await api.ask('GET', `/teams/${team.id}/channels/name/town-square`);
  for (const name of ['amber', 'birch', 'cedar']) await make(name);
  ada = await Person.sitDown(browser, server.url);
  bob = await Person.sitDown(browser, server.url);
  await ada.logIn('ada', '/first/channels/town-square');
  await bob.logIn('bob', '/first/channels/town-square');
});
after(async () => {
  await browser?.close();
  await server?.remove();
  site?.close();
});

const section = (person, name) => person.page.getByRole('region', { name, exact: true });
const names = async (person, name) =>
  (await section(person, name).locator('a.entry .entry-name').allTextContents()).join(' ');
const pick = (person, name) => person.page.getByRole('menuitem', { name, exact: true }).click();
const options = async (person, name) => {
  const button = person.page.getByRole('button', { name: `Options of ${name}`, exact: true });
  await button.focus();
  await button.press('Enter');
};

describe('the sidebar', () => {
  it('is arranged by hand', async () => {
    await ada.page.getByRole('button', { name: 'Add channels' }).click();
    await pick(ada, 'Create a category');
    await ada.page.getByLabel('Name of the category').fill('Woods');
    await ada.page.getByRole('button', { name: 'Create', exact: true }).click();
    await section(ada, 'Woods').waitFor();
    await ada.entry('amber').dragTo(section(ada, 'Woods'));
    await until('it is there', async () => (await names(ada, 'Woods')) === 'amber');
    await ada.entry('birch').dragTo(ada.entry('amber'), { targetPosition: { x: 60, y: 4 } });
    await until('it is above', async () => (await names(ada, 'Woods')) === 'birch amber');
    await ada.entry('birch').dragTo(ada.entry('amber'), { targetPosition: { x: 60, y: 28 } });
    await until('it is below', async () => (await names(ada, 'Woods')) === 'amber birch');
  });

  it('is arranged by keys alone', async () => {
    await options(ada, 'cedar');
    await ada.page.getByRole('menuitem', { name: 'Move to…' }).press('ArrowRight');
    await ada.page.getByRole('menuitem', { name: 'Woods' }).press('Enter');
    await until('it is moved', async () => (await names(ada, 'Woods')) === 'amber birch cedar');
    await options(ada, 'cedar');
    await ada.page.getByRole('menuitem', { name: 'Move up' }).press('Enter');
    await until('it is up', async () => (await names(ada, 'Woods')) === 'amber cedar birch');
    await options(ada, 'Woods');
    await ada.page.getByRole('menuitem', { name: 'Sort' }).press('ArrowRight');
    await ada.page.getByRole('menuitemcheckbox', { name: 'By name' }).press('Enter');
    await until('it is sorted', async () => (await names(ada, 'Woods')) === 'amber birch cedar');
  });

  it('is the same after a reload, and in another window', async () => {
    const other = await Person.sitDown(browser, server.url);
    await other.logIn('ada', '/first/channels/town-square');
    await until('it is known', async () => (await names(other, 'Woods')) === 'amber birch cedar');
    await options(ada, 'Woods');
    await pick(ada, 'Rename the category');
    await ada.page.getByLabel('Name of the category').fill('Trees');
    await ada.page.getByRole('button', { name: 'Save' }).click();
    await section(other, 'Trees').waitFor();
    await section(ada, 'Trees').getByRole('button', { name: 'Trees', exact: true }).click();
    await until('it is folded', async () => (await names(other, 'Trees')) === '');
    await ada.page.reload();
    await section(ada, 'Trees').waitFor();
    assert.equal(await names(ada, 'Trees'), '');
    await options(ada, 'Trees');
    await pick(ada, 'Delete the category');
    await section(other, 'Trees').waitFor({ state: 'detached' });
    await ada.entry('cedar').waitFor();
    await other.leave();
  });
});

describe('a link', () => {
  it('shows what it leads to, and is folded away', async () => {
    const address = `http://127.0.0.1:${site.address().port}`;
    await ada.write(`look at ${address}/page`);
    const post = await bob.sees('look at');
    await post.getByText('A page of its own').waitFor();
    await until('its picture', () =>
      post.locator('.embed-picture').evaluate((img) => img.complete && img.naturalWidth > 0),
    );
    await post.getByRole('button', { name: /Hide the preview/ }).click();
    assert.equal(await post.locator('.embed-page').count(), 0);
    await bob.page.reload();
    await (await bob.sees('look at')).getByRole('button', { name: /Show the preview/ }).click();
    await ada.post('look at').getByText('What it says of itself').waitFor();
    await ada.write(`${address}/dot.png`);
    await (await bob.sees('dot.png')).locator('img.remote').waitFor();
  });

  it('to a message shows the message', async () => {
    const said = await api.say(town.id, 'worth **quoting**');
    await api.say(town.id, `as I said: ${server.url}/first/pl/${said.id}`);
    const post = await bob.sees('as I said');
    await post.locator('.linked strong', { hasText: 'quoting' }).waitFor();
    await post.getByRole('button', { name: 'Go to the message' }).click();
    await bob.page.locator('.post.focused', { hasText: 'worth' }).waitFor();
    await bob.go('/first/channels/town-square');
  });

  it('and a card are read as text, whatever is in them', async () => {
    const attachments = [
      {
        color: '#2f9e5b',
        author_name: 'Builder',
        title: 'Build 17',
        title_link: 'javascript:alert(1)',
        text: 'all is **well** <img src=x onerror=alert(1)>',
        fields: [
          { title: 'Branch', value: 'main', short: true },
          { title: 'Took', value: 12, short: true },
        ],
        footer: 'yesterday',
      },
      null,
      { color: 'red;background:url(x)', fields: 'none' },
    ];
    await api.say(town.id, 'a report', { props: { attachments } });
    const card = (await bob.sees('a report')).locator('.attachment').first();
    await card.locator('strong', { hasText: 'well' }).waitFor();
    await card.getByText('Branch').waitFor();
    assert.equal(await card.getByRole('link', { name: 'Build 17' }).count(), 0);
    assert.equal(await card.evaluate((box) => getComputedStyle(box).borderLeftColor), 'rgb(47, 158, 91)');
  });
});

const mine = (person, ...words) => person.page.getByRole('button', { name: new RegExp(words.join('.*')) });
const openMe = (person) => mine(person, 'Your status and settings').click();

describe('being told', () => {
  it('is as the channel and the account say', async () => {
    // Who is brought into a channel has a mention there.
    await bob.entry('amber').click();
    await bob.page.waitForURL(/amber$/);
    await bob.go('/first/channels/town-square');
    await options(bob, 'amber');
    await pick(bob, 'Notifications…');
    await bob.page.getByLabel('all messages').check();
    await bob.page.getByLabel(/Take no notice/).check();
    assert.deepEqual(await bob.flaws(), []);
    await bob.page.getByRole('button', { name: 'Save' }).click();
    await bob.page.getByRole('dialog').waitFor({ state: 'detached' });
    const amber = await api.ask('GET', `/teams/${team.id}/channels/name/amber`);
    const member = await bobApi.ask('GET', `/channels/${amber.id}/members/me`);
    assert.equal(member.notify_props.desktop, 'all');
    assert.equal(member.notify_props.ignore_channel_mentions, 'on');

    await openMe(bob);
    await pick(bob, 'Settings');
    await bob.page.getByRole('tab', { name: 'Notifications' }).click();
    await bob.page.getByLabel('Words that mention me').fill('lighthouse');
    await bob.page.getByRole('button', { name: 'Save' }).click();
    await bob.page.getByText('Saved', { exact: true }).waitFor();
    await bob.page.keyboard.press('Escape');
    await until('the account has it', async () =>
      /lighthouse/.test(JSON.stringify(await bobApi.ask('GET', '/users/me'))),
    );
    await api.say(amber.id, '@channel nobody is called');
    await api.say(amber.id, 'the lighthouse is lit');
    await bob.entry('amber').locator('.badge', { hasText: '1' }).waitFor();
    const icon = () => bob.page.locator('link[rel=icon]').getAttribute('href');
    await until('the icon has a number', async () => /^data:image\/png/.test(await icon()));
    const before = await icon();
    await bob.entry('amber').click();
    await until('its number is lower', async () => (await icon()) !== before);
  });

  it('stops for as long as it was said', async () => {
    await openMe(bob);
    await bob.page.getByRole('menuitem', { name: 'Do not disturb…' }).press('ArrowRight');
    await pick(bob, 'For an hour');
    await mine(bob, 'Do not disturb, until').waitFor();
    const status = await bobApi.ask('GET', '/users/me/status');
    assert.ok(Math.abs(status.dnd_end_time - Date.now() / 1000 - 3600) < 120);
    await bob.page.reload();
    await mine(bob, 'Do not disturb, until').waitFor();
    await openMe(bob);
    await pick(bob, 'Online');
  });
});

describe('a status', () => {
  it('is beside the name, and goes when it is over', async () => {
    // After another author's, it has its head.
    await bobApi.say(town.id, 'hello?');
    await api.say(town.id, 'who is there');
    await bob.go('/first/channels/town-square');
    await openMe(ada);
    await pick(ada, 'Set a status');
    await ada.page.getByLabel('What is going on?').fill('In the tower');
    await ada.page.getByLabel('Clear it').selectOption('one_hour');
    assert.deepEqual(await ada.flaws(), []);
    await ada.page.getByRole('button', { name: 'Save' }).click();
    const seen = (await bob.sees('who is there')).locator('.custom-status');
    await until('bob sees it', async () => (await seen.count()) === 1);
    await bob.post('who is there').locator('.post-author').click();
    await bob.page.locator('.card').getByText('In the tower').waitFor();
    await bob.page.locator('.card').getByText(/until/).waitFor();
    await bob.page.keyboard.press('Escape');
    const expires_at = new Date(Date.now() + 4000).toISOString();
    await api.ask('PUT', '/users/me/status/custom', {
      emoji: 'eyes',
      text: 'a moment',
      duration: 'date_and_time',
      expires_at,
    });
    await until('the short one is there', async () => (await seen.getAttribute('title')) === 'a moment');
    await seen.waitFor({ state: 'detached' });
    await openMe(ada);
    await pick(ada, 'Set a status');
    await ada.page
      .getByRole('button', { name: /In the tower/ })
      .first()
      .click();
    assert.equal(await ada.page.getByLabel('What is going on?').inputValue(), 'In the tower');
    await ada.page.keyboard.press('Escape');
  });
});

describe('everybody', () => {
  it('gave nobody a reason to complain', () => {
    assert.deepEqual([...ada.complaints, ...bob.complaints], []);
  });
});
