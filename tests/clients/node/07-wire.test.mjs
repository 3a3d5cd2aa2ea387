// What clients read beside the body: content types to the letter, headers,
// cookies, error bodies.
import assert from 'node:assert/strict';
import {after, before, describe, it} from 'node:test';
import {channelOf, Live, PASSWORD, Person, SERVER, teamOf} from './lib/people.mjs';

let ada;
let bob;
let team;
let channel;

before(async () => {
    [ada, bob] = [await Person.join('ada', {live: false}), await Person.join('bob', {live: false})];
    team = await teamOf(ada, bob);
    channel = await channelOf(team, 'O', ada, bob);
});
after(() => Live.everyoneStops());

const ask = (path, {as, headers = {}, method = 'GET', body} = {}) => fetch(`${SERVER}${path}`, {
    method, body,
    headers: {...(as ? {Authorization: `Bearer ${as.token}`} : {}), ...headers},
});
const api = (path, options) => ask(`/api/v4${path}`, options);
const json = (value) => ({body: JSON.stringify(value), headers: {'Content-Type': 'application/json'}});

async function assertError(answer, status, id) {
    assert.equal(answer.status, status);
    assert.equal(answer.headers.get('content-type'), 'application/json');
    const body = await answer.json();
    assert.equal(body.status_code, status);
    assert.match(body.id, id);
    assert.equal(typeof body.message, 'string');
    assert.notEqual(body.message, '');
    assert.equal(typeof body.detailed_error, 'string');
    assert.equal(body.request_id, answer.headers.get('x-request-id'));
    assert.notEqual(body.request_id, '');
}

describe('every answer', () => {
    it('is application/json to the letter, with its request and version', async () => {
        for (const path of ['/system/ping', '/config/client?format=old', '/config/client', '/license/client?format=old',
            '/users/me', '/users/me/teams', `/channels/${channel.id}`, `/channels/${channel.id}/posts`, '/plugins/webapp',
            '/users/me/preferences', `/users/me/teams/${team.id}/channels/categories`]) {
            const answer = await api(path, {as: bob});
            assert.equal(answer.status, 200, path);
            assert.equal(answer.headers.get('content-type'), 'application/json', path);
            assert.match(answer.headers.get('x-request-id'), /\S/, path);
            assert.match(answer.headers.get('x-version-id'), /^\d+\.\d+\.\d+\..+\..*\.(true|false)$/, path);
            assert.equal(answer.headers.get('expires'), '0', path);
            assert.equal(answer.headers.get('cache-control'), null, `${path}: clients ignore the version beside it`);
            assert.equal(answer.headers.getSetCookie().length, 0, path);
        }
    });

    it('has its own request id', async () => {
        const ids = new Set();
        for (let n = 0; n < 5; n++) {
            ids.add((await api('/users/me', {as: bob})).headers.get('x-request-id'));
        }
        assert.equal(ids.size, 5);
    });

    it('is 201 for what was created and 200 for reactions', async () => {
        const post = await api('/posts', {as: bob, method: 'POST', ...json({channel_id: channel.id, message: 'x'})});
        assert.equal(post.status, 201);
        const {id} = await post.json();
        const reaction = await api('/reactions', {as: bob, method: 'POST',
            ...json({user_id: bob.id, post_id: id, emoji_name: 'tada'})});
        assert.equal(reaction.status, 200);
        const pin = await api(`/posts/${id}/pin`, {as: bob, method: 'POST'});
        assert.equal(pin.status, 200);
        assert.deepEqual(await pin.json(), {status: 'OK'});
    });

    it('gives memberships as lines when asked for page -1', async () => {
        const answer = await api('/users/me/channel_members?page=-1', {as: bob});
        assert.equal(answer.headers.get('content-type'), 'application/x-ndjson');
        const lines = (await answer.text()).trim().split('\n').map((line) => JSON.parse(line));
        assert.ok(lines.some((member) => member.channel_id === channel.id && member.user_id === bob.id));
    });

    it('has an unquoted ETag for posts, which a client may send back', async () => {
        const path = `/channels/${channel.id}/posts`;
        const etag = (await api(path, {as: bob})).headers.get('etag');
        assert.match(etag, /^[^"\s]+$/);
        const unchanged = await api(path, {as: bob, headers: {'If-None-Match': etag}});
        assert.equal(unchanged.status, 304);
        assert.equal(unchanged.headers.get('etag'), etag);
        assert.equal((await api(path, {as: bob, headers: {'If-None-Match': ''}})).status, 200);
        await ada.say(channel, 'something new');
        assert.equal((await api(path, {as: bob, headers: {'If-None-Match': etag}})).status, 200);
    });
});

describe('errors', () => {
    it('have the v4 body wherever they come from', async () => {
        await assertError(await api('/users/me'), 401, /^api\.context\.session_expired\.app_error$/);
        await assertError(await api('/users/me', {headers: {Authorization: 'Bearer wrong'}}), 401,
            /^api\.context\.session_expired\.app_error$/);
        await assertError(await api('/no/such/route', {as: bob}), 404, /^api\.context\.404\.app_error$/);
        await assertError(await api('/no/such/route'), 404, /^api\.context\.404\.app_error$/);
        await assertError(await api(`/channels/${'a'.repeat(26)}`, {as: bob}), 404, /^app\.channel\.get\.existing\.app_error$/);
        await assertError(await api(`/posts/${'a'.repeat(26)}`, {as: bob}), 404, /^app\.post\.get\.app_error$/);
        await assertError(await api(`/users/${'a'.repeat(26)}`, {as: bob}), 404, /^app\.user\.missing_account\.const$/);
        await assertError(await api('/posts', {as: bob, method: 'POST', body: '{"half',
            headers: {'Content-Type': 'application/json'}}), 400,
            /^api\.context\.invalid_body_param\.app_error$/);
        await assertError(await api('/posts', {as: bob, method: 'POST', ...json({channel_id: channel.id,
            message: 'x'.repeat(400_000)})}), 413, /^api\.context\.request_body_too_large\.app_error$/);
    });

    it('answer a wrong method in the same way', async () => {
        const answer = await api('/posts', {as: bob, method: 'DELETE'});
        assert.ok([404, 405].includes(answer.status));
        await assertError(answer, answer.status, /./);
    });
});

describe('cookies', () => {
    const login = (headers) => api('/users/login', {method: 'POST', body: JSON.stringify(
        {login_id: bob.username, password: PASSWORD}), headers: {'Content-Type': 'application/json', ...headers}});
    const jar = (answer) => Object.fromEntries(answer.headers.getSetCookie()
        .map((line) => [line.split('=')[0], {value: line.split(';')[0].split('=')[1], line}]));

    it('come only to those who say that they are a browser', async () => {
        const plain = await login({});
        assert.match(plain.headers.get('token'), /^[a-z0-9]{26}$/);
        assert.deepEqual(plain.headers.getSetCookie(), []);
        const browser = await login({'X-Requested-With': 'XMLHttpRequest'});
        const cookies = jar(browser);
        assert.deepEqual(Object.keys(cookies).sort(), ['MMAUTHTOKEN', 'MMCSRF', 'MMUSERID']);
        assert.match(cookies.MMAUTHTOKEN.line, /HttpOnly/i);
        assert.doesNotMatch(cookies.MMUSERID.line, /HttpOnly/i);
        assert.doesNotMatch(cookies.MMCSRF.line, /HttpOnly/i);
        assert.equal(cookies.MMUSERID.value, bob.id);
        for (const {line} of Object.values(cookies)) {
            assert.match(line, /Path=\/(;|$)/i);
            assert.match(line, /Max-Age=\d+/i);
        }
    });

    it('authenticate reads alone, and writes with the CSRF token', async () => {
        const cookies = jar(await login({'X-Requested-With': 'XMLHttpRequest'}));
        const Cookie = Object.entries(cookies).map(([name, {value}]) => `${name}=${value}`).join('; ');
        assert.equal((await (await api('/users/me', {headers: {Cookie}})).json()).id, bob.id);
        const write = (headers) => api('/posts', {method: 'POST',
            body: JSON.stringify({channel_id: channel.id, message: 'by cookie'}),
            headers: {Cookie, 'Content-Type': 'application/json', ...headers}});
        await assertError(await write({}), 401, /^api\.context\.session_expired\.app_error$/);
        await assertError(await write({'X-CSRF-Token': 'wrong'}), 401, /^api\.context\.session_expired\.app_error$/);
        assert.equal((await write({'X-CSRF-Token': cookies.MMCSRF.value})).status, 201);
        assert.equal((await write({'X-Requested-With': 'XMLHttpRequest'})).status, 201);
        const out = await api('/users/logout', {method: 'POST',
            headers: {Cookie, 'X-CSRF-Token': cookies.MMCSRF.value}});
        assert.equal(out.status, 200);
        assert.deepEqual(await out.json(), {status: 'OK'});
        assert.equal((await api('/users/me', {headers: {Cookie}})).status, 401);
    });

    it('are never pushed to those who come with a header', async () => {
        const answer = await api('/posts', {as: bob, method: 'POST', ...json({channel_id: channel.id, message: 'y'})});
        assert.deepEqual(answer.headers.getSetCookie(), []);
    });
});

describe('the root', () => {
    it('is a page with the version in its headers', async () => {
        const answer = await ask('/');
        assert.equal(answer.status, 200);
        assert.match(answer.headers.get('content-type'), /^text\/html/);
        assert.match(answer.headers.get('x-version-id'), /^\d+\.\d+\.\d+\./);
    });
});
