"""The pages of the simulated platform: web app, mobile app, and the control page for incidents."""

from __future__ import annotations

import json
from html import escape

from amt_console.demo.incidents import DEFAULT_SECONDS, INCIDENTS
from amt_console.demo.simulation import Audience

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 3rem auto; padding: 0 1rem; color: #1c2430; }
table { border-collapse: collapse; width: 100%; }
td, th { text-align: left; padding: .5rem; border-bottom: 1px solid #ccd; }
details { border-bottom: 1px solid #ccd; padding: .3rem 0; } summary { cursor: pointer; overflow-wrap: anywhere; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; background: #f4f6fa; padding: .6rem; font-size: .85rem; }
button { font: inherit; padding: .3rem 1rem; } .on { color: #b00020; font-weight: bold; }
"""
_SCRIPT = """
const seconds = document.getElementById("seconds");
async function show() {
  try {
    const incidents = await (await fetch("/control/incidents")).json();
    for (const one of incidents) {
      const row = document.getElementById(one.name);
      const state = row.querySelector(".state"), button = row.querySelector("button");
      const left = one.seconds_left === null ? "until stopped" : Math.ceil(one.seconds_left) + " s left";
      state.textContent = one.active ? "running, " + left : "off";
      state.className = one.active ? "state on" : "state";
      button.textContent = one.active ? "Stop" : "Start";
      button.dataset.active = one.active;
    }
    document.getElementById("gone").hidden = true;
  } catch { document.getElementById("gone").hidden = false; }
}
document.addEventListener("click", async (event) => {
  const row = event.target.closest("tr[id]");
  if (event.target.tagName !== "BUTTON" || !row) return;
  await fetch("/control/incidents/" + row.id, {
    method: "POST", headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ active: event.target.dataset.active !== "true", seconds: Number(seconds.value) }),
  });
  show();
});
const messages = document.getElementById("messages");
let newest = "";
async function arrived() {
  try {
    const text = await (await fetch("/control/messages")).text();
    if (text === newest) return;
    newest = text;
    const found = JSON.parse(text);
    document.getElementById("none").hidden = found.length > 0;
    messages.replaceChildren(...found.map((one) => {
      const details = document.createElement("details"), head = document.createElement("summary");
      const body = document.createElement("pre");
      const time = new Date(one.at).toLocaleTimeString();
      head.textContent = time + "  " + one.by + " to " + one.to + ": " + one.subject;
      body.textContent = one.text;
      details.append(head, body);
      return details;
    }));
  } catch { return; }
}
show();
arrived();
setInterval(show, 1000);
setInterval(arrived, 1000);
"""


def app_page(title: str, audience: Audience) -> str:
    """The front page of the web or the mobile app."""
    return _page(
        f"AI Marketing Tools: {title}",
        f"<p>Campaigns, content and chat in one place. {audience.concurrent:,} people are working here right now.</p>"
        "<p>This is the simulated platform of <code>amt-console demo</code>.</p>",
    )


def control_page() -> str:
    """Buttons that start and stop incidents, and the messages that arrived; the page polls both once a second."""
    rows = "".join(
        f'<tr id="{escape(name)}"><th>{escape(name)}</th><td>{escape(what)}</td><td class="state">off</td>'
        "<td><button>Start</button></td></tr>"
        for name, what in INCIDENTS.items()
    )
    return _page(
        "Incidents of the simulated platform",
        "<p>Incidents affect the demo's real HTTP servers. The console sees them like any outage.</p>"
        f"<p><label>Seconds (0 until stopped) <input id=seconds type=number min=0 value={DEFAULT_SECONDS:g}>"
        f"</label></p><table>{rows}</table><p id=gone hidden>The demo does not answer: it has ended.</p>"
        "<h2>Messages that arrived</h2><p>The demo has a mailbox and a webhook receiver of its own on this machine.</p>"
        "<p id=none>Nothing yet. Start an incident: the first message comes within seconds.</p><div id=messages></div>"
        f"<script>{_SCRIPT}</script>",
    )


def error_page(status: int) -> str:
    """The web app's answer during its incident."""
    return _page(f"Error {status}", f"<p>Something went wrong ({json.dumps(status)}). It is the incident web-500.</p>")


def _page(title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body><h1>{escape(title)}</h1>{body}</body></html>"
    )
