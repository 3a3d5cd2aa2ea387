// Pictures and files as the web client has them: previews, public links, profile
// pictures, team icons, custom emoji, uploads in parts.
import assert from 'node:assert/strict';
import {deflateSync} from 'node:zlib';
import {after, before, describe, it} from 'node:test';
import {channelOf, client, Live, Person, refusal, teamOf, unique} from './lib/people.mjs';
import {Server} from './lib/server.mjs';

const CRC = Array.from({length: 256}, (_, n) => {
    let crc = n;
    for (let bit = 0; bit < 8; bit++) {
        crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
    }
    return crc >>> 0;
});

function chunk(type, data) {
    const body = Buffer.concat([Buffer.from(type), data]);
    let crc = 0xffffffff;
    for (const byte of body) {
        crc = (crc >>> 8) ^ CRC[(crc ^ byte) & 0xff];
    }
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE((crc ^ 0xffffffff) >>> 0);
    return Buffer.concat([length, body, sum]);
}

/** A PNG of grey pixels. */
function png(width, height) {
    const head = Buffer.alloc(13);
    head.writeUInt32BE(width, 0);
    head.writeUInt32BE(height, 4);
    head[8] = 8;
    const rows = Buffer.alloc(height * (width + 1), 0x77);
    for (let row = 0; row < height; row++) {
        rows[row * (width + 1)] = 0;
    }
    return Buffer.concat([
        Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
        chunk('IHDR', head), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0)),
    ]);
}

const file = (bytes, type = 'image/png') => new Blob([bytes], {type});
const get = (person, url, headers = {}) => fetch(url,
    {headers: {...(person && {Authorization: `Bearer ${person.token}`}), ...headers}});
const bytesOf = async (answer) => Buffer.from(await answer.arrayBuffer());
/** Width and height of a PNG. */
const sizeOf = (bytes) => [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];

let ada;
let bob;
let team;
let channel;

before(async () => {
    [ada, bob] = [await Person.join('ada'), await Person.join('bob')];
    team = await teamOf(ada, bob);
    channel = await channelOf(team, 'O', ada, bob);
});
after(() => Live.everyoneStops());

async function upload(person, name, bytes) {
    const form = new FormData();
    form.append('channel_id', channel.id);
    form.append('files', file(bytes), name);
    const {file_infos: [info]} = await person.rest.uploadFile(form);
    return info;
}

describe('a picture in a post', () => {
    it('has a preview, a thumbnail and a tiny one at once', async () => {
        const info = await upload(ada, 'wide.png', png(2400, 600));
        assert.deepEqual([info.width, info.height, info.has_preview_image], [2400, 600, true]);
        assert.ok(Buffer.from(info.mini_preview, 'base64').subarray(0, 2).equals(Buffer.from([0xff, 0xd8])));
        const word = unique('look');
        const seen = bob.live.expect('posted', (data) => JSON.parse(data.post).message === word);
        await ada.say(channel, word, {file_ids: [info.id]});
        const frame = await seen;
        assert.equal(frame.data.image, 'true');
        assert.equal(JSON.parse(frame.data.post).metadata.files[0].mini_preview, info.mini_preview);
        for (const url of [bob.rest.getFilePreviewUrl(info.id), bob.rest.getFileThumbnailUrl(info.id)]) {
            const answer = await get(bob, url);
            assert.equal(answer.status, 200, url);
            assert.equal(answer.headers.get('content-type'), 'image/jpeg');
            assert.equal(answer.headers.get('x-content-type-options'), 'nosniff');
            assert.equal((await bytesOf(answer)).readUInt16BE(0), 0xffd8);
        }
    });

    it('is only a file where nothing can be made of it', async () => {
        const info = await upload(ada, 'broken.png', png(30, 30).subarray(0, 50));
        assert.deepEqual([info.has_preview_image, info.mini_preview], [false, null]);
        assert.equal((await get(ada, ada.rest.getFilePreviewUrl(info.id))).status, 400);
        assert.equal((await get(ada, ada.rest.getFileThumbnailUrl(info.id))).status, 400);
    });
});

describe('a public link', () => {
    it('is not made where it is switched off', async () => {
        const info = await upload(ada, 'a.png', png(9, 9));
        await ada.say(channel, 'a file', {file_ids: [info.id]});
        assert.equal((await refusal(() => ada.rest.getFilePublicLink(info.id))).status_code, 403);
        assert.equal((await ada.rest.getClientConfig()).EnablePublicLink, 'false');
    });

    it('lets anybody have the file, until its post is deleted', async () => {
        const server = await Server.fresh({NOTTERMOST_SERVICE__ENABLE_PUBLIC_LINK: 'true'});
        try {
            const eve = await Person.join('eve', {live: false, url: server.url});
            assert.equal((await eve.rest.getClientConfig()).EnablePublicLink, 'true');
            channel = await channelOf(await teamOf(eve), 'P', eve);
            const info = await upload(eve, 'a.png', png(9, 9));
            assert.equal((await refusal(() => eve.rest.getFilePublicLink(info.id))).status_code, 400);
            const post = await eve.say(channel, 'a file', {file_ids: [info.id]});
            const {link} = await eve.rest.getFilePublicLink(info.id);
            assert.ok(link.startsWith(`${server.url}/files/${info.id}/public?h=`), link);
            assert.deepEqual(await bytesOf(await fetch(link)), png(9, 9));
            assert.equal((await fetch(`${link}x`)).status, 400);
            await eve.rest.deletePost(post.id);
            assert.equal((await fetch(link)).status, 404);
        } finally {
            await server.remove();
            channel = await channelOf(team, 'O', ada, bob);
        }
    });
});

describe('a profile picture', () => {
    it('is square, has a number for a tag, and is told to everyone', async () => {
        const url = () => `${ada.rest.getUserRoute(ada.id)}/image`;
        const drawn = await get(bob, url());
        assert.equal(drawn.headers.get('etag'), '0');
        const seen = bob.live.expect('user_updated', (data) => data.user.id === ada.id && data.user.last_picture_update > 0);
        await ada.rest.uploadProfileImage(ada.id, file(png(300, 200)));
        const {user} = (await seen).data;
        const answer = await get(bob, url());
        assert.deepEqual(sizeOf(await bytesOf(answer)), [128, 128]);
        assert.equal(answer.headers.get('etag'), String(user.last_picture_update));
        const again = await get(bob, url(), {'If-None-Match': String(user.last_picture_update)});
        assert.equal(again.status, 304);
        const other = await refusal(() => bob.rest.uploadProfileImage(ada.id, file(png(9, 9))));
        assert.equal(other.status_code, 403);
        const none = await refusal(() => ada.rest.uploadProfileImage(ada.id, file(Buffer.from('<svg/>'))));
        assert.equal(none.status_code, 400);
        await ada.rest.setDefaultProfileImage(ada.id);
        assert.deepEqual(await bytesOf(await get(bob, url())), await bytesOf(drawn));
    });
});

describe('a team\'s icon', () => {
    it('is set by those who administer the team, and told to its members', async () => {
        const url = bob.rest.getTeamIconUrl(team.id);
        assert.equal((await get(bob, url)).status, 404);
        assert.equal((await refusal(() => bob.rest.setTeamIcon(team.id, file(png(9, 9))))).status_code, 403);
        const seen = bob.live.expect('update_team', (data) => JSON.parse(data.team).id === team.id);
        await ada.rest.setTeamIcon(team.id, file(png(200, 300)));
        const told = JSON.parse((await seen).data.team);
        assert.equal(told.invite_id, '');
        assert.equal(told.last_team_icon_update, (await bob.rest.getTeam(team.id)).last_team_icon_update);
        assert.ok(told.last_team_icon_update > 0);
        assert.deepEqual(sizeOf(await bytesOf(await get(bob, url))), [128, 128]);
        await ada.rest.removeTeamIcon(team.id);
        assert.equal((await get(bob, url)).status, 404);
        assert.equal((await bob.rest.getTeam(team.id)).last_team_icon_update, 0);
    });
});

describe('a custom emoji', () => {
    it('is made, told of, found, shown with posts and deleted', async () => {
        assert.equal((await ada.rest.getClientConfig()).EnableCustomEmoji, 'true');
        const name = unique('parrot').replace('-', '_');
        const seen = bob.live.expect('emoji_added', (data) => JSON.parse(data.emoji).name === name);
        const emoji = await ada.rest.createCustomEmoji({name, creator_id: ada.id}, file(png(300, 150)));
        assert.deepEqual(JSON.parse((await seen).data.emoji), emoji);
        assert.deepEqual(await bob.rest.getCustomEmoji(emoji.id), emoji);
        assert.deepEqual(await bob.rest.getCustomEmojiByName(name), emoji);
        assert.deepEqual(await bob.rest.getCustomEmojisByNames([name, 'smile']), [emoji]);
        assert.deepEqual(await bob.rest.autocompleteCustomEmoji(name.slice(0, -1)), [emoji]);
        assert.deepEqual(await bob.rest.searchCustomEmoji(name.slice(1)), [emoji]);
        assert.ok((await bob.rest.getCustomEmojis(0, 200, 'name')).some((one) => one.id === emoji.id));
        const image = await get(bob, bob.rest.getCustomEmojiImageUrl(emoji.id));
        assert.deepEqual(sizeOf(await bytesOf(image)), [128, 64]);

        const post = await bob.say(channel, `hi :${name}:`);
        assert.deepEqual(post.metadata.emojis, [emoji]);
        await bob.rest.addReaction(bob.id, post.id, name);
        assert.deepEqual((await ada.rest.getPost(post.id)).metadata.emojis, [emoji]);

        const again = await refusal(() => bob.rest.createCustomEmoji({name, creator_id: bob.id}, file(png(9, 9))));
        assert.equal(again.server_error_id, 'api.emoji.create.duplicate.app_error');
        const built = await refusal(() => bob.rest.createCustomEmoji({name: 'smile', creator_id: bob.id}, file(png(9, 9))));
        assert.equal(built.status_code, 400);
        assert.equal((await refusal(() => bob.rest.deleteCustomEmoji(emoji.id))).status_code, 403);
        await ada.rest.deleteCustomEmoji(emoji.id);
        assert.equal((await refusal(() => bob.rest.getCustomEmoji(emoji.id))).status_code, 404);
        assert.equal((await ada.rest.getPost(post.id)).metadata.emojis, undefined);
    });
});

describe('an upload in parts', () => {
    const MIB = 1 << 20;
    const post = (person, path, body, type) => fetch(`${person.rest.getBaseRoute()}${path}`, {
        method: 'post', body, headers: {Authorization: `Bearer ${person.token}`, 'Content-Type': type},
    });

    it('goes on after a restart of the server', async () => {
        const server = await Server.fresh();
        try {
            const eve = await Person.join('eve', {live: false, url: server.url});
            const room = await channelOf(await teamOf(eve), 'P', eve);
            const bytes = Buffer.alloc(7 * MIB, 'parts of a file ');
            const session = {channel_id: room.id, filename: 'big.bin', file_size: bytes.length};
            const begun = await post(eve, '/uploads', JSON.stringify(session), 'application/json');
            assert.equal(begun.status, 201);
            const {id} = await begun.json();
            const part = (from, to) => post(eve, `/uploads/${id}`, bytes.subarray(from, to), 'application/octet-stream');
            assert.equal((await part(0, 4 * MIB)).status, 400);
            assert.equal((await part(0, 5 * MIB)).status, 204);
            await server.stop();
            await server.start();
            const held = await (await get(eve, `${eve.rest.getBaseRoute()}/uploads/${id}`)).json();
            assert.deepEqual([held.file_offset, held.filename], [5 * MIB, 'big.bin']);
            const mine = await (await get(eve, `${eve.rest.getUserRoute('me')}/uploads`)).json();
            assert.deepEqual(mine, [held]);
            const done = await part(5 * MIB, 7 * MIB);
            assert.equal(done.status, 201);
            const info = await done.json();
            assert.deepEqual([info.name, info.size], ['big.bin', bytes.length]);
            const download = await get(eve, eve.rest.getFileRoute(info.id));
            assert.ok((await bytesOf(download)).equals(bytes));
            assert.equal((await get(eve, `${eve.rest.getBaseRoute()}/uploads/${id}`)).status, 404);
        } finally {
            await server.remove();
        }
    });
});
