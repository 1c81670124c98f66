import { el, get, pill } from "./dom.js";
import { budget, runbookLink } from "./shared.js";

export const title = "SLOs";

export const load = () => get("/api/slos");

export function show({ slos }, { argument }) {
  return [el("h1", {}, "SLOs"), slos.map((slo) => card(slo, slo.label === argument))];
}

function card(slo, asked) {
  const node = el("section", { class: "card", id: asked ? "asked" : null },
    el("div", { class: "row" }, el("h3", {}, slo.name), pill(slo.state, slo.word), el("span", { class: "end muted small" }, slo.service)),
    el("p", { class: "small muted" }, slo.description),
    el("dl", { class: "figures" },
      figure("Good", slo.attainment, `of a target of ${slo.target} over ${slo.window}`),
      figure("Error budget left", slo.left, slo.left_amount, budget(slo)),
      slo.burns.slice(0, 3).map((b) => figure(`Burn, last ${b.window}`, b.text, limit(slo, b))),
      figure("Budget ends", slo.exhaustion)),
    slo.warnings.length ? el("p", { class: "small muted" }, `Note: ${slo.warnings.join("; ")}.`) : null,
    el("p", { class: "row small" }, runbookLink(slo.runbook),
      slo.alarms.map((name) => el("a", { href: `#/alarms/${name}` }, name.split("-").at(-1) === "page" ? "Page alarm" : "Ticket alarm"))));
  return node;
}

function figure(name, value, more = "", picture = null) {
  return el("div", {}, el("dt", {}, name), el("dd", {}, value, picture ? el("div", {}, picture) : null, more ? el("div", {}, el("small", {}, more)) : null));
}

function limit(slo, burn) {
  const policy = slo.policies.find((p) => p.long === burn.window);
  return policy ? `${policy.severity} above ${policy.burn}x` : "";
}
