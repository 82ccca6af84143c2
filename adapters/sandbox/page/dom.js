// Elements, words, times and requests. Text only ever enters the page as text.

export const find = (id) => document.getElementById(id);

// el("button.main", { type: "button", onclick }, "label", child …)
export function el(kind, attributes = {}, ...children) {
  const [tag, ...classes] = kind.split(".");
  const made = document.createElement(tag);
  made.classList.add(...classes);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

export function icon(path) {
  const space = "http://www.w3.org/2000/svg";
  const drawn = document.createElementNS(space, "svg");
  drawn.setAttribute("viewBox", "0 0 24 24");
  drawn.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(space, "path");
  line.setAttribute("d", path);
  drawn.append(line);
  return drawn;
}

// ── Words ──────────────────────────────────────────────────────────────────────────────────────────

let labels = {};
let language = "en";
let zone = "UTC";

export function speak(words, person) {
  labels = words;
  language = person.language;
  zone = person.zone;
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll("[data-words]")) element.textContent = say(element.dataset.words);
  for (const element of document.querySelectorAll("[data-label]")) {
    element.setAttribute("aria-label", say(element.dataset.label));
    if (element.matches("button")) element.title = say(element.dataset.label);
    if (element.matches("input")) element.placeholder = say(element.dataset.label);
  }
}

export function say(name, values = {}) {
  return labels[name].replace(/\{(\w+)\}/g, (_, place) => values[place]);
}

// ── Times ──────────────────────────────────────────────────────────────────────────────────────────

const LOCALES = { fr: "fr", en: "en-GB" };
const SHAPES = {
  hour: { hour: "2-digit", minute: "2-digit" },
  day: { weekday: "long", day: "numeric", month: "long" },
  soon: { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" },
  both: { weekday: "long", day: "numeric", month: "long", hour: "2-digit", minute: "2-digit" },
};
const made = new Map();

export function time(at, shape, { tongue = language, where = zone } = {}) {
  const name = `${shape} ${tongue} ${where}`;
  if (!made.has(name)) {
    made.set(name, new Intl.DateTimeFormat(LOCALES[tongue] ?? tongue, { ...SHAPES[shape], timeZone: where }));
  }
  const told = made.get(name).format(new Date(at));
  // « le 1er décembre »: the one thing that the browser does not know of French dates.
  return tongue === "fr" ? told.replace(/\b1(?= \p{L})/u, "1er") : told;
}

// ── People ─────────────────────────────────────────────────────────────────────────────────────────

export function avatar(person) {
  if (person === null) return el("img.avatar", { src: "mark.svg", alt: "" });
  const initials = person.name.split(/\s+/).map((word) => [...word][0]).slice(0, 2).join("");
  let sum = 7;
  for (const letter of person.id) sum = (sum * 31 + letter.codePointAt(0)) % 997;
  return el(`span.avatar.hue${sum % 8}`, { "aria-hidden": "true" }, initials);
}

// ── Requests ───────────────────────────────────────────────────────────────────────────────────────

let token = "";
export const trust = (fresh) => { token = fresh; };

export async function ask(path) {
  return answer(await fetch(path, { headers: { "Accept-Language": language } }));
}

export async function post(path, what) {
  return answer(await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Voisin-Page": token, "Accept-Language": language },
    body: JSON.stringify({ id: crypto.randomUUID(), ...what }),
  }));
}

async function answer(response) {
  const said = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(said.error ?? say("failed"));
  return said;
}

let fading;
export function toast(sentence) {
  const shown = find("toast");
  shown.hidden = false;
  shown.textContent = sentence;
  clearTimeout(fading);
  fading = setTimeout(() => { shown.hidden = true; }, 8000);
}

// A request that the person made: what goes wrong is told to them.
export async function attempt(work) {
  try {
    return await work();
  } catch (error) {
    toast(error instanceof TypeError ? say("failed") : error.message);
    return null;
  }
}
