// Threads read apart from their channels: who follows one, what is unread in it, and what followers
// are told.
import assert from 'node:assert/strict';
import {after, before, beforeEach, describe, it} from 'node:test';
import {channelOf, Live, Person, refusal, silence, teamOf} from './lib/people.mjs';

let ada;
let bob;
let carol;
let team;
let channel;

before(async () => {
    [ada, bob, carol] = [await Person.join('ada'), await Person.join('bob'), await Person.join('carol')];
    team = await teamOf(ada, bob, carol);
});
after(() => Live.everyoneStops());
beforeEach(async () => {
    channel = await channelOf(team, 'O', ada, bob, carol);
});

const threads = (person, options = {}) => person.rest.getUserThreads('me', team.id, options);
const thread = (person, root) => person.rest.getUserThread('me', team.id, root.id);
const listed = async (person, root) => (await threads(person)).threads.find((t) => t.id === root.id);
const answer = (person, root, message = 'an answer') => person.say(channel, message, {root_id: root.id});
const of = (root) => (data) => JSON.parse(data.thread).id === root.id;

describe('following', () => {
    it('begins for those who answer, who are named, and whose root it is', async () => {
        const root = await ada.say(channel, 'a question');
        assert.equal(await listed(ada, root), undefined);
        await answer(bob, root, `@${carol.username}?`);
        const [mine, his, hers] = await Promise.all([ada, bob, carol].map((p) => listed(p, root)));
        assert.deepEqual([mine.unread_replies, mine.unread_mentions], [1, 0]);
        assert.deepEqual([his.unread_replies, his.unread_mentions], [0, 0]);
        assert.deepEqual([hers.unread_replies, hers.unread_mentions], [1, 1]);
        assert.equal(mine.reply_count, 1);
        assert.deepEqual(mine.participants.map((p) => p.id), [bob.id]);
        assert.equal(mine.post.id, root.id);
        assert.equal(mine.post.is_following, true);
        const [extended] = (await threads(ada, {extended: true})).threads.filter((t) => t.id === root.id);
        assert.equal(extended.participants[0].username, bob.username);
    });

    it('is one\'s own to end and to begin, and told on one\'s own sockets', async () => {
        const root = await ada.say(channel, 'a question');
        await answer(bob, root);
        const told = carol.live.expect('thread_follow_changed', (data) => data.thread_id === root.id);
        const from = ada.live.frames.length;
        await carol.rest.updateThreadFollowForUser('me', team.id, root.id, true);
        assert.deepEqual((await told).data, {thread_id: root.id, state: true, reply_count: 1});
        assert.equal((await thread(carol, root)).unread_replies, 0);
        await silence(carol, ada, from, (frame) => frame.event === 'thread_follow_changed');

        const ended = ada.live.expect('thread_follow_changed', (data) => data.thread_id === root.id);
        await ada.rest.updateThreadFollowForUser('me', team.id, root.id, false);
        assert.equal((await ended).data.state, false);
        assert.equal(await listed(ada, root), undefined);
        assert.equal((await refusal(() => thread(ada, root))).status_code, 404);
        await answer(bob, root);
        assert.equal(await listed(ada, root), undefined);
        await answer(bob, root, `@${ada.username}`);
        assert.equal((await listed(ada, root)).unread_mentions, 1);
    });
});

describe('what is unread', () => {
    it('adds up, and goes by reading a thread, all of them, or none of it', async () => {
        const root = await ada.say(channel, 'a question');
        const first = await answer(bob, root, `@${ada.username}`);
        await answer(bob, root);
        const totals = await threads(ada, {totalsOnly: true});
        assert.ok(totals.total_unread_threads >= 1 && totals.total_unread_mentions >= 1);
        const [unread] = (await ada.rest.getMyTeamUnreads(true)).filter((t) => t.team_id === team.id);
        assert.equal(unread.thread_count, totals.total_unread_threads);
        assert.equal(unread.thread_mention_count, totals.total_unread_mentions);

        const told = ada.live.expect('thread_read_changed', (data) => data.thread_id === root.id);
        const read = await ada.rest.updateThreadReadForUser('me', team.id, root.id, Date.now() + 60_000);
        assert.deepEqual([read.unread_replies, read.unread_mentions], [0, 0]);
        const {data} = await told;
        assert.deepEqual([data.previous_unread_replies, data.previous_unread_mentions], [2, 1]);
        assert.deepEqual([data.unread_replies, data.unread_mentions], [0, 0]);

        const again = await ada.rest.markThreadAsUnreadForUser('me', team.id, root.id, first.id);
        assert.deepEqual([again.unread_replies, again.unread_mentions], [2, 1]);
        assert.equal(again.last_viewed_at, first.create_at - 1);
        const all = ada.live.expect('thread_read_changed', (d) => d.thread_id === undefined);
        await ada.rest.updateThreadsReadForUser('me', team.id);
        assert.ok((await all).data.timestamp >= first.create_at);
        const after = await threads(ada, {unread: true});
        assert.deepEqual([after.total_unread_threads, after.threads], [0, []]);
    });

    it('goes with the channel for a client that does not read threads apart', async () => {
        const root = await ada.say(channel, 'a question');
        await answer(bob, root);
        await ada.rest.viewMyChannel(channel.id);
        assert.equal((await thread(ada, root)).unread_replies, 1);
        const told = ada.live.expect('thread_read_changed', (d) => d.thread_id === undefined);
        const body = JSON.stringify({channel_id: channel.id});
        await ada.rest.doFetch(`${ada.rest.getChannelsRoute()}/members/me/view`, {method: 'post', body});
        assert.equal((await told).broadcast.channel_id, channel.id);
        assert.equal((await thread(ada, root)).unread_replies, 0);
    });

    it('is told to every follower with each answer, and not to others', async () => {
        const root = await ada.say(channel, 'a question');
        const from = carol.live.frames.length;
        const told = ada.live.expect('thread_updated', of(root));
        const posted = ada.live.expect('posted', (data) => JSON.parse(data.post).root_id === root.id);
        const reply = await answer(bob, root, `@${ada.username}`);
        assert.deepEqual(JSON.parse((await posted).data.followers), [ada.id]);
        const frame = await told;
        const shown = JSON.parse(frame.data.thread);
        assert.deepEqual([shown.unread_replies, shown.unread_mentions, shown.reply_count], [1, 1, 1]);
        assert.deepEqual([frame.data.previous_unread_replies, frame.data.previous_unread_mentions], [0, 0]);
        assert.equal(shown.participants[0].username, bob.username);
        assert.equal(frame.broadcast.team_id, team.id);
        const gone = ada.live.expect('thread_updated', of(root));
        await bob.rest.deletePost(reply.id);
        const after = (await gone).data;
        assert.deepEqual([after.previous_unread_replies, JSON.parse(after.thread).unread_replies], [1, 0]);
        await silence(ada, carol, from, (f) => f.event === 'thread_updated');
    });
});

describe('posts', () => {
    it('of a channel are its roots alone, with what they say of their threads', async () => {
        const root = await ada.say(channel, 'a question');
        const reply = await answer(bob, root);
        const page = await ada.rest.getPosts(channel.id, 0, 60, true, true, true);
        assert.ok(page.order.includes(root.id) && !page.order.includes(reply.id));
        const shown = page.posts[root.id];
        assert.deepEqual([shown.reply_count, shown.is_following], [1, true]);
        assert.equal(shown.last_reply_at, reply.create_at);
        assert.equal(shown.participants[0].username, bob.username);
        const whole = await ada.rest.getPaginatedPostThread(root.id, {collapsedThreads: true});
        assert.deepEqual(whole.order, [root.id, reply.id]);
        assert.deepEqual(whole.posts[root.id].participants, [{id: bob.id}]);
        const plain = await ada.rest.getPosts(channel.id);
        assert.ok(plain.order.includes(reply.id));
        assert.equal(plain.posts[root.id].is_following, undefined);
    });
});

describe('whoever is not in the channel', () => {
    it('can neither follow a thread nor read of it', async () => {
        const hidden = await channelOf(team, 'P', ada, bob);
        const root = await ada.say(hidden, 'a secret');
        await bob.say(hidden, 'an answer', {root_id: root.id});
        for (const call of [
            () => carol.rest.updateThreadFollowForUser('me', team.id, root.id, true),
            () => carol.rest.updateThreadReadForUser('me', team.id, root.id, 1),
            () => carol.rest.markThreadAsUnreadForUser('me', team.id, root.id, root.id),
            () => thread(carol, root),
        ]) {
            assert.ok([403, 404].includes((await refusal(call)).status_code));
        }
        assert.equal(await listed(carol, root), undefined);
    });
});
