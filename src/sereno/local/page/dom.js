// Elements from data. Text only ever becomes text: nothing from the stack is read as HTML,
// but what the server rendered itself from Markdown without HTML (`html`).

const SVG = "http://www.w3.org/2000/svg";

/** el("p", {class: "muted", onclick: f}, "text", child, [children]) */
export function el(tag, props = {}, ...children) {
  return fill(document.createElement(tag), props, children);
}

export function svg(tag, props = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), props, children);
}

function fill(node, props, children) {
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(9).filter((child) => child !== null && child !== undefined && child !== ""));
  return node;
}

export function html(text) {
  const node = el("div", { class: "prose" });
  node.innerHTML = text;
  return node;
}

export function pill(kind, text) {
  return el("span", { class: `pill ${kind}` }, text);
}

const STATES = { ALARM: "firing", OK: "ok", INSUFFICIENT_DATA: "no data yet" };

export function state(value) {
  return pill(value, STATES[value] ?? value);
}

const two = (n) => String(n).padStart(2, "0");

/** 10:42, with its day when that is not the day of `now` (epoch seconds, UTC). */
export function clock(at, now = at) {
  const date = new Date(at * 1000);
  const time = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`;
  return Math.floor(at / 86400) === Math.floor(now / 86400) ? time : `${day(at)} ${time}`;
}

export function day(at) {
  return new Date(at * 1000).toISOString().slice(0, 10);
}

/** The two largest units: 3 d 4 h, 5 min. */
export function duration(seconds) {
  let left = Math.max(0, Math.round(seconds));
  const parts = [];
  for (const [size, unit] of [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]]) {
    const whole = Math.floor(left / size);
    left -= whole * size;
    if (whole || parts.length) parts.push(whole ? `${whole} ${unit}` : "");
  }
  return parts.slice(0, 2).filter(Boolean).join(" ") || "0 s";
}

const SCALES = [[1e9, "G"], [1e6, "M"], [1e3, "k"]];

function short(value) {
  const [size, letter] = SCALES.find(([limit]) => Math.abs(value) >= limit) ?? [1, ""];
  const scaled = value / size;
  return `${Number(scaled.toPrecision(Math.abs(scaled) >= 100 ? 4 : 3))}${letter}`;
}

/** A value in its unit, for reading at a glance. */
export function amount(value, unit) {
  if (value === null || value === undefined) return "no data";
  if (unit === "Milliseconds") return value >= 1000 ? `${short(value / 1000)} s` : `${short(value)} ms`;
  if (unit === "Seconds") return value >= 120 ? duration(value) : `${short(value)} s`;
  if (unit === "Percent") return `${short(value)} %`;
  if (unit === "x") return `${short(value)}x`;
  return short(value);
}

/** The same, short enough for an axis. */
export function tick(value, unit) {
  if (unit !== "Seconds" || value < 120) return amount(value, unit);
  const [size, word] = value < 7200 ? [60, "min"] : value < 172800 ? [3600, "h"] : [86400, "d"];
  return `${Number((value / size).toPrecision(2))} ${word}`;
}

/** Buttons of which one is pressed. */
export function choose(options, chosen, pick) {
  return el("div", { class: "choose", role: "group" }, options.map(([value, text]) =>
    el("button", { type: "button", "aria-pressed": String(value === chosen), onclick: () => pick(value) }, text)));
}

export async function get(path) {
  const answer = await fetch(path);
  if (!answer.ok) throw Object.assign(new Error(`${path}: ${answer.status}`), { status: answer.status });
  return answer.json();
}
