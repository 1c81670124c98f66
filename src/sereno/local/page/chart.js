// Lines over time and strips of states, as inline SVG.

import { amount, clock, day, el, svg, tick } from "./dom.js";

const LEFT = 52, RIGHT = 8, TOP = 8, BOTTOM = 20;
const COLOURS = 6;

const look = (i) => `l${i % COLOURS}${i >= COLOURS ? " dash" : ""}`;

/** A round number at or above the value, of which a third or half is round too. */
function ceiling(value) {
  if (value <= 0) return 1;
  const size = 10 ** Math.floor(Math.log10(value));
  return [1, 1.5, 2, 3, 4, 6, 8, 10].find((step) => step * size >= value * 0.999) * size;
}

/** `data`: {start, period, lines: [{name, values}]}; `marks`: [{value, text}] drawn across. */
export function lines(data, unit, height = 150, marks = []) {
  const box = el("div", {});
  const values = data.lines.flatMap((line) => line.values).filter((v) => v !== null);
  if (!values.length) {
    box.append(el("p", { class: "muted small" }, "no data"), legend(data, unit));
    return box;
  }
  const top = ceiling(Math.max(...values));
  const draw = () => box.firstChild.replaceWith(picture(data, unit, Math.max(box.clientWidth, 120), height, top, marks));
  box.append(svg("svg", { class: "chart", height }), legend(data, unit));
  new ResizeObserver(() => { if (!box.matches(":hover")) draw(); }).observe(box);
  return box;
}

function picture(data, unit, width, height, top, marks) {
  const count = Math.max(...data.lines.map((line) => line.values.length));
  const x = (i) => LEFT + ((i + 0.5) / count) * (width - LEFT - RIGHT);
  const y = (v) => height - BOTTOM - (Math.min(v, top) / top) * (height - TOP - BOTTOM);
  const node = svg("svg", { class: "chart", height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": summary(data, unit) });
  for (const share of [0, 0.5, 1]) {
    node.append(svg("line", { class: "gridline", x1: LEFT, x2: width - RIGHT, y1: y(top * share), y2: y(top * share) }));
    node.append(svg("text", { x: LEFT - 7, y: y(top * share) + 4, "text-anchor": "end" }, tick(top * share, unit)));
  }
  node.append(...times(data, count, x, width, height));
  for (const mark of marks.filter((m) => m.value <= top)) {
    node.append(svg("line", { class: "mark", x1: LEFT, x2: width - RIGHT, y1: y(mark.value), y2: y(mark.value) }));
    if (mark.value > top / 12) node.append(svg("text", { x: width - RIGHT, y: y(mark.value) - 4, "text-anchor": "end" }, mark.text));
  }
  data.lines.forEach((line, i) => node.append(...strokes(line.values, look(i), x, y)));
  hover(node, data, unit, { count, x, y, width, height });
  return node;
}

/** A path through neighbours; a value between gaps is a dot. */
function strokes(values, kind, x, y) {
  const path = [], dots = [];
  values.forEach((value, i) => {
    if (value === null) return;
    const before = values[i - 1] ?? null, after = values[i + 1] ?? null;
    path.push(`${before === null ? "M" : "L"}${x(i).toFixed(1)} ${y(value).toFixed(1)}`);
    if (before === null && after === null) dots.push(svg("circle", { class: kind, cx: x(i), cy: y(value), r: 1.8 }));
  });
  return [svg("path", { class: kind, d: path.join("") }), ...dots];
}

function times(data, count, x, width, height) {
  const span = count * data.period, wanted = Math.max(2, Math.floor(width / 95));
  const step = [300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 432000].find((s) => span / s <= wanted) ?? 864000;
  const marks = [];
  for (let at = Math.ceil(data.start / step) * step; at < data.start + span; at += step) {
    const place = x((at - data.start) / data.period - 0.5);
    const text = step >= 86400 ? day(at).slice(5) : clock(at);
    if (place > LEFT + 10 && place < width - 18) marks.push(svg("text", { x: place, y: height - 4, "text-anchor": "middle" }, text));
  }
  return marks;
}

function hover(node, data, unit, { count, x, y, width, height }) {
  const cross = svg("line", { class: "cross", y1: TOP, y2: height - BOTTOM, visibility: "hidden" });
  const said = svg("text", { y: TOP + 2, visibility: "hidden" });
  const dots = data.lines.map((_, i) => svg("circle", { class: look(i), r: 3, visibility: "hidden" }));
  node.append(cross, said, ...dots);
  const show = (event) => {
    const at = event.clientX - node.getBoundingClientRect().left;
    const i = Math.min(count - 1, Math.max(0, Math.floor(((at - LEFT) / (width - LEFT - RIGHT)) * count)));
    cross.setAttribute("x1", x(i));
    cross.setAttribute("x2", x(i));
    said.textContent = clock(data.start + i * data.period, data.start + count * data.period);
    said.setAttribute("x", x(i) + (i < count / 2 ? 6 : -6));
    said.setAttribute("text-anchor", i < count / 2 ? "start" : "end");
    dots.forEach((dot, n) => {
      const value = data.lines[n].values[i] ?? null;
      dot.setAttribute("visibility", value === null ? "hidden" : "visible");
      if (value === null) return;
      dot.setAttribute("cx", x(i));
      dot.setAttribute("cy", y(value));
    });
    cross.setAttribute("visibility", "visible");
    said.setAttribute("visibility", "visible");
    tell(node, data, unit, i);
  };
  const hide = () => {
    [cross, said, ...dots].forEach((part) => part.setAttribute("visibility", "hidden"));
    tell(node, data, unit, count - 1);
  };
  node.addEventListener("pointermove", show);
  node.addEventListener("pointerleave", hide);
}

function tell(node, data, unit, i) {
  node.parentElement?.querySelectorAll(".legend b").forEach((place, n) => {
    place.textContent = amount(data.lines[n].values[i] ?? null, unit);
  });
}

function legend(data, unit) {
  return el("ul", { class: "legend" }, data.lines.map((line, i) => el("li", {},
    svg("svg", { viewBox: "0 0 18 8", "aria-hidden": true }, svg("line", { class: look(i), x1: 0, x2: 18, y1: 4, y2: 4 })),
    line.name, " ", el("b", {}, amount(line.values.at(-1) ?? null, unit)))));
}

function summary(data, unit) {
  return data.lines.map((line) => `${line.name}: ${amount(line.values.at(-1) ?? null, unit)}`).join(", ");
}

/** An alarm's states over [start, end); `events` oldest first, `present` its state now. */
export function strip(events, present, start, end) {
  const node = svg("svg", { class: "strip", viewBox: "0 0 1000 14", preserveAspectRatio: "none", role: "img", "aria-label": `states since ${clock(start, end)}` });
  const cuts = events.filter((event) => event.at > start);
  const before = events.filter((event) => event.at <= start).at(-1);
  const parts = [{ at: start, state: before?.state ?? (cuts.length ? "INSUFFICIENT_DATA" : present) }, ...cuts];
  parts.forEach((part, i) => {
    const place = (at) => ((at - start) / (end - start)) * 1000;
    const upto = parts[i + 1]?.at ?? end;
    node.append(svg("rect", { class: part.state, x: place(part.at), width: Math.max(place(upto) - place(part.at), 0), height: 14 },
      svg("title", {}, `${part.state} from ${clock(part.at, end)}`)));
  });
  return node;
}
