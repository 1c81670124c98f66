import { el, get, html } from "./dom.js";

export const title = "Runbooks";

export const load = ({ argument }) => get(argument ? `/api/runbooks/${encodeURIComponent(argument)}` : "/api/runbooks");

export function show(found) {
  if (found.runbooks) return [el("h1", {}, "Runbooks"), list(found.runbooks)];
  return [
    el("p", { class: "small" }, el("a", { href: "#/runbooks" }, "All runbooks"), " · ",
      el("a", { href: found.url, target: "_blank", rel: "noreferrer" }, found.url)),
    html(found.html),
  ];
}

export const missing = (name) => [`No runbook is named ${name}. `, el("a", { href: "#/runbooks" }, "All runbooks")];

function list(runbooks) {
  if (!runbooks.length) return el("p", { class: "muted" }, "No runbook is declared.");
  return el("table", {}, el("tbody", {}, runbooks.map((one) => el("tr", {},
    el("td", {}, el("a", { href: `#/runbooks/${one.name}` }, one.title)), el("td", { class: "muted wide" }, one.name)))));
}
