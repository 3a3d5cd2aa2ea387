// Five hundred posts read in every way a client scrolls, and what a client asks
// for after it was away.
import assert from 'node:assert/strict';
import {after, before, describe, it} from 'node:test';
import {channelOf, Live, Person, teamOf} from './lib/people.mjs';

const COUNT = 500;
let ada;
let bob;
let team;
let channel;
let ledger; // ids, oldest first, as the answers gave them

before(async () => {
    [ada, bob] = [await Person.join('ada', {live: false}), await Person.join('bob', {live: false})];
    team = await teamOf(ada, bob);
    channel = await channelOf(team, 'O', ada, bob);
    ledger = [];
    for (let n = 0; n < COUNT; n++) {
        ledger.push((await (n % 3 === 0 ? bob : ada).say(channel, `message ${n}`)).id);
    }
});
after(() => Live.everyoneStops());

/** A page without the channel's own system posts; checks what holds for every page. */
function written(list) {
    assert.ok(list.order.every((id) => list.posts[id]), 'every id of order is in posts');
    const times = list.order.map((id) => list.posts[id].create_at);
    assert.deepEqual(times, [...times].sort((a, b) => b - a), 'newest first');
    return list.order.filter((id) => list.posts[id].type === '');
}

describe('five hundred posts', () => {
    it('have times that grow in the order of the answers', async () => {
        const {posts} = await bob.rest.getPosts(channel.id, 0, 200);
        const newest = ledger.slice(-200).filter((id) => posts[id]).map((id) => posts[id].create_at);
        assert.ok(newest.every((time, n) => n === 0 || time > newest[n - 1]));
    });

    it('come by page and per_page, back to the beginning, none twice', async () => {
        const walked = [];
        for (let page = 0; page < 20; page++) {
            const list = await bob.rest.getPosts(channel.id, page, 60);
            if (list.order.length === 0) {
                break;
            }
            assert.ok(list.order.length <= 60);
            walked.push(...written(list));
        }
        assert.deepEqual(walked, [...ledger].reverse());
    });

    it('come by before, back to the beginning', async () => {
        const first = await bob.rest.getPosts(channel.id, 0, 60);
        assert.equal(first.next_post_id, '');
        const walked = written(first);
        let list = first;
        while (list.prev_post_id !== '') {
            const pivot = list.order[list.order.length - 1];
            const older = await bob.rest.getPostsBefore(channel.id, pivot, 0, 60);
            assert.equal(older.order[0], list.prev_post_id, 'prev_post_id is the next older post');
            assert.ok(!older.order.includes(pivot), 'the pivot is left out');
            assert.equal(older.next_post_id, pivot);
            walked.push(...written(older));
            list = older;
        }
        assert.deepEqual(walked, [...ledger].reverse());
    });

    it('come by after, up to the newest', async () => {
        const walked = [ledger[0]];
        let pivot = ledger[0];
        let list;
        do {
            list = await bob.rest.getPostsAfter(channel.id, pivot, 0, 60);
            assert.ok(!list.order.includes(pivot));
            assert.equal(list.prev_post_id, pivot);
            walked.push(...written(list).reverse());
            pivot = list.order[0];
        } while (list.next_post_id !== '');
        assert.deepEqual(walked, ledger);
    });

    it('come by pages of before and after', async () => {
        const pivot = ledger[250];
        const older = await bob.rest.getPostsBefore(channel.id, pivot, 2, 20);
        assert.deepEqual(written(older), ledger.slice(190, 210).reverse());
        const newer = await bob.rest.getPostsAfter(channel.id, pivot, 2, 20);
        assert.deepEqual(written(newer), ledger.slice(291, 311).reverse());
    });

    it('are cut to 200 a page, and to nothing beyond the end', async () => {
        assert.equal((await bob.rest.getPosts(channel.id, 0, 100_000)).order.length, 200);
        const beyond = await bob.rest.getPosts(channel.id, 1000, 60);
        assert.deepEqual(beyond.order, []);
        assert.deepEqual(beyond.posts, {});
    });

    it('open at the first unread one', async () => {
        const marked = ledger[COUNT - 20];
        await bob.rest.markPostAsUnread(bob.id, marked);
        const list = await bob.rest.getPostsUnread(channel.id, bob.id, 30, 30);
        const ids = written(list);
        assert.equal(ids[0], ledger[COUNT - 1]);
        assert.ok(ids.includes(marked));
        assert.ok(ids.includes(ledger[COUNT - 21]), 'and some that were read before');
        assert.equal(list.next_post_id, '');
        const narrow = await bob.rest.getPostsUnread(channel.id, bob.id, 5, 5);
        assert.ok(written(narrow).includes(marked));
        assert.ok(!written(narrow).includes(ledger[COUNT - 1]));
        await bob.rest.viewMyChannel(channel.id);
        const latest = await bob.rest.getPostsUnread(channel.id, bob.id, 30, 30);
        assert.equal(written(latest)[0], ledger[COUNT - 1]);
    });
});

describe('after a time away', () => {
    it('since brings what is new, edited, answered, reacted to and deleted, and nothing else', async () => {
        const phone = await new Live(bob.token).start();
        const seen = phone.expect('posted');
        const last = await ada.say(channel, 'the last that bob sees');
        await seen;
        phone.stop();

        const [edited, deleted, reacted, answered, pinned] = [10, 20, 30, 40, 60].map((n) => ledger[n]);
        // A client asks from the newest create_at that it knows.
        const by = (id) => [ada, bob][ledger.indexOf(id) % 3 === 0 ? 1 : 0];
        await by(edited).rest.patchPost({id: edited, message: 'edited while away'});
        await by(deleted).rest.deletePost(deleted);
        await ada.rest.addReaction(ada.id, reacted, 'wave');
        const reply = await ada.say(channel, 'answered while away', {root_id: answered});
        await ada.rest.pinPost(pinned);
        const fresh = await ada.say(channel, 'written while away');

        (await new Live(bob.token).start()).stop();
        const list = await bob.rest.getPostsSince(channel.id, last.create_at);
        const expected = [edited, deleted, reacted, answered, reply.id, pinned, fresh.id].sort();
        const got = list.order.filter((id) => id !== last.id).sort();
        assert.deepEqual(got, expected);
        assert.ok(list.posts[deleted].delete_at > 0);
        assert.equal(list.posts[edited].message, 'edited while away');
        assert.equal(list.posts[reacted].has_reactions, true);
        assert.equal(list.posts[pinned].is_pinned, true);
        assert.equal(list.posts[answered].reply_count, 1);
        assert.equal(list.next_post_id, '');
        assert.equal(list.prev_post_id, '');
    });

    it('since now brings nothing', async () => {
        const list = await bob.rest.getPosts(channel.id, 0, 200);
        const newest = Math.max(...Object.values(list.posts).map((post) => post.update_at));
        assert.deepEqual((await bob.rest.getPostsSince(channel.id, newest)).order, []);
    });
});
