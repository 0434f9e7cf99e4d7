// One garment as the server packed it (ml/compositing/live.py): mask, light, bend and the colours behind the edge.

const MAGIC = "AFL1";
const cache = new Map(); // address → promise of a pack, the few latest ones
const MOST = 8;

export function loadPack(address) {
  if (!cache.has(address)) {
    const coming = fetchPack(address);
    coming.catch(() => cache.delete(address)); // asked for again the next time
    cache.set(address, coming);
    if (cache.size > MOST) cache.delete(cache.keys().next().value);
  }
  return cache.get(address);
}

async function fetchPack(address) {
  const answer = await fetch(address, { credentials: "same-origin" });
  if (!answer.ok) throw new Error(`live pack: ${answer.status}`);
  return readPack(await answer.arrayBuffer());
}

export async function readPack(buffer) {
  const head = new DataView(buffer);
  if (new TextDecoder().decode(buffer.slice(0, 4)) !== MAGIC) throw new Error("live pack: not one");
  const length = head.getUint32(4, true);
  const header = JSON.parse(new TextDecoder().decode(buffer.slice(8, 8 + length)));
  const body = buffer.slice(8 + length);
  const planes = {};
  await Promise.all(Object.entries(header.planes).map(async ([name, place]) => {
    planes[name] = { ...place, codes: await readPlane(body.slice(place.at, place.at + place.bytes), place) };
  }));
  return { ...header, planes };
}

// Deflated differences from the number to the left, low bytes before high bytes → whole numbers.
async function readPlane(content, { width, height, depth }) {
  const unpacking = new Blob([content]).stream().pipeThrough(new DecompressionStream("deflate"));
  const bytes = new Uint8Array(await new Response(unpacking).arrayBuffer());
  const count = width * height;
  if (bytes.length !== depth * count) throw new Error("live pack: cut short");
  const codes = depth === 1 ? new Uint8Array(count) : new Uint16Array(count);
  for (let row = 0, at = 0; row < height; row++) {
    let sum = 0;
    for (let column = 0; column < width; column++, at++) {
      sum += depth === 1 ? bytes[at] : bytes[at] + 256 * bytes[count + at];
      codes[at] = sum; // a typed array wraps around by itself
    }
  }
  return codes;
}

// Is there cloth at this pixel of the picture?
export function isCloth(pack, x, y) {
  const [top, bottom, left, right] = pack.box;
  if (x < left || x >= right || y < top || y >= bottom) return false;
  const { codes, width } = pack.planes.alpha;
  return codes[Math.floor(y - top) * width + Math.floor(x - left)] > 127;
}
