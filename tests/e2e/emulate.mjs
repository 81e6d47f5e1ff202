// Vercel's `emulate` as the far side of Slack, with what its release has no setting for: Python's
// slack_sdk reads by GET and writes by query, and nobody can subscribe to events.
//   node emulate.mjs PORT EVENT_URL
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const [port, eventUrl] = process.argv.slice(2);
const dist = join(dirname(fileURLToPath(import.meta.url)), 'node_modules/emulate/dist');

// The API reads form bodies only: whatever came otherwise is put there.
async function asForm(request) {
  const url = new URL(request.url);
  if (!url.pathname.startsWith('/api/')) return request;
  const headers = new Headers(request.headers);
  const text = request.method === 'GET' ? '' : await request.text();
  const given = Object.fromEntries(url.searchParams);
  url.search = '';
  headers.delete('content-length');
  if ((headers.get('content-type') ?? '').includes('application/json')) {
    const body = JSON.stringify({ ...given, ...JSON.parse(text || '{}') });
    return new Request(url, { method: 'POST', headers, body });
  }
  const form = new URLSearchParams(text);
  for (const [name, value] of Object.entries(given)) form.set(name, value);
  headers.set('content-type', 'application/x-www-form-urlencoded');
  return new Request(url, { method: 'POST', headers, body: form.toString() });
}

let hooks;
const holdsPlugin = (name) =>
  name.startsWith('dist-') && readFileSync(join(dist, name), 'utf8').includes('slackPlugin = {');
const file = readdirSync(dist).find((name) => name.endsWith('.js') && holdsPlugin(name));
const { slackPlugin } = await import(pathToFileURL(join(dist, file)).href);
const register = slackPlugin.register;
slackPlugin.register = function (app, store, webhooks, ...rest) {
  hooks = webhooks;
  const fetch = app.fetch;
  app.fetch = async (request) => fetch(await asForm(request));
  return register.call(this, app, store, webhooks, ...rest);
};

const { createEmulator } = await import('emulate');
const bot = { user_id: 'U0BOT', bot_user_id: 'U0BOT', bot_id: 'B0BOT', app_id: 'A0BOT' };
const people = ['sam.okafor', 'dana.whitfield', 'robin.castle'];
const emulator = await createEmulator({
  service: 'slack',
  port: Number(port),
  hostname: '127.0.0.1',
  seed: {
    slack: {
      team: { name: 'Fernhill', domain: 'fernhill' },
      users: people.map((name) => ({
        name, real_name: name, email: `${name}@fernhill.example`,
      })),
      channels: [{ name: 'town-square' }, { name: 'it-desk' }],
      oauth_apps: [{
        client_id: '1.1', client_secret: 'x', app_id: bot.app_id, name: 'Handrail',
        bot_id: bot.bot_id, bot_user_id: bot.bot_user_id, bot_name: 'handrail',
        redirect_uris: ['http://127.0.0.1/none'], scopes: ['chat:write'],
      }],
      tokens: [
        { token: 'xoxb-handrail', type: 'bot', ...bot },
        ...people.map((user) => ({ token: `xoxp-${user}`, type: 'user', user })),
      ],
      signing_secret: 'shared secret',
      strict_scopes: false,
    },
  },
});
hooks.register({ url: eventUrl, events: ['*'], active: true, owner: 'slack' });
console.log('ready');
process.on('SIGTERM', async () => { await emulator.close(); process.exit(0); });
