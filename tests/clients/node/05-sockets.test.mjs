// The fine print of the socket: numbering, requests and replies, ways to
// authenticate, lost connections, a restarted server.
import assert from 'node:assert/strict';
import {after, before, describe, it} from 'node:test';
import {channelOf, client, eventually, Live, PASSWORD, Person, SERVER, teamOf, unique, WebSocket} from './lib/people.mjs';
import {Server} from './lib/server.mjs';

let ada;
let bob;
let carol;
let team;
let channel;

before(async () => {
    [ada, bob, carol] = [await Person.join('ada'), await Person.join('bob'), await Person.join('carol')];
    team = await teamOf(ada, bob, carol);
    channel = await channelOf(team, 'O', ada, bob);
});
after(() => Live.everyoneStops());

const postedIn = (live, prefix) => live.events('posted')
    .map((frame) => JSON.parse(frame.data.post).message)
    .filter((message) => message.startsWith(prefix));

function assertContiguous(live) {
    const hello = live.frames.findLastIndex((frame) => frame.event === 'hello');
    const numbers = live.frames.slice(hello).map((frame) => frame.seq);
    assert.deepEqual(numbers, numbers.map((_, n) => n));
}

/** A bare socket: no client in between, every message parsed and kept. */
function bare({query = '', headers = {}, url = SERVER} = {}) {
    const socket = new WebSocket(url.replace(/^http/, 'ws') + '/api/v4/websocket' + query, {headers});
    const heard = [];
    socket.on('message', (data) => heard.push(JSON.parse(data)));
    const closed = new Promise((resolve) => {
        socket.on('close', (code) => resolve({code}));
        socket.on('unexpected-response', (_, response) => resolve({status: response.statusCode}));
        socket.on('error', () => {});
    });
    return {
        socket, heard, closed,
        opened: new Promise((resolve) => socket.on('open', resolve)),
        send: (message) => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
        hear: (what, match) => eventually(what, () => heard.find(match)),
        end: () => socket.terminate(),
    };
}
const bearer = (person) => ({Authorization: `Bearer ${person.token}`});
const isHello = (message) => message.event === 'hello';

describe('a connection', () => {
    it('begins with a hello numbered 0 and counts without a gap', async () => {
        const live = await new Live(bob.token).start();
        try {
            assert.equal(live.frames[0].event, 'hello');
            assert.equal(live.hello.seq, 0);
            assert.match(live.hello.data.connection_id, /^[a-z0-9]{26}$/);
            assert.ok(live.hello.data.server_version);
            const prefix = unique('count');
            for (let n = 0; n < 20; n++) {
                await Promise.all([ada.say(channel, `${prefix} ${n}`), live.ask('ping', {})]);
            }
            await eventually('twenty posts', () => postedIn(live, prefix).length === 20);
            assertContiguous(live);
        } finally {
            live.stop();
        }
    });

    it('answers a ping', async () => {
        const reply = await bob.live.ask('ping', undefined);
        assert.equal(reply.status, 'OK');
        assert.equal(reply.data.text, 'pong');
        assert.ok(!('seq' in reply) && !('event' in reply));
    });

    it('gives everyone the same numbers of posts, each counted for itself', async () => {
        const prefix = unique('order');
        for (let n = 0; n < 30; n++) {
            await (n % 2 ? ada : bob).say(channel, `${prefix} ${n}`);
        }
        const expected = Array.from({length: 30}, (_, n) => `${prefix} ${n}`);
        for (const person of [ada, bob]) {
            await eventually('thirty posts', () => postedIn(person.live, prefix).length === 30);
            assert.deepEqual(postedIn(person.live, prefix), expected);
            assertContiguous(person.live);
        }
        assert.deepEqual(postedIn(carol.live, prefix), []);
    });

    it('says what is wrong with a request, and lives on', async () => {
        const unknown = await bob.live.ask('no_such_action', {});
        assert.equal(unknown.status, 'FAIL');
        assert.equal(unknown.error.id, 'api.web_socket_router.bad_action.app_error');
        const socket = bare({headers: bearer(bob)});
        try {
            await socket.hear('hello', isHello);
            socket.send({seq: 0, action: 'ping'});
            await socket.hear('a refusal of seq 0', (m) => m.status === 'FAIL'
                && m.error.id === 'api.web_socket_router.bad_seq.app_error');
            socket.send({seq: 7, action: 'user_typing', data: {channel_id: 17, parent_id: null}});
            socket.send({seq: 8, action: 'user_typing'});
            socket.send({seq: 9, action: 'get_statuses_by_ids', data: {user_ids: 'everyone'}});
            socket.send({seq: 10, action: 'presence', data: {channel_id: channel.id}});
            socket.send({seq: 11, action: 'posted_notify_ack', data: {post_id: 'x', status: 'ok'}});
            socket.send({seq: 12, action: 'ping', data: null});
            await socket.hear('pong', (m) => m.seq_reply === 12 && m.status === 'OK');
            assert.ok(socket.heard.filter((m) => [7, 8, 9].includes(m.seq_reply)).every((m) => m.status === 'FAIL'));
            assert.equal(socket.heard.find((m) => m.seq_reply === 10).status, 'OK');
        } finally {
            socket.end();
        }
    });

    it('ends over nonsense or a giant frame, and the server lives on', async () => {
        const giant = bare({headers: bearer(bob)});
        await giant.hear('hello', isHello);
        giant.send({seq: 1, action: 'ping', data: {filler: 'x'.repeat(64 * 1024)}});
        await giant.closed;
        const nonsense = bare({headers: bearer(bob)});
        await nonsense.hear('hello', isHello);
        nonsense.send('{"seq":1,');
        nonsense.send('[]');
        nonsense.send({seq: 'one', action: ['ping']});
        nonsense.send({seq: 5, action: 'ping'});
        await Promise.race([nonsense.closed, nonsense.hear('pong', (m) => m.seq_reply === 5)]);
        nonsense.end();
        assert.equal((await client().ping()).status, 'OK');
        assert.equal((await bob.live.ask('ping', {})).status, 'OK');
    });

    it('gives statuses over the socket', async () => {
        const one = await bob.live.ask('get_statuses_by_ids', {user_ids: [ada.id]});
        assert.deepEqual(one.data, {[ada.id]: 'online'});
        const all = await bob.live.ask('get_statuses', null);
        assert.equal(all.status, 'OK');
        assert.equal(all.data[bob.id], 'online');
    });
});

describe('authentication', () => {
    it('works by a challenge after opening', async () => {
        const live = await new Live(bob.token, {auth: 'challenge'}).start();
        try {
            const prefix = unique('challenge');
            const seen = live.expect('posted');
            await ada.say(channel, prefix);
            await seen;
            assertContiguous(live);
            assert.equal(live.hellos, 1);
        } finally {
            live.stop();
        }
    });

    it('works by the cookie that a browser got at login', async () => {
        const answer = await fetch(`${SERVER}/api/v4/users/login`, {
            method: 'POST',
            headers: {'Content-Type': 'application/json', 'X-Requested-With': 'XMLHttpRequest'},
            body: JSON.stringify({login_id: bob.username, password: PASSWORD}),
        });
        const cookie = answer.headers.getSetCookie().map((c) => c.split(';')[0]).join('; ');
        const live = await new Live('', {auth: 'cookie', cookie}).start();
        live.stop();
        const foreign = bare({headers: {Cookie: cookie, Origin: 'https://evil.example.com'}});
        assert.ok((await foreign.closed).status >= 400, 'a foreign origin with a cookie is refused');
    });

    it('refuses a wrong token by closing', async () => {
        const socket = bare();
        await socket.opened;
        socket.send({seq: 1, action: 'authentication_challenge', data: {token: 'a'.repeat(26)}});
        await socket.closed;
        assert.ok(!socket.heard.some(isHello));
    });

    it('lets nothing but the challenge through before it', async () => {
        const socket = bare();
        await socket.opened;
        socket.send({seq: 1, action: 'get_statuses'});
        const reply = await Promise.race([socket.closed, socket.hear('a refusal', (m) => m.seq_reply === 1)]);
        if (reply.status === 'FAIL') {
            assert.equal(reply.error.id, 'api.web_socket_router.not_authenticated.app_error');
        }
        assert.ok(!socket.heard.some(isHello));
        socket.end();
    });

    it('takes a challenge on an authenticated connection calmly', async () => {
        const socket = bare({headers: bearer(bob)});
        await socket.hear('hello', isHello);
        socket.send({seq: 1, action: 'authentication_challenge', data: {token: bob.token}});
        await socket.hear('OK', (m) => m.seq_reply === 1 && m.status === 'OK');
        socket.send({seq: 2, action: 'ping'});
        await socket.hear('pong', (m) => m.seq_reply === 2);
        assert.equal(socket.heard.filter(isHello).length, 1);
        socket.end();
    });
});

describe('a lost connection', () => {
    it('is resumed without a second hello and without a gap', async () => {
        const live = await new Live(bob.token, {retryMs: 300}).start();
        const prefix = unique('resume');
        const expected = [];
        const say = async () => {
            expected.push(`${prefix} ${expected.length}`);
            await ada.say(channel, expected.at(-1));
        };
        try {
            for (let round = 1; round <= 5; round++) {
                await say();
                live.drop();
                for (let n = 0; n < 5; n++) {
                    await say();
                }
                await eventually('the client is back', () => live.reconnects === round);
                await say();
            }
            await eventually('every post', () => postedIn(live, prefix).length >= expected.length);
            assert.deepEqual(postedIn(live, prefix), expected);
            assert.equal(live.hellos, 1);
            assert.equal(live.missed, 0);
            assert.equal(live.closes, 5, 'the client found nothing to complain of');
            assertContiguous(live);
        } finally {
            live.stop();
        }
    });

    it('is resumed silently when nothing happened meanwhile', async () => {
        const live = await new Live(bob.token, {retryMs: 50}).start();
        try {
            live.drop();
            await eventually('the client is back', () => live.reconnects === 1);
            assert.equal((await live.ask('ping', {})).status, 'OK');
            const seen = live.expect('posted');
            await ada.say(channel, 'after a quiet time');
            await seen;
            assert.equal(live.hellos, 1);
            assertContiguous(live);
        } finally {
            live.stop();
        }
    });

    it('brings back what one may still see: not the channel that one was removed from', async () => {
        const hidden = await channelOf(team, 'P', ada, carol);
        const live = await new Live(carol.token, {retryMs: 500}).start();
        try {
            live.drop();
            await ada.rest.removeFromChannel(carol.id, hidden.id);
            const secret = unique('secret');
            await ada.say(hidden, secret);
            const fence = unique('fence');
            const direct = await ada.rest.createDirectChannel([ada.id, carol.id]);
            const seen = live.expect('posted', (data) => JSON.parse(data.post).message === fence);
            await ada.say(direct, fence);
            await seen;
            assert.deepEqual(postedIn(live, secret), []);
            assert.ok(live.events('user_removed').some((f) => f.data.channel_id === hidden.id));
        } finally {
            live.stop();
        }
    });

    it('never loses posts unnoticed, however many there were', async () => {
        const live = await new Live(bob.token, {retryMs: 1500}).start();
        const prefix = unique('many');
        try {
            live.drop();
            await Promise.all(Array.from({length: 300}, (_, n) => ada.say(channel, `${prefix} ${n}`)));
            await eventually('the client is back', () => live.reconnects === 1);
            await eventually('all posts, or word that some were missed',
                () => postedIn(live, prefix).length === 300 || live.missed > 0);
            assertContiguous(live);
            if (live.missed === 0) {
                assert.equal(new Set(postedIn(live, prefix)).size, 300);
                assert.equal(live.hellos, 1);
            } else {
                assert.equal(live.hellos, 2);
            }
        } finally {
            live.stop();
        }
    });

    it('is nobody else\'s to resume', async () => {
        const live = await new Live(bob.token, {retryMs: 60_000}).start();
        const id = live.hello.data.connection_id;
        live.drop();
        const secret = unique('bob-only');
        await ada.say(await ada.rest.createDirectChannel([ada.id, bob.id]), secret);
        const thief = bare({query: `?connection_id=${id}&sequence_number=1`, headers: bearer(carol)});
        try {
            const hello = await thief.hear('hello', isHello);
            assert.equal(hello.seq, 0);
            assert.notEqual(hello.data.connection_id, id);
            thief.send({seq: 1, action: 'ping'});
            await thief.hear('pong', (m) => m.seq_reply === 1);
            assert.ok(!JSON.stringify(thief.heard).includes(secret));
        } finally {
            thief.end();
            live.stop();
        }
    });

    it('starts anew with an unknown id or a number from the future', async () => {
        const known = await new Live(bob.token, {retryMs: 60_000}).start();
        const id = known.hello.data.connection_id;
        known.drop();
        try {
            for (const query of [`?connection_id=${'a'.repeat(26)}&sequence_number=5`,
                `?connection_id=${id}&sequence_number=100000`,
                '?connection_id=%00&sequence_number=-1', '?connection_id=x&sequence_number=many']) {
                const socket = bare({query, headers: bearer(bob)});
                const first = await Promise.race([socket.hear('hello', isHello), socket.closed]);
                if (first.event === 'hello') {
                    assert.equal(first.seq, 0);
                    assert.notEqual(first.data.connection_id, id);
                } else {
                    assert.equal(first.status, 400, query);
                }
                socket.end();
            }
        } finally {
            known.stop();
        }
    });
});

describe('a restarted server', () => {
    it('greets anew, keeps everything, and goes on', async () => {
        const server = await Server.fresh();
        const here = {url: server.url};
        let eve;
        let fred;
        try {
            [eve, fred] = [await Person.join('eve', here), await Person.join('fred', here)];
            const place = await teamOf(eve, fred);
            const room = await channelOf(place, 'O', eve, fred);
            const first = await eve.say(room, 'before');
            const connection = fred.live.hello.data.connection_id;
            const {code} = await server.stop();
            assert.equal(code, 0);
            const again = fred.live.expect('hello', () => true, 60_000);
            await server.start();
            const hello = await again;
            assert.equal(hello.seq, 0);
            assert.notEqual(hello.data.connection_id, connection);
            assert.equal(fred.live.missed, 1);
            assert.equal((await fred.rest.getPost(first.id)).message, 'before');
            assert.equal((await fred.rest.getMe()).id, fred.id, 'the session outlives the restart');
            const seen = fred.live.expect('posted', (data) => JSON.parse(data.post).message === 'after');
            const second = await eve.say(room, 'after');
            await seen;
            assert.ok(second.create_at > first.create_at);
            const since = await fred.rest.getPostsSince(room.id, first.create_at);
            assert.ok(since.order.includes(second.id));
            assertContiguous(fred.live);
        } finally {
            eve?.offline();
            fred?.offline();
            await server.remove();
        }
    });
});
