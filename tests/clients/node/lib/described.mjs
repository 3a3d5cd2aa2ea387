// Holds what the clients are answered against the committed descriptions: OpenAPI for every exchange,
// AsyncAPI for every frame. What does not fit fails the file that it was seen in: a description leaves objects
// open, as clients do, but no answer and no frame has a member that none speaks of.
import {createRequire} from 'node:module';
import {readFileSync} from 'node:fs';

const require = createRequire(import.meta.url);
const {default: Ajv} = require('ajv/dist/2020');

const api = read('openapi.json');
const socket = read('asyncapi-websocket.json');
const ajv = new Ajv({strict: false, validateFormats: false, allErrors: false});
ajv.addSchema(api, 'requests');
ajv.addSchema(closed(api, api), 'answers');
ajv.addSchema(closed(socket, socket), 'socket');

const violations = new Set();
const validators = new Map();
const routes = Object.keys(api.paths).map(route).sort((one, other) => one.parameters - other.parameters);

// Not in a hook: what fails in one keeps those after it from closing their sockets.
process.on('exit', () => {
    if (violations.size > 0) {
        console.error(['Not as described:', ...violations].join('\n'));
        process.exitCode = 1;
    }
});

const plainFetch = globalThis.fetch;
globalThis.fetch = async (input, init = {}) => {
    const response = await plainFetch(input, init);
    const url = new URL(typeof input === 'string' ? input : input.url ?? String(input));
    const found = described(url, init.method ?? 'GET');
    if (found) {
        await check(found, url, init, response.clone());
    }
    return response;
};

/** Checks an event, or an answer, that a socket got. */
export function checkFrame(frame) {
    if (frame.event === undefined) {
        const name = frame.status === 'OK' ? 'reply' : 'reply_error';
        fits('socket', ['components', 'messages', name, 'payload'], frame, 'an answer over the socket');
        return;
    }
    if (!(frame.event in socket.components.messages)) {
        violations.add(`the event ${frame.event} is not described`);
        return;
    }
    fits('socket', ['components', 'messages', frame.event, 'payload'], frame, `the event ${frame.event}`);
}

function read(name) {
    return JSON.parse(readFileSync(new URL(`../../../../docs/${name}`, import.meta.url)));
}

/** A copy in which an object has no members but those that are described. */
function closed(schema, document) {
    if (Array.isArray(schema)) {
        return schema.map((part) => closed(part, document));
    }
    if (schema === null || typeof schema !== 'object') {
        return schema;
    }
    if (schema.allOf) {
        return closed(merged(schema.allOf.map((part) => referred(part, document))), document);
    }
    const copy = Object.fromEntries(Object.entries(schema).map(([name, part]) => [name, closed(part, document)]));
    return schema.type === 'object' && schema.properties ? {additionalProperties: false, ...copy} : copy;
}

function referred(schema, document) {
    const path = schema.$ref?.slice('#/'.length).split('/') ?? [];
    return schema.$ref ? path.reduce((within, name) => within[name], document) : schema;
}

/** All of several objects as one: a member of the one is none of the other's. */
function merged(parts) {
    return {
        type: 'object',
        properties: Object.assign({}, ...parts.map((part) => part.properties)),
        required: parts.flatMap((part) => part.required ?? []),
    };
}

function route(path) {
    const parameters = path.split('{').length - 1;
    const pattern = path.replaceAll('.', '\\.').replaceAll(/\{[^}]+\}/g, '[^/]+');
    return {path, parameters, pattern: new RegExp(`^${pattern}$`)};
}

function described(url, method) {
    const verb = method.toLowerCase() === 'head' ? 'get' : method.toLowerCase();
    const found = routes.find(({path, pattern}) => pattern.test(url.pathname) && api.paths[path][verb]);
    return found && {path: found.path, verb, operation: api.paths[found.path][verb]};
}

async function check({path, verb, operation}, url, init, response) {
    const name = `${verb.toUpperCase()} ${path}`;
    const {status} = response;
    const answer = operation.responses[status];
    if (!answer) {
        violations.add(`${name} answered ${status}, which is not described`);
        return;
    }
    const type = (response.headers.get('content-type') ?? '').split(';')[0];
    const json = type === 'application/json';
    const body = json && verb !== 'head' ? await response.json() : undefined;
    if (status >= 400) {
        const shape = ['components', 'schemas', 'AppError'];
        fits('answers', shape, body, `${name}: ${status}`);
        return;
    }
    const content = answer.content?.['application/json'];
    if (content && verb !== 'head' && (json || !(type in answer.content))) {
        fits('answers', ['paths', path, verb, 'responses', status, 'content', 'application/json', 'schema'], body, name);
    }
    const known = new Set(operation.parameters.filter((of) => of.in === 'query').map((of) => of.name));
    for (const parameter of url.searchParams.keys()) {
        if (!known.has(parameter)) {
            violations.add(`${name} was asked with ${parameter}, which is not described`);
        }
    }
    if (typeof init.body === 'string' && operation.requestBody?.content['application/json']) {
        const shape = ['paths', path, verb, 'requestBody', 'content', 'application/json', 'schema'];
        fits('requests', shape, JSON.parse(init.body), `the body of ${name}`);
    }
}

function fits(document, path, value, name) {
    const pointer = path.map((part) => String(part).replaceAll('~', '~0').replaceAll('/', '~1')).join('/');
    const at = `${document}#/${encodeURI(pointer)}`;
    if (!validators.has(at)) {
        validators.set(at, ajv.compile({$ref: at}));
    }
    const validate = validators.get(at);
    if (!validate(value)) {
        const [error] = validate.errors;
        violations.add(`${name} at ${error.instancePath || '/'}: ${error.message} ${JSON.stringify(error.params)}`);
    }
}
