// A server of one's own, that tests stop and start.
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const START_MS = 120_000;
const READY = /nottermost is ready at (http:\/\/\S+)/;

// The tests' own variables are no configuration of the server, which refuses unknown keys.
const ENVIRONMENT = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !name.startsWith('NOTTERMOST_') && name !== 'DATABASE_URL'),
);

export class Server {
  static async fresh(settings = {}) {
    const server = new Server();
    server.settings = settings;
    server.data = await mkdtemp(join(tmpdir(), 'nottermost-web-'));
    await server.start('127.0.0.1:0');
    return server;
  }

  async start(listen = new URL(this.url).host) {
    const binary = process.env.NOTTERMOST_BIN;
    if (!binary) throw new Error('NOTTERMOST_BIN is not set: start these tests with web/e2e/run');
    this.child = spawn(binary, [], {
      env: {
        ...ENVIRONMENT,
        NOTTERMOST_HTTP__LISTEN: listen,
        NOTTERMOST_DATA__DIR: this.data,
        ...this.settings,
      },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    this.exited = new Promise((resolve) => this.child.once('exit', resolve));
    this.url = await new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('the server did not say that it is ready')), START_MS);
      this.exited.then((code) => reject(new Error(`the server ended with ${code} before it was ready`)));
      createInterface({ input: this.child.stdout }).on('line', (line) => {
        const match = READY.exec(line);
        if (!match) return;
        clearTimeout(timer);
        resolve(match[1].replace(/\/$/, ''));
      });
    });
  }

  async stop() {
    this.child.kill('SIGTERM');
    await this.exited;
  }

  async remove() {
    if (this.child.exitCode === null && this.child.signalCode === null) await this.stop();
    await rm(this.data, { recursive: true, force: true });
  }
}
