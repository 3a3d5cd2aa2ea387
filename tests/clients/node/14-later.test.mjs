// What is done for people at a time of theirs: posts for later, reminders.
import assert from 'node:assert/strict';
import {after, before, beforeEach, describe, it} from 'node:test';
import {channelOf, eventually, Live, Person, refusal, silence, teamOf, unique} from './lib/people.mjs';

const HOUR_MS = 3_600_000;

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

const later = (message, ahead = HOUR_MS) => ({
    user_id: bob.id, channel_id: channel.id, root_id: '', message, props: {}, file_ids: [],
    scheduled_at: Date.now() + ahead});
const listed = async () => {
    const {data} = await bob.rest.getScheduledPosts(team.id, true);
    return data[team.id].filter((post) => post.channel_id === channel.id);
};
const told = (frame) => JSON.parse(frame.data.scheduledPost);

describe('a post for later', () => {
    it('is told to one\'s other devices, changed and deleted', async () => {
        const phone = await new Live(bob.token).start();
        try {
            const here = bob.live.hello.data.connection_id;
            const [from, word] = [bob.live.frames.length, unique('later')];
            const created = phone.expect('scheduled_post_created');
            const {data: post} = await bob.rest.createScheduledPost(later(word), here);
            assert.deepEqual([told(await created).id, post.message], [post.id, word]);
            assert.deepEqual((await listed()).map((one) => one.id), [post.id]);
            const updated = phone.expect('scheduled_post_updated');
            const {data: changed} = await bob.rest.updateScheduledPost(
                {...post, message: `${word}!`, scheduled_at: post.scheduled_at + HOUR_MS}, here);
            assert.deepEqual([told(await updated).message, changed.create_at], [`${word}!`, post.create_at]);
            assert.deepEqual((await listed()).map((one) => one.message), [`${word}!`]);
            const deleted = phone.expect('scheduled_post_deleted');
            await bob.rest.deleteScheduledPost(bob.id, post.id, here);
            assert.equal(told(await deleted).id, post.id);
            assert.deepEqual(await listed(), []);
            await silence(ada, bob, from, (frame) => frame.event.startsWith('scheduled_post'));
            const error = await refusal(() => bob.rest.deleteScheduledPost(bob.id, post.id, here));
            assert.equal(error.status_code, 404);
        } finally {
            phone.stop();
        }
    });

    it('is sent at its time, and no longer scheduled', async () => {
        const word = unique('sent');
        const posted = ada.live.expect('posted', (data) => JSON.parse(data.post).message === word);
        const gone = bob.live.expect('scheduled_post_deleted');
        const {data: scheduled} = await bob.rest.createScheduledPost(later(word, 500), '');
        const post = JSON.parse((await posted).data.post);
        assert.deepEqual([post.user_id, post.channel_id], [bob.id, channel.id]);
        assert.ok(post.create_at >= scheduled.scheduled_at);
        assert.equal(told(await gone).id, scheduled.id);
        await eventually('it is no longer listed', async () => (await listed()).length === 0);
    });

    it('says why it could not be sent', async () => {
        const failed = bob.live.expect('scheduled_post_updated', (data) => JSON.parse(data.scheduledPost).error_code);
        const {data: scheduled} = await bob.rest.createScheduledPost(later('too late', 3_000), '');
        await ada.rest.removeFromChannel(bob.id, channel.id);
        assert.deepEqual([told(await failed).id, told(await failed).error_code], [scheduled.id, 'no_channel_member']);
        const [one] = await listed();
        assert.equal(one.error_code, 'no_channel_member');
        assert.ok(one.processed_at > 0);
    });

    it('is one that could be sent, later and not too late', async () => {
        const hidden = await channelOf(team, 'P', ada);
        for (const [wrong, status] of [
            [{channel_id: hidden.id}, 404],
            [{scheduled_at: Date.now() - 1}, 400],
            [{scheduled_at: Date.now() + 400 * 24 * HOUR_MS}, 400],
            [{message: ''}, 400],
        ]) {
            const error = await refusal(() => bob.rest.createScheduledPost({...later('x'), ...wrong}, ''));
            assert.equal(error.status_code, status);
        }
    });
});

describe('a reminder', () => {
    it('is acknowledged at once and comes from the system at its time', async () => {
        const post = await ada.say(channel, 'remember');
        const word = bob.live.expect('ephemeral_message');
        const posted = bob.live.expect('posted', (data) => data.post.includes(`/pl/${post.id}`));
        await bob.rest.addPostReminder(bob.id, post.id, Math.ceil(Date.now() / 1000) + 1);
        const seen = JSON.parse((await word).data.post);
        assert.deepEqual([seen.type, seen.props.post_id, seen.props.username],
            ['system_ephemeral', post.id, ada.username]);
        const {data} = await posted;
        assert.equal(data.channel_type, 'D');
        const bot = await bob.rest.getUser(JSON.parse(data.post).user_id);
        assert.deepEqual([bot.is_bot, bot.username], [true, 'system-bot']);
    });

    it('is set by oneself and of what one can read', async () => {
        const hidden = await channelOf(team, 'P', ada);
        const secret = await ada.say(hidden, 'secret');
        const open = await ada.say(channel, 'open');
        const soon = Math.ceil(Date.now() / 1000) + 60;
        for (const [user, post, at, status] of [
            [bob.id, secret.id, soon, 404],
            [ada.id, open.id, soon, 403],
            [bob.id, open.id, soon - 120, 400],
        ]) {
            const error = await refusal(() => bob.rest.addPostReminder(user, post, at));
            assert.equal(error.status_code, status);
        }
    });
});
