// The page: who one is, which room one is in, and what is new.

import { Composer } from "./composer.js";
import { ask, attempt, avatar, el, find, post, say, speak, time, toast, trust } from "./dom.js";
import { openForm } from "./forms.js";
import { message, reacted } from "./messages.js";
import { attach, draw } from "./side.js";
import { invitation, state, title, topic, where } from "./state.js";

const CLOSE_TOGETHER = 5 * 60 * 1000;
const NEAR = 160;
const MARGIN = 14;
const narrow = matchMedia("(max-width: 760px)");
const calm = matchMedia("(prefers-reduced-motion: reduce)");

let source = null;
let divider = 0;
let last = null;

const composer = new Composer({ where, answered });

attach({ enter, become });

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
  state.likes = news.likes;
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
  for (const made of log.querySelectorAll("[data-entry]")) reacted(made, state.likes[made.dataset.entry] ?? [], state.me);
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
  // Where several read it, and it is not for one pair of eyes.
  const shared = !entry.only && !entry.room.startsWith("person:");
  const made = message(entry, { author: state.people.get(entry.author) ?? null, me: state.me, follows, press, react: shared ? react : null });
  reacted(made, state.likes[entry.id] ?? [], state.me);
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

function react(button, entry) {
  if (button.getAttribute("aria-pressed") === "true") return;
  attempt(() => post("react", { person: state.me.id, room: entry.room, entry: entry.id }));
}

function show(view) {
  find("app").dataset.view = view;
  if (view === "rooms") find("rooms").querySelector("[aria-current]")?.focus();
  else if (narrow.matches) find("title").focus();
  else find("say").focus();
  seen();
}

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
