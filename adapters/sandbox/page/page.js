// The page: who one is, which room one is in, and what is new.

import { Composer } from "./composer.js";
import { ask, attempt, avatar, el, find, icon, post, say, speak, time, toast, trust } from "./dom.js";
import { openForm } from "./forms.js";
import { message } from "./messages.js";

const CLOSE_TOGETHER = 5 * 60 * 1000;
const NEAR = 160;
const MARGIN = 14;
const narrow = matchMedia("(max-width: 760px)");
const calm = matchMedia("(prefers-reduced-motion: reduce)");

const state = { me: null, people: new Map(), entries: new Map(), rooms: [], unread: {}, read: {}, clock: {}, room: null };
let source = null;
let divider = 0;
let last = null;

const composer = new Composer({ where, answered });

function where() {
  return { person: state.me.id, room: state.room.name };
}

function answered(reply) {
  if (reply.form) openForm(reply.form, (action, values) => post("submit", { ...where(), action, values }));
}

// ── Coming in ──────────────────────────────────────────────────────────────────────────────────────

async function begin() {
  const wanted = new URLSearchParams(location.hash.slice(1));
  let person = wanted.get("as");
  if (!(await load(person, wanted.get("in")))) {
    if (!(await load(null, null))) return setTimeout(begin, 2000);
  }
  listen();
}

async function load(person, room) {
  const path = person ? `state?${new URLSearchParams({ person })}` : "state";
  const seen = await ask(path).catch(() => null);
  if (seen === null) return false;
  const people = new Map(seen.people.map((one) => [one.id, one]));
  const before = state.me;
  Object.assign(state, { people, me: people.get(seen.me), entries: new Map(), read: seen.read });
  trust(seen.token);
  speak(seen.words, state.me);
  find("community").textContent = seen.community;
  merge(seen);
  const kept = before?.id === state.me.id ? state.room?.name : null;
  const chosen = state.rooms.find((one) => one.name === (room ?? kept)) ?? liveliest();
  enter(chosen, { quiet: kept === chosen.name, stay: kept === null && narrow.matches && !room });
  return true;
}

function liveliest() {
  const mine = state.unread[state.me.id] ?? {};
  const waiting = state.rooms.filter((room) => mine[room.name] && !room.channel);
  return waiting.sort((one, other) => Number(other.circle) - Number(one.circle))[0] ?? state.rooms[0];
}

function listen() {
  source?.close();
  const person = state.me.id;
  let early = [];
  source = new EventSource(`events?${new URLSearchParams({ person })}`);
  source.onopen = async () => {
    // What happened between the first look and now, or while the connection was away.
    early ??= [];
    const again = document.body.classList.contains("lost");
    document.body.classList.remove("lost");
    if (again) await load(person, state.room.name);
    else await ask(`state?${new URLSearchParams({ person })}`).then((seen) => state.me.id === person && take(seen)).catch(() => {});
    const news = early;
    early = null;
    for (const one of news) if (state.me.id === person) take(one);
  };
  source.onmessage = (event) => {
    if (state.me.id !== person) return;
    if (early) early.push(JSON.parse(event.data));
    else take(JSON.parse(event.data));
  };
  source.onerror = () => {
    if (state.me.id !== person) return;
    if (!document.body.classList.contains("lost")) toast(say("lost"));
    document.body.classList.add("lost");
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, 2000);
  };
}

async function become(person) {
  find("people").close();
  if (person.id === state.me.id) return;
  source?.close();
  if (await load(person.id, null)) listen();
  else toast(say("failed"));
}

// ── What is new ────────────────────────────────────────────────────────────────────────────────────

function merge(news) {
  state.rooms = news.rooms;
  state.unread = news.unread;
  state.clock = news.clock;
  for (const entry of news.entries) state.entries.set(entry.id, entry);
  if (state.room) state.room = state.rooms.find((room) => room.name === state.room.name) ?? state.rooms[0];
}

function take(news) {
  const fresh = news.entries.filter((entry) => !state.entries.has(entry.id));
  merge(news);
  const log = find("log");
  const below = log.scrollHeight - log.scrollTop - log.clientHeight < NEAR;
  const here = fresh.filter((entry) => entry.room === state.room.name);
  for (const entry of here) add(log, entry);
  if (here.length && (below || here.some((entry) => entry.author === state.me.id || entry.only))) {
    const tall = log.lastElementChild.offsetHeight > log.clientHeight - NEAR / 4;
    log.lastElementChild.scrollIntoView({ block: tall ? "start" : "end", behavior: calm.matches ? "auto" : "smooth" });
  }
  const elsewhere = fresh.filter((entry) => entry.room !== state.room.name && entry.author !== state.me.id).at(-1);
  const room = elsewhere && state.rooms.find((one) => one.name === elsewhere.room);
  if (room) find("status").textContent = say("news", { room: title(room) });
  seen();
  draw();
}

function seen() {
  const room = state.room.name;
  const unread = state.unread[state.me.id] ?? {};
  if (document.hidden || (narrow.matches && find("app").dataset.view === "rooms")) return;
  state.read[room] = Math.max(0, ...state.entries.keys());
  if (!unread[room]) return;
  delete unread[room];
  const upto = Math.max(...[...state.entries.values()].filter((entry) => entry.room === room && !entry.only).map((entry) => entry.id));
  // Not asked for by the person: if it fails, the mark simply stays.
  post("read", { ...where(), upto }).catch(() => {});
}

// ── A room ─────────────────────────────────────────────────────────────────────────────────────────

function others(room) {
  return room.people.filter((id) => id !== state.me.id).map((id) => state.people.get(id)).filter(Boolean);
}

function title(room) {
  if (room.channel) return `#${room.channel}`;
  return room.circle ? names(others(room).map((person) => person.name)) : say("voisin");
}

function names(list) {
  return new Intl.ListFormat(state.me.language, { type: "conjunction" }).format(list);
}

function topic(room) {
  if (room.channel) return say("topic_space", { n: state.people.size });
  if (!room.circle) return say("topic_person");
  return say("topic_circle", { names: first(room) });
}

function first(room) {
  return names(others(room).map((person) => person.name.split(" ")[0]));
}

function invitation(room) {
  if (room.channel) return say("write_space", { room: title(room) });
  return room.circle ? say("write_circle", { names: first(room) }) : say("write_person");
}

function enter(room, { quiet = false, stay = false } = {}) {
  state.room = room;
  if (!quiet) divider = state.read[room.name] ?? 0;
  location.replace(`#${new URLSearchParams({ as: state.me.id, in: room.name })}`);
  find("title").textContent = title(room);
  find("topic").textContent = topic(room);
  document.title = `${title(room)} · ${state.me.name} · Voisin`;
  // A new log: what was said before is there to be read, not announced.
  const log = el("div.log", { id: "log", role: "log", tabindex: "0", "aria-label": say("log", { room: title(room) }) });
  last = null;
  for (const entry of [...state.entries.values()].sort((one, other) => one.id - other.id)) {
    if (entry.room === room.name) add(log, entry);
  }
  if (!log.children.length && !room.circle) {
    log.append(el("p.empty", {}, avatar(null), say(room.channel ? "empty_space" : "empty_person")));
  }
  find("log").replaceWith(log);
  if (!quiet) {
    composer.enter({ label: invitation(room), talk: Boolean(room.channel || room.circle) });
    if (!stay) show("room");
  }
  settle();
  seen();
  draw();
}

// Where one left off, or at the end.
function settle() {
  const log = find("log");
  log.scrollTop = log.scrollHeight;
  const fresh = log.querySelector(".fresh");
  if (!fresh) return;
  const above = fresh.previousElementSibling;
  const start = above.matches(".day, .divider") ? above : fresh;
  log.scrollTop += Math.min(0, start.getBoundingClientRect().top - log.getBoundingClientRect().top - MARGIN);
}

function add(log, entry) {
  log.querySelector(".empty")?.remove();
  if (!last || time(last.at, "day") !== time(entry.at, "day")) {
    log.append(el("h2.day", {}, time(entry.at, "day")));
    last = null;
  }
  const opening = log !== find("log");
  const fresh = opening && entry.id > divider && !entry.only && entry.author !== state.me.id && !log.querySelector(".fresh");
  if (fresh && divider) {
    log.append(el("p.divider", {}, el("span", {}, say("new"))));
    last = null;
  }
  const follows = last && last.author === entry.author && last.only === entry.only && entry.author !== null
    && new Date(entry.at) - new Date(last.at) < CLOSE_TOGETHER;
  const made = message(entry, { author: state.people.get(entry.author) ?? null, me: state.me, follows, press });
  made.classList.toggle("fresh", fresh);
  log.append(made);
  last = entry;
}

async function press(button, entry, action) {
  if (button.ariaBusy) return;
  button.ariaBusy = "true";
  const reply = await attempt(() => post("press", { person: state.me.id, room: entry.room, action }));
  button.ariaBusy = null;
  if (reply) answered(reply);
}

function show(view) {
  find("app").dataset.view = view;
  if (view === "rooms") find("rooms").querySelector("[aria-current]")?.focus();
  else if (narrow.matches) find("title").focus();
  else find("say").focus();
  seen();
}

// ── The side ───────────────────────────────────────────────────────────────────────────────────────

function badge(count, quiet = false) {
  if (!count) return null;
  return el(quiet ? "span.badge.quiet" : "span.badge", {}, el("span", { "aria-hidden": "true" }, quiet ? "" : String(count)),
    el("span.unseen", {}, ` ${count === 1 ? say("unread_one") : say("unread", { n: count })}`));
}

function counts(person) {
  const unread = Object.entries(state.unread[person.id] ?? {});
  const shared = unread.filter(([room]) => room.startsWith("space:")).reduce((sum, [, count]) => sum + count, 0);
  const own = unread.reduce((sum, [, count]) => sum + count, 0) - shared;
  return { own, shared };
}

function mark(person) {
  const { own, shared } = counts(person);
  return own ? badge(own) : badge(shared, true);
}

function draw() {
  const focused = document.activeElement?.dataset?.room;
  const mine = state.unread[state.me.id] ?? {};
  const line = (room) => el(
    "button.place",
    {
      type: "button", "data-room": room.name, "aria-current": room.name === state.room.name ? "page" : null,
      onclick: () => enter(room),
    },
    room.channel ? el("span.avatar.hash", { "aria-hidden": "true" }, "#") : avatar(room.circle ? others(room)[0] ?? null : null),
    el("span.name", {}, room.channel ?? title(room)),
    badge(mine[room.name], Boolean(room.channel)),
  );
  const group = (name, rooms, empty) => [
    el("h2", {}, say(name)),
    rooms.length ? el("ul", {}, ...rooms.map((room) => el("li", {}, line(room)))) : el("p.none", {}, say(empty)),
  ];
  find("rooms").replaceChildren(
    ...group("channels", state.rooms.filter((room) => room.channel)),
    ...group("direct", state.rooms.filter((room) => !room.channel && !room.circle)),
    ...group("circles", state.rooms.filter((room) => room.circle), "no_circle"),
  );
  if (focused) find("rooms").querySelector(`[data-room="${CSS.escape(focused)}"]`)?.focus();
  const elsewhere = [...state.people.values()].filter((person) => person.id !== state.me.id && counts(person).own).length;
  find("be").replaceChildren(...[
    avatar(state.me),
    el("span.who", {}, el("small", {}, say("be")), " ", el("b", {}, state.me.name)),
    elsewhere ? el("span.unseen", {}, ` (${say("be_news", { n: elsewhere })})`) : null,
    icon("M8 10l4-4 4 4M8 14l4 4 4-4"),
  ].filter(Boolean));
  find("be").classList.toggle("news", elsewhere > 0);
  find("swap").replaceChildren(avatar(state.me));
  if (find("people").open) everyone();
  drawClock();
}

function drawClock() {
  const { now, due, movable } = state.clock;
  find("clock").hidden = !movable;
  find("hour").textContent = time(now, "hour");
  find("day").textContent = time(now, "day");
  find("due").textContent = due ? time(due, "soon") : say("nothing_due");
  find("clock").querySelector("[data-leap=due]").disabled = !due;
}

for (const button of document.querySelectorAll("[data-leap]")) {
  button.addEventListener("click", async () => {
    const moved = await attempt(() => post("clock", { ...where(), to: button.dataset.leap }));
    if (!moved) return;
    find("status").textContent = say("moved", { time: time(moved.now, "both") });
  });
}

// ── Being someone else ─────────────────────────────────────────────────────────────────────────────

const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

function everyone() {
  const wanted = plain(find("find").value.trim());
  const focused = document.activeElement?.dataset?.person;
  const found = [...state.people.values()]
    .filter((person) => plain(person.name).includes(wanted))
    .sort((one, other) => counts(other).own - counts(one).own);
  find("everyone").replaceChildren(...found.map((person) => {
    const city = person.zone.split("/").at(-1).replaceAll("_", " ");
    const tongue = new Intl.DisplayNames([state.me.language], { type: "language" }).of(person.language);
    return el("li", {}, el(
      "button.person",
      {
        type: "button", "data-person": person.id, "aria-current": person.id === state.me.id ? "true" : null,
        onclick: () => become(person),
      },
      avatar(person),
      el("span.who", {},
        el("b", {}, person.name, person.admin ? el("span.tag", {}, say("organizer")) : null), " ",
        el("small", {}, `${tongue} · ${city}, ${time(state.clock.now, "hour", { where: person.zone })}`)),
      mark(person),
    ));
  }));
  if (!found.length) find("everyone").append(el("li.none", {}, say("be_nobody")));
  if (focused) find("everyone").querySelector(`[data-person="${CSS.escape(focused)}"]`)?.focus();
}

function choose() {
  find("find").value = "";
  everyone();
  find("people").showModal();
  find("find").focus();
  find("everyone").scrollTop = 0;
}

find("be").addEventListener("click", choose);
find("swap").addEventListener("click", choose);
find("people-close").addEventListener("click", () => find("people").close());
find("find").addEventListener("input", everyone);
find("people").addEventListener("keydown", (event) => {
  const people = [...find("everyone").querySelectorAll("button")];
  const at = people.indexOf(document.activeElement);
  if (event.key === "ArrowDown") people[Math.min(at + 1, people.length - 1)]?.focus();
  else if (event.key === "ArrowUp") (people[at - 1] ?? find("find")).focus();
  else if (event.key === "Enter" && document.activeElement === find("find")) people[0]?.click();
  else return;
  event.preventDefault();
});
for (const dialog of document.querySelectorAll("dialog")) {
  // A click beside a dialog leaves it.
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
}
document.querySelector(".skip").addEventListener("click", (event) => {
  // The address says who one is and where; it stays.
  event.preventDefault();
  find("log").focus();
});
find("back").addEventListener("click", () => show("rooms"));
document.addEventListener("visibilitychange", () => {
  if (!state.room) return;
  // A browser keeps few connections to one place: a page that nobody sees leaves its own to others.
  if (document.hidden) return source?.close();
  listen();
  seen();
  draw();
});

begin();
