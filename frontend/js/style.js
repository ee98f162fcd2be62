// The styles of what a sign-in does not need. They come with its program, and only where it is drawn.

/** Puts them before the element, from beside `base`; resolves with the link once they are there, or never will be. */
export function styled(element, base = import.meta.url) {
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = new URL("./account.css", base).href;
  const loaded = new Promise((resolve) => {
    link.onload = link.onerror = () => resolve(link);
  });
  element.before(link);
  return loaded;
}
