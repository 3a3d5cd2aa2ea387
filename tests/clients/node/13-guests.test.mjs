// Guests, and channels that keep something to their administrators, on a server whose administrator is known.
import assert from 'node:assert/strict';
import {after, before, describe, it} from 'node:test';
import {channelOf, Live, Person, refused, silence, teamOf, unique} from './lib/people.mjs';
import {Server} from './lib/server.mjs';

let server;
let root;
let ada;
let gus;
let cleo;
let team;
let shared;

before(async () => {
    server = await Server.fresh();
    const join = (name) => Person.join(name, {url: server.url});
    root = await join('root');
    ada = await join('ada');
    gus = await join('gus');
    cleo = await join('cleo');
    team = await teamOf(ada, cleo);
    shared = await channelOf(team, 'O', ada);
});

after(async () => {
    Live.everyoneStops();
    await server.remove();
});

const names = (people) => people.map((person) => person.username).sort();

describe('a guest', () => {
    it('is made by an administrator and told so', async () => {
        assert.equal((await gus.rest.getClientConfig()).EnableGuestAccounts, 'true');
        await refused(() => ada.rest.demoteUserToGuest(gus.id), 403);
        const seen = gus.live.expect('user_role_updated', (data) => data.user_id === gus.id);
        assert.equal((await root.rest.demoteUserToGuest(gus.id)).status, 'OK');
        assert.equal((await seen).data.roles, 'system_guest');
        assert.equal((await gus.rest.getMe()).roles, 'system_guest');
    });

    it('comes into a team without its default channels', async () => {
        await refused(() => gus.rest.addToTeam(team.id, gus.id), 404);
        const member = await ada.rest.addToTeam(team.id, gus.id);
        assert.equal(member.roles, 'team_guest');
        assert.deepEqual([member.scheme_guest, member.scheme_user], [true, false]);
        assert.deepEqual(await gus.rest.getMyChannels(team.id), []);
        await ada.rest.addToChannel(gus.id, shared.id);
        const [own] = await gus.rest.getMyChannelMembers(team.id);
        assert.equal(own.roles, 'channel_guest');
        assert.equal((await ada.rest.getChannelStats(shared.id)).guest_count, 1);
    });

    it('sees whom they meet and where they are, and nothing else', async () => {
        const closed = await channelOf(team, 'O', cleo);
        assert.deepEqual(names(await gus.rest.getProfiles()), names([ada, gus]));
        assert.deepEqual(names(await gus.rest.getProfilesInTeam(team.id)), names([ada, gus]));
        assert.deepEqual(names(await gus.rest.getProfilesByIds([ada.id, cleo.id])), [ada.username]);
        assert.deepEqual((await gus.rest.autocompleteUsers(cleo.username.slice(0, 4), team.id, '')).users, []);
        await refused(() => gus.rest.getUser(cleo.id), 404);
        await refused(() => gus.rest.getUserByUsername(cleo.username), 404);
        await refused(() => gus.rest.getChannels(team.id), 403);
        await refused(() => gus.rest.getChannel(closed.id), 404);
        await refused(() => gus.rest.addToChannel(gus.id, closed.id), 404);
        await refused(() => gus.rest.createChannel(
            {team_id: team.id, name: unique('own'), display_name: 'Own', type: 'P'}), 403);
        await refused(() => gus.rest.createTeam({name: unique('own'), display_name: 'Own', type: 'O'}), 403);
        await refused(() => gus.rest.createDirectChannel([gus.id, cleo.id]), 404);
    });

    it('talks with those whom they meet', async () => {
        const heard = ada.live.expect('posted', (data) => JSON.parse(data.post).message === 'hello from outside');
        const post = await gus.say(shared, 'hello from outside');
        await heard;
        await gus.rest.addReaction(gus.id, post.id, 'eyes');
        await refused(() => gus.rest.deletePost(post.id), 403);
        const direct = await gus.rest.createDirectChannel([gus.id, ada.id]);
        await gus.say(direct, 'just us');
    });

    it('hears of nobody else', async () => {
        const from = gus.live.frames.length;
        const heard = cleo.live.expect('user_updated', (data) => data.user.id === cleo.id);
        await cleo.rest.patchMe({nickname: unique('nick')});
        await heard;
        const seen = gus.live.expect('user_updated', (data) => data.user.id === ada.id);
        await ada.rest.patchMe({nickname: unique('nick')});
        await seen;
        await Person.join('newcomer', {live: false, url: server.url});
        await silence(ada, gus, from, (frame) =>
            frame.event === 'new_user' || (frame.event === 'user_updated' && frame.data.user.id === cleo.id));
    });

    it('is told by id alone who answered a thread and went', async () => {
        await ada.rest.addToChannel(cleo.id, shared.id);
        const question = await gus.say(shared, 'who knows?');
        const answered = gus.live.expect('thread_updated', (data) => JSON.parse(data.thread).reply_count === 1);
        await cleo.rest.createPost({channel_id: shared.id, root_id: question.id, message: 'not me'});
        await answered;
        await ada.rest.removeFromChannel(cleo.id, shared.id);
        const told = gus.live.expect('thread_updated', (data) => JSON.parse(data.thread).reply_count === 2);
        await ada.rest.createPost({channel_id: shared.id, root_id: question.id, message: 'I do'});
        const thread = JSON.parse((await told).data.thread);
        for (const participants of [thread.participants, thread.post.participants]) {
            assert.deepEqual(participants.map(({username}) => username ?? ''), [ada.username, '']);
        }
    });

    it('is none any more when promoted, and then in the default channels', async () => {
        const seen = gus.live.expect('memberrole_updated', (data) => JSON.parse(data.member).roles === 'team_user');
        const channel = gus.live.expect('channel_member_updated',
            (data) => JSON.parse(data.channelMember).roles === 'channel_user');
        assert.equal((await root.rest.promoteGuestToUser(gus.id)).status, 'OK');
        await seen;
        await channel;
        const mine = (await gus.rest.getMyChannels(team.id)).map((one) => one.name);
        assert.ok(mine.includes('town-square') && mine.includes('off-topic'), mine.join());
        assert.ok(names(await gus.rest.getProfilesInTeam(team.id)).includes(cleo.username));
    });
});

describe('a moderated channel', () => {
    const may = async (person, permission) => {
        const member = await person.rest.getMyChannelMember(shared.id);
        const roles = await person.rest.getRolesByNames(member.roles.split(' '));
        return roles.some((role) => role.permissions.includes(permission));
    };
    const moderate = (name, members, guests) =>
        root.rest.patchChannelModerations(shared.id, [{name, roles: {members, guests}}]);

    it('lets members do everything at first', async () => {
        const all = await root.rest.getChannelModerations(shared.id);
        assert.deepEqual(all.map((one) => one.name),
            ['create_post', 'create_reactions', 'manage_members', 'use_channel_mentions',
                'manage_bookmarks']);
        assert.ok(all.every((one) => one.roles.members.value && one.roles.members.enabled));
        await refused(() => ada.rest.getChannelModerations(shared.id), 403);
        await refused(() => ada.rest.patchChannelModerations(shared.id,
            [{name: 'create_post', roles: {members: false}}]), 403);
    });

    it('keeps words to its administrators, and says so in roles', async () => {
        assert.ok(await may(gus, 'create_post'));
        const told = gus.live.expect('channel_updated', (data) => JSON.parse(data.channel).id === shared.id);
        const roles = gus.live.expect('channel_scheme_updated', (_, frame) => frame.broadcast.channel_id === shared.id);
        const all = await moderate('create_post', false);
        assert.equal(all[0].roles.members.value, false);
        await told;
        await roles;
        assert.equal(await may(gus, 'create_post'), false);
        assert.ok(await may(gus, 'read_channel'));
        assert.ok(await may(ada, 'create_post'));
        await refused(() => gus.say(shared, 'not heard'), 403);
        await ada.say(shared, 'heard');
        await moderate('create_post', true);
        await gus.say(shared, 'heard again');
    });

    it('keeps calls to everybody to them, too', async () => {
        await moderate('use_channel_mentions', false);
        const before = await ada.unread(shared);
        const post = await gus.say(shared, '@channel look');
        assert.equal(post.message, '@channel look');
        assert.equal((await ada.unread(shared)).mentions, before.mentions);
        await moderate('use_channel_mentions', true);
        await gus.say(shared, '@channel look now');
        assert.equal((await ada.unread(shared)).mentions, before.mentions + 1);
    });
});
