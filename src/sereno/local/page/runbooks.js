import { el, get, html } from "./dom.js";

export const title = "Runbook";

export const load = ({ argument }) => get(`/api/runbooks/${encodeURIComponent(argument)}`);

export function show(found) {
  return [
    el("p", { class: "small" }, el("a", { href: found.url, target: "_blank", rel: "noreferrer" }, found.url)),
    html(found.html),
  ];
}
