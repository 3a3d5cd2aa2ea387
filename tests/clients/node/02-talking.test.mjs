// Posts and all that hangs on them: replies, edits, deletions, reactions, pins,
// files. After each step another account looks at its own frame and at its own
// REST answer.
import assert from 'node:assert/strict';
import {randomBytes} from 'node:crypto';
import {after, before, beforeEach, describe, it} from 'node:test';
import {channelOf, Live, Person, refusal, teamOf} from './lib/people.mjs';

let ada;
let bob;
let carol;
let team;
let channel;

const postOf = (frame) => JSON.parse(frame.data.post);
const says = (message) => (data) => JSON.parse(data.post).message === message;
const about = (id) => (data) => JSON.parse(data.post).id === id;

before(async () => {
    [ada, bob, carol] = [await Person.join('ada'), await Person.join('bob'), await Person.join('carol')];
    team = await teamOf(ada, bob, carol);
});
after(() => Live.everyoneStops());
beforeEach(async () => {
    channel = await channelOf(team, 'O', ada, bob);
});

describe('posts', () => {
    it('brings a post to both, with what clients show beside it', async () => {
        const pending = `${ada.id}:${Date.now()}`;
        const [mine, theirs] = [ada, bob].map((p) => p.live.expect('posted', says('good morning')));
        const post = await ada.say(channel, 'good morning', {pending_post_id: pending});
        assert.equal(post.pending_post_id, pending);
        assert.equal(post.user_id, ada.id);
        assert.equal(post.type, '');
        assert.equal(post.create_at, post.update_at);
        for (const frame of [await mine, await theirs]) {
            assert.equal(typeof frame.data.post, 'string');
            const pushed = postOf(frame);
            assert.equal(pushed.id, post.id);
            assert.equal(pushed.create_at, post.create_at);
            assert.equal(pushed.pending_post_id, pending);
            assert.equal(frame.data.channel_type, 'O');
            assert.equal(frame.data.channel_name, channel.name);
            assert.equal(frame.data.channel_display_name, channel.display_name);
            assert.equal(frame.data.sender_name, `@${ada.username}`);
            assert.equal(frame.data.team_id, team.id);
            assert.equal(frame.broadcast.channel_id, channel.id);
        }
        const list = await bob.rest.getPosts(channel.id);
        assert.equal(list.order[0], post.id);
        assert.equal(list.posts[post.id].message, 'good morning');
        assert.equal((await bob.rest.getPost(post.id)).message, 'good morning');
    });

    it('makes one post of a repeated pending id, whose author alone may have it back', async () => {
        const pending = `${ada.id}:${randomBytes(6).toString('hex')}`;
        const first = await ada.say(channel, 'once', {pending_post_id: pending});
        const again = await ada.say(channel, 'once', {pending_post_id: pending});
        assert.equal(again.id, first.id);
        const foreign = await bob.say(channel, 'mine', {pending_post_id: pending});
        assert.notEqual(foreign.id, first.id);
        assert.equal(foreign.message, 'mine');
        const {order, posts} = await bob.rest.getPosts(channel.id);
        assert.equal(order.filter((id) => posts[id].message === 'once').length, 1);
    });

    it('makes one post of a pending id sent four times at once', async () => {
        const pending = `${ada.id}:${randomBytes(6).toString('hex')}`;
        const answers = await Promise.all([1, 2, 3, 4].map(
            () => ada.say(channel, 'in parallel', {pending_post_id: pending})));
        assert.equal(new Set(answers.map((post) => post.id)).size, 1);
        const {order, posts} = await bob.rest.getPosts(channel.id);
        assert.equal(order.filter((id) => posts[id].message === 'in parallel').length, 1);
    });

    it('ignores a foreign author, id and time in a new post', async () => {
        const post = await bob.say(channel, 'me', {user_id: ada.id, create_at: 1000});
        assert.equal(post.user_id, bob.id);
        assert.ok(post.create_at > 1_500_000_000_000);
    });

    it('hangs replies under their root', async () => {
        const root = await ada.say(channel, 'a question');
        const seen = ada.live.expect('posted', says('an answer'));
        const reply = await bob.say(channel, 'an answer', {root_id: root.id});
        assert.equal(postOf(await seen).root_id, root.id);
        const second = await ada.say(channel, 'thanks', {root_id: root.id});
        const thread = await bob.rest.getPostThread(root.id);
        assert.deepEqual(thread.order, [root.id, reply.id, second.id]);
        assert.equal(thread.posts[root.id].reply_count, 2);
        assert.deepEqual([...(await ada.rest.getPostThread(reply.id)).order].sort(), [...thread.order].sort());
        const list = await bob.rest.getPosts(channel.id, 0, 2);
        assert.deepEqual(list.order, [second.id, reply.id]);
        assert.ok(list.posts[root.id], 'the root comes along with its replies');
        const read = await bob.rest.getPost(root.id);
        assert.ok(read.update_at > root.update_at, 'a reply touches its root');
    });

    it('pages a long thread down to its end', async () => {
        const root = await ada.say(channel, 'a long story');
        const ids = [root.id];
        for (let n = 1; n <= 12; n++) {
            ids.push((await ada.say(channel, `part ${n}`, {root_id: root.id})).id);
        }
        const walked = [];
        let page = {perPage: 5};
        for (let calls = 0; calls < 10; calls++) {
            const thread = await bob.rest.getPaginatedPostThread(root.id, page);
            assert.ok(thread.order.every((id) => thread.posts[id]), 'every id of order is in posts');
            walked.push(...thread.order.filter((id) => !walked.includes(id)));
            if (!thread.has_next) {
                break;
            }
            const last = thread.posts[thread.order[thread.order.length - 1]];
            page = {perPage: 5, fromPost: last.id, fromCreateAt: last.create_at};
        }
        assert.deepEqual(walked, ids);
    });

    it('refuses a reply to a post of another channel', async () => {
        const elsewhere = await channelOf(team, 'O', ada, bob);
        const root = await ada.say(elsewhere, 'here');
        assert.equal((await refusal(() => bob.say(channel, 'there', {root_id: root.id}))).status_code, 400);
        assert.equal((await refusal(() => bob.say(channel, 'x', {root_id: 'a'.repeat(26)}))).status_code, 400);
    });

    it('shows an edit to everybody, and only the author may edit', async () => {
        const post = await ada.say(channel, 'teh text');
        const seen = bob.live.expect('post_edited', about(post.id));
        const edited = await ada.rest.patchPost({id: post.id, message: 'the text'});
        assert.equal(edited.message, 'the text');
        const pushed = postOf(await seen);
        assert.equal(pushed.message, 'the text');
        const read = await bob.rest.getPost(post.id);
        assert.equal(read.message, 'the text');
        assert.equal(read.create_at, post.create_at);
        assert.ok(read.edit_at > 0);
        assert.ok(read.update_at > post.update_at);
        assert.equal(pushed.update_at, read.update_at);
        const error = await refusal(() => bob.rest.patchPost({id: post.id, message: 'vandalism'}));
        assert.equal(error.status_code, 403);
        assert.equal((await ada.rest.getPost(post.id)).message, 'the text');
        const whole = bob.live.expect('post_edited', about(post.id));
        await ada.rest.updatePost({...edited, message: 'the whole text'});
        assert.equal(postOf(await whole).message, 'the whole text');
    });

    it('takes a deleted root away together with its replies', async () => {
        const root = await ada.say(channel, 'to be withdrawn');
        const reply = await bob.say(channel, 'a reply', {root_id: root.id});
        const kept = await bob.say(channel, 'another post');
        assert.equal((await refusal(() => bob.rest.deletePost(root.id))).status_code, 403);
        const seen = bob.live.expect('post_deleted', about(root.id));
        await ada.rest.deletePost(root.id);
        assert.equal(postOf(await seen).channel_id, channel.id);
        for (const id of [root.id, reply.id]) {
            assert.equal((await refusal(() => bob.rest.getPost(id))).status_code, 404);
        }
        const {order} = await bob.rest.getPosts(channel.id);
        assert.equal(order[0], kept.id);
        assert.ok(!order.includes(root.id) && !order.includes(reply.id));
        assert.equal((await refusal(() => bob.rest.getPostThread(root.id))).status_code, 404);
        assert.equal((await refusal(() => bob.say(channel, 'late', {root_id: root.id}))).status_code, 400);
    });

    it('takes one deleted reply out of its thread', async () => {
        const root = await ada.say(channel, 'root');
        const [one, two] = [await bob.say(channel, 'one', {root_id: root.id}),
            await bob.say(channel, 'two', {root_id: root.id})];
        const seen = ada.live.expect('post_deleted', about(one.id));
        await bob.rest.deletePost(one.id);
        await seen;
        const thread = await ada.rest.getPostThread(root.id);
        assert.deepEqual(thread.order, [root.id, two.id]);
        assert.equal(thread.posts[root.id].reply_count, 1);
    });
});

describe('reactions and pins', () => {
    it('shows a reaction and takes it back', async () => {
        const post = await ada.say(channel, 'lunch?');
        assert.deepEqual(await bob.rest.getReactionsForPost(post.id), []);
        const added = ada.live.expect('reaction_added');
        const reaction = await bob.rest.addReaction(bob.id, post.id, 'thumbsup');
        assert.equal(reaction.emoji_name, 'thumbsup');
        const pushed = JSON.parse((await added).data.reaction);
        assert.equal(pushed.post_id, post.id);
        assert.equal(pushed.user_id, bob.id);
        assert.deepEqual((await ada.rest.getReactionsForPost(post.id)).map((r) => [r.user_id, r.emoji_name]),
            [[bob.id, 'thumbsup']]);
        const read = await ada.rest.getPost(post.id);
        assert.equal(read.has_reactions, true);
        assert.ok(read.update_at > post.update_at);
        assert.deepEqual(read.metadata.reactions.map((r) => r.emoji_name), ['thumbsup']);
        await bob.rest.addReaction(bob.id, post.id, 'thumbsup');
        assert.equal((await ada.rest.getReactionsForPost(post.id)).length, 1);

        const removed = ada.live.expect('reaction_removed');
        await bob.rest.removeReaction(bob.id, post.id, 'thumbsup');
        assert.equal(JSON.parse((await removed).data.reaction).emoji_name, 'thumbsup');
        assert.deepEqual(await ada.rest.getReactionsForPost(post.id), []);
        assert.ok(!(await ada.rest.getPost(post.id)).has_reactions);
    });

    it('refuses a reaction in the name of another', async () => {
        const post = await ada.say(channel, 'vote');
        assert.equal((await refusal(() => bob.rest.addReaction(ada.id, post.id, '+1'))).status_code, 403);
        assert.equal((await refusal(() => carol.rest.addReaction(carol.id, post.id, '+1'))).status_code, 403);
        assert.deepEqual(await ada.rest.getReactionsForPost(post.id), []);
    });

    it('pins and unpins', async () => {
        const post = await ada.say(channel, 'the rules');
        const pinned = ada.live.expect('post_edited', about(post.id));
        assert.equal((await bob.rest.pinPost(post.id)).status, 'OK');
        assert.equal(postOf(await pinned).is_pinned, true);
        assert.deepEqual((await ada.rest.getPinnedPosts(channel.id)).order, [post.id]);
        assert.equal((await ada.rest.getChannelStats(channel.id, true)).pinnedpost_count, 1);
        assert.equal((await ada.rest.getPost(post.id)).edit_at, 0, 'a pin is no edit');
        const unpinned = ada.live.expect('post_edited', about(post.id));
        await bob.rest.unpinPost(post.id);
        assert.equal(postOf(await unpinned).is_pinned, false);
        assert.deepEqual((await ada.rest.getPinnedPosts(channel.id)).order, []);
    });
});

describe('files', () => {
    const upload = async (person, name, bytes, type, order = ['channel', 'file']) => {
        const form = new FormData();
        for (const part of order) {
            if (part === 'channel') {
                form.append('channel_id', channel.id);
                form.append('client_ids', 'local-1');
            } else {
                form.append('files', new Blob([bytes], {type}), name);
            }
        }
        const {file_infos: [info], client_ids: ids} = await person.rest.uploadFile(form);
        assert.deepEqual(ids, ['local-1']);
        return info;
    };
    const download = (person, info) => fetch(person.rest.getFileRoute(info.id),
        {headers: {Authorization: `Bearer ${person.token}`}});

    it('attaches a file, which the other reads back byte for byte', async () => {
        const bytes = randomBytes(70_000);
        const info = await upload(ada, 'plan für morgen.bin', bytes, 'application/octet-stream');
        assert.equal(info.name, 'plan für morgen.bin');
        assert.equal(info.extension, 'bin');
        assert.equal(info.size, bytes.length);
        const seen = bob.live.expect('posted', says('see the plan'));
        const post = await ada.say(channel, 'see the plan', {file_ids: [info.id]});
        assert.deepEqual(post.file_ids, [info.id]);
        const frame = await seen;
        assert.equal(frame.data.otherFile, 'true');
        assert.deepEqual(postOf(frame).file_ids, [info.id]);
        assert.equal(postOf(frame).metadata.files[0].name, info.name);
        const [listed] = await bob.rest.getFileInfosForPost(post.id);
        assert.equal(listed.id, info.id);
        assert.equal(listed.post_id, post.id);
        assert.equal((await bob.rest.getPost(post.id)).metadata.files[0].id, info.id);
        const answer = await download(bob, info);
        assert.equal(answer.status, 200);
        assert.equal(answer.headers.get('x-content-type-options'), 'nosniff');
        assert.deepEqual(Buffer.from(await answer.arrayBuffer()), bytes);
    });

    it('takes the parts of the form in any order', async () => {
        const info = await upload(ada, 'note.txt', Buffer.from('late channel'), 'text/plain', ['file', 'channel']);
        await ada.say(channel, 'note', {file_ids: [info.id]});
        assert.equal(await (await download(bob, info)).text(), 'late channel');
    });

    it('never serves markup for display', async () => {
        const info = await upload(ada, 'page.html', Buffer.from('<script>alert(1)</script>'), 'text/html');
        await ada.say(channel, 'page', {file_ids: [info.id]});
        const answer = await download(bob, info);
        assert.match(answer.headers.get('content-disposition') ?? '', /^attachment/);
        assert.equal(answer.headers.get('x-content-type-options'), 'nosniff');
    });

    it('keeps files from those who are not in the channel, and from strangers before they are posted', async () => {
        channel = await channelOf(team, 'P', ada, bob);
        const info = await upload(ada, 'secret.txt', Buffer.from('secret'), 'text/plain');
        assert.equal((await download(bob, info)).status, 404, 'not yet posted');
        const post = await ada.say(channel, 'secret', {file_ids: [info.id]});
        assert.equal((await download(bob, info)).status, 200);
        assert.equal((await download(carol, info)).status, 404);
        assert.equal((await refusal(() => carol.rest.getFileInfosForPost(post.id))).status_code, 404);
        const copy = await bob.say(channel, 'mine now', {file_ids: [info.id]}).catch((error) => {
            assert.equal(error.status_code, 400);
            return {};
        });
        assert.ok(!(copy.file_ids ?? []).includes(info.id), 'a file belongs to one post');
        assert.equal((await bob.rest.getFileInfosForPost(post.id)).length, 1);
    });
});
