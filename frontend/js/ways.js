// The ways in through an account of somebody else: plain links, until one is followed.

/** Takes "Keep me signed in" along; in a frame a window does what the frame can't. */
export function ways(endpoint) {
  if (globalThis.gatehouseWays) return;
  globalThis.gatehouseWays = true;
  document.addEventListener("click", ({ target }) => {
    const way = target.closest(".gh-way");
    const keep = document.querySelector("#gh-keep")?.checked ? "&keep=true" : "";
    if (way) way.href = way.href.replace(/&keep=true$|$/, keep);
  });
  if (self === top) return;
  // Nothing where no frames are signed in: then the links lead out of this one.
  const opening = import("./frame.js").then(({ frame }) => frame(endpoint)).catch(() => {});
  document.addEventListener("click", async (event) => {
    const way = event.target.closest(".gh-way");
    if (!way || event.defaultPrevented) return;
    // Whoever is faster than the network waits for it.
    event.preventDefault();
    const go = await opening;
    if (go) go(way);
    else open(way.href, "_top");
  });
}
