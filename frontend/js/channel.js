// What the tabs of one browser tell each other: "signed-in" and "signed-out".

/** One channel per page: a channel never hears itself, so the tab that speaks does not reload. */
export function channel() {
  globalThis.gatehouseChannel ??= new BroadcastChannel("gatehouse");
  return globalThis.gatehouseChannel;
}

/** Loads the page again when another tab's news concern it: a form after a sign-in, anything else after a sign-out. */
export function listen() {
  if (globalThis.gatehouseListens) return;
  globalThis.gatehouseListens = true;
  channel().addEventListener("message", ({ data }) => {
    const form = document.querySelector(".gh-root") !== null;
    if (data === (form ? "signed-in" : "signed-out")) reload();
  });
}

/** Loads the page again, but never round and round: at most five times in ten seconds. */
export function reload() {
  const key = "gatehouse-reloads";
  let times = [];
  try {
    times = JSON.parse(sessionStorage.getItem(key) ?? "[]").filter((time) => Date.now() - time < 10_000);
    if (times.length >= 5) return;
    sessionStorage.setItem(key, JSON.stringify([...times, Date.now()]));
  } catch {
    // Without storage there is nothing to count with.
  }
  location.reload();
}
