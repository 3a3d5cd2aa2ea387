// Search as people write it. The index follows within about a second, so the
// last post of the set-up is waited for; after that every answer is final.
import assert from 'node:assert/strict';
import {after, before, describe, it} from 'node:test';
import {channelOf, eventually, Live, Person, teamOf, unique} from './lib/people.mjs';

let ada;
let bob;
let carol;
let team;
let kitchen;
let office;
let cellar;
const posts = {};
const word = unique('zk').replaceAll('-', '');

const find = async (person, terms, or = false, inTeam = team.id) => {
    const list = await person.rest.searchPosts(inTeam, terms, or);
    assert.ok(list.order.every((id) => list.posts[id]), 'every id of order is in posts');
    return list.order.map((id) => list.posts[id].message).sort();
};

before(async () => {
    [ada, bob, carol] = [await Person.join('ada', {live: false}), await Person.join('bob', {live: false}),
        await Person.join('carol', {live: false})];
    team = await teamOf(ada, bob, carol);
    kitchen = await channelOf(team, 'O', ada, bob, carol);
    office = await channelOf(team, 'O', ada, bob);
    cellar = await channelOf(team, 'P', ada);
    for (const [key, person, channel, message] of [
        ['soup', ada, kitchen, `${word} the soup is hot`],
        ['salad', bob, kitchen, `${word} the salad is cold, not hot`],
        ['report', ada, office, `${word} the hot report about soup`],
        ['secret', ada, cellar, `${word} soup of the cellar`],
        ['gone', ada, kitchen, `${word} soup that was spilled`],
        ['cafe', bob, kitchen, `${word} meet me at the Café Zürich`],
        ['plain', bob, kitchen, `${word} meet me at the cafe zurich`],
        ['japanese', bob, kitchen, `${word} 東京都に住んでいます`],
        ['chinese', ada, kitchen, `${word} 明天我们去北京开会`],
        ['korean', bob, kitchen, `${word} 내일 회의가 있습니다`],
        ['ticket', bob, office, `${word} see PROJ-1234 please`],
    ]) {
        posts[key] = await person.say(channel, message);
    }
    await ada.rest.deletePost(posts.gone.id);
    posts.last = await ada.say(kitchen, `${word} marker`);
    await eventually('the index has the last post and not the deleted one', async () => {
        const found = await find(ada, word);
        return found.includes(posts.last.message) && !found.includes(posts.gone.message);
    });
});
after(() => Live.everyoneStops());

const messages = (...keys) => keys.map((key) => posts[key].message).sort();

describe('search', () => {
    it('finds all words, newest first, in one\'s own channels only', async () => {
        assert.deepEqual(await find(bob, `${word} soup`), messages('soup', 'report'));
        assert.deepEqual(await find(ada, `${word} soup`), messages('soup', 'report', 'secret'));
        assert.deepEqual(await find(carol, `${word} soup`), messages('soup'));
        assert.deepEqual(await find(bob, `${word} SOUP Hot`), messages('soup', 'report'));
        const list = await bob.rest.searchPosts(team.id, `${word} soup`, false);
        assert.deepEqual(list.order, [posts.report.id, posts.soup.id]);
    });

    it('finds any word when asked to', async () => {
        assert.deepEqual(await find(carol, 'soup salad', true), messages('soup', 'salad'));
    });

    it('finds by author, by channel and by both', async () => {
        assert.deepEqual(await find(bob, `hot from:${ada.username}`), messages('soup', 'report'));
        assert.deepEqual(await find(bob, `hot in:${kitchen.name}`), messages('soup', 'salad'));
        assert.deepEqual(await find(bob, `hot from:${ada.username} in:${kitchen.name}`), messages('soup'));
        assert.deepEqual(await find(bob, `from:@${bob.username} in:${office.name}`), messages('ticket'));
        assert.deepEqual(await find(bob, `soup in:${cellar.name}`), []);
        assert.deepEqual(await find(bob, 'soup from:nobody-at-all'), []);
    });

    it('takes a phrase in quotes as one', async () => {
        assert.deepEqual(await find(bob, `${word} "soup is hot"`), messages('soup'));
        assert.deepEqual(await find(bob, `${word} "hot is soup"`), []);
    });

    it('leaves out what has a minus', async () => {
        assert.deepEqual(await find(bob, `${word} hot -soup`), messages('salad'));
        assert.deepEqual(await find(bob, `${word} hot -from:${bob.username}`), messages('soup', 'report'));
        assert.deepEqual(await find(bob, `${word} hot -in:${kitchen.name}`), messages('report'));
    });

    it('finds words inside of Japanese, Chinese and Korean text', async () => {
        assert.deepEqual(await find(bob, '東京'), messages('japanese'));
        assert.deepEqual(await find(bob, '京都に'), messages('japanese'));
        assert.deepEqual(await find(bob, '北京'), messages('chinese'));
        assert.deepEqual(await find(bob, '회의'), messages('korean'));
        assert.deepEqual(await find(bob, '大阪'), []);
    });

    it('does not care about accents, either way', async () => {
        assert.deepEqual(await find(bob, `${word} cafe zurich`), messages('cafe', 'plain'));
        assert.deepEqual(await find(bob, `${word} café zürich`), messages('cafe', 'plain'));
    });

    it('finds the beginning of a word with a star, and tickets', async () => {
        assert.deepEqual(await find(bob, `${word} sal*`), messages('salad'));
        assert.deepEqual(await find(bob, 'PROJ-1234'), messages('ticket'));
    });

    it('answers odd questions with an empty list', async () => {
        for (const terms of ['"', '-', '***', 'from:', 'in:', '"unfinished', '( ) OR AND NOT', '\\', '日'.repeat(300)]) {
            const list = await bob.rest.searchPosts(team.id, terms, false).catch((error) => {
                assert.equal(error.status_code, 400, terms);
                return {order: []};
            });
            assert.ok(Array.isArray(list.order), terms);
        }
    });

    it('searches all teams when none is named', async () => {
        assert.deepEqual(await find(bob, `${word} soup`, false, ''), messages('soup', 'report'));
    });

    it('follows an edit, a deletion and a lost membership', async () => {
        const post = await ada.say(office, `${word} turnip`);
        await eventually('the post is found', async () => (await find(bob, `${word} turnip`)).length === 1);
        await ada.rest.patchPost({id: post.id, message: `${word} parsnip`});
        await eventually('the new text is found and the old is not', async () =>
            (await find(bob, `${word} parsnip`)).length === 1 && (await find(bob, `${word} turnip`)).length === 0);
        await ada.rest.removeFromChannel(bob.id, office.id);
        assert.deepEqual(await find(bob, `${word} parsnip`), []);
        assert.deepEqual(await find(ada, `${word} parsnip`), [`${word} parsnip`]);
        await ada.rest.deletePost(post.id);
        await eventually('the deleted post is not found', async () => (await find(ada, `${word} parsnip`)).length === 0);
    });
});
