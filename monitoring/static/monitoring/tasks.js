// Refreshes the tasks dashboard while it is visible, and confirms before a task is cancelled.
"use strict";

const EVERY = 5000;
const live = document.getElementById("tasks-live");
const state = document.getElementById("tasks-state");
let freshAt = Date.now();
let isAsking = false;

function say(text) {
  state.textContent = text;
  state.hidden = !text;
}

function put(html) {
  const focused = document.activeElement && document.activeElement.id;
  live.innerHTML = html;
  const again = focused && document.getElementById(focused);
  if (again && live.contains(again)) again.focus({ preventScroll: true });
}

async function refresh() {
  if (document.hidden || isAsking) return;
  isAsking = true;
  try {
    const answer = await fetch(live.dataset.url, {
      headers: { Accept: "text/html" },
      signal: AbortSignal.timeout(15000),
    });
    if (answer.redirected) return say("You are signed out: reload this page to sign in again.");
    if (!answer.ok) throw new Error(String(answer.status));
    put(await answer.text());
    freshAt = Date.now();
    say("");
  } catch {
    const seconds = Math.round((Date.now() - freshAt) / 1000);
    say(`Out of date: DIIP has not answered for ${seconds} s. Retrying automatically.`);
  } finally {
    isAsking = false;
  }
}

live.addEventListener("submit", (event) => {
  const question = event.target.dataset.confirm;
  if (question && !window.confirm(question)) event.preventDefault();
});
document.addEventListener("visibilitychange", refresh);
setInterval(refresh, EVERY);
