// What keeps a server well: limits of requests, links to elsewhere that are fetched with care, and
// fields that administrators add to profiles.
import assert from 'node:assert/strict';
import {createServer} from 'node:http';
import {after, before, describe, it} from 'node:test';
import {channelOf, eventually, Live, Person, refusal, teamOf, unique} from './lib/people.mjs';
import {Server} from './lib/server.mjs';

after(() => Live.everyoneStops());

describe('requests', () => {
    it('are refused with when to come again once there are too many of an account', async () => {
        const server = await Server.fresh({
            NOTTERMOST_LIMITS__ACCOUNT_REQUESTS_PER_SECOND: '1',
            NOTTERMOST_LIMITS__ACCOUNT_REQUESTS_BURST: '20',
        });
        try {
            const [eve, fred] = [
                await Person.join('eve', {live: false, url: server.url}),
                await Person.join('fred', {live: false, url: server.url}),
            ];
            const ask = () => fetch(`${server.url}/api/v4/users/me`,
                {headers: {Authorization: `Bearer ${eve.token}`}});
            const answers = await Promise.all(Array.from({length: 40}, ask));
            const limited = answers.find((answer) => answer.status === 429);
            assert.ok(limited, 'some of 40 at once are too many');
            assert.ok(answers.some((answer) => answer.status === 200));
            assert.equal(limited.headers.get('x-ratelimit-limit'), '20');
            assert.equal(limited.headers.get('x-ratelimit-remaining'), '0');
            assert.ok(Number(limited.headers.get('retry-after')) >= 1);
            const error = await limited.json();
            assert.deepEqual([error.status_code, error.request_id],
                [429, limited.headers.get('x-request-id')]);
            assert.equal((await fred.rest.getMe()).id, fred.id, 'another account may ask');
        } finally {
            await server.remove();
        }
    });
});

describe('links', () => {
    let elsewhere;
    let server;
    let eve;
    let at;

    before(async () => {
        elsewhere = createServer((request, answer) => {
            assert.equal(request.headers.cookie, undefined);
            answer.setHeader('Content-Type', 'text/html');
            answer.end('<title>ignored</title><meta property="og:title" content="Tea">');
        });
        await new Promise((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
        at = `http://127.0.0.1:${elsewhere.address().port}`;
        server = await Server.fresh({NOTTERMOST_LINKS__ALLOWED_NETWORKS: '127.0.0.0/8'});
        eve = await Person.join('eve', {live: false, url: server.url});
    });
    after(async () => {
        elsewhere.close();
        await server.remove();
    });

    it('are switched on as clients are told', async () => {
        const config = await eve.rest.getClientConfig();
        assert.deepEqual([config.EnableLinkPreviews, config.HasImageProxy], ['true', 'true']);
    });

    it('show what they lead to below their post', async () => {
        const room = await channelOf(await teamOf(eve), 'O', eve);
        const post = await eve.say(room, `look at ${at}/tea`);
        const embed = await eventually('the page was fetched', async () => {
            const {posts} = await eve.rest.getPosts(room.id);
            const [embed] = posts[post.id].metadata.embeds ?? [];
            return embed?.type === 'opengraph' && embed;
        });
        assert.deepEqual([embed.url, embed.data.title], [`${at}/tea`, 'Tea']);
    });

    it('to posts show them to those who may read them', async () => {
        const team = await teamOf(eve);
        const room = await channelOf(team, 'P', eve);
        const said = await eve.say(room, unique('said'));
        const post = await eve.say(room, `${server.url}/${team.name}/pl/${said.id}`);
        const {metadata: {embeds: [embed]}} = await eve.rest.getPost(post.id);
        assert.deepEqual([embed.type, embed.data.post.message], ['permalink', said.message]);
    });

    it('to this machine are not followed where that is not allowed', async () => {
        const ada = await Person.join('ada', {live: false});
        const answer = await ada.rest.doFetch(`${ada.rest.getBaseRoute()}/opengraph`,
            {method: 'post', body: JSON.stringify({url: `${at}/tea`})});
        assert.deepEqual([answer.url, answer.title], [`${at}/tea`, '']);
    });
});

describe('fields of profiles', () => {
    let server;
    let eve;
    let fred;

    before(async () => {
        server = await Server.fresh();
        // The first account administers.
        eve = await Person.join('eve', {url: server.url});
        fred = await Person.join('fred', {url: server.url});
    });
    after(() => server.remove());

    it('are made by administrators and filled by everybody', async () => {
        const told = fred.live.expect('custom_profile_attributes_field_created');
        const field = await eve.rest.createCustomProfileAttributeField({
            name: 'Office', type: 'select', attrs: {options: [{name: 'Oslo'}, {name: 'Bergen'}]},
        });
        assert.equal((await told).data.field.id, field.id);
        assert.deepEqual(await fred.rest.getCustomProfileAttributeFields(), [field]);
        assert.equal((await refusal(() => fred.rest.deleteCustomProfileAttributeField(field.id))).status_code, 403);

        const said = {[field.id]: field.attrs.options[1].id};
        const heard = eve.live.expect('custom_profile_attributes_values_updated');
        await fred.rest.updateCustomProfileAttributeValues(said);
        assert.deepEqual((await heard).data, {user_id: fred.id, values: said});
        assert.deepEqual(await eve.rest.getUserCustomProfileAttributesValues(fred.id), said);
        const wrong = await refusal(() => fred.rest.updateCustomProfileAttributeValues({[field.id]: 'Paris'}));
        assert.equal(wrong.status_code, 400);

        const changed = await eve.rest.patchCustomProfileAttributeField(field.id, {name: 'Town'});
        assert.deepEqual([changed.name, changed.attrs.options], ['Town', field.attrs.options]);
        const gone = fred.live.expect('custom_profile_attributes_field_deleted');
        await eve.rest.deleteCustomProfileAttributeField(field.id);
        assert.equal((await gone).data.field_id, field.id);
        assert.deepEqual(await eve.rest.getUserCustomProfileAttributesValues(fred.id), {});
    });

    it('keep what is said through a restart', async () => {
        const field = await eve.rest.createCustomProfileAttributeField({name: 'Motto', type: 'text'});
        await fred.rest.updateCustomProfileAttributeValues({[field.id]: 'tea first'});
        await server.stop();
        await server.start();
        assert.deepEqual(await eve.rest.getUserCustomProfileAttributesValues(fred.id), {[field.id]: 'tea first'});
    });
});
