// Takes out of the browser bundle what the compiler has to leave in: the words of panics, exports that no JavaScript
// calls, and long names between the two; and puts the rest in an order that compresses. Nothing that can be seen or
// called changes.

import binaryen from "binaryen";
import { build } from "esbuild";

import { ordered } from "./order.mjs";

const { Features } = binaryen;
// By name: all of them together include one that browsers don't have.
const FEATURES =
  Features.BulkMemory |
  Features.BulkMemoryOpt |
  Features.ReferenceTypes |
  Features.Multivalue |
  Features.MutableGlobals |
  Features.SignExt |
  Features.NontrappingFPToInt;

/**
 * Rust's own functions that never return. Each puts a message together for standard error, which a browser does not
 * have, and then traps.
 */
const PANICS = new RegExp(
  [
    String.raw`^core(\[\w+\])?::(panicking::\w+|(option|result)::\w+_failed|cell::panic_\w+)`,
    String.raw`^core(\[\w+\])?::(slice::index::slice_index_fail|str::slice_error_fail)`,
    String.raw`^alloc(\[\w+\])?::(raw_vec::(handle_error|capacity_overflow)|alloc::handle_alloc_error)`,
  ].join("|"),
);

/** Makes the WebAssembly and its glue small. `used` is what is needed of the glue: the program, and the way to mount it. */
export async function shrink(code, glue, used) {
  glue = await withoutUnused(glue, used);
  const module = binaryen.readBinary(code);
  module.setFeatures(FEATURES);
  trapAtOnce(module);
  dropExports(module, glue);
  glue = shortenImports(module, glue);
  module.runPasses(["strip-debug", "strip-producers", "strip-target-features"]);
  // What travels is compressed: functions that are merged further, or into each other, are smaller but compress worse.
  binaryen.setOptimizeLevel(2);
  binaryen.setShrinkLevel(1);
  binaryen.setOneCallerInlineMaxSize(50);
  module.optimize();
  if (!module.validate()) throw new Error("The WebAssembly is not valid after it was made small.");
  return { code: ordered(module.emitBinary(), FEATURES), glue };
}

/** The glue without the classes of dependencies, and of other programs, that nobody uses. */
async function withoutUnused(glue, used) {
  // Two things would keep the classes: their registries, whose making nobody could see, and a shorthand for `using`.
  const contents = glue
    .replaceAll("new FinalizationRegistry", "/* @__PURE__ */ new FinalizationRegistry")
    .replace(/^if \(Symbol\.dispose\) .*;$/gm, "");
  const given = {
    name: "given",
    setup(build) {
      build.onResolve({ filter: /^glue$/ }, () => ({ path: "glue", namespace: "given" }));
      build.onLoad({ filter: /^glue$/, namespace: "given" }, () => ({ contents }));
    },
  };
  const result = await build({
    stdin: { contents: `export { ${used} } from "glue";` },
    plugins: [given],
    bundle: true,
    write: false,
    format: "esm",
    target: "es2022",
  });
  return result.outputFiles[0].text;
}

function functions(module) {
  return Array.from({ length: module.getNumFunctions() }, (_, index) =>
    binaryen.getFunctionInfo(module.getFunctionByIndex(index)),
  );
}

/** A panic traps at once, as it did in the end. */
function trapAtOnce(module) {
  const plain = (name) => name.replace(/\\([0-9a-f]{2})/g, (_, code) => String.fromCharCode(Number.parseInt(code, 16)));
  const panics = functions(module).filter((item) => item.module === "" && PANICS.test(plain(item.name)));
  if (panics.length === 0) throw new Error("The WebAssembly has lost the names of its functions.");
  for (const { name, params, results } of panics) {
    module.removeFunction(name);
    module.addFunction(name, params, results, [], module.unreachable());
  }
}

function dropExports(module, glue) {
  const called = new Set(glue.match(/(?<=\bwasm\.)\w+/g));
  const exports = Array.from({ length: module.getNumExports() }, (_, index) =>
    binaryen.getExportInfo(module.getExportByIndex(index)),
  );
  for (const { name } of exports) if (!called.has(name)) module.removeExport(name);
}

/** The names of imports carry hashes, which hardly compress. */
function shortenImports(module, glue) {
  const short = new Map();
  for (const { name, module: from, base, params, results } of functions(module)) {
    if (from === "") continue;
    short.set(base, `i${short.size.toString(36)}`);
    module.removeFunction(name);
    module.addFunctionImport(name, from, short.get(base), params, results);
  }
  for (const [long, name] of short) {
    if (!glue.includes(`${long}: function`)) throw new Error(`The glue does not have ${long}.`);
    glue = glue.replace(`${long}: function`, `${name}: function`);
  }
  return glue;
}
