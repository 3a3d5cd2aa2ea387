// What people do every day once they know the page: two people, a browser each, one real server.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { Caller, launch, Person, until } from './lib/people.mjs';
import { Server } from './lib/server.mjs';

const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAYAAAAf8/9hAAAAGUlEQVR42mP4X8HwnxLMMGrAqAGjBgwXAwA7EHYfqJLt0wAAAABJRU5ErkJggg==',
  'base64',
);
const HTML = `<html><head><title>x</title><meta property="og:title" content="A page of its own">
<meta property="og:description" content="What it says of itself"><meta property="og:image" content="/dot.png"></head></html>`;

/** A tenth of a second of silence. */
const wave = () => {
  const data = Buffer.alloc(800, 128);
  const head = Buffer.alloc(44);
  head.write('RIFF');
  head.writeUInt32LE(36 + data.length, 4);
  head.write('WAVEfmt ', 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(8000, 24);
  head.writeUInt32LE(8000, 28);
  head.writeUInt16LE(1, 32);
  head.writeUInt16LE(8, 34);
  head.write('data', 36);
  head.writeUInt32LE(data.length, 40);
  return Buffer.concat([head, data]);
};

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

/** What is attached is with the server: it may be sent. */
const uploaded = (person) =>
  until('the file is uploaded', () =>
    person.page.getByRole('button', { name: 'Send', exact: true }).isEnabled(),
  );

const section = (person, name) => person.page.getByRole('region', { name, exact: true });
const names = async (person, name) =>
  (await section(person, name).locator('a.entry .entry-name').allTextContents()).join(' ');
/** Waits until a category shows these channels, in this order. */
const shows = async (person, name, wanted) => {
  let found;
  try {
    await until(name, async () => {
      found = await names(person, name);
      return found === wanted;
    });
  } catch {
    assert.equal(found, wanted);
  }
};
const pick = (person, name) => person.page.getByRole('menuitem', { name, exact: true }).click();
const options = async (person, name) => {
  const button = person.page.getByRole('button', { name: `Options of ${name}`, exact: true });
  await button.focus();
  await button.press('Enter');
};

/** Drags with the mouse, and lets go once the page shows where it would fall. */
const drag = async (person, from, to, y, shown) => {
  const { mouse } = person.page;
  await from.hover();
  await mouse.down();
  await until(`it would fall ${shown}`, async () => {
    const box = await to.boundingBox();
    await mouse.move(box.x + 60, box.y + y + Math.random(), { steps: 3 });
    return (await person.page.locator(shown).count()) > 0;
  });
  await mouse.up();
};

describe('the sidebar', () => {
  it('is arranged by hand', async () => {
    await ada.page.getByRole('button', { name: 'Add channels' }).click();
    await pick(ada, 'Create a category');
    await ada.page.getByLabel('Name of the category').fill('Woods');
    await ada.page.getByRole('button', { name: 'Create', exact: true }).click();
    await section(ada, 'Woods').waitFor();
    await drag(ada, ada.entry('amber'), section(ada, 'Woods'), 20, '.drop-into');
    await shows(ada, 'Woods', 'amber');
    await drag(ada, ada.entry('birch'), ada.entry('amber'), 4, '.drop-before');
    await shows(ada, 'Woods', 'birch amber');
    await drag(ada, ada.entry('birch'), ada.entry('amber'), 28, '.drop-after');
    await shows(ada, 'Woods', 'amber birch');
  });

  it('is arranged by keys alone', async () => {
    await options(ada, 'cedar');
    await ada.page.getByRole('menuitem', { name: 'Move to…' }).press('ArrowRight');
    await ada.page.getByRole('menuitem', { name: 'Woods' }).press('Enter');
    await shows(ada, 'Woods', 'amber birch cedar');
    await options(ada, 'cedar');
    await ada.page.getByRole('menuitem', { name: 'Move up' }).press('Enter');
    await shows(ada, 'Woods', 'amber cedar birch');
    await options(ada, 'Woods');
    await ada.page.getByRole('menuitem', { name: 'Sort' }).press('ArrowRight');
    await ada.page.getByRole('menuitemcheckbox', { name: 'By name' }).press('Enter');
    await shows(ada, 'Woods', 'amber birch cedar');
  });

  it('is arranged by a finger that rests, and scrolled by one that does not', async () => {
    const small = await Person.sitDown(browser, server.url, {
      viewport: { width: 360, height: 480 },
      hasTouch: true,
      isMobile: true,
    });
    await small.logIn('ada', '/first/channels/town-square');
    await small.page.getByRole('button', { name: 'Open the list of channels' }).tap();
    const list = small.page.locator('.sidebar-list');
    const finger = await small.finger();
    const middle = async (what) => {
      const box = await what.boundingBox();
      return [box.x + 60, box.y + box.height / 2];
    };
    const order = () => small.page.locator('.category').evaluateAll((all) => all.map((one) => one.ariaLabel));

    await small.entry('cedar').scrollIntoViewIfNeeded();
    const [x, y] = await middle(small.entry('cedar'));
    const top = () => list.evaluate((box) => box.scrollTop);
    const before = await top();
    await finger.down(x, y);
    for (let n = 1; n <= 12; n++) await finger.move(x, y - n * 10);
    await until('the list is scrolled', async () => (await top()) > before + 40);
    await finger.lift();
    await shows(small, 'Woods', 'amber birch cedar');

    /** Rests on it until it is taken, and lets go once the page shows where it would fall; at its edges the list scrolls. */
    const carry = async (from, to, part, shown) => {
      await from.scrollIntoViewIfNeeded();
      await finger.down(...(await middle(from)));
      await small.page.locator('.dragging').waitFor();
      await until(`it would fall ${shown}`, async () => {
        const [box, view] = [await to.boundingBox(), await list.boundingBox()];
        const wanted = box.y + box.height * part + Math.random();
        const y = Math.min(Math.max(wanted, view.y + 4), view.y + view.height - 4);
        await finger.move(box.x + 60, y);
        return to.evaluate(
          async (one, [mark, top]) => {
            for (let n = 0; n < 3; n++) await new Promise(requestAnimationFrame);
            return one.closest(mark) !== null && Math.abs(one.getBoundingClientRect().top - top) < 1;
          },
          [shown, box.y],
        );
      });
      await finger.lift();
      await small.page.locator('.dragging').waitFor({ state: 'detached' });
    };
    await carry(small.entry('birch'), small.entry('amber'), 0.2, '.entry-row.drop-before');
    await shows(small, 'Woods', 'birch amber cedar');
    await carry(small.entry('amber'), section(small, 'Channels'), 0.02, '.drop-into');
    await shows(small, 'Woods', 'birch cedar');
    await carry(small.entry('amber'), small.entry('birch'), 0.2, '.entry-row.drop-before');
    await shows(small, 'Woods', 'amber birch cedar');

    const held = await order();
    assert.ok(held.indexOf('Woods') < held.indexOf('Channels'), held.join());
    const woods = section(small, 'Woods').getByRole('button', { name: 'Woods', exact: true });
    await carry(woods, section(small, 'Channels'), 0.6, '.category.drop-after');
    await until('Woods stands below', async () => {
      const now = await order();
      return now.indexOf('Woods') === now.indexOf('Channels') + 1;
    });
    await carry(woods, section(small, 'Channels'), 0.4, '.category.drop-before');
    await until('Woods is back', async () => (await order()).join() === held.join());
    await section(small, 'Woods').getByRole('link').first().waitFor();
    assert.match(small.page.url(), /town-square$/);

    await finger.down(...(await middle(small.entry('birch'))));
    await small.page.locator('.dragging').waitFor();
    await finger.lift();
    await pick(small, 'Mute');
    const { id: birch } = await api.ask('GET', `/teams/${town.team_id}/channels/name/birch`);
    const mark = async () => (await api.ask('GET', `/channels/${birch}/members/me`)).notify_props.mark_unread;
    await until('birch is muted', async () => (await mark()) === 'mention');
    await finger.down(...(await middle(small.entry('birch'))));
    await small.page.locator('.dragging').waitFor();
    await finger.lift();
    await pick(small, 'Unmute');
    await until('birch is heard', async () => (await mark()) === 'all');
    await shows(small, 'Woods', 'amber birch cedar');
    assert.match(small.page.url(), /town-square$/);
    await small.entry('amber').tap();
    await small.page.waitForURL(/channels\/amber$/);
    assert.deepEqual(small.complaints, []);
    await small.leave();
  });

  it('is the same after a reload, and in another window', async () => {
    const other = await Person.sitDown(browser, server.url);
    await other.logIn('ada', '/first/channels/town-square');
    await shows(other, 'Woods', 'amber birch cedar');
    await options(ada, 'Woods');
    await pick(ada, 'Rename the category');
    await ada.page.getByLabel('Name of the category').fill('Trees');
    await ada.page.getByRole('button', { name: 'Save', exact: true }).click();
    await section(other, 'Trees').waitFor();
    await section(ada, 'Trees').getByRole('button', { name: 'Trees', exact: true }).click();
    await shows(other, 'Trees', '');
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
    const amber = await api.ask('GET', `/teams/${team.id}/channels/name/amber`);
    await bobApi.ask('POST', '/channels/members/me/view', { channel_id: amber.id });
    await bob.entry('amber').locator('.badge').waitFor({ state: 'detached' });
    await options(bob, 'amber');
    await pick(bob, 'Notifications…');
    await bob.page.getByLabel('all messages').check();
    await bob.page.getByLabel(/Take no notice/).check();
    assert.deepEqual(await bob.flaws(), []);
    await bob.page.getByRole('button', { name: 'Save', exact: true }).click();
    await bob.page.getByRole('dialog').waitFor({ state: 'detached' });
    const member = await bobApi.ask('GET', `/channels/${amber.id}/members/me`);
    assert.equal(member.notify_props.desktop, 'all');
    assert.equal(member.notify_props.ignore_channel_mentions, 'on');

    await openMe(bob);
    await pick(bob, 'Settings');
    await bob.page.getByRole('tab', { name: 'Notifications' }).click();
    await bob.page.getByLabel('Words that mention me').fill('lighthouse');
    await bob.page.getByRole('button', { name: 'Save', exact: true }).click();
    await bob.page.locator('.toast', { hasText: 'Saved' }).waitFor();
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
    await until('the server knows', async () => {
      const status = await bobApi.ask('GET', '/users/me/status');
      return Math.abs(status.dnd_end_time - Date.now() / 1000 - 3600) < 120;
    });
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
    await ada.page.getByRole('button', { name: 'Save', exact: true }).click();
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
    await ada.page.getByRole('button', { name: /Out for lunch/ }).click();
    assert.equal(await ada.page.getByLabel('What is going on?').inputValue(), 'Out for lunch');
    assert.equal(await ada.page.getByLabel('Clear it').inputValue(), 'thirty_minutes');
    await ada.page.keyboard.press('Escape');
  });
});

describe('finding', () => {
  const find = async (terms) => {
    await ada.page.getByRole('searchbox', { name: 'Search messages' }).first().fill(terms);
    await ada.page.keyboard.press('Enter');
  };
  const pane = () => ada.page.getByRole('complementary', { name: 'Search' });

  it('goes through messages page by page, through files and through people', async () => {
    const channel = await make('haystack');
    for (let n = 0; n < 95; n++) await api.say(channel.id, `straw ${n}`);
    await ada.go('/first/channels/haystack');
    await ada.composer().waitFor();
    await ada.page.getByTestId('composer-files').setInputFiles({
      name: 'straw.txt',
      mimeType: 'text/plain',
      buffer: Buffer.from('of a kind'),
    });
    await uploaded(ada);
    await ada.write('with a file');
    await ada.sees('with a file');
    await find('straw');
    const hits = pane().locator('.hit');
    await until('the first page', async () => (await hits.count()) === 40);
    await until('the rest', async () => {
      await hits.last().scrollIntoViewIfNeeded();
      return (await hits.count()) === 95;
    });
    assert.deepEqual(await ada.flaws(), []);
    await pane().getByRole('tab', { name: 'Files' }).click();
    await pane().getByRole('link', { name: 'Download straw.txt' }).waitFor();
    await find('bob');
    await pane().getByRole('tab', { name: 'People' }).click();
    await pane().getByRole('button', { name: /@bob/ }).waitFor();
  });

  it('is narrowed down by what is offered', async () => {
    await pane().getByRole('searchbox').fill('straw');
    await pane()
      .getByRole('button', { name: /^from: / })
      .click();
    await ada.page.keyboard.type('bo');
    await pane().locator('.named').getByRole('button', { name: /^bob/ }).click();
    assert.equal(await pane().getByRole('searchbox').inputValue(), 'straw from:bob ');
    await ada.page.keyboard.press('Enter');
    await pane().getByRole('tab', { name: 'Messages' }).click();
    await pane().getByText('Nothing found').waitFor();
    await pane().getByRole('button', { name: 'Close' }).click();
  });
});

describe('a long thread', () => {
  it('has in the document what can be seen, and opens at its end', async () => {
    const root = await bobApi.say(town.id, 'a long story');
    for (let n = 0; n < 150; n++) await bobApi.say(town.id, `part ${n}.`, { root_id: root.id });
    await ada.go('/first/channels/town-square');
    await ada.act('a long story', 'Reply in thread');
    const pane = ada.page.getByRole('complementary', { name: 'Thread' });
    await pane.getByText('part 149.').waitFor();
    assert.ok((await pane.locator('.post').count()) < 60);
    await bobApi.say(town.id, 'and its end', { root_id: root.id });
    await until('it is followed', () => pane.getByText('and its end').isVisible());
    await pane.getByRole('log').hover();
    await until('its beginning', async () => {
      await ada.page.mouse.wheel(0, -900);
      return pane.getByText('a long story').isVisible();
    });
    await bobApi.say(town.id, 'an afterthought', { root_id: root.id });
    await pane.getByText('152 replies').waitFor();
    assert.ok(await pane.getByText('a long story').isVisible());
    await ada.page.keyboard.press('Escape');
  });
});

describe('what is sent later', () => {
  it('is scheduled, changed and sent', async () => {
    await ada.go('/first/channels/town-square');
    await ada.composer().fill('good morning to all');
    await ada.page.getByRole('button', { name: 'Send later' }).click();
    await ada.page.getByRole('menuitem', { name: /Tomorrow at/ }).click();
    await until('the field is empty', async () => (await ada.composer().inputValue()) === '');
    await ada.composer().fill('never to be sent');
    await ada.page.getByRole('button', { name: 'Send later' }).click();
    await pick(ada, 'Choose a time…');
    assert.deepEqual(await ada.flaws(), []);
    await ada.page.getByRole('button', { name: 'Save', exact: true }).click();
    await ada.page.getByRole('link', { name: /Drafts/ }).click();
    await ada.page.getByRole('tab', { name: 'Scheduled' }).click();
    const card = (text) => ada.page.locator('.draft', { hasText: text });
    await card('never to be sent').getByRole('button', { name: 'Delete' }).click();
    await card('never to be sent').waitFor({ state: 'detached' });
    await card('good morning').getByRole('button', { name: 'Change the text' }).click();
    await ada.page.getByLabel('Change the text').last().fill('good evening to all');
    await ada.page.getByRole('button', { name: 'Save', exact: true }).click();
    await card('good evening').waitFor();
    assert.deepEqual(await ada.flaws(), []);
    await card('good evening').getByRole('button', { name: 'Send now' }).click();
    await bob.go('/first/channels/town-square');
    await bob.sees('good evening to all');
    await card('good evening').waitFor({ state: 'detached' });
  });

  it('is begun here and gone on with there', async () => {
    const other = await Person.sitDown(browser, server.url);
    await other.logIn('ada', '/first/channels/town-square');
    await ada.go('/first/channels/town-square');
    await ada.composer().fill('half of it');
    await until('the other one has it', async () => (await other.composer().inputValue()) === 'half of it');
    await other.composer().fill('half of it, and the rest');
    await until('it came back', async () => /the rest/.test(await ada.composer().inputValue()));
    await ada.page.getByRole('link', { name: /Drafts/ }).click();
    const card = ada.page.locator('.draft', { hasText: 'and the rest' });
    await card.getByRole('button', { name: 'Delete the draft' }).click();
    await until('it is gone there', async () => (await other.composer().inputValue()) === '');
    await other.leave();
  });

  it('is a reminder, too', async () => {
    await ada.go('/first/channels/town-square');
    await ada.act('good evening to all', 'More');
    await ada.page.getByRole('menuitem', { name: 'Remind me' }).press('ArrowRight');
    await pick(ada, 'In an hour');
    await ada.page.getByText(/You will be reminded/).waitFor();
  });
});

describe('a message that matters', () => {
  it('says so, and is acknowledged', async () => {
    await ada.page.getByRole('button', { name: 'Priority' }).click();
    await ada.page.getByRole('menuitemcheckbox', { name: 'Urgent' }).click();
    await ada.page.getByRole('button', { name: 'Priority' }).click();
    await ada.page.getByRole('menuitemcheckbox', { name: 'Ask to acknowledge' }).click();
    await ada.write('the boiler is cold');
    const post = await bob.sees('the boiler is cold');
    await post.getByText('Urgent').waitFor();
    await post.getByRole('button', { name: 'Acknowledge' }).click();
    await ada.post('the boiler is cold').getByText('1 has acknowledged: bob').waitFor();
    assert.deepEqual(await bob.flaws(), []);
    await bob.page.reload();
    await (await bob.sees('the boiler is cold')).getByText('1 has acknowledged: bob').waitFor();
  });

  it('keeps all that it said, for those who may read it', async () => {
    await ada.write('first words');
    await bob.sees('first words');
    await ada.choose('first words', 'Edit');
    await ada.page.getByLabel('Edit', { exact: true }).fill('second words');
    await ada.page.keyboard.press('Enter');
    await (await bob.sees('second words')).getByText('(edited)').waitFor();
    await ada.choose('second words', 'Show earlier versions');
    const dialog = ada.page.getByRole('dialog', { name: 'Earlier versions' });
    await dialog.getByText('first words').waitFor();
    assert.deepEqual(await ada.flaws(), []);
    await ada.page.keyboard.press('Escape');
    const id = await ada.post('second words').getAttribute('data-post');
    await ada.choose('second words', 'Delete');
    await ada.page.getByRole('button', { name: 'Delete' }).click();
    await bob.post('second words').waitFor({ state: 'detached' });
    await ada.go(`/first/pl/${id}`);
    await ada.page.getByRole('button', { name: 'Show what the message said' }).click();
    await dialog.getByText(/Deleted .* by ada/).waitFor();
    await dialog.getByText('first words').waitFor();
    await bob.go(`/first/pl/${id}`);
    await bob.page.getByRole('button', { name: 'Show what the message said' }).click();
    await bob.page.getByText('It is not yours to see').waitFor();
    for (const person of [ada, bob]) await person.go('/first/channels/town-square');
  });
});

describe('a channel', () => {
  it('has bookmarks, in an order', async () => {
    const head = (name) => ada.page.getByRole('button', { name, exact: true });
    for (const [address, title] of [
      ['example.org/plan', 'The plan'],
      ['https://example.org/menu', 'Menu'],
    ]) {
      await head('Town Square').click();
      await pick(ada, 'Bookmark a link');
      await ada.page.getByLabel('Address').fill(address);
      await ada.page.getByLabel('Title').fill(title);
      await ada.page.getByRole('button', { name: 'Add', exact: true }).click();
      await bob.page.getByRole('link', { name: title }).waitFor();
    }
    const order = async (person) => (await person.page.locator('.bookmarks a').allTextContents()).join();
    assert.equal(
      await bob.page.getByRole('link', { name: 'The plan' }).getAttribute('href'),
      'https://example.org/plan',
    );
    await options(ada, 'Menu');
    await pick(ada, 'Move to the front');
    await until('bob sees them in that order', async () => /Menu.*The plan/.test(await order(bob)));
    assert.deepEqual(await ada.flaws(), []);
    await options(ada, 'Menu');
    await pick(ada, 'Edit the bookmark');
    await ada.page.getByLabel('Title').fill('Lunch');
    await ada.page.getByRole('button', { name: 'Save', exact: true }).click();
    await bob.page.getByRole('link', { name: 'Lunch' }).waitFor();
    await options(ada, 'The plan');
    await pick(ada, 'Delete the bookmark');
    await bob.page.getByRole('link', { name: 'The plan' }).waitFor({ state: 'detached' });
  });

  it('has emoji of its own, and plays what can be played', async () => {
    await ada.page.getByRole('button', { name: 'Emoji', exact: true }).click();
    await ada.page.getByRole('button', { name: 'Add an emoji of your own' }).click();
    await ada.page
      .getByLabel('Picture')
      .setInputFiles({ name: 'Dot.png', mimeType: 'image/png', buffer: PIXEL });
    assert.equal(await ada.page.getByLabel('Name').inputValue(), 'dot');
    assert.deepEqual(await ada.flaws(), []);
    await ada.page.getByRole('button', { name: 'Add', exact: true }).click();
    await ada.page.getByRole('dialog').waitFor({ state: 'detached' });
    await ada.page.getByRole('button', { name: 'Emoji', exact: true }).click();
    await ada.page.getByRole('searchbox', { name: 'Search emoji' }).fill('dot');
    await ada.page.getByRole('button', { name: 'dot', exact: true }).click();
    await ada.composer().press('Enter');
    await bob.page.locator('.post img.emoji[alt=":dot:"]').waitFor();
    await ada.page.getByTestId('composer-files').setInputFiles({
      name: 'tone.wav',
      mimeType: 'audio/wav',
      buffer: wave(),
    });
    await uploaded(ada);
    await ada.write('listen');
    const player = (await bob.sees('listen')).locator('audio');
    await until('it is loaded', () => player.evaluate((audio) => audio.duration > 0));
  });
});

describe('a command', () => {
  it('is offered, and done without a word to anybody', async () => {
    await ada.go('/first/channels/amber');
    await ada.composer().waitFor();
    await ada.composer().pressSequentially('/aw');
    await ada.page.getByRole('option', { name: '/away' }).waitFor();
    await ada.composer().pressSequentially('ay');
    await ada.composer().press('Enter');
    await ada.page.getByRole('button', { name: /Away.*Your status and settings/s }).waitFor();
    await ada.write('/online');
    await ada.page.getByRole('button', { name: /Online.*Your status and settings/s }).waitFor();
    await ada.write('/msg @bob come to the amber channel');
    await ada.page.waitForURL(/messages\/@bob$/);
    await ada.sees('come to the amber channel');
    await ada.write('/join birch');
    await ada.page.waitForURL(/channels\/birch$/);
    await ada.entry('bob').click();
    await ada.sees('come to the amber channel');
    assert.equal(await ada.composer().inputValue(), '');
    await ada.write('/etc is no command');
    await ada.sees('/etc is no command');
  });

  it('is asked about where the way back is not one for everybody', async () => {
    const { id } = await api.ask('POST', '/channels', {
      team_id: team.id,
      name: 'secret',
      display_name: 'Secret',
      type: 'P',
    });
    await api.ask('POST', `/channels/${id}/members`, { user_id: bobApi.id });
    await bob.go('/first/channels/secret');
    await bob.composer().waitFor();
    await bob.write('/leave');
    const question = bob.page.getByRole('dialog', { name: 'Leave Secret?' });
    await question.waitFor();
    assert.deepEqual(await bob.flaws(), []);
    await question.getByRole('button', { name: 'Leave channel' }).click();
    await bob.entry('Secret').waitFor({ state: 'detached' });
    await ada.go('/first/channels/secret');
    await ada.page.getByRole('button', { name: 'Secret', exact: true }).click();
    await pick(ada, 'Archive channel');
    await ada.page
      .getByRole('dialog', { name: 'Archive Secret?' })
      .getByRole('button', { name: 'Archive channel' })
      .click();
    await ada.page.getByText('This channel is archived').waitFor();
    for (const person of [ada, bob]) await person.go('/first/channels/town-square');
  });
});

describe('looking back', () => {
  let channel;
  let past;

  before(async () => {
    channel = await make('past', 'Past');
    for (let n = 0; n < 70; n++) await api.say(channel.id, `long ago ${n}`);
    const changed = await api.say(channel.id, 'we meet at nine');
    const gone = await api.say(channel.id, 'do not tell anybody');
    const { create_at } = await bobApi.say(channel.id, 'noted');
    past = `/first/channels/past?at=${create_at}`;
    await api.ask('PUT', `/posts/${changed.id}/patch`, { message: 'we meet at ten' });
    await api.ask('DELETE', `/posts/${gone.id}`);
    await api.say(channel.id, 'after that');
  });

  it('shows each what was said then, as far as it is theirs', async () => {
    await ada.go(past);
    await ada.page.getByText(/^As it was on /).waitFor();
    await (await ada.sees('we meet at nine')).getByText('Changed since.').waitFor();
    await (await ada.sees('do not tell anybody')).getByText('Deleted since.').waitFor();
    await ada.sees('noted');
    assert.equal(await ada.post('after that').count(), 0);
    assert.equal(await ada.composer().count(), 0);
    await ada.post('do not tell anybody').getByRole('button', { name: 'Earlier versions' }).click();
    await ada.page
      .getByRole('dialog')
      .getByText(/^Deleted .* by \S/)
      .waitFor();
    await ada.page.keyboard.press('Escape');
    await ada.page.getByRole('dialog').waitFor({ state: 'detached' });

    await bob.go(past);
    await (await bob.sees('we meet at ten')).getByText(/This is what it says today/).waitFor();
    await (await bob.sees('Deleted since.')).getByText(/shown to its author/).waitFor();
    const text = await bob.page.locator('.list').textContent();
    assert.doesNotMatch(text, /at nine|do not tell|after that/);
    assert.deepEqual(await bob.flaws(), []);
  });

  it('is read back to the beginning, and survives a reload', async () => {
    await bob.page.reload();
    await bob.sees('noted');
    await until('its beginning', async () => {
      await bob.page.locator('.list').press('Home');
      return (await bob.post('long ago 0').count()) > 0;
    });
  });

  it('is not where what comes is read', async () => {
    await api.say(channel.id, '@bob come back');
    const called = bob.page.getByRole('link', { name: 'Past 1 mention' });
    await called.waitFor();
    assert.equal(await bob.post('come back').count(), 0);
    await bob.page.keyboard.press('Escape');
    await bob.sees('come back');
    assert.doesNotMatch(bob.page.url(), /at=/);
    await called.waitFor({ state: 'detached' });
  });

  it('leads from day to day, and to any other', async () => {
    const button = (name) => bob.page.getByRole('button', { name, exact: true });
    await button('Past').click();
    await pick(bob, 'As of a date…');
    assert.deepEqual(await bob.flaws(), []);
    await button('Show').click();
    await bob.page.getByText('Nothing stood here then.').waitFor();
    // What was shown a moment ago is not what is seen now.
    await api.say(channel.id, '@bob once more');
    const called = bob.page.getByRole('link', { name: 'Past 1 mention' });
    await called.waitFor();
    const yesterday = Number(new URL(bob.page.url()).searchParams.get('at'));
    await button('A day earlier').click();
    await until('the day before', async () => bob.page.url().endsWith(`at=${yesterday - 86_400_000}`));
    await button('A day later').click();
    await until('that day again', async () => bob.page.url().endsWith(`at=${yesterday}`));
    await button('Another date').click();
    await bob.page.getByLabel('Date and time').fill('2020-02-29T12:00');
    await button('Show').click();
    await bob.page.getByText(/^As it was on .*29 February 2020/).waitFor();
    await button('Back to today').click();
    await bob.sees('once more');
    await called.waitFor({ state: 'detached' });
  });

  it('joins no channel before one says so', async () => {
    const { id } = await api.ask('POST', '/channels', {
      team_id: team.id,
      name: 'outside',
      display_name: 'Outside',
      type: 'O',
    });
    const said = await api.say(id, 'said among others');
    const members = async () =>
      (await api.ask('GET', `/channels/${id}/members`)).map(({ user_id }) => user_id);
    await bob.go(`/first/channels/outside?at=${said.create_at}`);
    const join = bob.page.getByRole('button', { name: 'Join the channel' });
    await join.waitFor();
    assert.deepEqual(await bob.flaws(), []);
    assert.deepEqual(await members(), [api.id]);
    await join.click();
    await bob.page.locator('.past').getByText('said among others').waitFor();
    assert.deepEqual((await members()).sort(), [api.id, bobApi.id].sort());
    await bob.entry('Outside').click();
    await bob.composer().waitFor();
  });
});

describe('a part that fails', () => {
  it('says so where it stands, and leaves the rest of the page as it was', async () => {
    await api.say(town.id, 'whole');
    const broken = await api.say(town.id, 'broken');
    const carl = await Person.sitDown(browser, server.url);
    await carl.logIn('bob', '/first/channels/amber');
    const lost = /assets\/(SearchPane|AsOf|Dialogs)-/;
    await carl.page.route(lost, (route) => route.abort());
    const failed = carl.page.locator('.failed');
    const focused = () => failed.evaluate((box) => box === document.activeElement && box.role === 'alert');

    await carl.page.getByRole('searchbox').fill('word');
    await carl.page.keyboard.press('Enter');
    await carl.page.locator('.pane .failed').waitFor();
    await until('the keys are in it', focused);
    assert.deepEqual(await carl.flaws(), []);
    await carl.write('written beside it');
    await carl.sees('written beside it');
    await carl.page.locator('.pane').getByRole('button', { name: 'Close' }).click();

    await carl.page.keyboard.press('Control+k');
    await carl.page.locator('.modal .failed').waitFor();
    await until('the keys are in it', focused);
    await carl.page.keyboard.press('Escape');
    await failed.waitFor({ state: 'detached' });

    await carl.entry('cedar').click();
    await carl.page.waitForURL(/cedar$/);
    await carl.page.evaluate((at) => {
      history.pushState(null, '', `?at=${at}`);
    }, Date.now());
    await carl.page.locator('.channel .failed').waitFor();
    await until('the keys are in it', focused);
    assert.deepEqual(await carl.flaws(), []);
    await carl.entry('amber').click();
    await carl.sees('written beside it');

    await carl.page.route(/channels\/[a-z0-9]{26}\/posts/, async (route) => {
      const answer = await route.fetch();
      const list = await answer.json();
      if (list.posts[broken.id]) list.posts[broken.id].metadata.files = [null];
      await route.fulfill({ json: list });
    });
    await carl.entry('Town Square').click();
    await carl.sees('whole');
    await carl.page.getByText('This message cannot be shown.').waitFor();

    await carl.page.keyboard.press('Control+k');
    await carl.page.locator('.modal .failed').waitFor();
    await carl.page.unroute(lost);
    await carl.page.getByRole('button', { name: 'Try again' }).click();
    await carl.page.getByRole('dialog').getByRole('combobox').waitFor();
    await carl.leave();
  });
});

describe('everybody', () => {
  it('reads and writes from right to left', async () => {
    await api.say(town.id, 'مرحبا بالجميع، كيف حالكم؟');
    await api.say(town.id, 'שלום לכולם, מה שלומכם?');
    const channel = await make('rtl', 'ערוץ');
    await bob.go('/first/channels/town-square');
    for (const text of ['مرحبا', 'שלום']) {
      const body = (await bob.sees(text)).locator('.markdown');
      assert.equal(await body.evaluate((box) => getComputedStyle(box).direction), 'rtl');
    }
    await bob.composer().fill('שלום');
    assert.equal(await bob.composer().evaluate((field) => getComputedStyle(field).direction), 'rtl');
    await bob.composer().fill('');
    await bob.entry('ערוץ').waitFor();
    await api.ask('DELETE', `/channels/${channel.id}`);
    await bob.page.evaluate(() => {
      document.documentElement.dir = 'rtl';
    });
    const side = await bob.page.locator('.sidebar').boundingBox();
    const main = await bob.page.locator('.main').boundingBox();
    assert.ok(side.x > main.x, 'the list of channels is on the right');
    assert.equal(await bob.page.evaluate(() => document.documentElement.scrollWidth - innerWidth), 0);
    assert.deepEqual(await bob.flaws(), []);
    await bob.page.reload();
    await bob.composer().waitFor();
  });

  for (const colorScheme of ['light', 'dark']) {
    it(`has room for all of it on a small screen (${colorScheme})`, async () => {
      const small = await Person.sitDown(browser, server.url, {
        viewport: { width: 360, height: 640 },
        hasTouch: true,
        colorScheme,
        reducedMotion: 'reduce',
      });
      await small.logIn('bob', '/first/channels/town-square');
      const fits = async (what) => {
        const over = await small.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.equal(over, 0, what);
        assert.deepEqual(await small.flaws(), [], what);
      };
      await fits('a channel');
      await small.page.getByRole('button', { name: 'Search messages' }).tap();
      await small.page.getByRole('searchbox', { name: 'Search messages' }).last().fill('lighthouse');
      await small.page.keyboard.press('Enter');
      await small.page.locator('.hit').first().waitFor();
      await fits('a search');
      /** What stands in a dialog does not reach out of it. */
      const fitsIn = async (what) => {
        const body = small.page.locator('.modal-body');
        await body.waitFor();
        assert.equal(await body.evaluate((box) => box.scrollWidth - box.clientWidth), 0, what);
        await fits(what);
      };
      await small.go('/first/channels/nowhere');
      await small.page.getByText('There is no such channel').waitFor();
      await fits('nowhere');
      await small.page.getByRole('button', { name: 'Open the list of channels' }).tap();
      await small.page.getByRole('button', { name: 'Add channels' }).tap();
      await pick(small, 'Browse channels');
      await small.page.getByRole('button', { name: 'Open', exact: true }).first().waitFor();
      await fitsIn('all channels');
      await small.page.keyboard.press('Escape');
      await small.page.getByRole('button', { name: /Your status and settings/ }).tap();
      await pick(small, 'Settings');
      for (const name of ['Display', 'Notifications', 'Security', 'Sessions', 'Profile']) {
        const tab = small.page.getByRole('tab', { name });
        await tab.tap();
        const [one, list] = [await tab.boundingBox(), await small.page.getByRole('tablist').boundingBox()];
        assert.ok(one.height > 24 && one.height <= list.height, `${name} is seen`);
        await fitsIn(name);
      }
      await small.page.getByRole('tab', { name: 'Sessions' }).tap();
      await small.page.getByRole('button', { name: 'Log out', exact: true }).first().waitFor();
      await fitsIn('sessions');
      await small.go('/first/drafts');
      await small.page.getByRole('tab', { name: 'Scheduled' }).tap();
      await fits('drafts');
      await small.go(`/first/channels/past?at=${Date.now() - 1000}`);
      await small.page.locator('.past .post').first().waitFor();
      await fits('a channel as it was');
      assert.deepEqual(small.complaints, []);
      await small.leave();
    });
  }

  it('gave nobody a reason to complain', () => {
    assert.deepEqual([...ada.complaints, ...bob.complaints], []);
  });
});
