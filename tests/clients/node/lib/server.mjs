// A server of one's own, for tests that stop and start it.
import {spawn} from 'node:child_process';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {createInterface} from 'node:readline';

// The tests' own variables are no configuration of the server, which refuses unknown keys.
const ENVIRONMENT = Object.fromEntries(Object.entries(process.env)
    .filter(([name]) => !name.startsWith('NOTTERMOST_') && name !== 'DATABASE_URL'));
const READY = /nottermost is ready at (http:\/\/\S+)/;

export class Server {
    /** @param settings what the server is told through its environment */
    static async fresh(settings = {}) {
        const server = new Server();
        server.settings = settings;
        server.data = await mkdtemp(join(tmpdir(), 'nottermost-clients-'));
        await server.start('127.0.0.1:0');
        return server;
    }

    async start(listen = this.url.replace(/^http:\/\//, '')) {
        this.child = spawn(process.env.NOTTERMOST_BIN, [], {
            env: {...ENVIRONMENT, ...this.settings, NOTTERMOST_HTTP__LISTEN: listen, NOTTERMOST_DATA__DIR: this.data},
            stdio: ['ignore', 'pipe', 'ignore'],
        });
        this.exited = new Promise((resolve) => this.child.once('exit', (code, signal) => resolve({code, signal})));
        this.url = await this.#ready();
    }

    #ready() {
        return new Promise((resolve, reject) => {
            const timer = setTimeout(() => reject(new Error('the server did not say that it is ready')), 60_000);
            this.exited.then(({code}) => reject(new Error(`the server ended with ${code} before it was ready`)));
            createInterface({input: this.child.stdout}).on('line', (line) => {
                const match = READY.exec(line);
                if (match) {
                    clearTimeout(timer);
                    resolve(match[1].replace(/\/$/, ''));
                }
            });
        });
    }

    async stop() {
        this.child.kill('SIGTERM');
        return this.exited;
    }

    async remove() {
        if (this.child.exitCode === null && this.child.signalCode === null) {
            await this.stop();
        }
        await rm(this.data, {recursive: true, force: true});
    }
}
