// Finishes what Trunk built: optimizes and minifies, names files by their content, compresses, and holds the budget.
//
//   node tools/bundle.mjs languages   prints `tag=file` of every language that is not part of the bundle
//   node tools/bundle.mjs finish      .build/trunk → frontend/dist

import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const BUILT = ".build/trunk";
const DIST = "frontend/dist";
/** What a sign-in needs, gzip: JavaScript, WebAssembly and styles together. */
const BUDGET = 100_000;
/** The watcher, as sent. */
const WATCHER_BUDGET = 2_048;

const hash = (content) => createHash("sha256").update(content).digest("hex").slice(0, 16);

/** The message files, smallest form, by language. */
function messages() {
  return readdirSync("frontend/messages")
    .filter((name) => name.endsWith(".json"))
    .map((name) => {
      const table = JSON.parse(readFileSync(join("frontend/messages", name), "utf8"));
      const text = JSON.stringify(table);
      const tag = name.slice(0, -".json".length);
      return { tag, table, text, file: `${tag}-${hash(text)}.json` };
    });
}

/** Writes a file and its compressed forms; says what it weighs. */
function put(name, content) {
  const bytes = Buffer.from(content);
  const gzip = gzipSync(bytes, { level: 9 });
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
    const options = { bundle: true, minify: true, write: false, target: "es2022", external: ["./gatehouse.js"] };
    const result = await build({ ...options, entryPoints: [join("frontend/js", entry)], format, define });
    return result.outputFiles[0].text;
  };
  const style = async (...names) => {
    const text = names.map((name) => readFileSync(join("frontend/styles", `${name}.css`), "utf8")).join("");
    return (await transform(text, { loader: "css", minify: true })).code;
  };

  rmSync(DIST, { recursive: true, force: true });
  mkdirSync(DIST, { recursive: true });

  const stem = readdirSync(BUILT).find((name) => name.endsWith("_bg.wasm")).slice(0, -"_bg.wasm".length);
  const { shrink } = await import("./shrink.mjs");
  const small = await shrink(
    readFileSync(join(BUILT, `${stem}_bg.wasm`)),
    readFileSync(join(BUILT, `${stem}.js`), "utf8"),
  );
  const wasm = put(`gatehouse-${hash(small.code)}_bg.wasm`, small.code);

  const glueText = small.glue.replaceAll(`${stem}_bg.wasm`, wasm.name);
  const glue = putHashed("gatehouse", ".js", (await transform(glueText, { minify: true, format: "esm" })).code);
  const beside = (text) => text.replaceAll("./gatehouse.js", `./${glue.name}`);

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

  const css = putHashed("gatehouse", ".css", await style("card", "field", "action", "mode"));
  const pageCss = putHashed("page", ".css", await style("page"));
  const entry = putHashed("streamlit", ".js", beside(await bundled("streamlit.js", "esm", define)));
  const page = putHashed("page", ".js", beside(await bundled("page.js", "esm")));
  const watch = putHashed("watch", ".js", await bundled("watch.js", "iife"));
  const languages = tables.filter(({ tag }) => tag !== "en").map(({ file, text }) => put(file, text));

  // The page's own files, under the folder that the endpoint serves them from; relative, for any base path.
  const head = [
    `<link rel="modulepreload" href="assets/${glue.name}" />`,
    `<link rel="preload" href="assets/${wasm.name}" as="fetch" type="application/wasm" crossorigin />`,
    `<link rel="stylesheet" href="assets/${css.name}" />`,
    `<link rel="stylesheet" href="assets/${pageCss.name}" />`,
    `<script type="module" src="assets/${page.name}"></script>`,
  ];
  const html = readFileSync("frontend/index.html", "utf8")
    .replace(/^\s*<link data-trunk[^>]*>\n/gm, "")
    .replace('data-endpoint="/_gatehouse"', 'data-endpoint="."')
    .replace("  </head>", `    ${head.join("\n    ")}\n  </head>`);
  put("index.html", html);

  const manifest = { entry: entry.name, bundle: glue.name, wasm: wasm.name, css: css.name, watch: watch.name };
  writeFileSync(join(DIST, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);

  const needed = [wasm, glue, css, entry];
  const rows = [...needed, page, pageCss, watch, ...languages];
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
    console.log(messages().filter(({ tag }) => tag !== "en").map(({ tag, file }) => `${tag}=${file}`).join(","));
    break;
  case "finish":
    await finish();
    break;
  default:
    throw new Error("usage: node tools/bundle.mjs languages|finish");
}
