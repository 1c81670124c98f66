// What the functions wrote. The view's address is #/logs/FUNCTION/TEXT; either may be empty.

import { choose, el, get, pill } from "./dom.js";

export const title = "Logs";

export async function load({ argument }) {
  const { name, text } = asked(argument);
  return get(`/api/logs?function=${encodeURIComponent(name)}&text=${encodeURIComponent(text)}`);
}

export function show({ functions, found, lines }, { argument, health }) {
  const { name, text } = asked(argument), prefix = `${health.project}-${health.environment}-`;
  const short = (each) => (each.startsWith(prefix) ? each.slice(prefix.length) : each);
  const options = [["", "All"], ...functions.map((each) => [each, short(each)])];
  return [
    el("h1", {}, "Logs"),
    el("p", { class: "muted small" }, "The newest 500 lines of each function, by the wall clock. Metrics, which are log lines too, and the marks START and END are left out."),
    functions.length > 1 ? choose(options, name, (value) => go(value, text)) : null,
    search(name, text),
    lines.length ? el("p", { class: "muted small" }, lines.length < found ? `The newest ${lines.length} of ${found} lines.` : found === 1 ? "1 line." : `${found} lines.`) : null,
    lines.length ? el("div", {}, lines.map((line) => entry(line, short(line.function)))) : el("p", { class: "muted" }, text ? "No line holds that." : "Nothing was written yet."),
  ];
}

function asked(argument) {
  const [name, ...rest] = argument.split("/");
  return { name, text: rest.join("/") };
}

function go(name, text) {
  location.hash = `#/logs/${encodeURIComponent(name)}/${encodeURIComponent(text)}`;
}

function search(name, text) {
  const input = el("input", { name: "text", value: text, placeholder: "text that a line holds: ERROR, a message_id, ...", "aria-label": "Text in a line", autocomplete: "off" });
  const submit = (event) => { event.preventDefault(); input.blur(); go(name, input.value.trim()); };
  return el("form", { class: "search", onsubmit: submit }, input, el("button", { class: "plain" }, "Filter"));
}

const KINDS = { ERROR: "ALARM", CRITICAL: "ALARM", WARNING: "ticket" };

function entry(line, from) {
  return el("details", { class: "log", "data-keep": `${line.function} ${line.wall} ${line.text}` },
    el("summary", {},
      el("span", { class: "muted" }, new Date(line.wall * 1000).toISOString().slice(11, 23)),
      el("span", { class: "muted", title: line.function }, from),
      el("span", { class: "said" }, KINDS[line.level] ? pill(KINDS[line.level], line.level) : null, " ", line.message)),
    el("pre", {}, line.text));
}
