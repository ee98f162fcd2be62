// Signing in with an account of somebody else, from inside a frame of another site: such pages are shown in no frame, and a
// window's cookies are not the frame's. So a window goes there, and the frame collects what it leaves, with a verifier that
// nobody else has. The window can't call back: what it shows on its way may cut the tie between the two.

import { channel } from "./channel.js";

/** How long somebody has for it. */
const PATIENCE_MS = 300_000;
/** How often the endpoint is asked: at first, and at last. */
const PAUSE_MS = [1_000, 5_000];

const text = (bytes) => btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

/** A verifier and its S256 challenge. */
async function draw() {
  const verifier = text(crypto.getRandomValues(new Uint8Array(32)));
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  return { verifier, challenge: text(new Uint8Array(digest)) };
}

/** Asks what came of it; nothing where the endpoint can't say. */
async function collect(endpoint, verifier, keep) {
  const headers = { "Content-Type": "application/json" };
  const body = JSON.stringify({ verifier, keep });
  try {
    const response = await fetch(`${endpoint}/collected`, { method: "POST", headers, body });
    const answer = await response.json();
    return response.status === 429 || response.status >= 500 ? undefined : answer;
  } catch {
    return undefined;
  }
}

/** Opens the window by a form: the endpoint takes it from no link. False where the browser opens none. */
function open(action, challenge) {
  const name = `gatehouse-${challenge.slice(0, 8)}`;
  if (!globalThis.open("", name, "popup,width=520,height=680")) return false;
  const form = document.createElement("form");
  Object.assign(form, { method: "post", action, target: name, hidden: true });
  form.append(Object.assign(document.createElement("input"), { name: "collect", value: challenge }));
  document.body.append(form);
  form.submit();
  form.remove();
  return true;
}

/** Where the answer leads: to what the person came for, or to the page that asks for more, or says why not. */
function lead(endpoint, { state, flow, factors = [], code }, target) {
  if (state === "complete") {
    channel().postMessage("signed-in");
    location.assign(target);
    return;
  }
  const said = flow ? `${state}=${[flow, ...factors].join(".")}` : `refused=${code}`;
  location.assign(`${endpoint}/?next=${encodeURIComponent(target)}#${said}`);
}

/** What a click on a way does; nothing where no frames are signed in. */
export async function frame(endpoint) {
  let { verifier, challenge } = await draw();
  if ((await collect(endpoint, verifier, false))?.state !== "waiting") return;
  let latest;
  return async (way) => {
    const mine = (latest = verifier);
    const { href, origin, pathname, searchParams } = new URL(way.href);
    const opened = open(origin + pathname, challenge);
    ({ verifier, challenge } = await draw());
    if (!opened) {
      globalThis.open(href, "_top");
      return;
    }
    const keep = searchParams.has("keep");
    const until = Date.now() + PATIENCE_MS;
    let [pause, most] = PAUSE_MS;
    while (Date.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, pause));
      pause = Math.min(pause * 1.2, most);
      // Whoever tries again waits for that alone.
      if (latest !== mine) return;
      const answer = await collect(endpoint, mine, keep);
      if (answer && answer.state !== "waiting") {
        lead(endpoint, answer, searchParams.get("return_to"));
        return;
      }
    }
  };
}
