import { choose, el, get, pill } from "./dom.js";

export const title = "Traces";

export async function load({ argument }) {
  if (argument) return { id: argument, ...(await get(`/api/traces/${encodeURIComponent(argument)}`)) };
  return get("/api/traces");
}

export function show(found, { again }) {
  return [el("h1", {}, "Traces"), search(found.id ?? ""), found.spans ? way(found) : list(found.traces, again)];
}

function search(id) {
  const input = el("input", { name: "id", value: id, placeholder: "a message_id or a trace id", "aria-label": "Message or trace id", autocomplete: "off", "data-keep": "search" });
  const go = (event) => {
    event.preventDefault();
    location.hash = input.value.trim() ? `#/traces/${encodeURIComponent(input.value.trim())}` : "#/traces";
  };
  return el("form", { class: "search", onsubmit: go }, input, el("button", { class: "plain" }, "Follow"));
}

let order = "newest";
const ORDERS = {
  newest: (a, b) => b.start - a.start,
  slowest: (a, b) => (b.end - b.start) - (a.end - a.start),
  failed: (a, b) => b.errors - a.errors || b.start - a.start,
};

function list(traces, again) {
  if (!traces.length) return el("p", { class: "muted" }, "No trace has arrived yet.");
  const sorted = [...traces].sort(ORDERS[order]);
  return [
    el("div", { class: "row" }, el("span", { class: "muted small" }, `Of the newest ${traces.length}, first the`),
      choose(Object.keys(ORDERS).map((name) => [name, name]), order, (value) => { order = value; again(); })),
    table(sorted),
  ];
}

function table(traces) {
  return el("div", { class: "scroll" }, el("table", {},
    el("thead", {}, el("tr", {}, el("th", {}, "Began, by the wall clock"), el("th", {}, "What"), el("th", { class: "wide" }, "Service"), el("th", { class: "n" }, "Took"), el("th", { class: "n" }, "Spans"))),
    el("tbody", {}, traces.map((trace) => el("tr", {},
      el("td", { class: "muted" }, wall(trace.start)),
      el("td", {}, el("a", { href: `#/traces/${trace.trace_id}` }, trace.name), " ", trace.errors ? pill("ALARM", `${trace.errors} failed`) : null),
      el("td", { class: "wide muted" }, trace.service),
      el("td", { class: "n" }, took(trace.end - trace.start)),
      el("td", { class: "n" }, String(trace.spans)))))));
}

function way({ id, spans }) {
  if (!spans.length) return el("p", { class: "muted" }, `Nothing is known of ${id}. Only the newest spans are kept.`);
  const begin = Math.min(...spans.map((s) => s.start)), end = Math.max(...spans.map((s) => s.end));
  const services = [...new Set(spans.map((s) => s.service))], failed = spans.filter((s) => s.error).length;
  return [
    el("p", { class: "muted" }, `${spans.length} spans in ${took(end - begin)}, from ${wall(begin)} · `, el("a", { href: "#/traces" }, "all traces"), " ", failed ? pill("ALARM", `${failed} failed`) : null),
    el("div", {}, inOrder(spans).map(({ span, depth }) => bar(span, depth, begin, end, services.indexOf(span.service)))),
  ];
}

/** Children below their parents, siblings as they began; what has no parent here is a root. */
function inOrder(spans) {
  const known = new Set(spans.map((s) => s.span_id)), found = [];
  const below = (parent, depth) => {
    for (const span of spans.filter((s) => (known.has(s.parent_id) ? s.parent_id : "") === parent)) {
      found.push({ span, depth });
      below(span.span_id, depth + 1);
    }
  };
  below("", 0);
  return found;
}

function bar(span, depth, begin, end, service) {
  const all = Math.max(end - begin, 1), left = ((span.start - begin) / all) * 100, width = ((span.end - span.start) / all) * 100;
  const who = el("div", { class: "who", title: `${span.service}: ${span.name}` }, span.name, " ", el("small", {}, span.service), span.error ? el("div", { class: "why" }, why(span)) : null);
  who.style.paddingLeft = `${depth * 14}px`;
  const line = el("i", { class: span.error ? "error" : `s${service % 4}` }), text = el("span", {}, took(span.end - span.start));
  line.style.left = `${left}%`;
  line.style.width = `${width}%`;
  if (left + width < 75) text.style.left = `${left + width}%`;
  else text.style.right = `${100 - left}%`;
  return el("details", { class: span.error ? "span failed" : "span", "data-keep": span.span_id },
    el("summary", {}, who, el("div", { class: "track" }, line, text)),
    el("dl", { class: "facts" }, fact("kind", span.kind.toLowerCase()), span.error ? fact("status", "error") : null,
      fact("began", wall(span.start)), Object.entries(span.attributes).map(([name, value]) => fact(name, String(value))),
      span.links.map(([trace]) => fact("caused by", el("a", { href: `#/traces/${trace}` }, trace)))));
}

/** A failed span in words: `error: OperationalError`. */
function why(span) {
  const type = span.attributes["error.type"] ?? span.attributes["exception.type"];
  return type ? `error: ${type}` : "error";
}

function fact(name, value) {
  return [el("dt", {}, name), el("dd", {}, value)];
}

/** Nanoseconds as a person says them. */
function took(ns) {
  const ms = ns / 1e6;
  return ms >= 1000 ? `${(ms / 1000).toFixed(2)} s` : ms >= 10 ? `${ms.toFixed(0)} ms` : `${ms.toFixed(1)} ms`;
}

const wall = (ns) => new Date(ns / 1e6).toISOString().slice(11, 23);
