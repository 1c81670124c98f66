import { clock, duration, el, get, pill } from "./dom.js";
import { notification, runbookLink, sloTable } from "./shared.js";

export const title = "Now";

export async function load() {
  const [{ alarms }, { slos }, { receivers }] = await Promise.all([get("/api/alarms"), get("/api/slos"), get("/api/inbox")]);
  return { alarms, slos, receivers };
}

export function show({ alarms, slos, receivers }, { health }) {
  const now = health.judged || health.now;
  const firing = alarms.filter((a) => a.top && a.state === "ALARM").sort(worst);
  const silent = alarms.filter((a) => a.top && a.state === "INSUFFICIENT_DATA");
  const told = receivers.flatMap((r) => r.notifications).sort((a, b) => b.at - a.at);
  return [
    el("h1", { class: firing.length ? "firing" : endangered(slos).length ? "uneasy" : "calm" }, sentence(firing, slos)),
    el("p", { class: "muted" }, watched(alarms, silent, health)),
    notes(health),
    firing.map((alarm) => card(alarm, now)),
    el("h2", {}, "Promises"),
    slos.length ? sloTable(slos) : el("p", { class: "muted" }, "No SLO is declared."),
    el("h2", {}, "Last told"),
    told.length ? told.slice(0, 4).map((got) => notification(got, now, false)) : el("p", { class: "muted" }, "Nobody has been told of anything."),
  ];
}

const RANK = { page: 0, ticket: 1 };
const worst = (a, b) => (RANK[a.severity] ?? 2) - (RANK[b.severity] ?? 2) || b.since - a.since;

const endangered = (slos) => slos.filter((slo) => slo.state === "breached" || slo.state === "at_risk");

function sentence(firing, slos) {
  if (!firing.length) return quiet(endangered(slos));
  const pages = firing.filter((a) => a.severity === "page").length;
  const words = (n, one, many) => (n === 1 ? one : `${n} ${many}`);
  if (!pages) return `${words(firing.length, "One ticket is", "tickets are")} open.`;
  return `${words(pages, "One page fires", "pages fire")}.`;
}

function quiet(slos) {
  if (!slos.length) return "All is calm.";
  if (slos.length === 1) return `Nothing fires, but a promise is ${slos[0].word}: ${slos[0].name}.`;
  return `Nothing fires, but ${slos.length} promises are breached or at risk.`;
}

function watched(alarms, silent, health) {
  const unjudged = silent.length ? ` ${silent.length} have no data yet.` : "";
  const until = health.judged ? `judged up to ${clock(health.judged)} UTC` : "the first metric minute is not over";
  return `${alarms.length} alarms are watched, ${until}.${unjudged}`;
}

function notes(health) {
  const said = [...health.problems, ...health.malformed.slice(-3)];
  if (health.late) said.push(`${health.late} metric minutes were judged late: this machine is slower than a warp of ${health.warp}.`);
  for (const [reason, count] of Object.entries(health.dropped)) said.push(`${count} values were turned away: ${reason}.`);
  return said.map((text) => el("p", { class: "note small" }, text));
}

function card(alarm, now) {
  return el("section", { class: `card ${alarm.severity}` },
    el("div", { class: "row" }, pill(alarm.severity, alarm.severity || "alarm"),
      el("h3", {}, el("a", { href: `#/alarms/${alarm.name}` }, alarm.title)),
      el("span", { class: "end muted small" }, `since ${clock(alarm.since, now)} · ${duration(now - alarm.since)}`)),
    el("p", {}, alarm.description),
    el("p", { class: "small" }, alarm.reason),
    el("p", { class: "row small" }, runbookLink(alarm.runbook),
      alarm.facts.Dashboard ? el("a", { href: "#/dashboards" }, "Dashboard") : null,
      el("span", { class: "muted" }, alarm.quiet ? `Not told: ${alarm.quiet}.` : `Told: ${alarm.told.join(", ")}.`)));
}
