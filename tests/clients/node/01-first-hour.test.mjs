// From an empty server to a team that talks: accounts, login, boot, teams and
// channels. The first test must meet a server without accounts.
import assert from 'node:assert/strict';
import {createHash} from 'node:crypto';
import {after, before, describe, it} from 'node:test';
import {channelOf, client, Live, PASSWORD, Person, refusal, silence, teamOf, unique} from './lib/people.mjs';

const ID = /^[a-z0-9]{26}$/;
const ada = new Person(unique('ada'));
const bob = new Person(unique('bob'));
let carol;
let team;

after(() => Live.everyoneStops());

describe('accounts', () => {
    it('makes the first account the system administrator', async () => {
        const user = await ada.signUp();
        assert.match(user.id, ID);
        assert.deepEqual(user.roles.split(' ').sort(), ['system_admin', 'system_user']);
        assert.equal(user.username, ada.username);
        assert.equal(user.email, ada.email);
        assert.equal(user.delete_at, 0);
        assert.ok(user.create_at > 1_500_000_000_000, 'times are milliseconds');
        assert.ok(!('password' in user) || user.password === '');
    });

    it('refuses a wrong password with the masked error', async () => {
        for (const [login, password] of [[ada.username, 'not-it-at-all'], ['nobody-here', PASSWORD]]) {
            const error = await refusal(() => client().login(login, password));
            assert.equal(error.status_code, 401);
            assert.match(error.server_error_id, /^api\.user\.login\.invalid_credentials/);
        }
    });

    it('logs in by name and by address and knows who asks', async () => {
        const profile = await ada.login();
        assert.equal(profile.id, ada.id);
        assert.match(ada.token, ID);
        const again = client();
        await again.login(ada.email, PASSWORD);
        assert.notEqual(again.getToken(), ada.token);
        assert.equal((await ada.rest.getMe()).id, ada.id);
        assert.equal((await again.getMe()).username, ada.username);
    });

    it('tells on what a session began', async () => {
        const phone = client();
        phone.setUserAgent('Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0');
        // Its own log-in names no device; that of a phone does.
        const login = {login_id: ada.username, password: PASSWORD, device_id: 'android_rn:a-phone'};
        await phone.doFetch(`${phone.getUsersRoute()}/login`, {method: 'post', body: JSON.stringify(login)});
        const sessions = await ada.rest.getSessions('me');
        const session = sessions.find(({device_id}) => device_id === 'android_rn:a-phone');
        assert.deepEqual({...session.props}, {platform: 'Linux', os: 'Linux', browser: 'Firefox/140.0'});
        assert.ok(session.last_activity_at >= session.create_at);
        assert.equal(session.token, '');
        const others = sessions.filter(({id}) => id !== session.id);
        assert.ok(others.length > 0 && others.every(({device_id}) => device_id === ''));
    });

    it('lets a second person sign up as an ordinary user, seen by the first', async () => {
        await ada.online();
        const seen = ada.live.expect('new_user');
        const user = await bob.signUp();
        assert.equal(user.roles, 'system_user');
        assert.equal((await seen).data.user_id, bob.id);
        assert.equal((await ada.rest.getUserByUsername(bob.username)).id, bob.id);
        await bob.login();
        await bob.online();
        assert.equal((await bob.rest.getUser(ada.id)).username, ada.username);
    });

    it('refuses a name or an address that is taken', async () => {
        const other = new Person(unique('other'));
        const byName = await refusal(() => client().createUser(
            {username: bob.username, email: other.email, password: PASSWORD}, '', ''));
        assert.equal(byName.status_code, 400);
        assert.equal(byName.server_error_id, 'app.user.save.username_exists.app_error');
        const byMail = await refusal(() => client().createUser(
            {username: other.username, email: bob.email, password: PASSWORD}, '', ''));
        assert.equal(byMail.status_code, 400);
        assert.equal(byMail.server_error_id, 'app.user.save.email_exists.app_error');
    });

    it('finds people by ids, names and addresses', async () => {
        const byIds = await bob.rest.getProfilesByIds([ada.id, bob.id]);
        assert.deepEqual(byIds.map((u) => u.id).sort(), [ada.id, bob.id].sort());
        const byNames = await bob.rest.getProfilesByUsernames([ada.username]);
        assert.deepEqual(byNames.map((u) => u.id), [ada.id]);
        assert.equal((await ada.rest.getUserByEmail(bob.email)).id, bob.id);
        const error = await refusal(() => bob.rest.getUserByUsername('nobody-here'));
        assert.equal(error.status_code, 404);
    });
});

describe('the boot of a client', () => {
    it('gets the configuration and the licence as flat maps of strings', async () => {
        for (const rest of [client(), bob.rest]) {
            const config = await rest.getClientConfig();
            for (const [key, value] of Object.entries(config)) {
                assert.equal(typeof value, 'string', key);
            }
            assert.ok(config.Version);
        }
        const config = await bob.rest.getClientConfig();
        assert.equal(config.CollapsedThreads, 'default_on');
        for (const key of ['UniqueEmojiReactionLimitPerPost', 'MaxNotificationsPerChannel',
            'EnableUserTypingMessages', 'AllowSyncedDrafts', 'ScheduledPosts', 'MaxFileSize',
            'SiteName', 'EnableSignUpWithEmail', 'EnableFileAttachments', 'MaxPostSize']) {
            assert.ok(key in config, `${key} is missing`);
        }
        assert.equal((await client().getClientLicenseOld()).IsLicensed, 'false');
    });

    it('gets empty lists, never null, for a person without a team', async () => {
        assert.deepEqual(await bob.rest.getMyTeams(), []);
        assert.deepEqual(await bob.rest.getMyTeamMembers(), []);
        assert.deepEqual(await bob.rest.getMyTeamUnreads(), []);
        assert.deepEqual(await bob.rest.getAllTeamsChannels(), []);
        assert.deepEqual(await bob.rest.getAllChannelsMembers('me', -1), []);
        assert.deepEqual(await bob.rest.getAllChannelsMembers('me', 0, 200), []);
        assert.deepEqual(await bob.rest.getWebappPlugins(), []);
        assert.ok(Array.isArray(await bob.rest.getMyPreferences()));
        const limits = await bob.rest.getServerLimits();
        assert.equal(typeof limits.data, 'object');
        assert.equal((await client().ping()).status, 'OK');
    });

    it('gets the roles that switch the buttons on', async () => {
        const names = ['system_user', 'system_admin', 'team_user', 'team_admin', 'channel_user', 'channel_admin'];
        const roles = await bob.rest.getRolesByNames(names);
        const grants = new Map(roles.map((role) => [role.name, role.permissions]));
        assert.deepEqual([...grants.keys()].sort(), names.sort());
        for (const [role, permission] of [
            ['system_user', 'create_team'], ['system_user', 'create_direct_channel'],
            ['team_user', 'create_public_channel'], ['team_user', 'join_public_channels'],
            ['channel_user', 'create_post'], ['channel_user', 'read_channel'],
            ['channel_user', 'add_reaction'], ['channel_user', 'upload_file'],
            ['team_admin', 'manage_team'], ['channel_admin', 'manage_channel_roles'],
            ['system_admin', 'manage_system'],
        ]) {
            assert.ok(grants.get(role).includes(permission), `${role} lacks ${permission}`);
        }
    });
});

describe('teams', () => {
    it('gives a new team to its founder, with the two channels that every team has', async () => {
        const name = unique('team');
        team = await ada.rest.createTeam({name, display_name: 'The team', type: 'O', allow_open_invite: true});
        assert.match(team.id, ID);
        assert.equal(team.name, name);
        assert.equal((await ada.rest.getTeamByName(name)).id, team.id);
        const [member] = (await ada.rest.getMyTeamMembers()).filter((m) => m.team_id === team.id);
        assert.equal(member.scheme_admin, true);
        assert.deepEqual(member.roles.split(' ').sort(), ['team_admin', 'team_user']);
        const channels = await ada.rest.getMyChannels(team.id);
        const names = new Map(channels.map((c) => [c.name, c.display_name]));
        assert.equal(names.get('town-square'), 'Town Square');
        assert.equal(names.get('off-topic'), 'Off-Topic');
    });

    it('lets a second person join, and everyone hears of it', async () => {
        const townSquare = await ada.rest.getChannelByName(team.id, 'town-square');
        const mine = bob.live.expect('added_to_team', (data) => data.team_id === team.id);
        const heard = ada.live.expect('user_added',
            (data, frame) => data.user_id === bob.id && frame.broadcast.channel_id === townSquare.id);
        const told = ada.live.expect('posted', (data) => JSON.parse(data.post).channel_id === townSquare.id);
        const member = await bob.rest.addToTeam(team.id, bob.id);
        assert.equal(member.user_id, bob.id);
        assert.equal((await mine).data.user_id, bob.id);
        assert.equal((await heard).data.team_id, team.id);
        assert.match(JSON.parse((await told).data.post).type, /^system_/);

        const members = await ada.rest.getTeamMembers(team.id);
        assert.deepEqual(members.map((m) => m.user_id).sort(), [ada.id, bob.id].sort());
        assert.equal((await bob.rest.getTeamMember(team.id, bob.id)).roles, 'team_user');
        const channels = await bob.rest.getMyChannels(team.id);
        assert.deepEqual(channels.map((c) => c.name).sort(), ['off-topic', 'town-square']);
        assert.equal((await ada.rest.getTeamStats(team.id)).total_member_count, 2);
    });

    it('does not count the system posts of joining as messages', async () => {
        const channels = await bob.rest.getMyChannels(team.id);
        for (const channel of channels) {
            assert.equal(channel.total_msg_count, 0, channel.name);
        }
    });

    it('keeps outsiders out of a closed team', async () => {
        const name = unique('closed');
        const closed = await ada.rest.createTeam({name, display_name: name, type: 'I'});
        assert.equal((await refusal(() => bob.rest.addToTeam(closed.id, bob.id))).status_code, 404);
        assert.equal((await refusal(() => bob.rest.getTeam(closed.id))).status_code, 404);
        assert.deepEqual((await bob.rest.getMyTeams()).map((t) => t.id), [team.id]);
    });

    it('refuses a team name twice', async () => {
        const error = await refusal(() => bob.rest.createTeam(
            {name: team.name, display_name: 'again', type: 'O'}));
        assert.equal(error.status_code, 400);
    });

    it('takes a person who leaves the team out of its channels', async () => {
        const dora = await Person.join('dora');
        const other = await teamOf(ada, dora);
        const townSquare = await ada.rest.getChannelByName(other.id, 'town-square');
        const heard = ada.live.expect('leave_team', (data) => data.user_id === dora.id);
        const mine = dora.live.expect('leave_team', (data) => data.user_id === dora.id);
        await dora.rest.removeFromTeam(other.id, dora.id);
        assert.equal((await heard).data.team_id, other.id);
        assert.equal((await mine).data.team_id, other.id);
        assert.deepEqual(await dora.rest.getMyTeams(), []);
        assert.equal((await refusal(() => dora.say(townSquare, 'still here?'))).status_code, 403);
        const members = await ada.rest.getChannelMembers(townSquare.id);
        assert.deepEqual(members.map((m) => m.user_id), [ada.id]);
        await ada.rest.addToTeam(other.id, dora.id);
        assert.ok((await dora.rest.getMyChannels(other.id)).some((c) => c.name === 'town-square'));
    });
});

describe('channels', () => {
    before(async () => {
        carol = await Person.join('carol');
        await ada.rest.addToTeam(team.id, carol.id);
    });

    it('tells only the creator of a new channel, and lets others find and join it', async () => {
        const name = unique('plans');
        const from = bob.live.frames.length;
        const created = ada.live.expect('channel_created', (data) => data.team_id === team.id);
        const channel = await ada.rest.createChannel(
            {team_id: team.id, name, display_name: 'Plans', type: 'O', header: 'h', purpose: 'p'});
        assert.equal((await created).data.channel_id, channel.id);
        await silence(ada, bob, from, (frame) => frame.event === 'channel_created');
        assert.equal(channel.creator_id, ada.id);
        assert.equal(channel.header, 'h');
        assert.equal(channel.purpose, 'p');
        assert.equal((await ada.rest.getChannelMember(channel.id, ada.id)).scheme_admin, true);

        const list = await bob.rest.getChannels(team.id, 0, 200);
        assert.ok(list.some((c) => c.id === channel.id));
        const heard = ada.live.expect('user_added', (data) => data.user_id === bob.id);
        const member = await bob.rest.addToChannel(bob.id, channel.id);
        assert.equal(member.channel_id, channel.id);
        assert.equal((await heard).broadcast.channel_id, channel.id);
        const members = await ada.rest.getChannelMembers(channel.id);
        assert.deepEqual(members.map((m) => m.user_id).sort(), [ada.id, bob.id].sort());
        assert.equal((await bob.unread(channel)).mentions, 0, 'joining by oneself is no mention');
        assert.equal((await ada.rest.getChannelStats(channel.id)).member_count, 2);
    });

    it('hides a private channel from those who are not in it', async () => {
        const channel = await channelOf(team, 'P', ada);
        assert.ok(!(await bob.rest.getChannels(team.id, 0, 200)).some((c) => c.id === channel.id));
        assert.ok(!(await bob.rest.getMyChannels(team.id)).some((c) => c.id === channel.id));
        for (const call of [
            () => bob.rest.getChannel(channel.id),
            () => bob.rest.getChannelByName(team.id, channel.name),
            () => bob.rest.getPosts(channel.id),
            () => bob.rest.addToChannel(bob.id, channel.id),
            () => bob.say(channel, 'let me in'),
        ]) {
            assert.ok([403, 404].includes((await refusal(call)).status_code), call.toString());
        }
    });

    it('refuses a channel name twice in a team', async () => {
        const channel = await channelOf(team, 'O', ada);
        const error = await refusal(() => bob.rest.createChannel(
            {team_id: team.id, name: channel.name, display_name: 'again', type: 'P'}));
        assert.equal(error.status_code, 400);
        assert.equal(error.server_error_id, 'store.sql_channel.save_channel.exists.app_error');
    });

    it('opens one direct channel for two people, whoever asks', async () => {
        const seen = bob.live.expect('direct_added');
        const direct = await carol.rest.createDirectChannel([carol.id, bob.id]);
        assert.equal((await seen).broadcast.channel_id, direct.id);
        assert.equal(direct.type, 'D');
        assert.equal(direct.team_id, '');
        assert.equal(direct.name, [carol.id, bob.id].sort().join('__'));
        assert.equal((await bob.rest.createDirectChannel([bob.id, carol.id])).id, direct.id);
        assert.equal((await bob.rest.createDirectChannel([carol.id, bob.id])).id, direct.id);
        for (const person of [bob, carol]) {
            const mine = (await person.rest.getMyChannels(team.id)).find((c) => c.id === direct.id);
            assert.equal(mine?.team_id, '');
            assert.ok((await person.rest.getAllTeamsChannels()).some((c) => c.id === direct.id));
        }
        const notes = await bob.rest.createDirectChannel([bob.id, bob.id]);
        assert.equal(notes.name, `${bob.id}__${bob.id}`);
        assert.ok([403, 404].includes((await refusal(() => ada.rest.getChannelMember(direct.id, ada.id))).status_code));
    });

    it('opens one group channel for three people', async () => {
        const seen = [bob, carol].map((p) => p.live.expect('group_added'));
        const group = await ada.rest.createGroupChannel([carol.id, ada.id, bob.id]);
        for (const frame of await Promise.all(seen)) {
            assert.equal(frame.broadcast.channel_id, group.id);
            assert.equal(typeof frame.data.teammate_ids, 'string');
        }
        const ids = [ada.id, bob.id, carol.id].sort();
        assert.equal(group.type, 'G');
        assert.equal(group.name, createHash('sha1').update(ids.join('')).digest('hex'));
        assert.deepEqual(group.display_name.split(', ').sort(),
            [ada.username, bob.username, carol.username].sort());
        assert.equal((await carol.rest.createGroupChannel([bob.id, ada.id])).id, group.id);
        assert.ok((await bob.rest.getMyChannels(team.id)).some((c) => c.id === group.id));
        const profiles = await bob.rest.getProfilesInGroupChannels([group.id]);
        assert.deepEqual(profiles[group.id].map((u) => u.id).sort(), [ada.id, carol.id].sort());
    });

    it('adds a person, who finds it counted as a mention', async () => {
        const channel = await channelOf(team, 'P', ada);
        const seen = bob.live.expect('user_added', (data, frame) => frame.broadcast.channel_id === channel.id);
        const member = await ada.rest.addToChannel(bob.id, channel.id);
        assert.equal(member.user_id, bob.id);
        assert.equal((await seen).data.user_id, bob.id);
        assert.deepEqual(await bob.unread(channel), {messages: 0, roots: 0, mentions: 1, rootMentions: 1});
        assert.ok((await bob.rest.getMyChannelMembers(team.id)).some((m) => m.channel_id === channel.id));
        const several = await ada.rest.addToChannels([carol.id], channel.id);
        assert.ok(Array.isArray(several), 'user_ids is answered by a list');
        assert.deepEqual(several.map((m) => m.user_id), [carol.id]);
    });

    it('removes a person, who hears of that and then of nothing', async () => {
        const channel = await channelOf(team, 'P', ada, bob);
        const mine = bob.live.expect('user_removed', (data) => data.channel_id === channel.id);
        const heard = ada.live.expect('user_removed', (data) => data.user_id === bob.id);
        await ada.rest.removeFromChannel(bob.id, channel.id);
        assert.equal((await mine).data.remover_id, ada.id);
        assert.equal((await heard).broadcast.channel_id, channel.id);
        const from = bob.live.frames.length;
        const secret = await ada.say(channel, 'now without bob');
        await silence(ada, bob, from, (frame) => frame.broadcast?.channel_id === channel.id);
        for (const call of [() => bob.rest.getPost(secret.id), () => bob.rest.getChannel(channel.id),
            () => bob.rest.getPosts(channel.id)]) {
            assert.ok([403, 404].includes((await refusal(call)).status_code), call.toString());
        }
        assert.ok(!(await bob.rest.getMyChannels(team.id)).some((c) => c.id === channel.id));
        assert.deepEqual((await ada.rest.getChannelMembers(channel.id)).map((m) => m.user_id), [ada.id]);
    });

    it('lets a person leave and come back, but not leave town-square', async () => {
        const channel = await channelOf(team, 'O', ada, bob);
        const heard = ada.live.expect('user_removed', (data) => data.user_id === bob.id);
        await bob.rest.removeFromChannel(bob.id, channel.id);
        assert.equal((await heard).data.remover_id, bob.id);
        assert.ok(!(await bob.rest.getMyChannels(team.id)).some((c) => c.id === channel.id));
        const back = ada.live.expect('user_added', (data) => data.user_id === bob.id);
        await bob.rest.addToChannel(bob.id, channel.id);
        assert.equal((await back).broadcast.channel_id, channel.id);
        const seen = ada.live.expect('posted', (data) => JSON.parse(data.post).message === 'back again');
        await bob.say(channel, 'back again');
        await seen;
        const townSquare = await bob.rest.getChannelByName(team.id, 'town-square');
        const error = await refusal(() => bob.rest.removeFromChannel(bob.id, townSquare.id));
        assert.equal(error.status_code, 400);
        assert.match(error.server_error_id, /^api\.channel\.(leave|remove)\.default\.app_error$/);
    });

    it('renames a channel for everybody, and frees the old name', async () => {
        const channel = await channelOf(team, 'O', ada, bob);
        const name = unique('renamed');
        const seen = bob.live.expect('channel_updated', (data, frame) => frame.broadcast.channel_id === channel.id);
        const patched = await ada.rest.patchChannel(channel.id, {name, display_name: 'Renamed', header: 'new'});
        assert.equal(patched.name, name);
        const frame = await seen;
        if (frame.data.channel) {
            assert.equal(JSON.parse(frame.data.channel).name, name);
        }
        const read = await bob.rest.getChannelByName(team.id, name);
        assert.equal(read.id, channel.id);
        assert.equal(read.display_name, 'Renamed');
        assert.equal(read.header, 'new');
        assert.ok(read.update_at > channel.update_at);
        const error = await refusal(() => bob.rest.getChannelByName(team.id, channel.name));
        assert.equal(error.status_code, 404);
        assert.equal(error.server_error_id, 'app.channel.get_by_name.missing.app_error');
        const heir = await bob.rest.createChannel(
            {team_id: team.id, name: channel.name, display_name: 'Heir', type: 'O'});
        assert.notEqual(heir.id, channel.id);
    });

    it('lists every membership in one answer, as lines and as pages', async () => {
        const lines = await bob.rest.getAllChannelsMembers('me', -1);
        const page = await bob.rest.getAllChannelsMembers('me', 0, 200);
        assert.deepEqual(lines.map((m) => m.channel_id).sort(), page.map((m) => m.channel_id).sort());
        const channels = await bob.rest.getAllTeamsChannels();
        assert.deepEqual(lines.map((m) => m.channel_id).sort(), channels.map((c) => c.id).sort());
        assert.ok(lines.every((m) => m.user_id === bob.id));
    });
});
