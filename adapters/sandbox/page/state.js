// What the page knows, and how it names things.

import { say } from "./dom.js";

export const state = {
  me: null, people: new Map(), entries: new Map(), rooms: [], unread: {}, read: {}, likes: {}, clock: {}, room: null,
};

// Where the person is: what every request says.
export function where() {
  return { person: state.me.id, room: state.room.name };
}

export function others(room) {
  return room.people.filter((id) => id !== state.me.id).map((id) => state.people.get(id)).filter(Boolean);
}

export function title(room) {
  if (room.channel) return `#${room.channel}`;
  return room.circle ? names(others(room).map((person) => person.name)) : say("voisin");
}

function names(list) {
  return new Intl.ListFormat(state.me.language, { type: "conjunction" }).format(list);
}

export function topic(room) {
  if (room.channel) return say("topic_space", { n: state.people.size });
  if (!room.circle) return say("topic_person");
  return say("topic_circle", { names: first(room) });
}

function first(room) {
  return names(others(room).map((person) => person.name.split(" ")[0]));
}

export function invitation(room) {
  if (room.channel) return say("write_space", { room: title(room) });
  return room.circle ? say("write_circle", { names: first(room) }) : say("write_person");
}

// What waits for someone: for them alone, and in the channels.
export function counts(person) {
  const unread = Object.entries(state.unread[person.id] ?? {});
  const shared = unread.filter(([room]) => room.startsWith("space:")).reduce((sum, [, count]) => sum + count, 0);
  const own = unread.reduce((sum, [, count]) => sum + count, 0) - shared;
  return { own, shared };
}
