import { el, get } from "./dom.js";
import { notification } from "./shared.js";

export const title = "Inbox";

export const load = () => get("/api/inbox");

export function show({ receivers }, { health }) {
  const now = health.judged || health.now;
  return [
    el("h1", {}, "Inbox"),
    el("p", { class: "muted" }, "What each receiver would have got, through SNS. The newest is first."),
    el("div", { class: "columns" }, receivers.map(({ receiver, notifications }) => el("section", {},
      el("h2", {}, receiver),
      notifications.length ? notifications.map((got) => notification(got, now)) : el("p", { class: "muted" }, "Nothing.")))),
  ];
}
