// Unpacks what cib/report/interactive/columns.py packed: named columns, typed, little-endian, gzipped, in base64.
import { inflate } from "./inflate.js";

const TYPES = {
  u8: Uint8Array, u16: Uint16Array, u32: Uint32Array, i32: Int32Array, f32: Float32Array,
};

const unzip = async (bytes) => {
  if (!("DecompressionStream" in window)) return inflate(bytes);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
};

const decoded = (text) => {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i += 1) bytes[i] = binary.charCodeAt(i);
  return bytes;
};

// Resolves to the columns of a block of the page by name, or to null if the page has no such block.
export const block = async (name) => {
  const holder = document.getElementById(`data-${name}`);
  if (!holder) return null;
  const bytes = await unzip(decoded(holder.textContent.trim()));
  const size = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const heads = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + size)));
  const start = Math.ceil((4 + size) / 8) * 8;
  const columns = {};
  for (const { name: column, type, at, length } of heads) {
    const from = bytes.byteOffset + start + at;
    columns[column] = type === "json"
      ? JSON.parse(new TextDecoder().decode(bytes.subarray(start + at, start + at + length)))
      : new TYPES[type](bytes.buffer, from, length);
  }
  return columns;
};
