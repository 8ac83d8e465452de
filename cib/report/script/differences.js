// Where a text differs from another, word by word.

const MOST = 250;

const words = (text) => text.match(/\s*\S+\s*|\s+/g) ?? [];

// The second text in parts, each with whether it is not in the first. Longer texts than 250 words are not compared.
export const differences = (first, second) => {
  const [one, two] = [words(first), words(second)];
  if (one.length > MOST || two.length > MOST || first === second) return [[second, false]];
  const same = (i, j) => one[i].trim() === two[j].trim();
  const common = Array.from({ length: one.length + 1 }, () => new Uint16Array(two.length + 1));
  for (let i = one.length - 1; i >= 0; i -= 1) {
    for (let j = two.length - 1; j >= 0; j -= 1) common[i][j] = same(i, j) ? common[i + 1][j + 1] + 1 : Math.max(common[i + 1][j], common[i][j + 1]);
  }
  const parts = [];
  const add = (text, fresh) => {
    const last = parts[parts.length - 1];
    if (last && last[1] === fresh) last[0] += text;
    else parts.push([text, fresh]);
  };
  let [i, j] = [0, 0];
  while (j < two.length) {
    if (i < one.length && same(i, j)) { add(two[j], false); i += 1; j += 1; }
    else if (i < one.length && common[i + 1][j] >= common[i][j + 1]) i += 1;
    else { add(two[j], true); j += 1; }
  }
  return parts;
};
