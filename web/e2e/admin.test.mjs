// Sessions, and the pages of administrators: what is done in one browser is felt in another.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Caller, launch, PASSWORD, Person, until } from './lib/people.mjs';
import { Server } from './lib/server.mjs';

let server;
let browser;
/** The administrator, in a browser and without one. */
let root;
let api;
let team;
let bob;

before(async () => {
  [server, browser] = await Promise.all([Server.fresh(), launch()]);
  api = await Caller.signUp(server.url, 'root', { first_name: 'Rut', last_name: 'Berg' });
  team = await api.ask('POST', '/teams', { name: 'first', display_name: 'First', type: 'O' });
  bob = await Caller.signUp(server.url, 'bob');
  await api.ask('POST', `/teams/${team.id}/members`, { team_id: team.id, user_id: bob.id });
  root = await Person.sitDown(browser, server.url);
  await root.logIn('root', '/first/channels/town-square');
});
after(async () => {
  await browser?.close();
  await server?.remove();
});

const heading = (person, name) => person.page.getByRole('heading', { name, exact: true, level: 1 });
const section = (name) => root.page.getByRole('region', { name, exact: true }).first();
const press = (name, within = root.page) => within.getByRole('button', { name, exact: true }).click();
const confirm = async (name) => {
  const dialog = root.page.getByRole('dialog');
  await press(name, dialog);
  await dialog.waitFor({ state: 'detached' });
};
const go = async (path, title) => {
  await root.go(path);
  await heading(root, title).waitFor();
};
const openUser = async (username, title = username) => {
  const { id } = await api.ask('GET', `/users/username/${username}`);
  await go(`/admin/users/${id}`, title);
  return id;
};
const settings = async (person, tab) => {
  await person.page.getByRole('button', { name: /Your status and settings/ }).click();
  await person.page.getByRole('menuitem', { name: 'Settings' }).click();
  await person.page.getByRole('tab', { name: tab }).click();
};
const seesTheDoor = (person) => person.page.getByText('You were logged out here').waitFor();

describe('sessions', () => {
  it('are listed with this one marked, and the others end from here', async () => {
    const here = await Person.sitDown(browser, server.url);
    const there = await Person.sitDown(browser, server.url);
    await Caller.signUp(server.url, 'cleo');
    const { id } = await api.ask('GET', '/users/username/cleo');
    await api.ask('POST', `/teams/${team.id}/members`, { team_id: team.id, user_id: id });
    await here.logIn('cleo', '/first/channels/town-square');
    await there.logIn('cleo', '/first/channels/town-square');
    await settings(here, 'Sessions');
    const list = here.page.getByRole('list', { name: 'Where the account is logged in' });
    await list.getByText('This one').waitFor();
    // The one that signed up, and the two browsers.
    assert.equal(await list.getByRole('listitem').count(), 3);
    assert.deepEqual(await here.flaws(), []);
    await press('Log out all others', here.page);
    await until('one is left', async () => (await list.getByRole('listitem').count()) === 1);
    await seesTheDoor(there);
    await here.page.keyboard.press('Escape');
    await here.write('still here');
    await here.sees('still here');
    await Promise.all([here.leave(), there.leave()]);
  });

  it('end one by one', async () => {
    await Caller.logIn(server.url, 'cleo');
    const here = await Person.sitDown(browser, server.url);
    await here.logIn('cleo', '/first/channels/town-square');
    await settings(here, 'Sessions');
    const list = here.page.getByRole('list', { name: 'Where the account is logged in' });
    const count = () => list.getByRole('listitem').count();
    await list.getByText('This one').waitFor();
    const before = await count();
    await list.getByRole('button', { name: 'Log out' }).first().click();
    await until('one less', async () => (await count()) === before - 1);
    await list.getByText('This one').waitFor();
    await here.leave();
  });
});

describe('the way in', () => {
  it('leads administrators from their menu to the users', async () => {
    await root.page.getByRole('button', { name: /Your status and settings/ }).click();
    await root.page.getByRole('menuitem', { name: 'Administration' }).click();
    await heading(root, 'Users').waitFor();
  });

  it('tells others that it is not for them', async () => {
    const other = await Person.sitDown(browser, server.url);
    await other.logIn('bob', '/first/channels/town-square');
    await other.page.getByRole('button', { name: /Your status and settings/ }).click();
    await other.page.getByRole('menuitem', { name: 'Settings' }).waitFor();
    assert.equal(await other.page.getByRole('menuitem', { name: 'Administration' }).count(), 0);
    await other.go('/admin/users');
    await heading(other, 'For administrators only').waitFor();
    assert.deepEqual(await other.flaws(), []);
    await other.page.getByRole('link', { name: 'Back to the chat' }).click();
    await other.composer().waitFor();
    await other.leave();
  });
});

describe('users', () => {
  it('are found, made and filtered', async () => {
    await go('/admin/users', 'Users');
    await press('Create a user');
    const dialog = root.page.getByRole('dialog');
    await dialog.getByLabel('Username').fill('dora');
    await dialog.getByLabel('Email').fill('bob@example.org');
    await dialog.getByLabel('Password').fill(PASSWORD);
    await press('Create', dialog);
    await dialog.getByRole('alert').waitFor();
    await dialog.getByLabel('Email').fill('dora@example.org');
    await press('Create', dialog);
    await heading(root, 'dora').waitFor();
    await go('/admin/users', 'Users');
    const rows = root.page.getByRole('group', { name: 'Users' }).locator('tbody tr');
    await root.page.getByRole('searchbox', { name: 'Search by name or username' }).fill('dor');
    await until(
      'dora alone',
      async () => (await rows.count()) === 1 && /dora/.test(await rows.textContent()),
    );
    await root.page.getByRole('searchbox').fill('');
    await press('Administrators');
    await until('root alone', async () => (await rows.count()) === 1 && /Rut/.test(await rows.textContent()));
    await press('Guests');
    await root.page.getByText('Nobody fits.').waitFor();
  });

  it('get another profile, role and password', async () => {
    await Caller.logIn(server.url, 'dora');
    const id = await openUser('dora');
    await root.page.getByLabel('First name').fill('Dora');
    await root.page.getByLabel('Last name').fill('Dahl');
    await press('Save', section('Profile'));
    await heading(root, 'Dora Dahl').waitFor();
    const roles = async () => (await api.ask('GET', `/users/${id}`)).roles;
    await press('Make an administrator');
    await confirm('Make an administrator');
    await root.page.getByRole('button', { name: 'Take administration away' }).waitFor();
    assert.match(await roles(), /system_admin/);
    await press('Take administration away');
    await confirm('Take administration away');
    await press('Make a guest');
    await confirm('Make a guest');
    await root.page.getByRole('button', { name: 'Make a member' }).waitFor();
    assert.equal(await roles(), 'system_guest');
    await press('Make a member');
    await confirm('Make a member');
    await root.page.getByRole('button', { name: 'Make a guest' }).waitFor();
    assert.equal(await roles(), 'system_user');
    await root.page.getByText(/^Logged in on/).waitFor();
    await root.page.getByLabel('New password').fill('another long secret');
    await press('Set the password');
    await root.page.getByText('The password is set.').waitFor();
    await root.page.getByText('Logged in nowhere.').waitFor();
    const answer = await fetch(`${server.url}/api/v4/users/login`, {
      method: 'POST',
      body: JSON.stringify({ login_id: 'dora', password: 'another long secret' }),
    });
    assert.equal(answer.status, 200);
  });

  it('are refused in words what the server does not do', async () => {
    await openUser('root', 'Rut Berg');
    await press('Take administration away');
    await press('Take administration away', root.page.getByRole('dialog'));
    await root.page.getByRole('dialog').getByRole('alert').getByText('last active administrator').waitFor();
    await root.page.keyboard.press('Escape');
  });

  it('are thrown out when they are deactivated', async () => {
    const other = await Person.sitDown(browser, server.url);
    await other.logIn('bob', '/first/channels/town-square');
    await openUser('bob');
    await press('Deactivate');
    await confirm('Deactivate');
    await seesTheDoor(other);
    await other.page.getByLabel('Password').waitFor();
    assert.deepEqual(await other.flaws(), []);
    await other.page.getByLabel('Username or email').fill('bob');
    await other.page.getByLabel('Password').fill(PASSWORD);
    await press('Log in', other.page);
    await other.page.getByRole('alert').waitFor();
    await press('Activate');
    await confirm('Activate');
    await root.page.getByRole('button', { name: 'Deactivate', exact: true }).waitFor();
    await other.logIn('bob', '/first/channels/town-square');
    assert.deepEqual(other.complaints, []);
    await other.leave();
  });

  it('are logged out everywhere', async () => {
    const other = await Person.sitDown(browser, server.url);
    await other.logIn('bob', '/first/channels/town-square');
    await openUser('bob');
    await press('Log out everywhere');
    await root.page.getByText('Logged in nowhere.').waitFor();
    await seesTheDoor(other);
    await other.leave();
  });

  it('are erased once their name is typed', async () => {
    await openUser('dora', 'Dora Dahl');
    await press('Erase for ever');
    const dialog = root.page.getByRole('dialog');
    const button = dialog.getByRole('button', { name: 'Erase for ever' });
    assert.equal(await button.isDisabled(), true);
    await dialog.getByLabel('Type “dora” to confirm').fill('dor');
    assert.equal(await button.isDisabled(), true);
    await dialog.getByLabel('Type “dora” to confirm').fill('dora');
    assert.deepEqual(await root.flaws(), []);
    await confirm('Erase for ever');
    await root.page.getByText('Its key is destroyed').waitFor();
  });
});

describe('teams and channels', () => {
  it('has teams changed, archived and restored', async () => {
    await go('/admin/teams', 'Teams');
    await root.page.getByRole('searchbox', { name: 'Search by name' }).fill('fir');
    await root.page.getByRole('link', { name: /First/ }).click();
    await heading(root, 'First').waitFor();
    await root.page.getByLabel('Description').fill('Where it began');
    await root.page.getByLabel('Anybody may join').check();
    await press('Save');
    await until('it is changed', async () => {
      const { description, allow_open_invite } = await api.ask('GET', `/teams/${team.id}`);
      return description === 'Where it began' && allow_open_invite;
    });
    await press('Make administrator bob');
    const row = root.page.getByRole('row', { name: /bob/ });
    await row.getByRole('cell', { name: 'Administrator', exact: true }).waitFor();
    await press('Archive');
    await confirm('Archive');
    await root.page.getByText('This team is archived.').waitFor();
    await press('Restore');
    await confirm('Restore');
    await root.page.getByLabel('Description').waitFor();
    assert.equal((await api.ask('GET', `/teams/${team.id}`)).delete_at, 0);
  });

  it('has channels changed, moderated, hidden and archived', async () => {
    const channel = await api.ask('POST', '/channels', {
      team_id: team.id,
      name: 'lab',
      display_name: 'Lab',
      type: 'O',
    });
    await go('/admin/channels', 'Channels');
    await root.page.getByRole('searchbox').fill('lab');
    await root.page.getByRole('link', { name: /Lab/ }).click();
    await heading(root, 'Lab').waitFor();
    await root.page.getByLabel('Name', { exact: true }).fill('Laboratory');
    await press('Save');
    await heading(root, 'Laboratory').waitFor();
    const box = root.page.getByRole('checkbox', { name: 'Write messages: Members' });
    assert.equal(await box.isChecked(), true);
    await box.click();
    await until('it is moderated', async () => {
      const moderations = await api.ask('GET', `/channels/${channel.id}/moderations`);
      return !moderations.find(({ name }) => name === 'create_post').roles.members.value;
    });
    await until('and says so', async () => !(await box.isChecked()));
    await press('Make private');
    await confirm('Make private');
    await root.page.getByRole('button', { name: 'Make public' }).waitFor();
    await press('Archive');
    await confirm('Archive');
    await root.page.getByText('This channel is archived.').waitFor();
    await go('/admin/channels', 'Channels');
    await press('Archived');
    await root.page.getByRole('link', { name: /Laboratory/ }).click();
    await press('Restore');
    await confirm('Restore');
    await root.page.getByRole('button', { name: 'Make public' }).waitFor();
  });
});

describe('retention', () => {
  it('has policies made, changed and deleted', async () => {
    await go('/admin/retention', 'Retention');
    await press('Create a policy');
    const dialog = root.page.getByRole('dialog');
    await dialog.getByLabel('Name', { exact: true }).fill('A month');
    await dialog.getByLabel('Days').fill('30');
    await dialog.getByRole('searchbox', { name: 'Search: Teams' }).fill('first');
    await dialog.getByRole('button', { name: /First/ }).click();
    assert.deepEqual(await root.flaws(), []);
    await confirm('Save');
    const row = root.page.getByRole('row', { name: /A month/ });
    await row.getByText('30 days').waitFor();
    await press('Edit A month');
    await dialog.getByRole('button', { name: 'Remove First' }).waitFor();
    await dialog.getByLabel('Keep for ever').check();
    await confirm('Save');
    await row.getByText('for ever').waitFor();
    const { policies } = await api.ask('GET', '/data_retention/policies');
    assert.deepEqual(
      policies.map(({ post_duration, team_count }) => [post_duration, team_count]),
      [[-1, 1]],
    );
    await press('Delete A month');
    await confirm('Delete');
    await root.page.getByText('There is no policy.').waitFor();
  });

  it('runs at once, and holds stop it', async () => {
    await press('See what would go');
    await root.page.getByText(/It would remove 0 messages/).waitFor();
    await press('Run now');
    await confirm('Run now');
    const runs = root.page.getByRole('group', { name: 'Runs' });
    await runs
      .getByRole('cell', { name: 'root' })
      .or(runs.getByRole('cell', { name: 'Rut Berg' }))
      .waitFor();
    await runs.getByRole('button', { name: 'Show' }).first().click();
    await root.page.getByText('Nothing was past its time.').waitFor();
    await root.page.keyboard.press('Escape');
    await press('Place a hold');
    const dialog = root.page.getByRole('dialog');
    await dialog.getByLabel('Name', { exact: true }).fill('The case');
    await dialog.getByRole('searchbox', { name: 'Search: People' }).fill('bob');
    await dialog.getByRole('button', { name: /@bob/ }).click();
    await confirm('Place a hold');
    await openUser('bob');
    await press('Erase for ever');
    await dialog.getByLabel('Type “bob” to confirm').fill('bob');
    await press('Erase for ever', dialog);
    await dialog.getByRole('alert').getByText('legal hold').waitFor();
    await root.page.keyboard.press('Escape');
    await go('/admin/retention', 'Retention');
    await press('Lift The case');
    await confirm('Lift');
    await root.page.getByText('Lifted', { exact: true }).waitFor();
  });
});

describe('the trail', () => {
  it('tells what happened and what happens, and what a message said before', async () => {
    await go('/admin/audit', 'Audit');
    const events = root.page.getByRole('group', { name: 'Events' });
    await events.getByText('Account deactivated').waitFor();
    await press('Messages');
    const town = await api.ask('GET', `/teams/${team.id}/channels/name/town-square`);
    await root.page.getByText('Live: what happens appears at once.').waitFor();
    const post = await api.say(town.id, 'a frist draft');
    await events.getByRole('row', { name: /Message written.*a frist draft/ }).waitFor();
    await api.ask('PUT', `/posts/${post.id}/patch`, { message: 'a first draft' });
    await events.getByRole('row', { name: /Message edited/ }).waitFor();
    await root.page.getByRole('searchbox', { name: 'Search: Person, channel or team' }).fill('bob');
    await root.page.getByRole('button', { name: /@bob/ }).click();
    await events.getByText('a frist draft').first().waitFor({ state: 'detached' });
    const writer = await Caller.logIn(server.url, 'bob');
    await writer.say(town.id, 'in a word');
    await events.getByRole('row', { name: /Message written.*in a word/ }).waitFor();
    assert.equal(await events.getByText('a frist draft').count(), 0);
    await press('Remove @bob');
    await root.page.getByLabel('Link or id of the message').fill(`${server.url}/first/pl/${post.id}`);
    await press('Show');
    const dialog = root.page.getByRole('dialog');
    await dialog.getByText('a frist draft').waitFor();
    await dialog.getByText('a first draft').waitFor();
    await root.page.keyboard.press('Escape');
  });
});

describe('the system', () => {
  it('shows that it is well, who is connected, and how far things are behind', async () => {
    await go('/admin/system', 'System');
    await root.page.getByText('Serves requests').waitFor();
    const sockets = root.page.getByRole('listitem').filter({ hasText: 'Open sockets' });
    const count = async () => Number(await sockets.locator('strong').textContent());
    await until('one socket', async () => (await count()) === 1);
    const other = await Person.sitDown(browser, server.url);
    await other.logIn('bob', '/first/channels/town-square');
    await until('another, without a reload', async () => (await count()) === 2);
    await other.leave();
    await root.page.getByRole('row', { name: /Rows in Postgres/ }).waitFor();
  });
});

describe('everybody who administers', () => {
  const PLACES = ['users', 'teams', 'channels', 'retention', 'audit', 'system'];
  const paths = async () => {
    const [bobId, lab] = await Promise.all([
      api.ask('GET', '/users/username/bob').then(({ id }) => id),
      api.ask('GET', `/teams/${team.id}/channels/name/lab`).then(({ id }) => id),
    ]);
    return [...PLACES, `users/${bobId}`, `teams/${team.id}`, `channels/${lab}`];
  };
  const settle = async () => {
    await root.page.locator('h1').waitFor();
    await root.page.locator('.spinner').first().waitFor({ state: 'detached' });
  };

  for (const colorScheme of ['light', 'dark']) {
    it(`can read it (${colorScheme})`, async () => {
      await root.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      for (const path of await paths()) {
        await root.go(`/admin/${path}`);
        await settle();
        assert.deepEqual(await root.flaws(), [], path);
      }
    });
  }

  it('has room for it on a small screen', async () => {
    await root.page.setViewportSize({ width: 360, height: 640 });
    for (const path of await paths()) {
      await root.go(`/admin/${path}`);
      await settle();
      assert.equal(
        await root.page.evaluate(() => document.documentElement.scrollWidth - innerWidth),
        0,
        path,
      );
      assert.deepEqual(await root.flaws(), [], path);
    }
    await root.page.setViewportSize({ width: 1280, height: 720 });
  });

  it('reaches it with the keys alone', async () => {
    await go('/admin/users', 'Users');
    await settle();
    await root.page.keyboard.press('Tab');
    await root.page.keyboard.press('Enter');
    // Behind the link that skips stands the first control of the page.
    await root.page.keyboard.press('Tab');
    const focused = () => root.page.evaluate(() => document.activeElement.textContent);
    assert.match(await focused(), /Create a user/);
    await root.page.keyboard.press('Enter');
    await root.page.getByRole('dialog', { name: 'Create a user' }).waitFor();
    await root.page.keyboard.press('Escape');
  });

  it('finds their way on from a page that fails', async () => {
    const strange = { id: 'x'.repeat(26), username: 'strange', first_name: '', last_name: '' };
    await root.page.route(/api\/v4\/users\?/, (route) => route.fulfill({ json: [strange] }));
    await root.go('/admin/users');
    await root.page.locator('#admin .failed').waitFor();
    assert.deepEqual(await root.flaws(), []);
    await root.page.unroute(/api\/v4\/users\?/);
    await root.page.getByRole('button', { name: 'Try again' }).click();
    await heading(root, 'Users').waitFor();
    assert.equal(await root.page.evaluate(() => document.activeElement.id), 'admin');
  });

  it('reads it in their language', async () => {
    await root.page.evaluate(() => localStorage.setItem('nottermost:language', '"de"'));
    await root.go('/admin/users');
    await heading(root, 'Konten').waitFor();
    await root.page.evaluate(() => localStorage.setItem('nottermost:language', '"en"'));
  });

  it('has no reason to complain', () => {
    assert.deepEqual(root.complaints, []);
  });
});
