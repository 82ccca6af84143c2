// Forms: a dialog that keeps the focus, says what is missing beside each field, and gives the focus back.

import { attempt, el, find, say } from "./dom.js";

const RADIOS = 4;
const TIGHT = 0.8;

export function openForm(form, submit) {
  const dialog = find("form");
  const fields = form.fields.map(field);
  const send = el("button.main", { type: "submit" }, form.submit);
  const shape = el(
    "form", { lang: form.language, novalidate: true },
    el("h2", { id: "form-title" }, form.title),
    ...fields.map((made) => made.row),
    el("footer", {}, el("button", { type: "button", onclick: () => dialog.close() }, say("cancel")), send),
  );
  shape.addEventListener("submit", async (event) => {
    event.preventDefault();
    const values = Object.fromEntries(fields.map((made) => [made.name, made.value()]));
    const empty = fields.filter((made) => made.required && !values[made.name].trim());
    if (complain(fields, Object.fromEntries(empty.map((made) => [made.name, say("missing")]))) || send.ariaBusy) return;
    send.ariaBusy = "true";
    const reply = await attempt(() => submit(form.action, values));
    send.ariaBusy = null;
    if (reply === null || complain(fields, reply.errors)) return;
    if (reply.form) openForm(reply.form, submit);
    else dialog.close();
  });
  dialog.replaceChildren(shape);
  if (!dialog.open) dialog.showModal();
  (fields[0]?.target ?? send).focus();
}

function complain(fields, errors) {
  let first = null;
  for (const made of fields) {
    const sentence = errors[made.name] ?? "";
    made.error.textContent = sentence;
    if (sentence) made.target.setAttribute("aria-invalid", "true");
    else made.target.removeAttribute("aria-invalid");
    if (sentence && !first) first = made;
  }
  first?.target.focus();
  return first !== null;
}

function field(asked) {
  const id = `field-${asked.name}`;
  const error = el("p.error", { id: `${id}-error`, "aria-live": "polite" });
  const hint = asked.hint ? el("p.hint", { id: `${id}-hint` }, asked.hint) : null;
  const described = [hint && hint.id, error.id].filter(Boolean).join(" ");
  const several = asked.kind === "choices" || (asked.kind === "choice" && asked.choices.length <= RADIOS);
  const made = several ? options(asked, id, described) : single(asked, id, described);
  // What is chosen already cannot be left empty.
  const label = asked.required && asked.kind !== "choice" ? [asked.label, " ", el("span.needed", {}, say("required"))] : [asked.label];
  const row = several
    ? el("fieldset.field", { "aria-describedby": described }, el("legend", {}, ...label), hint, made.box, error)
    : el("div.field", {}, el("label", { for: id }, ...label), hint, made.box, error);
  return { name: asked.name, required: asked.required, row, error, ...made };
}

function options(asked, id, described) {
  const type = asked.kind === "choices" ? "checkbox" : "radio";
  const chosen = new Set(type === "radio" ? [asked.value] : asked.value.split(","));
  const inputs = asked.choices.map((choice) => el("input", {
    type, name: id, value: choice.value, checked: chosen.has(choice.value), "aria-describedby": described,
  }));
  const box = el("div.options", {}, ...asked.choices.map((choice, place) => el("label", {}, inputs[place], choice.label)));
  return {
    box,
    target: inputs.find((input) => input.checked) ?? inputs[0],
    value: () => inputs.filter((input) => input.checked).map((input) => input.value).join(","),
  };
}

function single(asked, id, described) {
  const common = { id, name: asked.name, "aria-describedby": described, "aria-required": asked.required ? "true" : null };
  if (asked.kind === "choice") {
    const target = el("select", common, ...asked.choices.map((choice) => el(
      "option", { value: choice.value, selected: choice.value === asked.value }, choice.label,
    )));
    return { box: target, target, value: () => target.value };
  }
  const types = { time: "time", date: "date" };
  const target = asked.kind === "text"
    ? el("textarea", { ...common, rows: 4, maxlength: asked.limit })
    : el("input", { ...common, type: types[asked.kind] ?? "text", maxlength: asked.limit, autocomplete: "off" });
  target.value = asked.value;
  if (asked.kind === "zone") {
    const list = el("datalist", { id: `${id}-zones` }, ...Intl.supportedValuesOf("timeZone").map((zone) => el("option", { value: zone })));
    target.setAttribute("list", list.id);
    return { box: el("div", {}, target, list), target, value: () => target.value };
  }
  if (asked.kind === "line" || asked.kind === "text") {
    const left = el("span.left", { "aria-hidden": "true" });
    // Only when it gets tight.
    const count = () => { left.textContent = target.value.length > asked.limit * TIGHT ? `${target.value.length} / ${asked.limit}` : ""; };
    target.addEventListener("input", count);
    count();
    return { box: el("div.counted", {}, target, left), target, value: () => target.value };
  }
  return { box: target, target, value: () => target.value };
}
