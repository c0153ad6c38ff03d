// The feed's world in a browser: WebSocket, timers, chance.

import type { FeedWorld } from "./feed-client.ts";

/** Connections to the host that served the page. */
export const browserWorld: FeedWorld = {
  open: (path, listener) => {
    const url = new URL(path, location.href);
    url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(url);
    socket.addEventListener("open", listener.opened);
    socket.addEventListener("message", ({ data }) => {
      if (typeof data === "string") listener.frame(data);
    });
    // An error is always followed by a close.
    socket.addEventListener("close", listener.closed);
    return { close: () => socket.close() };
  },
  after: (ms, task) => {
    const timer = setTimeout(task, ms);
    return () => clearTimeout(timer);
  },
  chance: () => Math.random(),
};
