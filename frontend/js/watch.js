// The watcher in every page behind the gate: when the gate says that the session is gone (4401 on the socket, 401 on what
// Streamlit asks for before it opens one), or another tab signs in or out, the page is loaded again, so that nothing old
// stays on the screen. When it closes because of a page that this person may not see (4403), that page's address says so.

import { listen, reload } from "./channel.js";

const GONE = 4401;
const FORBIDDEN = 4403;
/** The app's own address, from this script's: `<app>/_gatehouse/assets/watch-….js`. */
const APP = new URL("../../", document.currentScript.src);

globalThis.WebSocket = new Proxy(globalThis.WebSocket, {
  construct(target, parameters, caller) {
    const socket = Reflect.construct(target, parameters, caller);
    if (new URL(socket.url).host !== APP.host) return socket;
    socket.addEventListener("close", ({ code, reason }) => {
      if (code === GONE) reload();
      if (code === FORBIDDEN) location.assign(new URL(encodeURIComponent(reason), APP));
    });
    return socket;
  },
});

const look = (url, status, scheme) => {
  if (status === 401 && scheme === "Gatehouse" && new URL(url, APP).host === APP.host) reload();
};

// Streamlit before 1.67 asks by XMLHttpRequest.
const { fetch } = globalThis;
globalThis.fetch = async (...request) => {
  const response = await fetch(...request);
  look(response.url, response.status, response.headers.get("www-authenticate"));
  return response;
};
const { send } = XMLHttpRequest.prototype;
XMLHttpRequest.prototype.send = function (...body) {
  this.addEventListener("load", () => look(this.responseURL, this.status, this.getResponseHeader("www-authenticate")));
  return send.apply(this, body);
};

listen();
