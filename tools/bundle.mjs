// Finishes what Trunk built: optimizes and minifies, names files by their content, compresses, and holds the budget.
//
//   node tools/bundle.mjs languages            prints `tag=file` of every language that is not part of the bundle
//   node tools/bundle.mjs languages account    the same for what only the account page says
//   node tools/bundle.mjs finish               .build/trunk → frontend/dist

import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";

import zopfli from "@gfx/zopfli";

const BUILT = ".build/trunk";
const DIST = "frontend/dist";
/** What a sign-in needs, gzip: JavaScript, WebAssembly and styles together. */
const BUDGET = 107_600;
/** The watcher, as sent. */
const WATCHER_BUDGET = 2_048;

const hash = (content) => createHash("sha256").update(content).digest("hex").slice(0, 16);

/** The message files of the forms, or of the `account` page; smallest form, by language. */
function messages(part = "") {
  const folder = join("frontend/messages", part);
  return readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .map((name) => {
      const table = JSON.parse(readFileSync(join(folder, name), "utf8"));
      const text = JSON.stringify(table);
      const tag = name.slice(0, -".json".length);
      return { tag, table, text, file: `${part && `${part}-`}${tag}-${hash(text)}.json` };
    });
}

const foreign = (tables) => tables.filter(({ tag }) => tag !== "en");

/** Writes a file and its compressed forms; says what it weighs. Zopfli takes seconds and spares browsers 6 %. */
async function put(name, content) {
  const bytes = Buffer.from(content);
  const gzip = await zopfli.gzipAsync(bytes, { numiterations: 15, blocksplittingmax: 0 });
  const brotli = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
  writeFileSync(join(DIST, name), bytes);
  writeFileSync(join(DIST, `${name}.gz`), gzip);
  writeFileSync(join(DIST, `${name}.br`), brotli);
  return { name, raw: bytes.length, gzip: gzip.length, brotli: brotli.length };
}

function putHashed(stem, end, content) {
  return put(`${stem}-${hash(content)}${end}`, content);
}

async function finish() {
  const { build, transform } = await import("esbuild");
  const bundled = async (entry, format, define = {}) => {
    const options = { bundle: true, minify: true, write: false, target: "es2022", external: ["./gatehouse.js", "./gatehouse-account.js", "./frame.js"] };
    const result = await build({ ...options, entryPoints: [join("frontend/js", entry)], format, define });
    return result.outputFiles[0].text;
  };
  const style = async (...names) => {
    const text = names.map((name) => readFileSync(join("frontend/styles", `${name}.css`), "utf8")).join("");
    return (await transform(text, { loader: "css", minify: true })).code;
  };

  rmSync(DIST, { recursive: true, force: true });
  mkdirSync(DIST, { recursive: true });

  const { shrink } = await import("./shrink.mjs");
  /** A program: its WebAssembly and the glue around it. */
  const program = async (stem, name, used) => {
    const code = readFileSync(join(BUILT, `${stem}_bg.wasm`));
    const small = await shrink(code, readFileSync(join(BUILT, `${stem}.js`), "utf8"), used);
    const wasm = await put(`${name}-${hash(small.code)}_bg.wasm`, small.code);
    const text = small.glue.replaceAll(`${stem}_bg.wasm`, wasm.name);
    const glue = await putHashed(name, ".js", (await transform(text, { minify: true, format: "esm" })).code);
    return { wasm, glue };
  };
  const { wasm, glue } = await program("gatehouse-frontend", "gatehouse", "default, mount");
  const account = await program("gatehouse-account", "account", "default, mount, mountAccount, startAccount, startEnrollment");
  const accountCss = await putHashed("account", ".css", await style("setup", "panel"));
  const frame = await putHashed("frame", ".js", await bundled("frame.js", "esm"));
  const beside = (text) =>
    text
      .replaceAll("./frame.js", `./${frame.name}`)
      .replaceAll("./gatehouse.js", `./${glue.name}`)
      .replaceAll("./gatehouse-account.js", `./${account.glue.name}`)
      .replaceAll("./account.css", `./${accountCss.name}`);

  const tables = messages();
  const words = Object.fromEntries(
    tables.map(({ tag, table }) => [
      tag,
      { title: table["unreachable.title"], lead: table["unreachable.lead"], retry: table["retry"] },
    ]),
  );
  const missing = Object.values(words).some((entry) => Object.values(entry).includes(undefined));
  if (missing) throw new Error("A message file lacks a sentence for the unreachable endpoint.");
  const define = { GATEHOUSE_WORDS: JSON.stringify(words) };

  const css = await putHashed("gatehouse", ".css", await style("card", "field", "action", "mode"));
  const pageCss = await putHashed("page", ".css", await style("page"));
  const entry = await putHashed("streamlit", ".js", beside(await bundled("streamlit.js", "esm", define)));
  const page = await putHashed("page", ".js", beside(await bundled("page.js", "esm")));
  const accountPage = await putHashed("account-page", ".js", beside(await bundled("account.js", "esm")));
  const watch = await putHashed("watch", ".js", await bundled("watch.js", "iife"));
  const spoken = [...foreign(tables), ...foreign(messages("account"))];
  const languages = await Promise.all(spoken.map(({ file, text }) => put(file, text)));

  // The pages of their own, and their files under the folder that the endpoint serves them from; relative, for any base
  // path.
  const html = (title, program, style, script) => {
    const head = [
      `<link rel="modulepreload" href="assets/${program.glue.name}" />`,
      `<link rel="preload" href="assets/${program.wasm.name}" as="fetch" type="application/wasm" crossorigin />`,
      ...style.map(({ name }) => `<link rel="stylesheet" href="assets/${name}" />`),
      `<script type="module" src="assets/${script.name}"></script>`,
    ];
    return readFileSync("frontend/index.html", "utf8")
      .replace(/^\s*<link\s+data-trunk[^>]*>\n/gm, "")
      .replace("<title>Sign in</title>", `<title>${title}</title>`)
      .replace('data-endpoint="/_gatehouse"', 'data-endpoint="."')
      .replace("  </head>", `    ${head.join("\n    ")}\n  </head>`);
  };
  await put("index.html", html("Sign in", { glue, wasm }, [css, pageCss], page));
  await put("account.html", html("Your account", account, [css, accountCss, pageCss], accountPage));

  const manifest = {
    entry: entry.name,
    bundle: glue.name,
    wasm: wasm.name,
    css: css.name,
    watch: watch.name,
    account: account.glue.name,
  };
  writeFileSync(join(DIST, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);

  const needed = [wasm, glue, css, entry];
  const later = [frame, account.wasm, account.glue, accountCss, accountPage];
  const rows = [...needed, page, pageCss, watch, ...later, ...languages];
  for (const { name, raw, gzip, brotli } of rows) {
    console.log([name.padEnd(42), ...[raw, gzip, brotli].map((size) => String(size).padStart(9))].join(""));
  }
  const total = needed.reduce((sum, { gzip }) => sum + gzip, 0);
  console.log(`What a sign-in needs: ${total} bytes gzip of ${BUDGET}.`);
  if (total > BUDGET) throw new Error(`The bundle is ${total - BUDGET} bytes over its budget.`);
  if (watch.raw > WATCHER_BUDGET) throw new Error(`The watcher is over ${WATCHER_BUDGET} bytes.`);
}

switch (process.argv[2]) {
  case "languages":
    console.log(foreign(messages(process.argv[3])).map(({ tag, file }) => `${tag}=${file}`).join(","));
    break;
  case "finish":
    await finish();
    break;
  default:
    throw new Error("usage: node tools/bundle.mjs languages [account] | finish");
}
