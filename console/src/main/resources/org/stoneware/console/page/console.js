'use strict';
// The status page: its own server sends the status when it changes and once a second, and each event once; the page changes only what
// changed, so that focus and selection stay. Every text from outside goes through textContent; nothing is ever parsed as HTML.

const AGAIN_MS = 1000;
const ANSWER_WITHIN_MS = 4000;
const EVENTS_KEPT = 200;
const EVENTS_SHOWN = 20;

/** Badge letter and words of each role; a server that does not answer is S whatever it was. */
const ROLES = {
  'ACTIVE-COORDINATOR': ['A', 'Active'],
  'PASSIVE-STANDBY': ['P', 'Passive-Standby'],
  'PASSIVE-UNINITIALIZED': ['I', 'Initializing'],
  'START-STATE': ['I', 'Starting'],
  'STOP-STATE': ['S', 'Stopped'],
  'FENCED': ['E', 'Error: fenced'],
};
const LEGEND = [['A', 'Active'], ['P', 'Passive-Standby'], ['I', 'Initializing or starting'], ['S', 'Stopped or not reachable'], ['E', 'Error']];

/** Words of the states a server can have within its role; one that is not here is shown by its name. */
const STATES = {
  'solo': 'Alone: no standby holds its sessions',
  'blocked': 'Blocked: waits for votes',
  'stale-sessions': 'Its sessions may be old',
  'waiting': 'Waits for its copy',
  'copying': 'Being copied',
  'catching-up': 'Catching up',
  'reconciling': 'Tells what it changed alone',
  'copy-failed': 'Copy failed, is tried again',
};
/** States that somebody should look at. */
const TROUBLED = new Set(['solo', 'blocked', 'stale-sessions', 'copy-failed']);

const byId = id => document.getElementById(id);

/** Shows what an outsider may have hidden in a name: control and direction marks become a visible sign. */
const visible = text => String(text).replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g, '\ufffd');

/** A sentence from the server, its arrows as one sign: a narrow page must not break them. */
const prose = text => visible(text).replace(/ -> /g, ' \u2192 ');

function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function setHidden(node, hidden) {
  if (node.hidden !== hidden) node.hidden = hidden;
}

function make(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

/** Makes the children of a list those of the items: kept where the key is the same, added, removed and put in order otherwise. */
function keyed(list, items, keyOf, create, update) {
  const old = new Map([...list.children].map(node => [node.key, node]));
  items.forEach((item, index) => {
    const key = keyOf(item, index);
    let node = old.get(key);
    if (node) {
      old.delete(key);
    } else {
      node = create(item);
      node.key = key;
    }
    update(node, item);
    if (list.children[index] !== node) list.insertBefore(node, list.children[index] || null);
  });
  old.forEach(node => node.remove());
}

/** Shows name and value pairs in a description list. */
function facts(list, pairs) {
  const rows = pairs.flatMap(([name, value]) => [['dt', name, name], ['dd', name, value]]);
  keyed(list, rows, row => row[0] + row[1], row => make(row[0], 'untrusted'), (node, row) => setText(node, row[2]));
}

const plural = (count, one, many) => `${count.toLocaleString()} ${count === 1 ? one : many}`;

function duration(ms) {
  const s = Math.max(0, Math.floor(ms / 1000));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min`;
  if (s < 86400) return `${Math.floor(s / 3600)} h ${Math.floor(s % 3600 / 60)} min`;
  return `${Math.floor(s / 86400)} d ${Math.floor(s % 86400 / 3600)} h`;
}

function bytes(value) {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  for (; value >= 1024 && unit < units.length - 1; unit++) value /= 1024;
  return `${unit === 0 || value >= 100 ? Math.round(value).toLocaleString() : value.toFixed(1)} ${units[unit]}`;
}

function clock(ms) {
  const time = new Date(ms);
  const day = time.toDateString() === new Date().toDateString() ? '' : time.toLocaleDateString(undefined, {month: 'short', day: 'numeric'}) + ', ';
  return day + time.toLocaleTimeString(undefined, {hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23'});
}

function look(server) {
  const [badge, words] = ROLES[server.role] || ['E', 'Unknown state'];
  if (!server.reachable) return ['S', server.sinceMs ? `Stopped since ${clock(server.sinceMs)}` : 'Stopped: not seen yet'];
  return [badge, server.progressPercent === undefined ? words : `${words}: ${server.progressPercent} %`];
}

/** Address of another server's page; null when its host makes no address. */
function pageOf(server) {
  const host = server.host.includes(':') ? `[${server.host}]` : server.host;
  try {
    const url = new URL(`http://${host}:${server.managementPort}/`);
    return url.pathname === '/' && !url.username && !url.search && !url.hash ? url.href : null;
  } catch (e) {
    return null;
  }
}

function badgeOf(letter, small) {
  const node = make('span', small ? 'badge small' : 'badge', letter);
  node.dataset.badge = letter;
  node.setAttribute('aria-hidden', 'true');
  return node;
}

function createServer() {
  const card = make('li', 'card');
  const head = make('div', 'head');
  const words = make('div');
  const title = make('h3');
  title.append(make('span', 'name untrusted'), ' ', make('span', 'here'));
  words.append(title, make('p', 'role'));
  head.append(badgeOf('S', false), words);
  const open = make('p', 'open');
  open.append(make('a'));
  const progress = make('progress');
  progress.max = 100;
  card.append(head, progress, make('ul', 'states'), make('p', 'detail untrusted'), make('dl', 'facts'), open);
  return card;
}

function updateServer(card, server, status, nowMs) {
  const part = selector => card.querySelector(selector);
  const [letter, words] = look(server);
  const isSelf = server.name === status.self;
  card.dataset.badge = letter;
  const badge = part('.badge');
  badge.dataset.badge = letter;
  badge.classList.toggle('hollow', letter === 'S');
  setText(badge, letter);
  setText(part('.name'), visible(server.name));
  setText(part('.here'), isSelf ? '(this server)' : '');
  setText(part('.role'), words);
  const progress = part('progress');
  setHidden(progress, !server.reachable || server.progressPercent === undefined);
  if (server.progressPercent !== undefined) {
    progress.value = server.progressPercent;
    progress.setAttribute('aria-label', `Copy of ${visible(server.name)}`);
  }
  const states = server.reachable ? server.states : [];
  setHidden(part('.states'), states.length === 0);
  keyed(part('.states'), states, state => state, state => make('li', TROUBLED.has(state) ? 'troubled' : '', STATES[state] || visible(state)), () => {});
  setText(part('.detail'), visible(server.detail));
  setHidden(part('.detail'), !server.detail || server.detail === server.lastChange);
  const rows = [['State', visible(server.role)]];
  if (server.sinceMs) rows.push([server.reachable ? 'Since' : 'Last seen', `${clock(server.sinceMs)} (${duration(nowMs - server.sinceMs)})`]);
  if (server.lastChange) rows.push(['Because', visible(server.lastChange)]);
  if (server.reachable) rows.push(['In sync', server.inSync ? 'Yes: holds every acknowledged change' : 'No: would lose changes if it took over']);
  rows.push(['Epoch', server.epoch ? String(server.epoch) : 'unknown']);
  if (server.lagEntries !== undefined) rows.push(['Behind', plural(server.lagEntries, 'change', 'changes')]);
  if (server.sessions !== undefined) rows.push(['Sessions', server.sessions.toLocaleString()]);
  if (server.storageMode) rows.push(['Storage', visible(server.storageMode)]);
  if (server.uptimeMs !== undefined) rows.push(['Up', duration(server.uptimeMs)]);
  if (isSelf) {
    if (server.role === 'ACTIVE-COORDINATOR') rows.push(['Tomcats', status.clients.filter(client => client.connected).length.toLocaleString()]);
  }
  rows.push(['Host', visible(server.host)]);
  rows.push(['Ports', `Tomcats ${server.clientPort}, servers ${server.groupPort}, JMX ${server.jmxPort}, page ${server.managementPort}`]);
  facts(part('.facts'), rows);
  const page = isSelf ? null : pageOf(server);
  const link = part('.open a');
  setHidden(part('.open'), !page);
  if (page && link.getAttribute('href') !== page) link.href = page;
  setText(link, `Open the page of ${visible(server.name)}`);
}

function createClient() {
  const row = make('tr');
  const name = make('th');
  name.scope = 'row';
  name.append(make('span', 'name untrusted'), make('span', 'sub id untrusted'));
  row.append(name);
  for (const [part, label] of [['connection', 'Connection'], ['apps', 'Applications'], ['owned number', 'Sessions it owns'], ['version', 'Valve']]) {
    const cell = make('td', `${part} untrusted`);
    cell.dataset.label = label;
    row.append(cell);
  }
  row.querySelector('.connection').append(make('span', 'state'), make('span', 'sub address'));
  return row;
}

function updateClient(row, client) {
  const part = selector => row.querySelector(selector);
  setText(part('.name'), visible(client.name || 'unnamed'));
  setText(part('.id'), visible(client.clientId));
  setText(part('.state'), client.connected ? 'Connected' : 'Gone, may come back');
  part('.state').classList.toggle('gone', !client.connected);
  setText(part('.address'), visible(client.address));
  setText(part('.apps'), client.applications.length ? client.applications.map(visible).join(', ') : 'none yet');
  setText(part('.owned'), client.ownedSessions.toLocaleString());
  setText(part('.version'), visible(client.version));
}

function showClients(status) {
  const clients = status.clients;
  setHidden(byId('clients-table'), clients.length === 0);
  setHidden(byId('no-clients'), clients.length !== 0);
  const own = status.servers.find(server => server.name === status.self);
  const active = status.servers.find(server => server.role === 'ACTIVE-COORDINATOR' && server.reachable);
  setText(byId('no-clients'), own && own === active ? 'No Tomcat has connected yet.'
      : active ? `Tomcats are listed on the active server, ${visible(active.name)}.` : 'No server is active.');
  keyed(byId('clients'), clients, client => client.clientId, createClient, updateClient);
}

function used(part, whole) {
  return whole > 0 ? `${bytes(part)} of ${bytes(whole)} (${Math.round(100 * part / whole)} %)` : bytes(part);
}

function showStorage(status) {
  const storage = status.storage;
  const rows = [['Mode', visible(storage.mode)]];
  if (storage.configuredMode !== storage.mode) rows.push(['Configured', visible(storage.configuredMode)]);
  if (storage.progress) rows.push([storage.moving ? 'Moving' : 'Exchange', prose(storage.progress)]);
  if (storage.detail) rows.push(['Note', visible(storage.detail)]);
  rows.push(['Sessions', storage.sessions.toLocaleString()]);
  rows.push(['Session data', bytes(storage.payloadBytes)]);
  rows.push(['Memory', used(storage.memoryUsedBytes, storage.memoryMaxBytes)]);
  if (storage.diskUsedBytes || storage.diskMaxBytes) rows.push(['Disk', used(storage.diskUsedBytes, storage.diskMaxBytes)]);
  setText(byId('storage-of'), visible(status.self));
  facts(byId('storage'), rows);
}

function showCounters(counters) {
  keyed(byId('counters'), Object.entries(counters), entry => entry[0], entry => {
    const row = make('div');
    row.append(make('dt', 'untrusted', visible(entry[0])), make('dd'));
    return row;
  }, (row, entry) => setText(row.lastChild, entry[1].toLocaleString()));
}

function showEvents(events) {
  setHidden(byId('no-events'), events.length !== 0);
  keyed(byId('events'), events.slice(-EVENTS_SHOWN).reverse(), event => `${event.sequence} ${event.timeMs}`, event => {
    const row = make('li', event.warning ? 'warning' : '');
    const time = make('time', '', clock(event.timeMs));
    time.dateTime = new Date(event.timeMs).toISOString();
    row.append(time, make('span', 'type untrusted', (event.warning ? '\u26a0\ufe0e ' : '') + visible(event.type)), make('span', 'text untrusted', prose(event.text)));
    return row;
  }, () => {});
}

function sentence(status) {
  const actives = status.servers.filter(server => server.reachable && server.role === 'ACTIVE-COORDINATOR');
  const standbys = status.servers.filter(server => server.reachable && server.role === 'PASSIVE-STANDBY');
  const connected = status.clients.filter(client => client.connected).length;
  const who = actives.length === 0 ? 'No server is active'
      : actives.map(server => visible(server.name)).join(' and ') + (actives.length === 1 ? ' is active' : ' are active: look at the log of both');
  const guard = standbys.length ? `${standbys.map(server => visible(server.name)).join(' and ')} ${standbys.length === 1 ? 'is' : 'are'} ready to take over`
      : status.servers.length > 1 ? 'no standby is ready to take over' : 'there is no second server';
  const tomcats = status.clients.length ? `; ${plural(connected, 'Tomcat', 'Tomcats')} connected` : '';
  return `${who}, ${guard}${tomcats}.`;
}

function show(status) {
  const nowMs = status.timeMs;
  document.title = `${visible(status.self)} – Stoneware`;
  setText(byId('about'), `${visible(status.self)}, version ${visible(status.version)}, up ${duration(status.uptimeMs)}`);
  setText(byId('summary'), sentence(status));
  setHidden(byId('problems'), status.problems.length === 0);
  keyed(byId('problem-list'), status.problems, (problem, index) => index + problem, problem => make('li', 'untrusted', visible(problem)), () => {});
  keyed(byId('servers'), status.servers, server => server.name, createServer, (card, server) => updateServer(card, server, status, nowMs));
  showClients(status);
  showStorage(status);
  showCounters(status.counters);
}

let lastAnswer = null;

function showLink(isLive, reason) {
  byId('link').dataset.state = isLive ? 'live' : 'lost';
  setText(byId('link-text'), isLive ? `Live, ${clock(lastAnswer)}` : 'No answer');
  document.body.classList.toggle('stale', !isLive && lastAnswer !== null);
  setHidden(byId('lost'), isLive);
  if (!isLive) {
    setText(byId('lost'), `This server does not answer (${reason}). `
        + (lastAnswer ? `Below is what it last said, at ${clock(lastAnswer)}. ` : '')
        + (byId('servers').children.length > 1 ? 'The page of another server has the present state. ' : '') + 'Trying again every second.');
  }
}

let events = [];
let source = null;
let watchdog = 0;
let retry = 0;

function receivedStatus(status) {
  lastAnswer = Date.now();
  show(status);
  showLink(true);
}

function listen() {
  hangUp();
  let isFirst = true;
  source = new EventSource('/api/v1/stream');
  source.addEventListener('event', message => {
    // A new connection begins with everything the server keeps, and a server that was restarted counts anew.
    events = isFirst ? [] : events;
    isFirst = false;
    events = [...events.slice(1 - EVENTS_KEPT), JSON.parse(message.data)];
    showEvents(events);
  });
  source.addEventListener('cluster', message => {
    clearTimeout(watchdog);
    watchdog = setTimeout(() => again('time-out'), ANSWER_WITHIN_MS);
    receivedStatus(JSON.parse(message.data));
  });
  source.addEventListener('error', () => again('no connection'));
  watchdog = setTimeout(() => again('time-out'), ANSWER_WITHIN_MS);
}

function hangUp() {
  clearTimeout(watchdog);
  clearTimeout(retry);
  if (source) source.close();
  source = null;
}

/** The stream broke, or the server has no place for one more: asks once in the plain way, then tries to listen again. */
async function again(reason) {
  hangUp();
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), ANSWER_WITHIN_MS);
  try {
    const response = await fetch('/api/v1/cluster', {cache: 'no-store', signal: abort.signal});
    if (!response.ok) throw new Error(response.status === 401 ? 'it wants a log-in: load this page again' : `status ${response.status}`);
    receivedStatus(await response.json());
  } catch (e) {
    showLink(false, e.name === 'AbortError' ? 'time-out' : e instanceof TypeError ? reason : e.message);
  } finally {
    clearTimeout(timer);
    clearTimeout(retry);
    retry = setTimeout(() => document.hidden || listen(), AGAIN_MS);
  }
}

byId('legend').append(...LEGEND.map(([letter, words]) => {
  const item = make('span');
  const badge = badgeOf(letter, true);
  badge.classList.toggle('hollow', letter === 'S');
  item.append(badge, ' ' + words);
  return item;
}));
// A browser allows a few connections to one server: pages nobody looks at must not hold them.
document.addEventListener('visibilitychange', () => document.hidden ? hangUp() : listen());
listen();
