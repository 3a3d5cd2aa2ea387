// What else people look for: files by their names, channels by theirs, the place of a post, and what a
// post said before.
import assert from 'node:assert/strict';
import {after, before, describe, it} from 'node:test';
import {channelOf, eventually, Live, Person, teamOf, unique} from './lib/people.mjs';

let ada;
let bob;
let carol;
let team;
let kitchen;
let cellar;
const word = unique('zq').replaceAll('-', '');

const attach = async (person, channel, name) => {
    const form = new FormData();
    form.append('channel_id', channel.id);
    form.append('files', new Blob(['some bytes'], {type: 'text/plain'}), name);
    const {file_infos: [info]} = await person.rest.uploadFile(form);
    await person.rest.createPost({channel_id: channel.id, message: 'look', file_ids: [info.id]});
    return info.id;
};

const files = async (person, terms, inTeam = team.id) => {
    const list = await person.rest.searchFiles(inTeam, terms, false);
    assert.ok(list.order.every((id) => list.file_infos[id].id === id), 'every id of order is in file_infos');
    return list.order;
};

const refused = async (status, asked) => {
    const error = await asked.then(() => assert.fail('it was answered'), (failure) => failure);
    assert.equal(error.status_code, status);
};

before(async () => {
    [ada, bob, carol] = [await Person.join('ada', {live: false}), await Person.join('bob', {live: false}),
        await Person.join('carol', {live: false})];
    team = await teamOf(ada, bob);
    kitchen = await channelOf(team, 'O', ada, bob);
    cellar = await channelOf(team, 'P', ada);
});
after(() => Live.everyoneStops());

describe('files', () => {
    it('are found by name and extension, in one\'s own channels only', async () => {
        const plan = await attach(ada, kitchen, `${word} plan.txt`);
        const photo = await attach(bob, kitchen, `${word}-photo.png`);
        const hidden = await attach(ada, cellar, `${word} hidden.txt`);
        await eventually('the last file is found', async () => (await files(ada, `${word} hidden`)).length === 1);
        assert.deepEqual(await files(ada, word), [hidden, photo, plan]);
        assert.deepEqual(await files(bob, word), [photo, plan]);
        assert.deepEqual(await files(bob, `${word} ext:txt`), [plan]);
        assert.deepEqual(await files(bob, `${word} -ext:txt`), [photo]);
        assert.deepEqual(await files(bob, `${word} from:${ada.username}`), [plan]);
        assert.deepEqual(await files(bob, `${word} plan in:${kitchen.name}`, ''), [plan]);
        await refused(403, carol.rest.searchFiles(team.id, word, false));
    });
});

describe('channels', () => {
    it('are offered behind in:, with the people one talks to', async () => {
        const direct = await ada.rest.createDirectChannel([ada.id, bob.id]);
        const found = await ada.rest.autocompleteChannelsForSearch(team.id, bob.username);
        assert.deepEqual(found.map((channel) => [channel.id, channel.display_name]), [[direct.id, bob.username]]);
        const mine = await ada.rest.autocompleteChannelsForSearch(team.id, cellar.name);
        assert.deepEqual(mine.map((channel) => channel.id), [cellar.id]);
        assert.deepEqual(await bob.rest.autocompleteChannelsForSearch(team.id, cellar.name), []);
    });

    it('of groups are found by who is in them', async () => {
        const group = await ada.rest.createGroupChannel([ada.id, bob.id, carol.id]);
        const found = await ada.rest.searchGroupChannels(`${bob.username} ${carol.username}`);
        assert.deepEqual(found.map((channel) => channel.id), [group.id]);
        assert.deepEqual(await ada.rest.searchGroupChannels('nobody-at-all'), []);
    });

    it('that are archived are found among the archived', async () => {
        const old = await channelOf(team, 'O', ada);
        await ada.rest.deleteChannel(old.id);
        const asked = {method: 'POST', body: JSON.stringify({term: old.name})};
        const found = await bob.rest.doFetch(`${bob.rest.getTeamRoute(team.id)}/channels/search_archived`, asked);
        assert.deepEqual(found.map((channel) => channel.id), [old.id]);
        assert.deepEqual(await bob.rest.searchChannels(team.id, old.name), []);
    });

    it('of all teams are for administrators', async () => {
        await refused(403, bob.rest.searchAllChannels(kitchen.name, {}));
    });
});

describe('a post', () => {
    it('says where it stands to those who could go there', async () => {
        const post = await ada.say(kitchen, 'here');
        const info = await bob.rest.getPostInfo(post.id);
        assert.deepEqual([info.channel_id, info.has_joined_channel, info.team_id], [kitchen.id, true, team.id]);
        await refused(404, bob.rest.getPostInfo((await ada.say(cellar, 'not here')).id));
    });

    it('says again what it said before', async () => {
        const post = await ada.say(kitchen, 'first words');
        await ada.rest.patchPost({id: post.id, message: 'second thoughts'});
        const [earlier] = await ada.rest.getPostEditHistory(post.id);
        await refused(403, bob.rest.restorePostVersion(post.id, earlier.id, ''));
        await refused(404, ada.rest.restorePostVersion(post.id, post.id, ''));
        await ada.rest.restorePostVersion(post.id, earlier.id, '');
        assert.equal((await bob.rest.getPost(post.id)).message, 'first words');
        const history = await ada.rest.getPostEditHistory(post.id);
        assert.deepEqual(history.map((version) => version.message), ['second thoughts', 'first words']);
    });
});
