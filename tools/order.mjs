// Puts functions that are alike next to each other. A compressor looks back 32 kB: what stands further away is no help to
// it. The functions stay what they are, and are called as before.

import binaryen from "binaryen";

/** How far gzip looks back, in bytes. */
const WINDOW = 32_768;
/** How many bytes in a row make two functions alike. */
const SHINGLE = 6;

/** The same program with its functions in another order. */
export function ordered(code, features) {
  const { imports, bodies } = functionsOf(code);
  const module = binaryen.readBinary(named(code, imports, chain(bodies.map(shingles), bodies)));
  module.setFeatures(features);
  module.runPasses(["reorder-functions-by-name", "strip-debug"]);
  if (!module.validate()) throw new Error("The WebAssembly is not valid in another order.");
  return module.emitBinary();
}

/** How many functions are imported, and the code of the others (WebAssembly core specification, §5.5). */
function functionsOf(code) {
  let at = 8;
  const byte = () => code[at++];
  const number = () => {
    let [value, shift, next] = [0, 0, 0];
    do {
      next = byte();
      value |= (next & 127) << shift;
      shift += 7;
    } while (next & 128);
    return value >>> 0;
  };
  const skip = (count) => {
    at += count;
  };
  const limits = () => {
    const both = byte() & 1;
    number();
    if (both) number();
  };
  const kinds = [() => number(), () => (byte(), limits()), limits, () => skip(2)];
  const found = { imports: 0, bodies: [] };
  while (at < code.length) {
    const [section, length] = [byte(), number()];
    const end = at + length;
    if (section === 2) {
      for (let left = number(); left > 0; left--) {
        skip(number());
        skip(number());
        const kind = byte();
        if (kind === 0) found.imports++;
        kinds[kind]();
      }
    } else if (section === 10) {
      for (let left = number(); left > 0; left--) {
        const size = number();
        found.bodies.push(code.subarray(at, at + size));
        skip(size);
      }
    }
    at = end;
  }
  return found;
}

/** Every run of bytes in a function, once. */
function shingles(body) {
  const found = new Set();
  const text = Buffer.from(body).toString("latin1");
  for (let at = 0; at + SHINGLE <= text.length; at++) found.add(text.slice(at, at + SHINGLE));
  return [...found];
}

/** Which function comes next: always the one of which the window already holds the largest part. */
function chain(parts, bodies) {
  const holders = new Map(parts.flat().map((part) => [part, []]));
  parts.forEach((list, item) => list.forEach((part) => holders.get(part).push(item)));
  const [held, known] = [new Map(), new Array(parts.length).fill(0)];
  const [order, left] = [[], new Set(parts.keys())];
  let [oldest, filled] = [0, 0];
  const change = (item, by) => {
    for (const part of parts[item]) {
      const [before, after] = [held.get(part) ?? 0, (held.get(part) ?? 0) + by];
      held.set(part, after);
      if (!before !== !after) for (const holder of holders.get(part)) known[holder] += by;
    }
    filled += by * bodies[item].length;
  };
  const share = (item) => known[item] / (parts[item].length || 1);
  let next = 0;
  while (left.size > 0) {
    left.delete(next);
    order.push(next);
    change(next, 1);
    while (filled > WINDOW && oldest < order.length - 1) change(order[oldest++], -1);
    next = left.values().next().value;
    for (const item of left) if (share(item) > share(next)) next = item;
  }
  return order;
}

/** The program with a name for each function that says its place (§7.4.1). */
function named(code, imports, order) {
  const number = (value) => {
    const bytes = [];
    do {
      bytes.push((value & 127) | (value > 127 ? 128 : 0));
      value >>>= 7;
    } while (value > 0);
    return bytes;
  };
  const text = (name) => [...number(name.length), ...Buffer.from(name)];
  const places = order.map((item, place) => [item, `f${String(place).padStart(6, "0")}`]).sort(([a], [b]) => a - b);
  const names = places.flatMap(([item, name]) => [...number(item + imports), ...text(name)]);
  const listed = [...number(order.length), ...names];
  const section = [...text("name"), 1, ...number(listed.length), ...listed];
  return Buffer.concat([code, Buffer.from([0, ...number(section.length), ...section])]);
}
