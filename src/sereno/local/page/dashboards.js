import { lines } from "./chart.js";
import { amount, choose, duration, el, get, html, state } from "./dom.js";
import { budget, burn } from "./shared.js";

export const title = "Dashboards";

const RANGES = [[3600, "1 h"], [10800, "3 h"], [43200, "12 h"], [86400, "1 d"], [259200, "3 d"], [604800, "7 d"], [2592000, "30 d"]];
let range = 10800;

export async function load({ argument }) {
  const [{ dashboards }, { slos }, { alarms }] = await Promise.all([get("/api/dashboards"), get("/api/slos"), get("/api/alarms")]);
  const dashboard = dashboards.find((d) => d.name === argument) ?? dashboards[0];
  const drawn = dashboard ? await Promise.all(dashboard.rows.flatMap((row, y) => row.map((panel, x) => data(dashboard, panel, x, y)))) : [];
  return { dashboards, dashboard, slos, alarms, drawn };
}

function data(dashboard, panel, x, y) {
  if (!["timeseries", "number", "burn"].includes(panel.kind)) return null;
  return get(`/api/panels/${encodeURIComponent(dashboard.name)}/${y}/${x}?seconds=${range}`);
}

export function show({ dashboards, dashboard, slos, alarms, drawn }, { again }) {
  if (!dashboard) return el("p", { class: "muted" }, "No dashboard is declared.");
  let at = 0;
  return [
    el("div", { class: "row" }, el("h1", {}, dashboard.title),
      dashboards.length > 1 ? dashboards.map((d) => el("a", { href: `#/dashboards/${d.name}` }, d.title)) : null,
      el("span", { class: "end" }, choose(RANGES, range, (value) => { range = value; again(); }))),
    dashboard.rows.map((row) => el("div", { class: "grid" }, row.map((panel) => {
      const node = el("section", { class: "panel" },
        panel.kind === "text" ? null : el("h3", {}, panel.title),
        KINDS[panel.kind](panel, drawn[at++], { slos, alarms }));
      node.style.gridColumn = `span ${panel.width}`;
      return node;
    }))),
  ];
}

const KINDS = {
  text: (panel) => html(panel.html),
  timeseries: (panel, found) => lines(found, panel.unit, tall(panel)),
  burn: (panel, found) => lines(found, "x", tall(panel), [{ value: 1, text: "spends just the budget" }]),
  number: (panel, found) => number(panel, found),
  slo: (panel, _, { slos }) => budgets(slos.filter((slo) => panel.slos.includes(slo.label.split("/")[0]))),
  alerts: (panel, _, { alarms }) => chips(panel.alerts, alarms),
};

const tall = (panel) => Math.max(110, Math.min(260, panel.height * 25));

function number(panel, found) {
  const value = found.lines.length ? found.lines[0].values.at(-1) ?? null : null;
  return [el("p", { class: "big" }, amount(value, panel.unit)), el("p", { class: "muted small" }, `in the last ${duration(panel.period)}`)];
}

function budgets(slos) {
  return el("table", {}, el("tbody", {}, slos.map((slo) => el("tr", {},
    el("td", {}, el("a", { href: `#/slos/${slo.label}` }, slo.name)),
    el("td", { class: "n barred" }, budget(slo)), el("td", { class: "n" }, slo.left),
    el("td", { class: "n muted wide" }, burn(slo, "1h"))))));
}

function chips(names, alarms) {
  return el("div", { class: "chips" }, names.map((name) => {
    const alarm = alarms.find((a) => a.name === name);
    const chip = alarm ? state(alarm.state) : el("span", { class: "pill" }, "not applied");
    chip.textContent = alarm?.title.replace(/^alert-/, "") ?? name;
    return el("a", { href: `#/alarms/${name}`, title: alarm?.reason ?? "not applied" }, chip);
  }));
}
