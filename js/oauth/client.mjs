// A client that nobody here wrote, through the whole of it: `openid-client` speaks the protocol, `jose` reads tokens and keys.
//
//   node client.mjs '{"issuer": …, "console": …, "app": …, "redirect": …}'
//
// Prints `authorize URL` and waits for the address that the browser was sent to; ends with `done` and a line for each thing it saw.
import assert from 'node:assert/strict';
import dns from 'node:dns';
import { createRequire } from 'node:module';
import readline from 'node:readline';
import { pathToFileURL } from 'node:url';

const require = createRequire(`${process.env.SERVICEFUL_OAUTH_CLIENT}/`);
const load = async (name) => import(pathToFileURL(require.resolve(name)).href);
const client = await load('openid-client');
const jose = await load('jose');

// Not every resolver knows that `*.localhost` is this computer.
const { lookup } = dns;
dns.lookup = (host, options, done) => {
  if (typeof options === 'function') [options, done] = [{}, options];
  if (host !== 'localhost' && !host.endsWith('.localhost')) return lookup(host, options, done);
  process.nextTick(() => (options.all ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4)));
};

const places = JSON.parse(process.argv[2]);
const lines = readline.createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const seen = [];
const saw = (what) => seen.push(what);

// What went over the wire last, for whoever wants to send it again.
let last;
const recording = async (url, options) => {
  last = [url, options];
  return fetch(url, options);
};

// Where it is said who gives tokens for the control API (RFC 9728), and what they can do (RFC 8414).
const resource = await (await fetch(`${places.console}/.well-known/oauth-protected-resource`)).json();
assert.deepEqual(resource.authorization_servers, [places.issuer]);
const options = { algorithm: 'oauth2', execute: [client.allowInsecureRequests], [client.customFetch]: recording };
const config = await client.discovery(
  new URL(resource.authorization_servers[0]), 'serviceful-cli', undefined, client.None(), options,
);
const server = config.serverMetadata();
assert.equal(server.issuer, places.issuer);
assert.equal(server.require_pushed_authorization_requests, true);
saw('discovery');

const keys = await client.randomDPoPKeyPair('ES256', { extractable: true });
const DPoP = client.getDPoPHandle(config, keys);
const jkt = await jose.calculateJwkThumbprint(await jose.exportJWK(keys.publicKey));

// The code flow: pushed, with PKCE and a key. What the browser brings back is checked by the library: state and issuer.
async function attempt(more) {
  const pkceCodeVerifier = client.randomPKCECodeVerifier();
  const expectedState = client.randomState();
  const url = await client.buildAuthorizationUrlWithPAR(config, {
    redirect_uri: places.redirect,
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    state: expectedState,
    computer: 'independent',
    ...more,
  }, { DPoP });
  assert.deepEqual([...url.searchParams.keys()].sort(), ['client_id', 'request_uri']);
  console.log(`authorize ${url.href}`);
  const { value } = await lines.next();
  return { url: new URL(value), checks: { pkceCodeVerifier, expectedState } };
}

const status = async (token, place, handle = DPoP) => {
  try {
    const headers = new Headers({ accept: 'application/json' });
    return (await client.fetchProtectedResource(config, token, new URL(place), 'GET', null, headers, { DPoP: handle })).status;
  } catch (error) {
    if (error.status ?? error.response?.status ?? error.cause?.status) {
      return error.status ?? error.response?.status ?? error.cause.status;
    }
    throw error;
  }
};
const refused = async (promise, error) => {
  await assert.rejects(promise, (e) => (error ? e.error === error : true) || assert.fail(`${e.error} ${e.stack}`));
};
const whoami = `${places.console}/api/v1/whoami`;
const caller = `${places.app}/caller`;

const first = await attempt({ resource: places.console });
for (const [name, value] of [['iss', 'https://evil.example'], ['state', 'another-state-of-some-length']]) {
  const forged = new URL(first.url);
  forged.searchParams.set(name, value);
  await refused(client.authorizationCodeGrant(config, forged, first.checks, undefined, { DPoP }));
}
let tokens = await client.authorizationCodeGrant(config, first.url, first.checks, undefined, { DPoP });
assert.equal(tokens.token_type, 'dpop');
assert.equal(await status(tokens.access_token, whoami), 200);
saw('code, PAR, PKCE, DPoP, iss');

// A request that was seen on its way, sent again as it was.
const again = await fetch(...last);
assert.equal(again.status, 401);
await again.body?.cancel();
saw('a proof counts once');

const thief = client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256'));
assert.equal(await status(tokens.access_token, whoami, thief), 401);
const bare = await fetch(whoami, { headers: { authorization: `Bearer ${tokens.access_token}` } });
assert.equal(bare.status, 401);
await bare.body?.cancel();
saw('a token alone is nothing');

// The other library on the same tokens and keys.
const published = await (await fetch(server.jwks_uri)).json();
for (const key of published.keys) {
  assert.equal(key.kid, await jose.calculateJwkThumbprint(key));
  assert.deepEqual(Object.keys(key).sort(), ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
}
const local = jose.createLocalJWKSet(published);
const rules = (audience) => ({
  issuer: places.issuer, audience, typ: 'at+jwt', algorithms: ['ES256'],
  requiredClaims: ['sub', 'iat', 'exp', 'jti', 'client_id', 'sid', 'auth_time', 'acr', 'cnf'],
});
const read = async (token, audience) => (await jose.jwtVerify(token, local, rules(audience))).payload;
const claims = await read(tokens.access_token, places.console);
assert.equal(claims.aud, places.console);
assert.equal(claims.cnf.jkt, jkt);
assert.equal(claims.client_id, 'serviceful-cli');
assert.ok(claims.exp - claims.iat <= 600);
saw('jose reads what we signed');

// What one of the two refuses, so does the other.
const [head, body, signature] = tokens.access_token.split('.');
const header = jose.decodeProtectedHeader(tokens.access_token);
const text = (value) => jose.base64url.encode(JSON.stringify(value));
const foreign = await jose.generateKeyPair('ES256');
const sign = (payload, protectedHeader, key) => new jose.SignJWT(payload).setProtectedHeader(protectedHeader).sign(key);
const flipped = signature.startsWith('A') ? `B${signature.slice(1)}` : `A${signature.slice(1)}`;
const forgeries = {
  'no algorithm': `${text({ ...header, alg: 'none' })}.${body}.`,
  'no algorithm, and a signature': `${text({ ...header, alg: 'none' })}.${body}.${signature}`,
  'the public key as a secret': await sign(claims, { ...header, alg: 'HS256' }, new TextEncoder().encode(JSON.stringify(published.keys[0]))),
  'a foreign signer': await sign(claims, header, foreign.privateKey),
  'a foreign signer with its key': await sign(claims, { ...header, jwk: await jose.exportJWK(foreign.publicKey) }, foreign.privateKey),
  'an unknown key': await sign(claims, { ...header, kid: 'unknown' }, foreign.privateKey),
  'another person': `${head}.${text({ ...claims, sub: 'p-aaaaaaaaaaaaaaaaaaaaaaaaaa' })}.${signature}`,
  'a longer life': `${head}.${text({ ...claims, exp: claims.exp + 3600 })}.${signature}`,
  'another audience': `${head}.${text({ ...claims, aud: places.app })}.${signature}`,
  'two audiences': `${head}.${text({ ...claims, aud: [places.console, places.app] })}.${signature}`,
  'another signature': `${head}.${body}.${flipped}`,
  'no signature': `${head}.${body}.`,
  'half a token': `${head}.${body}`,
  'a fourth part': `${tokens.access_token}.e30`,
  'encrypted, they say': `${text({ alg: 'dir', enc: 'A256GCM' })}.${body}.${signature}`,
};
for (const [what, token] of Object.entries(forgeries)) {
  await assert.rejects(read(token, places.console), undefined, what);
  assert.equal(await status(token, whoami), 401, what);
}
saw(`${Object.keys(forgeries).length} forgeries`);

// Refreshed for an app: it counts there, and nowhere else; the former one has ended.
const former = tokens;
tokens = await client.refreshTokenGrant(config, tokens.refresh_token, { resource: places.app }, { DPoP });
assert.equal((await read(tokens.access_token, places.app)).sid, claims.sid);
await assert.rejects(read(tokens.access_token, places.console));
assert.equal(await status(former.access_token, whoami), 401);
assert.equal(await status(tokens.access_token, caller), 200);
assert.equal(await status(tokens.access_token, whoami), 401);
assert.equal(await status(tokens.access_token, `${places.other}/caller`), 401);
tokens = await client.refreshTokenGrant(config, tokens.refresh_token, undefined, { DPoP });
assert.equal(await status(tokens.access_token, whoami), 200);
assert.equal(await status(tokens.access_token, caller), 401);
await refused(client.refreshTokenGrant(config, tokens.refresh_token, { resource: 'https://elsewhere.example' }, { DPoP }), 'invalid_target');
saw('refresh, one audience at a time');

// A secret that comes twice ends the login; so does a code.
await refused(client.refreshTokenGrant(config, tokens.refresh_token, undefined, { DPoP: thief }), 'invalid_grant');
await refused(client.refreshTokenGrant(config, former.refresh_token, undefined, { DPoP }), 'invalid_grant');
assert.equal(await status(tokens.access_token, whoami), 401);
await refused(client.refreshTokenGrant(config, tokens.refresh_token, undefined, { DPoP }), 'invalid_grant');
const second = await attempt({ resource: places.app });
const granted = await client.authorizationCodeGrant(config, second.url, second.checks, undefined, { DPoP });
assert.equal(await status(granted.access_token, caller), 200);
await refused(client.authorizationCodeGrant(config, second.url, second.checks, undefined, { DPoP }), 'invalid_grant');
assert.equal(await status(granted.access_token, caller), 401);
saw('what comes twice ends the login');

// Signed keys, replaced while a verifier has the former ones.
const third = await attempt({});
const kept = await client.authorizationCodeGrant(config, third.url, third.checks, undefined, { DPoP });
console.log('rotate');
await lines.next();
const renewed = await (await fetch(server.jwks_uri)).json();
assert.ok(renewed.keys.every((key) => published.keys.every((old) => old.kid !== key.kid)));
await assert.rejects(jose.jwtVerify(kept.access_token, jose.createLocalJWKSet(renewed), rules(places.console)));
assert.equal(await status(kept.access_token, whoami), 401);
await refused(client.refreshTokenGrant(config, kept.refresh_token, undefined, { DPoP }), 'invalid_grant');
saw('an emergency');

console.log('done');
for (const what of seen) console.log(what);
process.exit(0);
