// What asks for a person's attention and what does not: unread numbers, typing,
// status, preferences, the sidebar; and the end of a session.
import assert from 'node:assert/strict';
import {after, before, beforeEach, describe, it} from 'node:test';
import {channelOf, client, DEADLINE_MS, eventually, Live, PASSWORD, Person, refusal, silence, teamOf, unique} from './lib/people.mjs';

let ada;
let bob;
let carol;
let team;
let channel;

const says = (message) => (data) => JSON.parse(data.post).message === message;

before(async () => {
    [ada, bob, carol] = [await Person.join('ada'), await Person.join('bob'), await Person.join('carol')];
    team = await teamOf(ada, bob, carol);
});
after(() => Live.everyoneStops());
beforeEach(async () => {
    channel = await channelOf(team, 'O', ada, bob);
});

describe('unread numbers', () => {
    it('agree with the client\'s own arithmetic', async () => {
        await bob.rest.viewMyChannel(channel.id);
        const plain = await ada.say(channel, 'one');
        await ada.say(channel, `two @${bob.username}`);
        await ada.say(channel, 'three @channel');
        await ada.say(channel, `four @${bob.username}`, {root_id: plain.id});
        const numbers = await bob.unread(channel);
        assert.deepEqual(numbers, {messages: 4, roots: 3, mentions: 3, rootMentions: 2});
        // Who reads threads apart has not read the channel by answering in one.
        assert.deepEqual(await ada.unread(channel), {messages: 1, roots: 0, mentions: 0, rootMentions: 0});

        const unread = await bob.rest.doFetch(
            `${bob.rest.getUserRoute('me')}/channels/${channel.id}/unread`, {method: 'get'});
        assert.equal(unread.msg_count, 4);
        assert.equal(unread.mention_count, 3);
        const [inTeam] = (await bob.rest.getMyTeamUnreads()).filter((t) => t.team_id === team.id);
        const channels = (await bob.rest.getMyChannels(team.id)).filter((c) => c.team_id === team.id);
        const each = await Promise.all(channels.map((c) => bob.unread(c)));
        assert.equal(inTeam.msg_count, each.reduce((sum, n) => sum + n.messages, 0));
        assert.equal(inTeam.mention_count, each.reduce((sum, n) => sum + n.mentions, 0));
    });

    it('are told to the mentioned person alone', async () => {
        const word = unique('word');
        const [atBob, atAda] = [bob, ada].map((p) => p.live.expect('posted', says(`${word} @${bob.username}`)));
        await ada.say(channel, `${word} @${bob.username}`);
        assert.deepEqual(JSON.parse((await atBob).data.mentions ?? '[]'), [bob.id]);
        const mine = (await atAda).data.mentions;
        assert.ok(mine === undefined || !JSON.parse(mine).includes(ada.id));
    });

    it('go to nothing when the channel is viewed, on all of one\'s sockets and no others', async () => {
        const phone = await new Live(bob.token).start();
        try {
            const last = await ada.say(channel, `look @${bob.username}`);
            const from = ada.live.frames.length;
            const seen = [bob.live, phone].map((l) => l.expect('multiple_channels_viewed',
                (data) => channel.id in data.channel_times));
            const answer = await bob.rest.viewMyChannel(channel.id);
            assert.equal(answer.status, 'OK');
            assert.ok(answer.last_viewed_at_times[channel.id] >= last.create_at);
            await Promise.all(seen);
            assert.deepEqual(await bob.unread(channel), {messages: 0, roots: 0, mentions: 0, rootMentions: 0});
            await silence(bob, ada, from, (frame) => frame.event === 'multiple_channels_viewed');
            const member = await bob.rest.getChannelMember(channel.id, bob.id);
            assert.ok(member.last_viewed_at >= last.create_at);
        } finally {
            phone.stop();
        }
    });

    it('go to nothing when one posts, and do not fall when a post is edited', async () => {
        await bob.rest.viewMyChannel(channel.id); // being added counted as a mention
        const post = await ada.say(channel, `hi @${bob.username}`);
        await ada.rest.patchPost({id: post.id, message: `hello @${bob.username}`});
        assert.deepEqual(await bob.unread(channel), {messages: 1, roots: 1, mentions: 1, rootMentions: 1});
        await bob.say(channel, 'hi yourself');
        assert.deepEqual(await bob.unread(channel), {messages: 0, roots: 0, mentions: 0, rootMentions: 0});
        assert.equal((await ada.unread(channel)).messages, 1);
    });

    it('come back from a post that is marked unread', async () => {
        const posts = [];
        for (let n = 1; n <= 5; n++) {
            posts.push(await ada.say(channel, n === 4 ? `${n} @${bob.username}` : `${n}`));
        }
        await bob.rest.viewMyChannel(channel.id);
        const seen = bob.live.expect('post_unread', (data, frame) => frame.broadcast.channel_id === channel.id);
        const answer = await bob.rest.markPostAsUnread(bob.id, posts[2].id);
        const frame = await seen;
        const {total_msg_count: total} = await bob.rest.getChannel(channel.id);
        assert.equal(total - answer.msg_count, 3);
        assert.equal(answer.mention_count, 1);
        assert.ok(answer.last_viewed_at < posts[2].create_at);
        assert.equal(frame.data.msg_count, answer.msg_count);
        assert.equal(frame.data.mention_count, 1);
        assert.equal(frame.data.post_id, posts[2].id);
        const numbers = await bob.unread(channel);
        assert.equal(numbers.messages, 3);
        assert.equal(numbers.mentions, 1);
        await bob.rest.viewMyChannel(channel.id);
        assert.equal((await bob.unread(channel)).messages, 0);
    });

    it('count every post of a direct channel as a mention', async () => {
        const direct = await ada.rest.createDirectChannel([ada.id, carol.id]);
        await carol.rest.viewMyChannel(direct.id);
        const seen = carol.live.expect('posted', says('psst'));
        await ada.say(direct, 'psst');
        const frame = await seen;
        assert.equal(frame.data.channel_type, 'D');
        assert.equal(frame.data.team_id, '');
        await ada.say(direct, 'are you there?');
        assert.deepEqual(await carol.unread(direct), {messages: 2, roots: 2, mentions: 2, rootMentions: 2});
    });
});

describe('presence and settings', () => {
    it('shows who types to the others only, by socket and by REST', async () => {
        const from = ada.live.frames.length;
        const bySocket = bob.live.expect('typing', (data) => data.user_id === ada.id);
        assert.equal((await ada.live.ask('user_typing', {channel_id: channel.id, parent_id: ''})).status, 'OK');
        const frame = await bySocket;
        assert.equal(frame.broadcast.channel_id, channel.id);
        assert.equal(frame.data.parent_id, '');
        const outsider = await carol.live.ask('user_typing', {channel_id: channel.id, parent_id: ''});
        assert.equal(outsider.status, 'FAIL');
        await silence(bob, ada, from, (f) => f.event === 'typing');
    });

    it('tells a status to its owner, and to others who ask', async () => {
        const from = bob.live.frames.length;
        const told = ada.live.expect('status_change', (data) => data.status === 'dnd');
        const status = await ada.rest.updateStatus({user_id: ada.id, status: 'dnd'});
        assert.equal(status.status, 'dnd');
        assert.equal((await told).data.user_id, ada.id);
        assert.equal((await bob.rest.getStatus(ada.id)).status, 'dnd');
        const [one] = await bob.rest.getStatusesByIds([ada.id]);
        assert.equal(one.status, 'dnd');
        const reply = await bob.live.ask('get_statuses_by_ids', {user_ids: [ada.id]});
        assert.equal(reply.data[ada.id], 'dnd');
        await silence(ada, bob, from, (f) => f.event === 'status_change' && f.data.user_id === ada.id);
        await ada.rest.updateStatus({user_id: ada.id, status: 'online'});
        assert.equal((await bob.rest.getStatus(ada.id)).status, 'online');
        assert.ok((await refusal(() => bob.rest.updateStatus({user_id: ada.id, status: 'away'}))).status_code >= 400);
    });

    it('takes a person who closes the last socket for offline', async () => {
        const dora = await Person.join('dora');
        await eventually('dora online', async () => (await bob.rest.getStatus(dora.id)).status === 'online');
        dora.offline();
        // v4 does not say how soon; the server waits ten seconds, so that a reconnect is no absence.
        await eventually('dora offline', async () => (await bob.rest.getStatus(dora.id)).status === 'offline',
            10_000 + DEADLINE_MS);
    });

    it('keeps preferences and tells all of one\'s sockets', async () => {
        const mine = [{user_id: bob.id, category: 'display_settings', name: 'use_military_time', value: 'true'},
            {user_id: bob.id, category: 'direct_channel_show', name: ada.id, value: 'true'}];
        const seen = bob.live.expect('preferences_changed');
        await bob.rest.savePreferences(bob.id, mine);
        const pushed = JSON.parse((await seen).data.preferences);
        assert.deepEqual(pushed.map((p) => p.name).sort(), mine.map((p) => p.name).sort());
        const read = await bob.rest.getMyPreferences();
        for (const preference of mine) {
            assert.ok(read.some((p) => p.name === preference.name && p.value === 'true'
                && p.category === preference.category && p.user_id === bob.id));
        }
        const gone = bob.live.expect('preferences_deleted');
        await bob.rest.deletePreferences(bob.id, [mine[1]]);
        await gone;
        assert.ok(!(await bob.rest.getMyPreferences()).some((p) => p.category === 'direct_channel_show'));
        const error = await refusal(() => carol.rest.savePreferences(bob.id, mine));
        assert.equal(error.status_code, 403);
    });

    it('reads the sidebar with its three categories', async () => {
        const {categories, order} = await bob.rest.getChannelCategories('me', team.id);
        assert.deepEqual(categories.map((c) => c.type).sort(), ['channels', 'direct_messages', 'favorites']);
        assert.deepEqual([...order].sort(), categories.map((c) => c.id).sort());
        const channels = categories.find((c) => c.type === 'channels');
        assert.ok(channels.channel_ids.includes(channel.id));
        assert.equal(channels.id, `channels_${bob.id}_${team.id}`);
        const direct = await bob.rest.createDirectChannel([bob.id, carol.id]);
        const again = await bob.rest.getChannelCategories('me', team.id);
        assert.ok(again.categories.find((c) => c.type === 'direct_messages').channel_ids.includes(direct.id));
    });
});

describe('logging out', () => {
    it('ends that token and its socket, and leaves the other session alone', async () => {
        const dora = await Person.join('dora');
        await ada.rest.addToTeam(team.id, dora.id);
        await ada.rest.addToChannel(dora.id, channel.id);
        const phone = client();
        await phone.login(dora.username, PASSWORD);
        const live = await new Live(phone.getToken()).start();
        try {
            const token = dora.token;
            const closed = eventually('the socket closed', () => dora.live.closes > 0);
            await dora.rest.logout();
            await closed;
            dora.rest.setToken(token);
            const error = await refusal(() => dora.rest.getMe());
            assert.equal(error.status_code, 401);
            assert.equal(error.server_error_id, 'api.context.session_expired.app_error');
            const frames = dora.live.frames.length;
            const seen = live.expect('posted', says('still there?'));
            await ada.say(channel, 'still there?');
            await seen;
            assert.equal(dora.live.frames.length, frames, 'nothing after the logout');
            assert.equal((await phone.getMe()).id, dora.id);
        } finally {
            live.stop();
            dora.offline();
        }
    });
});
