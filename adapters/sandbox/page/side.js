// The side: the rooms, the clock, and who one could be instead.

import { attempt, avatar, el, find, icon, post, say, time } from "./dom.js";
import { counts, others, state, title, where } from "./state.js";

let go = {};

// What the page does when a room or a person is chosen.
export function attach(ways) {
  go = ways;
}

// ── The rooms ──────────────────────────────────────────────────────────────────────────────────────

function badge(count, quiet = false) {
  if (!count) return null;
  return el(quiet ? "span.badge.quiet" : "span.badge", {}, el("span", { "aria-hidden": "true" }, quiet ? "" : String(count)),
    el("span.unseen", {}, ` ${count === 1 ? say("unread_one") : say("unread", { n: count })}`));
}

function mark(person) {
  const { own, shared } = counts(person);
  return own ? badge(own) : badge(shared, true);
}

export function draw() {
  const focused = document.activeElement?.dataset?.room;
  const mine = state.unread[state.me.id] ?? {};
  const line = (room) => el(
    "button.place",
    {
      type: "button", "data-room": room.name, "aria-current": room.name === state.room.name ? "page" : null,
      onclick: () => go.enter(room),
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
        onclick: () => go.become(person),
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
