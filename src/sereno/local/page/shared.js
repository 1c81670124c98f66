// What several views show alike.

import { clock, duration, el, get, html, pill, state } from "./dom.js";

export function budget(slo) {
  const inner = el("i", { class: slo.state });
  inner.style.width = `${Math.max(0, Math.min(1, slo.left_ratio ?? 0)) * 100}%`;
  return el("span", { class: "bar", role: "img", "aria-label": `${slo.left} of the error budget left` }, inner);
}

export function burn(slo, window) {
  return slo.burns.find((b) => b.window === window)?.text ?? "no data";
}

export function sloTable(slos) {
  return el("div", { class: "scroll" }, el("table", {},
    el("thead", {}, el("tr", {},
      el("th", {}, "SLO"), el("th", { class: "wide" }, "State"), el("th", { class: "n" }, "Good"), el("th", { class: "n wide" }, "Target"),
      el("th", { class: "n wide", colspan: 2 }, "Budget left"), el("th", { class: "n narrow" }, "Budget left"), el("th", { class: "n" }, "Burn 1 h"), el("th", { class: "n wide" }, "Burn 6 h"))),
    el("tbody", {}, slos.map((slo) => el("tr", {},
      el("td", {}, el("a", { href: `#/slos/${slo.label}` }, slo.name), el("div", { class: "narrow" }, pill(slo.state, slo.word))),
      el("td", { class: "wide" }, pill(slo.state, slo.word)),
      el("td", { class: "n" }, slo.attainment, el("div", { class: "narrow muted small" }, `of ${slo.target}`)),
      el("td", { class: "n wide muted" }, slo.target),
      el("td", { class: "n wide barred" }, budget(slo)), el("td", { class: "n" }, slo.left),
      el("td", { class: "n" }, burn(slo, "1h")),
      el("td", { class: "n wide" }, burn(slo, "6h")))))));
}

export function runbookLink(name) {
  return name ? el("a", { href: `#/runbooks/${name}` }, "Runbook") : null;
}

const read = new Map(); // runbooks, by name, as HTML

/** A runbook that unfolds in place; `owner` tells it from others of the same page. */
export function runbook(name, owner) {
  if (!name) return null;
  const place = el("div", {}, read.has(name) ? html(read.get(name)) : null);
  const unfold = async (event) => {
    if (!event.target.open || place.firstChild) return;
    read.set(name, (await get(`/api/runbooks/${encodeURIComponent(name)}`)).html);
    place.replaceChildren(html(read.get(name)));
  };
  return el("details", { ontoggle: unfold, "data-keep": `${owner} runbook` },
    el("summary", {}, el("a", { href: `#/runbooks/${name}`, onclick: unfoldInstead }, `Runbook: ${name}`)), place);
}

/** A click unfolds; opened in a new tab the link still leads to the runbook. */
function unfoldInstead(event) {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const details = event.target.closest("details");
  details.open = !details.open;
}

function kind(got) {
  if (got.test) return pill("", "test");
  return got.state ? state(got.state) : pill("", "message");
}

export function notification(got, now, fold = true) {
  const alarm = got.alarm
    ? el("h3", {}, el("a", { href: `#/alarms/${got.alarm}` }, got.title))
    : el("h3", {}, got.description || "Message");
  const lead = got.alarm ? got.description.split("\n")[0] : "";
  return el("div", { class: "card" },
    el("div", { class: "row" }, kind(got), alarm,
      el("span", { class: "end muted small" }, `${clock(got.at, now)} · ${duration(now - got.at)} ago`)),
    el("p", { class: "small" }, lead),
    el("p", { class: "small muted" }, got.reason === lead ? "" : got.reason),
    el("div", { class: "small" }, fold ? runbook(got.runbook, `${got.receiver} ${got.alarm} ${got.state} ${got.at}`) : runbookLink(got.runbook)));
}
