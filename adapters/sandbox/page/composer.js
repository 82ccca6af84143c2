// The line at the bottom: words for the people in the room, or /voisin with completion.

import { ask, attempt, el, find, post, say } from "./dom.js";

const COMMAND = /^\/voisin(?:\s+|$)/i;

export class Composer {
  constructor({ where, answered }) {
    this.where = where;
    this.answered = answered;
    this.say = find("say");
    this.offers = find("offers");
    this.hint = find("hint");
    this.offered = [];
    this.active = -1;
    this.asked = 0;
    find("composer").addEventListener("submit", (event) => { event.preventDefault(); this.send(); });
    find("slash").addEventListener("click", () => this.put("/voisin "));
    this.say.addEventListener("input", () => {
      this.hint.textContent = "";
      // What no longer fits goes at once; what fits now comes with the answer.
      this.offer(this.offered.filter((offer) => offer.text.startsWith(this.say.value.trimStart())));
      this.complete();
    });
    this.say.addEventListener("keydown", (event) => this.key(event));
    this.say.addEventListener("blur", () => this.close());
  }

  enter({ label, talk }) {
    this.talk = talk;
    this.say.placeholder = label;
    this.say.setAttribute("aria-label", label);
    this.say.value = "";
    this.hint.textContent = "";
    this.close();
  }

  put(text) {
    this.say.value = text;
    this.say.focus();
    this.complete();
  }

  async complete() {
    const asked = ++this.asked;
    const text = this.say.value.trimStart();
    let offered = [];
    if (text.startsWith("/") && "/voisin".startsWith(text.toLowerCase())) {
      offered = [{ text: "/voisin ", shown: "/voisin", about: say("commands") }];
    } else if (COMMAND.test(text)) {
      const line = text.replace(COMMAND, "");
      const found = await ask(`complete?${new URLSearchParams({ person: this.where().person, line })}`).catch(() => []);
      offered = found.map((offer) => ({ text: `/voisin ${offer.text}`, shown: offer.text, about: offer.about }));
      if (offered.length === 1 && offered[0].text.trim() === text.trim()) offered = [];
    }
    // A slower answer to an earlier letter comes too late.
    if (asked === this.asked) this.offer(offered);
  }

  offer(offered) {
    const pointed = this.active < 0 ? null : this.offered[this.active].text;
    this.offered = offered;
    this.active = -1;
    this.offers.replaceChildren(...offered.map((offer, place) => el(
      "li",
      {
        id: `offer-${place}`, role: "option", "aria-selected": "false",
        onpointerdown: (event) => { event.preventDefault(); this.take(place); },
      },
      el("b", {}, offer.shown), " ", el("span", {}, offer.about),
    )));
    this.offers.hidden = offered.length === 0;
    this.say.setAttribute("aria-expanded", String(offered.length > 0));
    this.say.removeAttribute("aria-activedescendant");
    find("status").textContent = offered.length > 1 ? say("completion_count", { n: offered.length }) : "";
    // Whoever has pointed at one already keeps it when the answer comes.
    const kept = offered.findIndex((offer) => offer.text === pointed);
    if (kept >= 0) this.point(kept);
  }

  close() {
    this.asked += 1;
    this.offer([]);
  }

  key(event) {
    const open = this.offered.length > 0;
    if (event.isComposing) return;
    if (open && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      const step = event.key === "ArrowDown" ? 1 : -1;
      const from = this.active < 0 && step < 0 ? 0 : this.active;
      this.point((from + step + this.offered.length) % this.offered.length);
    } else if (open && event.key === "Tab" && !event.shiftKey) {
      this.take(Math.max(this.active, 0));
    } else if (open && event.key === "Enter" && this.active >= 0) {
      this.take(this.active);
    } else if (open && event.key === "Escape") {
      this.close();
    } else {
      return;
    }
    event.preventDefault();
  }

  point(place) {
    this.active = place;
    [...this.offers.children].forEach((offer, at) => offer.setAttribute("aria-selected", String(at === place)));
    this.offers.children[place].scrollIntoView({ block: "nearest" });
    this.say.setAttribute("aria-activedescendant", `offer-${place}`);
  }

  take(place) {
    const { text } = this.offered[place];
    this.close();
    this.put(text.endsWith(" ") ? text : `${text} `);
  }

  async send() {
    const text = this.say.value.trim();
    if (!text || this.busy) return;
    if (text.startsWith("/") && !COMMAND.test(text)) {
      this.hint.textContent = say("only_voisin");
      return;
    }
    const command = COMMAND.test(text);
    if (!command && !this.talk) {
      this.hint.textContent = say("talk_to_nobody");
      return;
    }
    this.close();
    this.busy = true;
    const reply = await attempt(() => (command
      ? post("command", { ...this.where(), line: text.replace(COMMAND, "") })
      : post("write", { ...this.where(), text })));
    this.busy = false;
    if (reply === null) return;
    this.say.value = "";
    this.answered(reply);
  }
}
