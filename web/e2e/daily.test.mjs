// What people do every day once they know the page: two people, a browser each, one real server.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Caller, launch, Person, until } from './lib/people.mjs';
import { Server } from './lib/server.mjs';

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
  [server, browser] = await Promise.all([Server.fresh(), launch()]);
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

describe('everybody', () => {
  it('gave nobody a reason to complain', () => {
    assert.deepEqual([...ada.complaints, ...bob.complaints], []);
  });
});
