// The cloth of a fabric as pictures: fetched once, its inks changed here.

import { printInks, readPlanes } from "../studio-recolour.js";
import { blockOf, isBlock } from "./law.js";

const MOST = 24;
const pictures = new Map(); // address → promise of an ImageBitmap
const blocks = new WeakMap(); // picture → the mirrored block made of it
const sources = new Map(); // fabric → promise of what the server says about it

function once(known, key, make) {
  if (!known.has(key)) {
    const coming = make();
    coming.catch(() => known.delete(key));
    known.set(key, coming);
    if (known.size > MOST) known.delete(known.keys().next().value);
  }
  return known.get(key);
}

// What the server says about a fabric; inks: Map of number → "#rrggbb" that differ from its own.
export function sourcesOf(address, fabric, inks = new Map()) {
  const query = new URLSearchParams({ fabric });
  if (inks.size) query.set("inks-of", fabric);
  for (const [number, colour] of inks) query.set(`ink${number}`, colour);
  return once(sources, String(query), async () => {
    const answer = await fetch(`${address}?${query}`, { credentials: "same-origin" });
    if (!answer.ok) throw new Error(`fabric: ${answer.status}`);
    return answer.json();
  });
}

// A promise of the block that repeats, `size` px a tile.
export async function clothOf(source, repeat, size) {
  return unfolded(await pictureAt(source.cloth[repeat].replace("{size}", size)), repeat);
}

// The same with other inks, printed here while they are being chosen.
export async function recoloured(source, repeat, inks) {
  const address = source.planes[isBlock(repeat) ? repeat : "straight"];
  const planes = await once(pictures, address, () => readPlanes(address, source.inks.length, source.ground));
  const printed = printInks(planes, source.inks.map(({ number, colour }) => inks.get(number) ?? colour));
  return unfolded(await createImageBitmap(printed), repeat);
}

export const pictureAt = (address) => once(pictures, address, async () => {
  const answer = await fetch(address, { credentials: "same-origin" });
  if (!answer.ok) throw new Error(`cloth: ${answer.status}`);
  return createImageBitmap(await answer.blob(), { premultiplyAlpha: "none", colorSpaceConversion: "none" });
});

// A tile as its block, the same object each time, so that it goes to the graphics card once.
export function unfolded(picture, repeat) {
  if (repeat !== "mirror") return picture;
  if (!blocks.has(picture)) blocks.set(picture, blockOf(picture, repeat));
  return blocks.get(picture);
}
