// One message in a log.

import { avatar, el, icon, say, time } from "./dom.js";

const EYE = "M2.500 12S6 5.500 12 5.500 21.500 12 21.500 12 18 18.500 12 18.500 2.500 12 2.500 12zM12 9.500a2.500 2.500 0 100 5 2.500 2.500 0 000-5z";
const HEART = "M12 20C5 15 3 11.500 3 8.500a4.500 4.500 0 019-1 4.500 4.500 0 019 1C21 11.500 19 15 12 20z";
const DOWN = "M12 4v11M7 10.500l5 5 5-5M5 20h14";

export function message(entry, { author, me, follows, press, react }) {
  const name = author ? author.name : say("voisin");
  const many = new Set(entry.body.parts.map((part) => part.language)).size > 1;
  // Both languages are there for both; one's own comes first.
  const parts = entry.body.parts.toSorted((one, other) => (other.language === me.language) - (one.language === me.language));
  const body = el("div.body", {}, ...parts.map((part) => told(part, { me, many })));
  if (entry.body.file) body.append(kept(entry.body.file));
  if (entry.body.buttons.length) body.append(buttons(entry, press));
  if (react) body.append(reaction(entry, react));
  return el(
    `article.message${entry.only ? ".only" : ""}${follows ? ".follows" : ""}${author ? "" : ".voisin"}`,
    { "data-entry": entry.id, "data-name": entry.body.name },
    avatar(author),
    el("header", {}, el("b", {}, name), el("time", { datetime: entry.at, title: time(entry.at, "both") }, time(entry.at, "hour")),
      entry.only ? el("span.private", {}, icon(EYE), say("only_you")) : null),
    body,
  );
}

function told(part, { me, many }) {
  const paragraphs = part.paragraphs.map((spans) => el("p", {}, ...spans.map((span) => shown(span, part.language, me))));
  return el("div.part", { lang: part.language, "data-tongue": many ? part.language : null }, ...paragraphs);
}

function shown(span, tongue, me) {
  switch (span.kind) {
    case "mention":
      return el(span.id === me.id ? "span.mention.me" : "span.mention", {}, span.text);
    case "strong":
      return el("strong", {}, span.text);
    case "said":
      return el("span.said", {}, span.text);
    case "space":
      return el("span.space", {}, span.text);
    case "moment":
      return el("time", { datetime: span.at }, time(span.at, span.time ? "both" : "day", tongue ? { tongue } : {}));
    default:
      return span.text;
  }
}

function buttons(entry, press) {
  return el("div.buttons", {}, ...entry.body.buttons.map((button) => el(
    button.main ? "button.main" : "button",
    { type: "button", onclick: (event) => press(event.currentTarget, entry, button.action) },
    button.label,
  )));
}

// One heart, and how many gave theirs.
function reaction(entry, react) {
  return el("button.react", { type: "button", "aria-pressed": "false", "aria-label": say("react"), title: say("react"), onclick: (event) => react(event.currentTarget, entry) },
    icon(HEART), el("span.count"));
}

export function reacted(made, people, me) {
  const button = made.querySelector(".react");
  if (!button) return;
  button.setAttribute("aria-pressed", String(people.includes(me.id)));
  button.setAttribute("aria-label", people.length ? say("reacted", { n: people.length }) : say("react"));
  button.querySelector(".count").textContent = people.length || "";
}

function kept(file) {
  const bytes = Uint8Array.from(atob(file.content), (letter) => letter.codePointAt(0));
  const address = URL.createObjectURL(new Blob([bytes], { type: file.type }));
  return el("p", {}, el("a.file", { href: address, download: file.name }, icon(DOWN), say("download", { name: file.name })));
}
