// Administering teams and channels: roles, privacy, archives, invitations.
import assert from 'node:assert/strict';
import {after, before, describe, it} from 'node:test';
import {channelOf, Live, Person, refusal, refused, silence, teamOf, unique} from './lib/people.mjs';

let ada;
let bob;
let carol;
let stranger;
let team;

before(async () => {
    // The first account of the server may be another test's: nobody here administers the system.
    await Person.join('first', {live: false});
    ada = await Person.join('ada');
    bob = await Person.join('bob');
    carol = await Person.join('carol');
    stranger = await Person.join('stranger');
    team = await teamOf(ada, bob, carol);
});

after(() => Live.everyoneStops());

const forbidden = (call) => refused(call, 403);

describe('roles of a channel', () => {
    let channel;

    before(async () => {
        channel = await channelOf(team, 'O', bob, carol);
    });

    it('make its creator the administrator', async () => {
        const member = await bob.rest.getChannelMember(channel.id, bob.id);
        assert.equal(member.roles, 'channel_user channel_admin');
        assert.equal(member.scheme_admin, true);
        assert.equal(member.explicit_roles, '');
        assert.equal((await bob.rest.getChannelMember(channel.id, carol.id)).roles, 'channel_user');
    });

    it('are given by an administrator of the channel and told to whom they are given', async () => {
        await forbidden(() => carol.rest.updateChannelMemberSchemeRoles(channel.id, carol.id, true, true));
        const seen = carol.live.expect('channel_member_updated',
            (data) => JSON.parse(data.channelMember).channel_id === channel.id);
        const from = bob.live.frames.length;
        const answer = await bob.rest.updateChannelMemberSchemeRoles(channel.id, carol.id, true, true);
        assert.equal(answer.status, 'OK');
        const member = JSON.parse((await seen).data.channelMember);
        assert.equal(member.user_id, carol.id);
        assert.equal(member.roles, 'channel_user channel_admin');
        assert.equal(typeof member.notify_props.mark_unread, 'string');
        await silence(ada, bob, from, (frame) => frame.event === 'channel_member_updated');
        const [own] = (await carol.rest.getMyChannelMembers(team.id)).filter((m) => m.channel_id === channel.id);
        assert.equal(own.scheme_admin, true);
    });

    it('are taken by role names, too', async () => {
        await carol.rest.updateChannelMemberRoles(channel.id, bob.id, 'channel_user');
        assert.equal((await bob.rest.getChannelMember(channel.id, bob.id)).scheme_admin, false);
        await forbidden(() => bob.rest.updateChannelMemberRoles(channel.id, bob.id, 'channel_user channel_admin'));
        const error = await refusal(() => carol.rest.updateChannelMemberRoles(channel.id, bob.id, 'nonsense'));
        assert.equal(error.status_code, 400);
    });
});

describe('roles of a team', () => {
    it('are given by an administrator of the team and told to whom they are given', async () => {
        await forbidden(() => bob.rest.updateTeamMemberSchemeRoles(team.id, bob.id, true, true));
        const seen = bob.live.expect('memberrole_updated', (data) => JSON.parse(data.member).team_id === team.id);
        await ada.rest.updateTeamMemberSchemeRoles(team.id, bob.id, true, true);
        const member = JSON.parse((await seen).data.member);
        assert.equal(member.user_id, bob.id);
        assert.equal(member.roles, 'team_user team_admin');
        const [own] = (await bob.rest.getMyTeamMembers()).filter((m) => m.team_id === team.id);
        assert.equal(own.scheme_admin, true);
        await bob.rest.patchTeam({id: team.id, description: 'by bob'});
        await bob.rest.updateTeamMemberRoles(team.id, bob.id, ['team_user']);
        await forbidden(() => bob.rest.patchTeam({id: team.id, description: 'by bob again'}));
    });
});

describe('privacy of a channel', () => {
    it('is changed by an administrator of the team, with a notice, before everyone', async () => {
        const channel = await channelOf(team, 'O', bob);
        await forbidden(() => bob.rest.updateChannelPrivacy(channel.id, 'P'));
        const converted = carol.live.expect('channel_converted', (data) => data.channel_id === channel.id);
        const updated = bob.live.expect('channel_updated', (data) => JSON.parse(data.channel).id === channel.id);
        const told = bob.live.expect('posted',
            (data) => JSON.parse(data.post).type === 'system_change_chan_privacy');
        const answer = await ada.rest.updateChannelPrivacy(channel.id, 'P');
        assert.equal(answer.type, 'P');
        await converted;
        assert.equal(JSON.parse((await updated).data.channel).type, 'P');
        assert.equal(JSON.parse((await told).data.post).channel_id, channel.id);
        await refused(() => carol.rest.getChannel(channel.id), 404);
        await refused(() => carol.rest.addToChannel(carol.id, channel.id), 404);
        await ada.rest.updateChannelPrivacy(channel.id, 'O');
        assert.equal((await carol.rest.getChannel(channel.id)).type, 'O');
        await carol.rest.addToChannel(carol.id, channel.id);
    });

    it('is fixed for the default channel', async () => {
        const square = await ada.rest.getChannelByName(team.id, 'town-square');
        const error = await refusal(() => ada.rest.updateChannelPrivacy(square.id, 'P'));
        assert.equal(error.status_code, 400);
        assert.equal(error.server_error_id, 'api.channel.update_channel_privacy.default_channel_error');
    });
});

describe('lists of channels', () => {
    it('tell of archived ones and count members', async () => {
        const [open, secret] = [await channelOf(team, 'O', bob, carol), await channelOf(team, 'P', bob)];
        const counts = await carol.rest.getChannelsMemberCount([open.id, secret.id]);
        assert.deepEqual(counts, {[open.id]: 2});
        await bob.rest.deleteChannel(open.id);
        await bob.rest.deleteChannel(secret.id);
        const ids = async (person) => (await person.rest.getArchivedChannels(team.id, 0, 200)).map((c) => c.id);
        assert.ok((await ids(bob)).includes(secret.id));
        assert.ok((await ids(carol)).includes(open.id));
        assert.ok(!(await ids(carol)).includes(secret.id));
        assert.deepEqual(await ids(stranger), []);
    });

    it('tell the timezones of members', async () => {
        const channel = await channelOf(team, 'P', bob);
        await bob.rest.patchMe({timezone: {
            useAutomaticTimezone: 'false', automaticTimezone: '', manualTimezone: 'Asia/Tokyo',
        }});
        assert.deepEqual(await bob.rest.getChannelTimezones(channel.id), ['Asia/Tokyo']);
        await refused(() => stranger.rest.getChannelTimezones(channel.id), 404);
    });
});

describe('a team', () => {
    it('changes what it says of itself, before its members', async () => {
        const seen = carol.live.expect('update_team', (data) => JSON.parse(data.team).id === team.id);
        const name = unique('renamed');
        const answer = await ada.rest.patchTeam({id: team.id, display_name: name, description: 'about'});
        assert.equal(answer.display_name, name);
        const told = JSON.parse((await seen).data.team);
        assert.equal(told.display_name, name);
        assert.equal(told.invite_id, '', 'the invitation is not for everyone who hears of it');
        assert.equal((await carol.rest.getTeam(team.id)).description, 'about');
        const whole = await ada.rest.getTeam(team.id);
        const updated = await ada.rest.updateTeam({...whole, company_name: 'Tea'});
        assert.equal(updated.company_name, 'Tea');
        await forbidden(() => carol.rest.patchTeam({id: team.id, display_name: 'carol'}));
    });

    it('has another invitation when asked, and the old one is of no use', async () => {
        const closed = await ada.rest.createTeam({name: unique('closed'), display_name: 'Closed', type: 'I'});
        const fresh = await ada.rest.regenerateTeamInviteId(closed.id);
        assert.notEqual(fresh.invite_id, closed.invite_id);
        await refused(() => stranger.rest.addToTeamFromInvite('', closed.invite_id), 404);
        await stranger.rest.addToTeamFromInvite('', fresh.invite_id);
        await refused(() => bob.rest.regenerateTeamInviteId(closed.id), 404);
        const privacy = {method: 'PUT', body: JSON.stringify({privacy: 'O'})};
        const open = await ada.rest.doFetch(`${ada.rest.getTeamRoute(closed.id)}/privacy`, privacy);
        assert.equal(open.type, 'O');
        const off = await refusal(() => ada.rest.sendEmailInvitesToTeam(closed.id, ['someone@example.com']));
        assert.equal(off.status_code, 501);
    });

    it('gives no rights while it is archived, and all of them again afterwards', async () => {
        const doomed = await teamOf(ada, bob);
        const channel = await channelOf(doomed, 'O', bob);
        await forbidden(() => bob.rest.deleteTeam(doomed.id));
        const gone = bob.live.expect('delete_team', (data) => JSON.parse(data.team).id === doomed.id);
        await ada.rest.deleteTeam(doomed.id);
        assert.ok(JSON.parse((await gone).data.team).delete_at > 0);
        await refused(() => bob.say(channel, 'anybody?'), 403);
        await refused(() => bob.rest.getPosts(channel.id), 404);
        assert.ok(!(await bob.rest.getMyTeams()).some((t) => t.id === doomed.id));
        const back = bob.live.expect('restore_team', (data) => JSON.parse(data.team).id === doomed.id);
        const restored = await ada.rest.unarchiveTeam(doomed.id);
        assert.equal(restored.delete_at, 0);
        await back;
        await bob.say(channel, 'here again');
        assert.ok((await bob.rest.getMyTeams()).some((t) => t.id === doomed.id));
    });
});
