// The watcher in every page behind the gate: when the gate closes the socket because the session is gone (4401), or
// another tab signs in or out, the page is loaded again, so that nothing old stays on the screen.

import { listen, reload } from "./channel.js";

const GONE = 4401;

globalThis.WebSocket = new Proxy(globalThis.WebSocket, {
  construct(target, parameters, caller) {
    const socket = Reflect.construct(target, parameters, caller);
    socket.addEventListener("close", ({ code }) => {
      if (code === GONE) reload();
    });
    return socket;
  },
});

listen();
