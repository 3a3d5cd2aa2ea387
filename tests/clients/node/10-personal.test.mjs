// What people arrange, set and begin to write for themselves: categories, how a
// channel tells them of itself, drafts, saved posts.
import assert from 'node:assert/strict';
import {after, before, beforeEach, describe, it} from 'node:test';
import {channelOf, Live, Person, refusal, silence, teamOf, unique} from './lib/people.mjs';

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

describe('the sidebar', () => {
    const sidebar = () => bob.rest.getChannelCategories('me', team.id);
    const of = (type) => async () => (await sidebar()).categories.find((c) => c.type === type);
    const favorites = of('favorites');
    const holders = async () => (await sidebar()).categories
        .filter((c) => c.channel_ids.includes(channel.id)).map((c) => c.id);

    it('moves a channel from category to category, and tells every device', async () => {
        const created = bob.live.expect('sidebar_category_created');
        const mine = await bob.rest.createChannelCategory('me', team.id, {
            user_id: bob.id, team_id: team.id, type: 'custom', display_name: 'Mine', channel_ids: [channel.id]});
        assert.equal((await created).data.category_id, mine.id);
        assert.equal((await created).broadcast.team_id, team.id);
        assert.deepEqual(await holders(), [mine.id]);
        const {order} = await sidebar();
        assert.equal(order[1], mine.id, 'behind the favourites');

        const before = await favorites();
        const updated = bob.live.expect('sidebar_category_updated');
        const marked = bob.live.expect('preferences_changed');
        const [answer] = await bob.rest.updateChannelCategories('me', team.id,
            [{...before, channel_ids: [channel.id, ...before.channel_ids]}]);
        assert.ok(answer.channel_ids.includes(channel.id));
        const told = JSON.parse((await updated).data.updatedCategories);
        assert.deepEqual(told.find((c) => c.id === mine.id).channel_ids, []);
        const [preference] = JSON.parse((await marked).data.preferences);
        assert.deepEqual([preference.category, preference.name], ['favorite_channel', channel.id]);
        assert.deepEqual(await holders(), [before.id]);

        const ordered = bob.live.expect('sidebar_category_order_updated');
        const turned = [mine.id, ...order.filter((id) => id !== mine.id)];
        assert.deepEqual(await bob.rest.updateChannelCategoryOrder('me', team.id, turned), turned);
        assert.deepEqual((await ordered).data.order, turned);
        assert.deepEqual(await bob.rest.getChannelCategoryOrder('me', team.id), turned);
        const gone = bob.live.expect('sidebar_category_deleted');
        await bob.rest.deleteChannelCategory('me', team.id, mine.id);
        assert.equal((await gone).data.category_id, mine.id);
        const error = await refusal(() => bob.rest.getChannelCategory('me', team.id, mine.id));
        assert.equal(error.status_code, 404);
    });

    it('follows the preference that marks a favourite', async () => {
        const preference = {user_id: bob.id, category: 'favorite_channel', name: channel.id, value: 'true'};
        for (const [save, expected] of [['savePreferences', true], ['deletePreferences', false]]) {
            const updated = bob.live.expect('sidebar_category_updated');
            await bob.rest[save](bob.id, [preference]);
            const told = JSON.parse((await updated).data.updatedCategories);
            const listed = told.find((c) => c.type === 'favorites').channel_ids;
            assert.equal(listed.includes(channel.id), expected);
            assert.equal((await favorites()).channel_ids.includes(channel.id), expected);
        }
    });

    it('mutes the channels of a muted category', async () => {
        const mine = await bob.rest.createChannelCategory('me', team.id,
            {display_name: 'Quiet', type: 'custom', channel_ids: [channel.id]});
        const told = bob.live.expect('channel_member_updated',
            (data) => JSON.parse(data.channelMember).channel_id === channel.id);
        await bob.rest.updateChannelCategory('me', team.id, {...mine, muted: true});
        assert.equal(JSON.parse((await told).data.channelMember).notify_props.mark_unread, 'mention');
        const member = await bob.rest.getChannelMember(channel.id, bob.id);
        assert.equal(member.notify_props.mark_unread, 'mention');
    });
});

describe('how a channel tells of itself', () => {
    it('is for its member to say, and what is muted is not unread', async () => {
        await bob.rest.viewMyChannel(channel.id);
        const told = bob.live.expect('channel_member_updated');
        await bob.rest.updateChannelNotifyProps(
            {user_id: bob.id, channel_id: channel.id, mark_unread: 'mention', desktop: 'none'});
        const {notify_props: props} = JSON.parse((await told).data.channelMember);
        assert.deepEqual([props.mark_unread, props.desktop, props.push], ['mention', 'none', 'default']);
        const team_ = async () => (await bob.rest.getMyTeamUnreads()).find((t) => t.team_id === team.id);
        const before = await team_();
        const root = await ada.say(channel, 'one');
        await ada.say(channel, 'two @channel');
        await ada.say(channel, 'three @channel', {root_id: root.id});
        await ada.say(channel, `four @${bob.username}`);
        const unread = await bob.rest.doFetch(
            `${bob.rest.getUserRoute('me')}/channels/${channel.id}/unread`, {method: 'get'});
        assert.deepEqual([unread.msg_count, unread.mention_count], [0, 1]);
        const now = await team_();
        assert.deepEqual([now.msg_count, now.mention_count], [before.msg_count, before.mention_count + 1]);
        const error = await refusal(() => bob.rest.updateChannelNotifyProps(
            {user_id: bob.id, channel_id: channel.id, mark_unread: 'never'}));
        assert.equal(error.status_code, 400);
    });
});

describe('drafts', () => {
    it('are told to one\'s other devices and go when they are sent', async () => {
        const phone = await new Live(bob.token).start();
        try {
            const draft = (message, root_id = '') => ({
                user_id: bob.id, channel_id: channel.id, root_id, message, props: {}, file_ids: []});
            const here = bob.live.hello.data.connection_id;
            const [from, word] = [bob.live.frames.length, unique('draft')];
            const seen = phone.expect('draft_created', (data) => JSON.parse(data.draft).message === word);
            const saved = await bob.rest.upsertDraft(draft(word), here);
            assert.equal(saved.message, word);
            await seen;
            const again = phone.expect('draft_created');
            await bob.rest.upsertDraft(draft(`${word}!`), here);
            const later = JSON.parse((await again).data.draft);
            assert.deepEqual([later.message, later.create_at], [`${word}!`, saved.create_at]);
            await silence(ada, bob, from, (frame) => frame.event === 'draft_created');

            const root = await ada.say(channel, 'a thread');
            await bob.rest.upsertDraft(draft('in it', root.id), here);
            const listed = await bob.rest.getUserDrafts(team.id);
            assert.deepEqual(listed.filter((d) => d.channel_id === channel.id).map((d) => d.message),
                ['in it', `${word}!`]);
            const gone = phone.expect('draft_deleted', (data) => JSON.parse(data.draft).root_id === '');
            await bob.say(channel, `${word}!`);
            await gone;
            await bob.rest.upsertDraft(draft('', root.id), here);
            assert.deepEqual((await bob.rest.getUserDrafts(team.id)).filter((d) => d.channel_id === channel.id), []);
            assert.equal((await bob.rest.deleteDraft(channel.id, root.id, here)).status, 'OK', 'though there is none');
        } finally {
            phone.stop();
        }
    });

    it('are nobody else\'s, and of channels that one is in', async () => {
        const hidden = await channelOf(team, 'P', ada);
        const error = await refusal(() => bob.rest.upsertDraft({channel_id: hidden.id, message: 'x'}, ''));
        assert.equal(error.status_code, 404);
        const theirs = await refusal(() => ada.rest.doFetch(
            `${ada.rest.getUserRoute(bob.id)}/teams/${team.id}/drafts`, {method: 'get'}));
        assert.equal(theirs.status_code, 403);
    });
});

describe('saved posts', () => {
    it('are listed as long as they can be read', async () => {
        const [one, two] = [await ada.say(channel, 'one'), await ada.say(channel, 'two')];
        const save = (post) => bob.rest.savePreferences(bob.id,
            [{user_id: bob.id, category: 'flagged_post', name: post.id, value: 'true'}]);
        await save(one);
        await save(two);
        const list = await bob.rest.getFlaggedPosts(bob.id, channel.id, team.id);
        assert.deepEqual(list.order, [two.id, one.id]);
        assert.equal(list.posts[one.id].message, 'one');
        const removed = bob.live.expect('user_removed', (data) => data.channel_id === channel.id);
        await ada.rest.removeFromChannel(bob.id, channel.id);
        await removed;
        assert.deepEqual((await bob.rest.getFlaggedPosts(bob.id, channel.id)).order, []);
    });
});

describe('what one is at', () => {
    it('is shown to everybody with the account', async () => {
        const told = ada.live.expect('user_updated', ({user}) => user.id === bob.id && user.props.customStatus);
        const end = new Date(Date.now() + 3_600_000).toISOString();
        await bob.rest.updateCustomStatus({emoji: 'tea', text: 'Tea', duration: 'one_hour', expires_at: end});
        assert.equal(JSON.parse((await told).data.user.props.customStatus).text, 'Tea');
        const said = JSON.parse((await ada.rest.getUser(bob.id)).props.customStatus);
        assert.deepEqual(said, {emoji: 'tea', text: 'Tea', duration: 'one_hour', expires_at: end});
        await bob.rest.unsetCustomStatus();
        const me = await bob.rest.getMe();
        assert.equal(me.props.customStatus, undefined);
        assert.equal(JSON.parse(me.props.recentCustomStatuses)[0].text, 'Tea');
        await bob.rest.removeRecentCustomStatus({emoji: 'tea', text: 'Tea'});
        assert.deepEqual(JSON.parse((await bob.rest.getMe()).props.recentCustomStatuses), []);
        const error = await refusal(() => bob.rest.updateCustomStatus({emoji: '', text: ''}));
        assert.equal(error.status_code, 400);
    });
});
