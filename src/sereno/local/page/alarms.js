import { strip } from "./chart.js";
import { choose, clock, duration, el, get, pill, state } from "./dom.js";
import { runbook } from "./shared.js";

export const title = "Alarms";

const DAY = 86400;
let filter = "telling";
const FILTERS = {
  firing: (alarm) => alarm.state === "ALARM",
  telling: (alarm) => alarm.top,
  all: () => true,
};

export async function load() {
  const [{ alarms }, { events }] = await Promise.all([get("/api/alarms"), get("/api/history")]);
  return { alarms, events };
}

export function show({ alarms, events }, { health, argument, again }) {
  const now = health.judged || health.now;
  const wanted = alarms.find((a) => a.name === argument);
  if (wanted && !FILTERS[filter](wanted)) filter = "all";
  const shown = alarms.filter(FILTERS[filter]).sort(order);
  const count = (name) => alarms.filter(FILTERS[name]).length;
  return [
    el("div", { class: "row" }, el("h1", {}, "Alarms"),
      el("span", { class: "end" }, choose([["firing", `Firing ${count("firing")}`], ["telling", `That tell ${count("telling")}`], ["all", `All ${count("all")}`]],
        filter, (value) => { filter = value; again(); }))),
    el("p", { class: "muted small" }, "Each strip shows the states of the last 24 hours of metric time."),
    el("div", {}, shown.map((alarm) => entry(alarm, events.filter((e) => e.name === alarm.name), now, alarm.name === argument))),
    shown.length ? null : el("p", { class: "muted" }, filter === "firing" ? "None fires." : "None is applied."),
  ];
}

const RANK = { ALARM: 0, INSUFFICIENT_DATA: 1, OK: 2 };
const order = (a, b) => RANK[a.state] - RANK[b.state] || a.title.localeCompare(b.title);

function entry(alarm, events, now, open) {
  return el("details", { class: "alarm", "data-keep": alarm.name, open },
    el("summary", {}, el("div", { class: "row" }, state(alarm.state), el("h3", {}, alarm.title),
      alarm.severity ? pill(alarm.severity, alarm.severity) : null,
      alarm.quiet ? el("span", { class: "muted small" }, alarm.quiet) : null,
      el("span", { class: "end muted small" }, alarm.since === null ? "" : `for ${duration(now - alarm.since)}`)),
      strip(events, alarm.state, now - DAY, now)),
    el("div", {},
      el("p", {}, alarm.description),
      el("dl", { class: "facts" },
        fact("Why", alarm.reason),
        fact("Told", alarm.told.join(", ")),
        fact("Rule", alarm.rule ? el("code", {}, alarm.rule) : ""),
        ["SLO", "Condition", "Service", "Owner"].map((name) => fact(name, alarm.facts[name])),
        fact("Mute", alarm.top ? el("code", {}, `sereno mute ${alarm.title} --for 1h --reason "..."`) : "")),
      runbook(alarm.runbook, alarm.name),
      events.length ? changes(events, now) : null));
}

function fact(name, value) {
  return value ? [el("dt", {}, name), el("dd", {}, value)] : null;
}

function changes(events, now) {
  return el("table", { class: "small" },
    el("thead", {}, el("tr", {}, el("th", {}, "At"), el("th", {}, "State"), el("th", {}, "Why"))),
    el("tbody", {}, events.slice(-12).reverse().map((event) => el("tr", {},
      el("td", { class: "muted" }, clock(event.at, now)), el("td", {}, state(event.state)), el("td", {}, event.reason)))));
}
