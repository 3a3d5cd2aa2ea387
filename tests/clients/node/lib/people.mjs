// People who use the official client: REST through Client4, live events through
// its WebSocketClient. Nothing here patches the client; Node only lacks two
// browser globals that it reads.
import assert from 'node:assert/strict';
import {createRequire} from 'node:module';
import {randomBytes} from 'node:crypto';

import {checkFrame} from './described.mjs';

// `require` finds the packages through NODE_PATH, so they need not lie in the clone.
const require = createRequire(import.meta.url);
export const {WebSocket} = require('ws');
export const {Client4, WebSocketClient} = require('@mattermost/client');

globalThis.WebSocket = WebSocket;
globalThis.CloseEvent ??= class CloseEvent extends Event {
    constructor(type, {code = 1005, reason = '', wasClean = false} = {}) {
        super(type);
        Object.assign(this, {code, reason, wasClean});
    }
};
// The socket client narrates every connection on the console.
console.log = () => {};

export const SERVER = required('NOTTERMOST_URL');
export const PASSWORD = 'correct-horse-9';
export const DEADLINE_MS = Number(process.env.NOTTERMOST_TEST_DEADLINE_MS ?? 10_000);

function required(name) {
    const value = process.env[name];
    if (!value) {
        throw new Error(`${name} is not set: start these tests with tests/clients/run`);
    }
    return value;
}

/** A name that no earlier test of the same server has taken. */
export function unique(prefix) {
    return `${prefix}-${randomBytes(5).toString('hex')}`;
}

export function client(url = SERVER) {
    const rest = new Client4();
    rest.setUrl(url);
    return rest;
}

/** Waits until `condition` returns something truthy, asking again after each answer. */
export async function eventually(what, condition, deadline = DEADLINE_MS) {
    const end = Date.now() + deadline;
    let last;
    while (Date.now() < end) {
        last = await condition();
        if (last) {
            return last;
        }
        await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`not within ${deadline} ms: ${what}`);
}

/** Runs `call` and returns the client's error; fails if the server said yes. */
export async function refusal(call) {
    let answer;
    try {
        answer = await call();
    } catch (error) {
        if (error.status_code === undefined) {
            throw error;
        }
        return error;
    }
    throw new Error(`expected a refusal, got ${JSON.stringify(answer)}`);
}

/** The refusal that `call` comes to, which has one of these statuses. */
export async function refused(call, ...statuses) {
    const error = await refusal(call);
    assert.ok(statuses.includes(error.status_code), JSON.stringify(error));
    return error;
}

/** A live connection that keeps every frame and can be asked for one to come. */
export class Live {
    static #all = new Set();

    static everyoneStops() {
        Live.#all.forEach((live) => live.stop());
    }

    frames = [];
    hellos = 0;
    missed = 0;
    reconnects = 0;
    closes = 0;
    #waiting = new Set();

    constructor(token, {url = SERVER, auth = 'bearer', cookie = '', retryMs = 50} = {}) {
        this.url = url;
        Live.#all.add(this);
        this.client = new WebSocketClient({
            minWebSocketRetryTime: retryMs,
            maxWebSocketRetryTime: retryMs,
            reconnectJitterRange: 0,
            clientPingInterval: 30_000,
            newWebSocketFn: (address) => this.#open(address, token, auth, cookie),
        });
        this.client.addMessageListener((frame) => this.#receive(frame));
        this.client.addMissedMessageListener(() => this.missed++);
        this.client.addReconnectListener(() => this.reconnects++);
        this.client.addCloseListener(() => this.closes++);
        this.challenge = auth === 'challenge' ? token : undefined;
    }

    #open(address, token, auth, cookie) {
        const headers = {};
        if (auth === 'bearer') {
            headers.Authorization = `Bearer ${token}`;
        } else if (auth === 'cookie') {
            headers.Cookie = cookie;
        }
        this.addresses = [...(this.addresses ?? []), address];
        this.raw = new WebSocket(address, {headers});
        return this.raw;
    }

    /** Connects and waits for the hello. */
    async start() {
        const hello = this.expect('hello');
        this.client.initialize(this.url.replace(/^http/, 'ws') + '/api/v4/websocket', this.challenge, true);
        this.hello = await hello;
        return this;
    }

    #receive(frame) {
        this.frames.push(frame);
        checkFrame(frame);
        if (frame.event === 'hello') {
            this.hellos++;
        }
        for (const waiter of [...this.#waiting]) {
            if (waiter.event === frame.event && waiter.match(frame.data, frame)) {
                this.#waiting.delete(waiter);
                waiter.resolve(frame);
            }
        }
    }

    /**
     * The next frame of this kind. Ask before acting, await after:
     * `const seen = bob.live.expect('posted', ...); await ada.rest.createPost(...); await seen;`
     */
    expect(event, match = () => true, deadline = DEADLINE_MS) {
        const from = this.frames.length;
        const promise = new Promise((resolve, reject) => {
            const waiter = {event, match, resolve: (frame) => {
                clearTimeout(waiter.timer);
                resolve(frame);
            }};
            waiter.timer = setTimeout(() => {
                this.#waiting.delete(waiter);
                const since = this.frames.slice(from).map((f) => `${f.seq}:${f.event}`).join(' ');
                reject(new Error(`no "${event}" frame within ${deadline} ms; came: ${since || 'nothing'}`));
            }, deadline);
            this.#waiting.add(waiter);
        });
        promise.catch(() => {}); // the step before may throw first; its error is the one to show
        return promise;
    }

    /** Asks over the socket and waits for the reply with the same number. */
    ask(action, data) {
        return new Promise((resolve, reject) => {
            const timer = setTimeout(() => reject(new Error(`no reply to "${action}"`)), DEADLINE_MS);
            this.client.sendMessage(action, data, (reply) => {
                clearTimeout(timer);
                resolve(reply);
            });
        });
    }

    events(name, from = 0) {
        return this.frames.slice(from).filter((frame) => frame.event === name);
    }

    /** Cuts the TCP connection without a closing handshake, as a lost network does. */
    drop() {
        this.raw.terminate();
    }

    stop() {
        this.client.close();
        if (this.raw) {
            this.raw.onclose = null;
            this.raw.terminate();
        }
        this.client.clearReconnectTimeout();
    }
}

/** An account with its REST client and, once `online()` was called, its live connection. */
export class Person {
    constructor(username, {url = SERVER} = {}) {
        this.username = username;
        this.email = `${username}@example.com`;
        this.url = url;
        this.rest = client(url);
    }

    static async join(prefix, {live = true, url = SERVER} = {}) {
        const person = new Person(unique(prefix), {url});
        await person.signUp();
        await person.login();
        return live ? person.online() : person;
    }

    async signUp() {
        this.user = await this.rest.createUser(
            {email: this.email, username: this.username, password: PASSWORD}, '', '');
        this.id = this.user.id;
        return this.user;
    }

    async login() {
        const profile = await this.rest.login(this.username, PASSWORD);
        this.token = this.rest.getToken();
        return profile;
    }

    async online(options = {}) {
        this.live = await new Live(this.token, {url: this.url, ...options}).start();
        return this;
    }

    offline() {
        this.live?.stop();
    }

    say(channel, message, more = {}) {
        return this.rest.createPost({channel_id: channel.id, message, ...more});
    }

    /** The two numbers a sidebar shows, computed as the web client computes them. */
    async unread(channel) {
        const [total, member] = await Promise.all([
            this.rest.getChannel(channel.id), this.rest.getChannelMember(channel.id, this.id),
        ]);
        return {
            messages: total.total_msg_count - member.msg_count,
            roots: total.total_msg_count_root - member.msg_count_root,
            mentions: member.mention_count,
            rootMentions: member.mention_count_root,
        };
    }
}

/** A team with these people in it; the first one owns it. */
export async function teamOf(owner, ...others) {
    const name = unique('team');
    const team = await owner.rest.createTeam(
        {name, display_name: name, type: 'O', allow_open_invite: true});
    for (const person of others) {
        await owner.rest.addToTeam(team.id, person.id);
    }
    return team;
}

/** A channel of `team` with these people in it; the first one owns it. */
export async function channelOf(team, type, owner, ...others) {
    const name = unique(type === 'O' ? 'public' : 'private');
    const channel = await owner.rest.createChannel(
        {team_id: team.id, name, display_name: name, type});
    for (const person of others) {
        await owner.rest.addToChannel(person.id, channel.id);
    }
    return channel;
}

/**
 * Proves silence: after whatever happened before, `sender` writes to `receiver`
 * directly; what the receiver has got by then is all there was.
 */
export async function silence(sender, receiver, from, isLeak) {
    const direct = await sender.rest.createDirectChannel([sender.id, receiver.id]);
    const marker = unique('fence');
    const seen = receiver.live.expect('posted', (data) => JSON.parse(data.post).message === marker);
    await sender.say(direct, marker);
    await seen;
    const leaks = receiver.live.frames.slice(from).filter(isLeak);
    if (leaks.length > 0) {
        throw new Error(`frames that should not have come: ${JSON.stringify(leaks)}`);
    }
}
