// Which view is shown, and looking again every two seconds while somebody looks.

import * as alarms from "./alarms.js";
import * as dashboards from "./dashboards.js";
import { clock, day, el, get } from "./dom.js";
import * as inbox from "./inbox.js";
import * as logs from "./logs.js";
import * as now from "./now.js";
import * as runbooks from "./runbooks.js";
import * as slos from "./slos.js";
import * as traces from "./traces.js";

const VIEWS = { now, slos, dashboards, alarms, inbox, logs, traces, runbooks };
const EVERY = 2000;
const place = document.getElementById("view");
let drawn = "", looking = 0;

function where() {
  const [name, ...rest] = location.hash.replace(/^#\//, "").split("/");
  return { name: VIEWS[name] ? name : "now", argument: decodeURIComponent(rest.join("/")) };
}

async function look() {
  const turn = ++looking, { name, argument } = where(), view = VIEWS[name];
  try {
    const [health, data] = await Promise.all([get("/health"), view.load({ argument })]);
    if (turn !== looking) return;
    header(name, view, health);
    draw(view, data, { health, argument, again: () => { drawn = ""; look(); } }, `${name}/${argument}`);
    document.getElementById("lost").hidden = true;
  } catch (error) {
    if (turn !== looking) return;
    if (error.status === 404) absent(view, argument);
    document.getElementById("lost").hidden = error.status === 404;
  }
}

/** The stack answered that there is no such thing. */
function absent(view, argument) {
  drawn = "";
  const said = view.missing?.(argument) ?? [`There is no ${argument} here.`];
  place.replaceChildren(el("h1", {}, view.title), el("p", {}, said));
}

function header(name, view, health) {
  document.title = `${view.title} · ${health.project} ${health.environment}`;
  document.getElementById("place").textContent = health.environment;
  const warp = health.warp === 1 ? "" : ` · ${health.warp}x`;
  document.getElementById("clock").textContent = `${day(health.now)} ${clock(health.now)} UTC${warp}`;
  for (const link of document.querySelectorAll("nav a")) {
    if (link.hash === `#/${name}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

/** Draws only what changed, and not under somebody's pointer on a chart, text in selection, or typing. */
function draw(view, data, context, at) {
  const now = JSON.stringify([at, data, context.health.judged]);
  if (now === drawn || (drawn.startsWith(`["${at}"`) && busy())) return;
  const same = drawn.startsWith(`["${at}"`);
  const kept = same ? open() : new Map();
  drawn = now;
  place.replaceChildren(...[view.show(data, context)].flat(9).filter(Boolean));
  for (const [key, was] of kept) {
    const details = place.querySelector(`details[data-keep="${CSS.escape(key)}"]`);
    if (details) details.open = was;
  }
  if (!same) (place.querySelector("#asked, details.alarm[open]") ?? document.body).scrollIntoView({ block: "start" });
}

function busy() {
  return place.querySelector("svg.chart:hover") || place.contains(document.activeElement) && document.activeElement.matches("input") || String(getSelection());
}

function open() {
  return new Map([...place.querySelectorAll("details[data-keep]")].map((node) => [node.dataset.keep, node.open]));
}

addEventListener("hashchange", look);
document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
setInterval(() => { if (!document.hidden) look(); }, EVERY);
look();
