// The time of the sample company: it may run ahead of this machine's.

import { h, icon } from "./dom.js";

const SOON = 10 * 60_000;
const MINUTE = 60_000;

let ahead = 0;

/** @param {string} iso what the server's clock shows */
export function setClock(iso) {
  ahead = Date.parse(iso) - Date.now();
  tick();
}

export const now = () => Date.now() + ahead;

/** `10:42` today; with the day otherwise. */
export function when(iso) {
  const date = new Date(iso);
  const time = date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const days = Math.round((midnight(now()) - midnight(date.getTime())) / 86_400_000);
  if (days === 0) return time;
  if (days === 1) return `Yesterday, ${time}`;
  if (days === -1) return `Tomorrow, ${time}`;
  return `${date.toLocaleDateString([], { day: "numeric", month: "short" })}, ${time}`;
}

export const stamp = (iso) => h("time", { datetime: iso }, when(iso));

/** A moment that is counted down to: seconds for the eye, minutes for the ear. */
export function countdown(iso) {
  const shown = h("span.left", { "aria-hidden": "true" });
  const element = h("span.countdown", { "data-until": iso }, icon("clock"), shown, h("span.unseen"));
  update(element);
  return element;
}

setInterval(tick, 1000);

function tick() {
  document.querySelectorAll("[data-until]").forEach(update);
}

function update(element) {
  const until = element.dataset.until;
  const left = Date.parse(until) - now();
  const state = left < 0 ? "over" : left < SOON ? "soon" : "calm";
  set(element.querySelector(".left"), left < 0 ? overdue(-left) : remaining(left));
  set(element.querySelector(".unseen"), left < 0 ? overdue(-left) : `due ${when(until)}, ${spoken(left)}`);
  if (element.dataset.state !== state) element.dataset.state = state;
}

function set(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function remaining(left) {
  const seconds = Math.floor(left / 1000);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${String(seconds % 60).padStart(2, "0")} left`;
  return `${long(minutes)} left`;
}

const spoken = (left) => `${long(Math.ceil(left / MINUTE))} left`;

function overdue(late) {
  return late < MINUTE ? "Overdue since just now" : `Overdue by ${long(Math.floor(late / MINUTE))}`;
}

function long(minutes) {
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return `${Math.floor(minutes / 1440)} d ${Math.floor((minutes % 1440) / 60)} h`;
}

const midnight = (time) => new Date(time).setHours(0, 0, 0, 0);
