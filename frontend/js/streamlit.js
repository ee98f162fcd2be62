// The Streamlit entry: hands the element and the data to the form, and the form's news to Python. It decides nothing.

import { channel, listen, reload } from "./channel.js";
import { styled } from "./style.js";
import { ways } from "./ways.js";

/** The form of each element that Streamlit gave us: Streamlit calls again on every change of data or theme. */
const forms = new WeakMap();

/** The words for the one case in which the form itself can't speak; filled in from the message files. */
const WORDS = GATEHOUSE_WORDS;

/** How long a ticket may be on its way. The app takes the form away within moments. */
const PATIENCE_MS = 10_000;

const FORMS = { beside: () => import("./gatehouse.js") };
const ACCOUNT = { beside: () => import("./gatehouse-account.js") };

/** A program's code: from the endpoint, else from beside this file. */
function load(program, url) {
  program.loaded ??= (url ? import(url).catch(program.beside) : program.beside())
    .then(async (module) => {
      await module.default();
      return module;
    })
    .catch((error) => {
      program.loaded = undefined;
      throw error;
    });
  return program.loaded;
}

/** The program of what a sign-in does not need: its code and its styles come together, and only where it is drawn. */
async function later(form, host, url) {
  const [module, style] = await Promise.all([load(ACCOUNT, url), styled(host, url ? new URL(url, location.href).href : undefined)]);
  form.style = style;
  return module;
}

/** Goes on in the same place with the program that sets a factor up. */
async function enroll(form, host, [flow, keep]) {
  const { bundle, locale } = form.data;
  const url = bundle && new URL("./gatehouse-account.js", new URL(bundle, location.href)).href;
  try {
    const module = await later(form, host, url);
    if (form.closed) return;
    form.handle.unmount();
    const asked = { ...options(form.data), enroll: flow, keep };
    form.handle = module.mount(host, asked, (ticket) => hand(form, ticket), form.done);
  } catch {
    form.closed || unreachable(host, locale);
  }
}

function endpoint({ path, port }) {
  return port ? `${location.protocol}//${location.hostname}:${port}/_gatehouse` : location.origin + path;
}

function options(data) {
  const { view, challenge, locale, username, roles } = data;
  return { view, challenge, locale, username, roles, endpoint: endpoint(data) };
}

/**
 * Hands a ticket to the app. It is lost when the page has no connection just then; but the browser is signed in, and
 * the page that is loaded anew shows it.
 */
function hand(form, ticket) {
  const { challenge } = form.data;
  form.setTriggerValue("ticket", ticket);
  setTimeout(() => {
    if (!form.closed && form.data.challenge === challenge) reload();
  }, PATIENCE_MS);
}

function unreachable(host, locale) {
  const tag = (locale ?? navigator.language).slice(0, 2);
  const words = WORDS[tag] ?? WORDS.en;
  const part = (name, kind, text) =>
    Object.assign(document.createElement(name), { className: kind, textContent: text });
  const card = part("section", "gh-card", "");
  const button = part("button", "gh-submit", words.retry);
  button.addEventListener("click", () => location.reload());
  card.append(part("h1", "gh-title", words.title), part("p", "gh-lead", words.lead), part("p", "gh-turn", ""), button);
  const root = part("div", "gh-root", "");
  root.setAttribute("role", "alert");
  root.append(card);
  host.replaceChildren(root);
}

export default function form({ data, parentElement, setTriggerValue }) {
  listen();
  if (data.announce) channel().postMessage(data.announce);
  if (data.view === "watch") return undefined;
  ways(endpoint(data));
  let form = forms.get(parentElement);
  if (form?.view === data.view) {
    form.data = data;
    form.setTriggerValue = setTriggerValue;
    form.handle?.update?.(options(data));
    return form.close;
  }
  form?.close();
  const host = document.createElement("div");
  host.innerHTML = '<div class="gh-root gh-loading"><div class="gh-card gh-skeleton" aria-hidden="true"></div></div>';
  parentElement.append(host);
  form = { view: data.view, data, setTriggerValue, closed: false };
  form.done = (what) => form.setTriggerValue("done", what);
  host.addEventListener("gatehouse-enroll", ({ detail }) => enroll(form, host, detail));
  form.close = () => {
    if (form.closed) return;
    form.closed = true;
    form.handle?.unmount();
    host.remove();
    form.style?.remove();
    if (forms.get(parentElement) === form) forms.delete(parentElement);
  };
  forms.set(parentElement, form);
  const own = data.view === "account";
  (own ? later(form, host, data.account) : load(FORMS, data.bundle)).then(
    (module) => {
      if (form.closed) return;
      if (own) form.handle = module.mountAccount(host, options(form.data), form.done);
      else form.handle = module.mount(host, options(form.data), (ticket) => hand(form, ticket), form.done);
    },
    () => form.closed || unreachable(host, data.locale),
  );
  return form.close;
}
