// Undoes gzip (RFC 1952, RFC 1951) where the browser has no DecompressionStream. Slower, and needs nothing.

const LENGTHS = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258];
const LENGTH_BITS = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const DISTANCES = [1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577];
const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

// A canonical Huffman code: how many codes there are of each length, and the symbols in the order of their codes.
const code = (lengths) => {
  const counts = new Uint16Array(16);
  for (const length of lengths) counts[length] += 1;
  counts[0] = 0;
  const next = new Uint16Array(16);
  for (let i = 1; i < 16; i += 1) next[i] = next[i - 1] + counts[i - 1];
  const symbols = new Uint16Array(lengths.length);
  lengths.forEach((length, symbol) => { if (length) symbols[next[length]++] = symbol; });
  return { counts, symbols };
};

const FIXED = [
  code(Array.from({ length: 288 }, (_, i) => (i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8))),
  code(new Array(30).fill(5)),
];

class Reader {
  constructor(bytes, at) {
    Object.assign(this, { bytes, at, held: 0, bits: 0 });
  }

  take(n) {
    while (this.bits < n) {
      this.held |= this.bytes[this.at++] << this.bits;
      this.bits += 8;
    }
    const value = this.held & ((1 << n) - 1);
    this.held >>>= n;
    this.bits -= n;
    return value;
  }

  symbol({ counts, symbols }) {
    let value = 0;
    let first = 0;
    let index = 0;
    for (let length = 1; length < 16; length += 1) {
      value |= this.take(1);
      const n = counts[length];
      if (value - n < first) return symbols[index + value - first];
      index += n;
      first = (first + n) << 1;
      value <<= 1;
    }
    throw new Error("The data of this page are damaged.");
  }

  skipToByte() {
    this.held = 0;
    this.bits = 0;
  }
}

const dynamic = (reader) => {
  const [literals, distances, lengths] = [reader.take(5) + 257, reader.take(5) + 1, reader.take(4) + 4];
  const short = new Array(19).fill(0);
  for (let i = 0; i < lengths; i += 1) short[ORDER[i]] = reader.take(3);
  const tree = code(short);
  const all = [];
  while (all.length < literals + distances) {
    const symbol = reader.symbol(tree);
    if (symbol < 16) all.push(symbol);
    else {
      const value = symbol === 16 ? all[all.length - 1] : 0;
      const times = symbol === 16 ? 3 + reader.take(2) : symbol === 17 ? 3 + reader.take(3) : 11 + reader.take(7);
      for (let i = 0; i < times; i += 1) all.push(value);
    }
  }
  return [code(all.slice(0, literals)), code(all.slice(literals))];
};

const headerLength = (bytes) => {
  let at = 10;
  if (bytes[3] & 4) at += 2 + bytes[at] + 256 * bytes[at + 1];
  for (const flag of [8, 16]) if (bytes[3] & flag) { while (bytes[at]) at += 1; at += 1; }
  return at + (bytes[3] & 2 ? 2 : 0);
};

export const inflate = (bytes) => {
  const out = new Uint8Array(new DataView(bytes.buffer, bytes.byteOffset).getUint32(bytes.length - 4, true));
  const reader = new Reader(bytes, headerLength(bytes));
  let to = 0;
  for (let last = 0; !last;) {
    last = reader.take(1);
    const kind = reader.take(2);
    if (kind === 0) {
      reader.skipToByte();
      const size = bytes[reader.at] + 256 * bytes[reader.at + 1];
      out.set(bytes.subarray(reader.at + 4, reader.at + 4 + size), to);
      to += size;
      reader.at += 4 + size;
      continue;
    }
    const [literals, distances] = kind === 1 ? FIXED : dynamic(reader);
    for (let symbol = reader.symbol(literals); symbol !== 256; symbol = reader.symbol(literals)) {
      if (symbol < 256) out[to++] = symbol;
      else {
        const length = LENGTHS[symbol - 257] + reader.take(LENGTH_BITS[symbol - 257]);
        const place = reader.symbol(distances);
        const back = DISTANCES[place] + reader.take(place < 2 ? 0 : (place >> 1) - 1);
        for (let i = 0; i < length; i += 1, to += 1) out[to] = out[to - back];
      }
    }
  }
  return out;
};
