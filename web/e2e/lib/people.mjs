// People with a browser each, and the server that they share.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { extname, join } from 'node:path';
import { chromium } from 'playwright-core';

export const PASSWORD = 'correct horse battery';
const PATIENCE_MS = Number(process.env.NOTTERMOST_TEST_DEADLINE_MS ?? 20_000);
const require = createRequire(import.meta.url);
const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

const executable = () => {
  const places = [
    process.env.CHROMIUM,
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
  ];
  const found = places.find((place) => place && existsSync(place));
  if (!found) throw new Error('no Chromium: install it (Debian: chromium), or name it in CHROMIUM');
  return found;
};

export const launch = () =>
  chromium.launch({
    executablePath: executable(),
    args: [
      '--no-sandbox',
      '--font-render-hinting=none',
      // A page that `tryPage` hands out comes from nowhere; it may talk to this machine all the same.
      ...(process.env.NOTTERMOST_PAGE ? ['--disable-features=LocalNetworkAccessChecks'] : []),
    ],
  });

/** Asks the API as somebody, without a browser. */
export class Caller {
  constructor(url, token) {
    Object.assign(this, { url, token });
  }

  static async logIn(url, login_id) {
    const answer = await fetch(`${url}/api/v4/users/login`, {
      method: 'POST',
      body: JSON.stringify({ login_id, password: PASSWORD }),
    });
    assert.equal(answer.status, 200);
    const caller = new Caller(url, answer.headers.get('token'));
    caller.id = (await answer.json()).id;
    return caller;
  }

  static async signUp(url, username, profile = {}) {
    const email = `${username}@example.org`;
    await new Caller(url).ask('POST', '/users', { username, email, password: PASSWORD, ...profile });
    return Caller.logIn(url, username);
  }

  async ask(method, path, body) {
    const answer = await fetch(`${this.url}/api/v4${path}`, {
      method,
      headers: this.token ? { Authorization: `Bearer ${this.token}` } : {},
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await answer.text();
    assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${text}`);
    return JSON.parse(text);
  }

  async say(channel_id, message, more = {}) {
    return this.ask('POST', '/posts', { channel_id, message, ...more });
  }
}

const TYPES = {
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

/** With NOTTERMOST_PAGE, the page of that folder is tried in place of the binary's: no need to build that. */
const tryPage = async (context, url) => {
  const folder = process.env.NOTTERMOST_PAGE;
  if (!folder) return;
  const index = await fetch(url);
  await context.route(
    (to) => to.origin === url && !/^\/(api\/|metrics$)/.test(to.pathname),
    async (route) => {
      const path = join(folder, new URL(route.request().url()).pathname);
      const file = extname(path) && existsSync(path) ? path : join(folder, 'index.html');
      await route.fulfill({
        body: readFileSync(file),
        contentType: TYPES[extname(file)] ?? 'text/html',
        headers: { 'content-security-policy': index.headers.get('content-security-policy') ?? '' },
      });
    },
  );
};

/** Somebody who sits in front of the page. */
export class Person {
  static async sitDown(browser, url, { breakable, ...options } = {}) {
    const person = new Person();
    person.url = url;
    person.context = await browser.newContext({ locale: 'en-GB', timezoneId: 'UTC', ...options });
    person.context.setDefaultTimeout(PATIENCE_MS);
    await tryPage(person.context, url);
    if (breakable) await person.makeBreakable();
    person.page = await person.context.newPage();
    person.complaints = [];
    person.page.on('pageerror', (error) => person.complaints.push(String(error)));
    person.page.on('console', (message) => {
      if (/Content Security Policy|Minified React error/.test(message.text()))
        person.complaints.push(message.text());
    });
    person.page.on('dialog', (dialog) => {
      person.complaints.push(`a dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    return person;
  }

  go(path) {
    return this.page.goto(this.url + path);
  }

  async signUp(username, path = '/signup') {
    await this.go(path);
    await this.page.getByLabel('Email').fill(`${username}@example.org`);
    await this.page.getByLabel('Username').fill(username);
    await this.page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await this.page.getByRole('button', { name: 'Create account' }).click();
  }

  async logIn(username, path = '/login') {
    await this.go(path);
    await this.page.getByLabel('Username or email').fill(username);
    await this.page.getByLabel('Password').fill(PASSWORD);
    await this.page.getByRole('button', { name: 'Log in' }).click();
    await this.composer().waitFor();
  }

  composer() {
    return this.page.locator('#composer');
  }

  async write(text) {
    await this.composer().fill(text);
    await this.composer().press('Enter');
  }

  /** The message in the conversation that has this text. */
  post(text) {
    return this.page.locator('.list .post', { hasText: text }).last();
  }

  async sees(text) {
    await this.post(text).waitFor();
    return this.post(text);
  }

  /** The list stands at its newest message, and that is this one. */
  async seesAtEnd(text) {
    await until('its end is in view', async () => {
      const box = await this.post(text).boundingBox();
      const end = await this.composer().boundingBox();
      return box && end && box.y + box.height < end.y + 8;
    });
  }

  entry(name) {
    return this.page.getByRole('navigation', { name: 'Channels' }).locator('a.entry', { hasText: name });
  }

  async act(text, action) {
    const post = await this.sees(text);
    await post.hover();
    await post.getByRole('button', { name: action, exact: true }).click();
  }

  async choose(text, choice) {
    await this.act(text, 'More');
    await this.page.getByRole('menuitem', { name: choice }).click();
  }

  /** What a checker of accessibility has against what is shown. */
  async flaws() {
    await this.page.evaluate(AXE);
    const found = await this.page.evaluate(() =>
      // What is animated in has not its colours yet.
      Promise.all(
        document.getAnimations().map((animation) => animation.finished.catch(() => undefined)),
      ).then(() =>
        window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }),
      ),
    );
    return found.violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.target} ${node.failureSummary}`).join(' | ')}`,
    );
  }

  /** Puts a switch into the line: nothing gets through while it is cut. */
  async makeBreakable() {
    this.sockets = new Set();
    await this.context.routeWebSocket(/\/api\/v4\/websocket/, (socket) => {
      if (this.isCut) return void socket.close({ code: 4999 });
      const { sockets } = this;
      socket.connectToServer();
      sockets.add(socket);
    });
  }

  async cut() {
    this.isCut = true;
    await this.context.setOffline(true);
    for (const socket of this.sockets) await socket.close({ code: 4999 });
    this.sockets.clear();
  }

  async mend() {
    this.isCut = false;
    await this.context.setOffline(false);
  }

  /** A finger on the screen: where it comes down, moves to, and that it is lifted. */
  async finger() {
    const session = await this.context.newCDPSession(this.page);
    const send = (type, touchPoints) => session.send('Input.dispatchTouchEvent', { type, touchPoints });
    return {
      down: (x, y) => send('touchStart', [{ x, y }]),
      move: (x, y) => send('touchMove', [{ x, y }]),
      lift: () => send('touchEnd', []),
    };
  }

  leave() {
    return this.context.close();
  }
}

/** Waits until `condition` gives something truthy; it is asked again after each answer. */
export const until = async (what, condition) => {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const found = await condition();
    if (found) return found;
    if (Date.now() > end) throw new Error(`not within ${PATIENCE_MS} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
};
