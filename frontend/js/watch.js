// The watcher in every page behind the gate: when the gate closes the socket because the session is gone (4401), or
// another tab signs in or out, the page is loaded again, so that nothing old stays on the screen. When it closes because
// of a page that this person may not see (4403), that page's address says so.

import { listen, reload } from "./channel.js";

const GONE = 4401;
const FORBIDDEN = 4403;
/** The app's own address, from this script's: `<app>/_gatehouse/assets/watch-….js`. */
const APP = new URL("../../", document.currentScript.src);

globalThis.WebSocket = new Proxy(globalThis.WebSocket, {
  construct(target, parameters, caller) {
    const socket = Reflect.construct(target, parameters, caller);
    socket.addEventListener("close", ({ code, reason }) => {
      if (code === GONE) reload();
      if (code === FORBIDDEN) location.assign(new URL(encodeURIComponent(reason), APP));
    });
    return socket;
  },
});

listen();
