// How much attention posts ask for, who has taken note of them, and what a channel keeps at its top.
import assert from 'node:assert/strict';
import {after, before, beforeEach, describe, it} from 'node:test';
import {channelOf, Live, Person, refusal, silence, teamOf} from './lib/people.mjs';

let ada;
let bob;
let team;
let channel;

before(async () => {
    [ada, bob] = [await Person.join('ada'), await Person.join('bob')];
    team = await teamOf(ada, bob);
});
after(() => Live.everyoneStops());
beforeEach(async () => {
    channel = await channelOf(team, 'O', ada, bob);
});

const asking = (priority) => ({metadata: {priority: {priority, requested_ack: true}}});

describe('the client configuration', () => {
    it('says that priorities, acknowledgements and bookmarks are there', async () => {
        const config = await ada.rest.getClientConfig();
        const flags = [config.PostPriority, config.PostAcknowledgements, config.FeatureFlagChannelBookmarks];
        assert.deepEqual(flags, ['true', 'true', 'true']);
        assert.equal(config.AllowPersistentNotifications, 'false');
    });
});

describe('an urgent post', () => {
    it('says so in its frame, and counts where it calls somebody', async () => {
        const posted = bob.live.expect('posted', (data) => JSON.parse(data.post).message.startsWith('now'));
        const post = await ada.say(channel, `now @${bob.username}`, asking('urgent'));
        assert.equal(post.metadata.priority.priority, 'urgent');
        assert.deepEqual(JSON.parse((await posted).data.post).metadata.priority, post.metadata.priority);
        const members = async () => (await bob.rest.getMyChannelMembers(team.id));
        const mine = async () => (await members()).find((m) => m.channel_id === channel.id);
        assert.equal((await mine()).urgent_mention_count, 1);
        await bob.rest.viewMyChannel(channel.id);
        assert.equal((await mine()).urgent_mention_count, 0);
        const unread = bob.live.expect('post_unread', (data) => data.post_id === post.id);
        const state = await bob.rest.markPostAsUnread('me', post.id);
        assert.equal(state.urgent_mention_count, 1);
        assert.equal((await unread).data.urgent_mention_count, 1);
    });

    it('has replies of no priority of their own, and an urgent thread', async () => {
        const root = await ada.say(channel, 'now', asking('urgent'));
        const error = await refusal(() => bob.say(channel, 'no', {root_id: root.id, ...asking('important')}));
        assert.equal(error.status_code, 400);
        await bob.say(channel, `@${ada.username}`, {root_id: root.id});
        const thread = await ada.rest.getUserThread('me', team.id, root.id);
        assert.equal(thread.is_urgent, true);
        const totals = await ada.rest.getUserThreads('me', team.id, {totalsOnly: true});
        assert.ok(totals.total_unread_urgent_mentions >= 1);
    });
});

describe('an acknowledgement', () => {
    it('is told to the channel, shown with the post, and taken back', async () => {
        const post = await ada.say(channel, 'now', asking('important'));
        const told = ada.live.expect('post_acknowledgement_added');
        const given = await bob.rest.acknowledgePost(post.id, bob.id);
        assert.deepEqual([given.user_id, given.post_id], [bob.id, post.id]);
        assert.deepEqual(JSON.parse((await told).data.acknowledgement), given);
        const shown = async () => (await ada.rest.getPost(post.id)).metadata.acknowledgements;
        assert.deepEqual(await shown(), [given]);
        assert.deepEqual(await bob.rest.acknowledgePost(post.id, bob.id), given);
        const page = await ada.rest.getPosts(channel.id);
        assert.deepEqual(page.posts[post.id].metadata.acknowledgements, [given]);

        const removed = ada.live.expect('post_acknowledgement_removed');
        await bob.rest.unacknowledgePost(post.id, bob.id);
        assert.equal(JSON.parse((await removed).data.acknowledgement).user_id, bob.id);
        assert.equal(await shown(), undefined);
        const error = await refusal(() => bob.rest.acknowledgePost(post.id, ada.id));
        assert.equal(error.status_code, 403);
    });
});

describe('bookmarks', () => {
    const link = (name) => ({display_name: name, type: 'link', link_url: 'https://example.org/a'});
    const listed = async (person) => (await person.rest.getChannelBookmarks(channel.id)).map((b) => b.display_name);
    const ofBookmark = (data) => JSON.parse(data.bookmark);

    it('are told to everybody but the connection that made them', async () => {
        const own = ada.live.hello.data.connection_id;
        const from = ada.live.frames.length;
        const told = bob.live.expect('channel_bookmark_created');
        const made = await ada.rest.createChannelBookmark(channel.id, link('one'), own);
        assert.deepEqual(ofBookmark((await told).data), made);
        assert.equal((await told).broadcast.omit_connection_id, own);
        await silence(bob, ada, from, (frame) => frame.event === 'channel_bookmark_created');
        assert.deepEqual(await listed(bob), ['one']);
    });

    it('are changed, put in order and deleted', async () => {
        const made = [];
        for (const name of ['one', 'two', 'three']) {
            made.push(await ada.rest.createChannelBookmark(channel.id, link(name), ''));
        }
        const sorted = bob.live.expect('channel_bookmark_sorted');
        const order = await bob.rest.updateChannelBookmarkSortOrder(channel.id, made[0].id, 2, '');
        assert.deepEqual(order.map((b) => b.display_name), ['two', 'three', 'one']);
        assert.deepEqual(JSON.parse((await sorted).data.bookmarks).map((b) => b.id), order.map((b) => b.id));

        const updated = ada.live.expect('channel_bookmark_updated');
        const change = await bob.rest.updateChannelBookmark(channel.id, made[1].id, {emoji: 'eyes'}, '');
        assert.equal(change.deleted.id, made[1].id);
        assert.deepEqual([change.updated.owner_id, change.updated.emoji], [bob.id, 'eyes']);
        const frame = JSON.parse((await updated).data.bookmarks);
        assert.deepEqual([frame.updated.id, frame.deleted.id], [change.updated.id, made[1].id]);

        const gone = ada.live.expect('channel_bookmark_deleted');
        const deleted = await bob.rest.deleteChannelBookmark(channel.id, made[2].id, '');
        assert.ok(deleted.delete_at > 0);
        assert.equal(ofBookmark((await gone).data).id, made[2].id);
        assert.deepEqual(await listed(ada), ['two', 'one']);
        const since = await ada.rest.getChannelBookmarks(channel.id, made[2].create_at);
        assert.ok(since.some((b) => b.id === made[2].id && b.delete_at > 0));
    });

    it('lead to the web, or to a file that its uploader keeps there', async () => {
        const bad = await refusal(() => ada.rest.createChannelBookmark(
            channel.id, {...link('x'), link_url: 'javascript:alert(1)'}, ''));
        assert.equal(bad.status_code, 400);
        const form = new FormData();
        form.append('channel_id', channel.id);
        form.append('files', new Blob(['the plan']), 'plan.txt');
        const {file_infos: [file]} = await ada.rest.uploadFile(form, true);
        const made = await ada.rest.createChannelBookmark(
            channel.id, {display_name: 'the plan', type: 'file', file_id: file.id}, '');
        assert.equal(made.file.name, 'plan.txt');
        const [held] = await bob.rest.getChannelBookmarks(channel.id);
        assert.deepEqual([held.type, held.file.id], ['file', file.id]);
        const info = await bob.rest.doFetch(`${bob.rest.getFileRoute(file.id)}/info`, {method: 'get'});
        assert.equal(info.name, 'plan.txt');
    });
});
