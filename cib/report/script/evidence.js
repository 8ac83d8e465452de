// What stands behind the links: their layers against chance, and the posts. Unpacked when it is first asked for.
import { block } from "./columns.js";

let waiting = null;

export const evidence = () => { waiting ??= block("evidence"); return waiting; };

// Where a sorted column holds a value: [first, after].
const span = (column, value) => {
  const first = (wanted) => {
    let [low, high] = [0, column.length];
    while (low < high) { const middle = (low + high) >> 1; if (column[middle] < wanted) low = middle + 1; else high = middle; }
    return low;
  };
  return [first(value), first(value + 1)];
};

const rows = (found, names, [first, after]) => Array.from({ length: after - first }, (_, i) =>
  Object.fromEntries(names.map((name) => [name, found[name][first + i]])));

export const layersBehind = (found, e) =>
  rows(found, ["statLayer", "statObjects", "statOverlap", "statExpected", "statP", "statQ", "statDelay"], span(found.statEdge, e));

const post = (found, i) => ({
  account: found.postAccount[i], at: found.postAt[i], kind: found.kinds[found.postKind[i]], text: found.texts[found.postText[i]], id: found.postId[i],
});

// Pairs of posts of a link, each the earlier post first.
export const pairsBehind = (found, e) => rows(found, ["pairLayer", "pairObject", "pairOne", "pairOther"], span(found.pairEdge, e)).map((pair) => ({
  layer: pair.pairLayer,
  object: found.objects[pair.pairObject],
  posts: [pair.pairOne, pair.pairOther].map((i) => post(found, i)).sort((one, other) => one.at - other.at),
}));

export const postsOf = (found, account, most) => {
  const mine = [];
  for (let i = 0; i < found.postAccount.length && mine.length < most; i += 1) if (found.postAccount[i] === account) mine.push(post(found, i));
  return mine.sort((one, other) => one.at - other.at);
};
