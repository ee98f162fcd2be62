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
  // Without it the links still lead out of the frame.
  if (self !== top) import("./frame.js").then(({ frame }) => frame(endpoint)).catch(() => {});
}
