// Two people, a browser each, one real server: from the first account to a server that restarts
// while they talk.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { Caller, launch, Person, until } from './lib/people.mjs';
import { Server } from './lib/server.mjs';

const PAYLOADS = JSON.parse(readFileSync(new URL('../src/text/payloads.json', import.meta.url), 'utf8'));

let server;
let browser;
let ada;
let bob;
let api;
let team;
let town;

before(async () => {
  [server, browser] = await Promise.all([Server.fresh(), launch()]);
  ada = await Person.sitDown(browser, server.url);
  bob = await Person.sitDown(browser, server.url);
});
after(async () => {
  await browser?.close();
  await server?.remove();
});

const fresh = async (person, name) => {
  const channel = await api.ask('POST', '/channels', {
    team_id: team.id,
    name,
    display_name: name,
    type: 'O',
  });
  const bobId = (await api.ask('GET', '/users/username/bob')).id;
  await api.ask('POST', `/channels/${channel.id}/members`, { user_id: bobId });
  await person.go(`/first/channels/${name}`);
  await person.composer().waitFor();
  return channel;
};

describe('the first hour', () => {
  it('leads from nothing to a team with two people in it', async () => {
    await ada.signUp('ada');
    await ada.page.getByLabel('Name of the team').fill('First');
    await ada.page.getByRole('button', { name: 'Create a team' }).click();
    await ada.composer().waitFor();
    assert.match(ada.page.url(), /\/first\/channels\/town-square$/);
    await ada.page.getByRole('heading', { name: /This is the start of Town Square/ }).waitFor();

    await ada.page.getByRole('button', { name: /Team menu/ }).click();
    await ada.page.getByRole('menuitem', { name: 'Invite people' }).click();
    await until('the link', () => ada.page.getByLabel('Invitation link').inputValue());
    const link = await ada.page.getByLabel('Invitation link').inputValue();
    await ada.page.keyboard.press('Escape');

    await bob.signUp('bob', new URL(link).pathname + new URL(link).search);
    await bob.composer().waitFor();
    assert.match(bob.page.url(), /\/first\//);

    api = await Caller.logIn(server.url, 'ada');
    team = await api.ask('GET', '/teams/name/first');
    town = await api.ask('GET', `/teams/${team.id}/channels/name/town-square`);
  });

  it('says what is wrong with a password, and lets the right one in', async () => {
    const carol = await Person.sitDown(browser, server.url);
    await Caller.signUp(server.url, 'carol');
    await carol.go('/first/channels/off-topic');
    await carol.page.getByLabel('Username or email').fill('carol');
    await carol.page.getByLabel('Password').fill('not it at all');
    await carol.page.getByRole('button', { name: 'Log in' }).click();
    await carol.page.getByRole('alert').waitFor();
    assert.deepEqual(await carol.flaws(), []);
    await carol.leave();
  });
});

describe('a conversation', () => {
  it('reaches the other one at once, with who is typing', async () => {
    await bob.composer().pressSequentially('I am');
    await ada.page.getByText('bob is typing…').waitFor();
    await bob.composer().fill('');
    await ada.write('Hello **Bob**, see `code` and ~off-topic :tada:');
    const post = await bob.sees('Hello Bob');
    assert.equal(await post.locator('strong', { hasText: 'Bob' }).count(), 1);
    assert.equal(await post.locator('.emoji').textContent(), '🎉');
    await bob.write('Hello Ada');
    await ada.sees('Hello Ada');
  });

  it('takes reactions, edits and deletions', async () => {
    await bob.act('Hello Bob', 'Add a reaction');
    await bob.page.getByRole('searchbox', { name: 'Search emoji' }).fill('rocket');
    await bob.page.getByRole('button', { name: 'rocket', exact: true }).click();
    await ada
      .post('Hello Bob')
      .getByRole('button', { name: /bob reacted with :rocket:/ })
      .click();
    await bob.post('Hello Bob').locator('.reaction', { hasText: '2' }).waitFor();

    await ada.choose('Hello Bob', 'Edit');
    await ada.page.getByLabel('Edit', { exact: true }).fill('Hello again');
    await ada.page.keyboard.press('Enter');
    await (await bob.sees('Hello again')).getByText('(edited)').waitFor();

    await ada.write('a slip');
    await bob.sees('a slip');
    await ada.choose('a slip', 'Delete');
    await ada.page.getByRole('button', { name: 'Delete' }).click();
    await bob.post('a slip').waitFor({ state: 'detached' });
  });

  it('goes on in a thread beside it', async () => {
    await ada.act('Hello again', 'Reply in thread');
    await ada.page.locator('#reply').fill('in the thread');
    await ada.page.locator('#reply').press('Enter');
    await (await bob.sees('Hello again')).getByRole('button', { name: /1 reply/ }).click();
    const pane = bob.page.getByRole('complementary', { name: 'Thread' });
    await pane.getByText('in the thread').waitFor();
    await bob.page.locator('#reply').fill('and back');
    await bob.page.locator('#reply').press('Enter');
    await ada.page.getByRole('complementary', { name: 'Thread' }).getByText('and back').waitFor();
    assert.equal(await ada.page.locator('.list .post', { hasText: 'and back' }).count(), 0);
    await bob.page.keyboard.press('Escape');
    await pane.waitFor({ state: 'detached' });
    await ada.page.keyboard.press('Escape');
  });

  it('tells of what is unread, and opens where it begins', async () => {
    const channel = await fresh(ada, 'unread');
    await bob.entry('unread').waitFor();
    for (let n = 0; n < 40; n++) await api.say(channel.id, `line ${n}\n\nwith some more below`);
    await api.say(channel.id, '@bob look');
    await bob.entry('unread').locator('.badge').waitFor();
    assert.match(await bob.entry('unread').getAttribute('class'), /unread/);
    await bob.entry('unread').click();
    await bob.sees('line 1');
    await until('the badge to go', async () => (await bob.entry('unread').locator('.badge').count()) === 0);

    await bob.entry('Town Square').click();
    await bob.sees('Hello again');
    for (let n = 0; n < 40; n++) await api.say(channel.id, `later ${n}\n\nwith some more below`);
    await bob.entry('unread').click();
    const line = bob.page.locator('.new-line');
    await line.waitFor();
    assert.ok(await bob.page.locator('.list-row', { has: line }).getByText('later 0').isVisible());
    assert.equal(await bob.page.locator('.list .post', { hasText: 'later 39' }).count(), 0);
  });

  it('goes to one person, too', async () => {
    await ada.go('/first/channels/town-square');
    await ada.composer().waitFor();
    await ada.page.keyboard.press('Control+k');
    await ada.page.getByRole('combobox', { name: 'Channel or person' }).fill('bob');
    await ada.page.getByRole('option', { name: /bob/ }).first().waitFor();
    await ada.page.keyboard.press('Enter');
    await ada.page.waitForURL(/messages\/@bob$/);
    await ada.composer().waitFor();
    await ada.write('only for you');
    await bob.entry('ada').locator('.badge').waitFor();
    await bob.entry('ada').click();
    await bob.sees('only for you');
  });
});

describe('a long channel', () => {
  it('reads back without a jump, and forth again', async () => {
    const channel = await fresh(ada, 'long');
    for (let n = 0; n < 160; n++) await api.say(channel.id, `number ${n}.`);
    await ada.go('/first/channels/long');
    await ada.seesAtEnd('number 159.');
    const list = ada.page.getByRole('log');
    const rows = () => ada.page.locator('.list .post').count();
    assert.ok((await rows()) < 100, 'only what can be seen is in the document');
    await list.hover();
    await until('the beginning', async () => {
      const shown = ada.page.locator('.list .post').nth(3);
      const id = await shown.getAttribute('data-post');
      const before = await shown.boundingBox();
      await ada.page.mouse.wheel(0, -600);
      const moved = ada.page.locator(`[data-post="${id}"]`);
      if (before && (await moved.count())) {
        const now = await moved.boundingBox();
        assert.ok(!now || Math.abs(now.y - before.y) < 900, 'what is seen stays in view');
      }
      return ada.page.getByText('This is the start of long').isVisible();
    });
    await ada.page.getByRole('button', { name: 'To the newest messages' }).click();
    await ada.seesAtEnd('number 159.');
  });

  it('opens at the message that a link leads to', async () => {
    const channel = await api.ask('GET', `/teams/${team.id}/channels/name/long`);
    const { posts } = await api.ask('GET', `/channels/${channel.id}/posts?per_page=200`);
    const post = Object.values(posts).find(({ message }) => message === 'number 60.');
    await bob.go(`/first/pl/${post.id}`);
    await bob.page.locator('.post.focused', { hasText: 'number 60.' }).waitFor();
    await bob.page.getByRole('button', { name: 'To the newest messages' }).click();
    await bob.seesAtEnd('number 159.');
  });

  it('takes what is read on for nothing new', async () => {
    const channel = await api.ask('GET', `/teams/${team.id}/channels/name/long`);
    const { posts } = await api.ask('GET', `/channels/${channel.id}/posts?per_page=200`);
    const post = Object.values(posts).find(({ message }) => message === 'number 120.');
    await bob.go(`/first/pl/${post.id}`);
    await bob.page.locator('.post.focused', { hasText: 'number 120.' }).waitFor();
    await bob.page.getByRole('log').hover();
    await until('it reads on', async () => {
      await bob.page.mouse.wheel(0, 40);
      return (await bob.post('number 152.').count()) > 0;
    });
    // It is far from its end once more: the button is there, and tells of nothing that came.
    const button = bob.page.locator('.to-end');
    await button.waitFor();
    assert.equal(await button.textContent(), 'To the newest messages');
  });
});

describe('finding', () => {
  it('finds words, marks them and leads to them', async () => {
    await api.say(town.id, 'the zeppelin lands at noon');
    const terms = { terms: 'zeppelin', is_or_search: false };
    await until(
      'it is in the index',
      async () => (await api.ask('POST', `/teams/${team.id}/posts/search`, terms)).order.length,
    );
    await ada.go('/first/channels/off-topic');
    await ada.composer().waitFor();
    const pane = ada.page.getByRole('complementary', { name: 'Search' });
    await ada.page.keyboard.press('Control+f');
    await ada.page.keyboard.type('zeppelin from:ada');
    await ada.page.keyboard.press('Enter');
    await pane.locator('mark', { hasText: 'zeppelin' }).waitFor();
    await pane.getByRole('button', { name: 'Show in channel' }).first().click();
    await ada.page.locator('.post.focused', { hasText: 'zeppelin' }).waitFor();
  });

  it('makes a channel that another one finds and joins', async () => {
    await ada.page.getByRole('button', { name: 'Add channels' }).click();
    await ada.page.getByRole('menuitem', { name: 'Create a channel' }).click();
    await ada.page.getByLabel('Name', { exact: true }).fill('Garden & Grill');
    await ada.page.getByRole('button', { name: 'Create', exact: true }).click();
    await ada.page.waitForURL(/channels\/garden-grill$/);
    await bob.page.getByRole('button', { name: 'Add channels' }).click();
    await bob.page.getByRole('menuitem', { name: 'Browse channels' }).click();
    await bob.page
      .locator('.browse-row', { hasText: 'Garden & Grill' })
      .getByRole('button', { name: 'Join' })
      .click();
    await bob.page.waitForURL(/channels\/garden-grill$/);
    await bob.composer().waitFor();
    await bob.write('anyone hungry?');
    await ada.sees('anyone hungry?');
  });

  it('keeps favourites on top', async () => {
    await ada.page.getByRole('button', { name: 'Add to favourites' }).click();
    const favourites = ada.page.locator('.category', { hasText: 'Favourites' });
    await favourites.getByText('Garden & Grill').waitFor();
    await ada.page.reload();
    await favourites.getByText('Garden & Grill').waitFor();
  });
});

describe('files', () => {
  it('are attached, shown and opened', async () => {
    const image = await ada.page.screenshot();
    await ada.page.getByTestId('composer-files').setInputFiles([
      { name: 'view.png', mimeType: 'image/png', buffer: image },
      { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('some notes') },
    ]);
    await ada.page.locator('.attached-file', { hasText: 'view.png' }).waitFor();
    await ada.page.locator('.attached-file', { hasText: 'notes.txt' }).waitFor();
    await until('both are up', async () => (await ada.page.locator('.attached-file progress').count()) === 0);
    await ada.write('two files');
    const post = await bob.sees('two files');
    await post.getByRole('link', { name: 'Download notes.txt' }).waitFor();
    const picture = post.getByRole('button', { name: 'Open view.png' });
    await until('the picture', () =>
      picture.locator('img').evaluate((img) => img.complete && img.naturalWidth > 0),
    );
    await picture.click();
    await bob.page.locator('.lightbox img').waitFor();
    await bob.page.keyboard.press('Escape');
    await bob.page.locator('.lightbox').waitFor({ state: 'detached' });
  });

  it('may be pasted', async () => {
    await bob.composer().focus();
    await bob.composer().evaluate((field) => {
      const data = new DataTransfer();
      data.items.add(new File(['pasted'], 'pasted.txt', { type: 'text/plain' }));
      field.dispatchEvent(
        new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }),
      );
    });
    await bob.page.getByRole('button', { name: 'Remove pasted.txt' }).click();
  });
});

describe('a server that restarts', () => {
  it('costs nobody a word', async () => {
    await ada.go('/first/channels/town-square');
    await bob.go('/first/channels/town-square');
    await ada.composer().waitFor();
    await bob.composer().waitFor();
    await ada.write('before it goes');
    await bob.sees('before it goes');

    await server.stop();
    await ada.page.locator('.banner').waitFor();
    await ada.write('while it is away');
    await bob.write('me too');
    await ada.post('while it is away').getByText('Waiting for the connection').waitFor();
    await server.start();

    await bob.sees('while it is away');
    await ada.sees('me too');
    await ada.page.locator('.banner').waitFor({ state: 'detached' });
    await ada.write('after it came');
    await bob.sees('after it came');
    for (const person of [ada, bob]) {
      for (const text of ['while it is away', 'me too', 'after it came']) {
        assert.equal(await person.page.locator('.list .post', { hasText: text }).count(), 1, text);
      }
      assert.equal(await person.page.locator('.unsent').count(), 0);
    }
  });

  it('fills in what was missed by who only looked on', async () => {
    const far = await Person.sitDown(browser, server.url, { breakable: true });
    await far.logIn('bob', '/first/channels/town-square');
    const slip = await api.say(town.id, 'to be gone soon');
    await far.sees('to be gone soon');
    await far.cut();
    await far.page.locator('.banner').waitFor();
    await api.say(town.id, 'said to a closed door');
    await api.ask('DELETE', `/posts/${slip.id}`);
    await far.mend();
    await far.sees('said to a closed door');
    await far.post('to be gone soon').waitFor({ state: 'detached' });
    assert.deepEqual(far.complaints, []);
    await far.leave();
  });

  it('keeps a draft over a reload', async () => {
    await ada.composer().fill('half a thought');
    await until('the draft', () =>
      ada.page.evaluate(() => /half a thought/.test(JSON.stringify(localStorage))),
    );
    await ada.page.reload();
    await until('the draft is back', async () => (await ada.composer().inputValue()) === 'half a thought');
    await ada.composer().fill('');
  });
});

describe('what means harm', () => {
  it('stays inert for who writes and who reads', async () => {
    const channel = await fresh(ada, 'harm');
    for (const payload of PAYLOADS) await api.say(channel.id, payload.replaceAll('\u0000', ''));
    await api.ask('PUT', `/channels/${channel.id}/patch`, { header: PAYLOADS[1], purpose: PAYLOADS[0] });
    await api.say(channel.id, 'the last one');
    await bob.go('/first/channels/harm');
    const list = bob.page.getByRole('log');
    await list.hover();
    await until('the end', async () => {
      await bob.page.mouse.wheel(0, 800);
      return bob.post('the last one').isVisible();
    });
    await until('all were seen', async () => {
      // Whatever waits for the mouse gets it.
      await list.evaluate((box) => {
        for (const element of box.querySelectorAll('.markdown *')) {
          for (const type of ['mouseover', 'mouseenter', 'focus']) element.dispatchEvent(new Event(type));
        }
      });
      await bob.page.mouse.wheel(0, -500);
      return bob.page.getByText('This is the start of harm').isVisible();
    });
    for (const person of [ada, bob]) {
      assert.equal(await person.page.evaluate(() => 'pwned' in window), false);
      assert.equal(
        await person.page.locator('.list :is(script, iframe, object, form, svg:not([aria-hidden]))').count(),
        0,
      );
    }
  });
});

describe('everybody', () => {
  it('gets by with the keys alone', async () => {
    await ada.go('/first/channels/town-square');
    await ada.composer().waitFor();
    await ada.write('to be corrected');
    await ada.sees('to be corrected');
    await until('it is sent', async () => (await ada.page.locator('.pending-sending').count()) === 0);
    await ada.page.keyboard.press('ArrowUp');
    await ada.page.keyboard.type(' soon');
    await ada.page.keyboard.press('Enter');
    await (await ada.sees('to be corrected soon')).getByText('(edited)').waitFor();
    await ada.post('to be corrected soon').focus();
    await ada.page.keyboard.press('r');
    await ada.page.locator('#reply').waitFor();
    await ada.page.keyboard.type('by keys');
    await ada.page.keyboard.press('Enter');
    await ada.page.getByRole('complementary', { name: 'Thread' }).getByText('by keys').waitFor();
    await ada.page.keyboard.press('Escape');
    await ada.page.keyboard.press('Alt+ArrowDown');
    await until('another channel', async () => !/town-square$/.test(ada.page.url()));
  });

  for (const colorScheme of ['light', 'dark']) {
    it(`can read it (${colorScheme})`, async () => {
      await ada.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await ada.go('/first/channels/town-square');
      await ada.sees('after it came');
      assert.deepEqual(await ada.flaws(), [], 'a channel');
      await ada.act('Hello again', 'Reply in thread');
      await ada.page.getByRole('complementary', { name: 'Thread' }).getByText('and back').waitFor();
      assert.deepEqual(await ada.flaws(), [], 'a thread');
      await ada.page.keyboard.press('Control+/');
      await ada.page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
      assert.deepEqual(await ada.flaws(), [], 'a dialog');
      await ada.page.keyboard.press('Escape');
      await ada.page.getByRole('button', { name: /Your status and settings/ }).click();
      await ada.page.getByRole('menuitem', { name: 'Settings' }).click();
      await ada.page.getByRole('tab', { name: 'Display' }).click();
      assert.deepEqual(await ada.flaws(), [], 'the settings');
      await ada.page.keyboard.press('Escape');
    });
  }

  it('reads it in their language', async () => {
    await ada.page.getByRole('button', { name: /Your status and settings/ }).click();
    await ada.page.getByRole('menuitem', { name: 'Settings' }).click();
    await ada.page.getByRole('tab', { name: 'Display' }).click();
    await ada.page.getByLabel('Deutsch').click();
    await ada.page.getByRole('tab', { name: 'Darstellung' }).waitFor();
    assert.equal(await ada.page.evaluate(() => document.documentElement.lang), 'de');
    await ada.page.getByLabel('English').click();
    await ada.page.keyboard.press('Escape');
  });

  it('has room for it on a small screen', async () => {
    await ada.page.setViewportSize({ width: 360, height: 640 });
    await ada.go('/first/channels/town-square');
    await ada.sees('after it came');
    const overflow = () => ada.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.equal(await overflow(), 0);
    await ada.page.getByRole('button', { name: 'Open the list of channels' }).click();
    await ada.entry('Off-Topic').click();
    await ada.page.waitForURL(/off-topic$/);
    await until('the list is gone', async () => !(await ada.entry('Off-Topic').isVisible()));
    assert.equal(await overflow(), 0);
    assert.deepEqual(await ada.flaws(), []);
  });
});

describe('the server', () => {
  it('sends the page under a strict policy, and files that never change', async () => {
    const answer = await fetch(`${server.url}/`);
    assert.equal(answer.status, 200);
    assert.match(answer.headers.get('content-type'), /^text\/html/);
    assert.ok(answer.headers.get('x-version-id'));
    assert.match(
      answer.headers.get('content-security-policy'),
      /^default-src 'self'; script-src 'self'; style-src 'self';/,
    );
    assert.equal(answer.headers.get('cache-control'), 'no-cache');
    const script = /src="(\/assets\/[^"]+\.js)"/.exec(await answer.text())[1];
    const file = await fetch(server.url + script, { headers: { 'Accept-Encoding': 'br' } });
    assert.match(file.headers.get('cache-control'), /immutable/);
    assert.equal(file.headers.get('content-encoding'), 'br');
    const unknown = await fetch(`${server.url}/api/v4/nonsense`, { headers: { Accept: 'text/html' } });
    assert.equal(unknown.status, 404);
    assert.equal(unknown.headers.get('content-type'), 'application/json');
  });

  it('gave nobody a reason to complain', () => {
    assert.deepEqual([...ada.complaints, ...bob.complaints], []);
  });
});
