// Tables that sort, search, turn pages and download. A table is columns of values; only the rows of one page are elements,
// so 100,000 rows cost no more to show than 25.
import { csv, save } from "./csv.js";
import { count, make, named, whole } from "./text.js";

const PAGE = 25;
const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

// The rows of a table that came as HTML, as columns.
const read = (table) => {
  const rows = [...table.tBodies[0].rows];
  const heads = [...table.tHead.rows[0].cells];
  const columns = heads.map((head, at) => ({
    head: head.textContent.trim(),
    figures: head.classList.contains("n"),
    value: (i) => {
      const sort = rows[i].cells[at].dataset.sort;
      return sort === undefined ? rows[i].cells[at].textContent.trim() : Number(sort.replace("inf", "Infinity"));
    },
    text: (i) => [...rows[i].cells[at].childNodes].map((part) => (part.matches?.("details") ? part.lastChild : part).textContent.trim()).filter(Boolean).join("; "),
  }));
  return { n: rows.length, columns, row: (i) => rows[i] };
};

// A row made from columns that came as data.
const built = (model) => (i) => make("tr", {}, ...model.columns.map((column) => {
  const shown = column.open
    ? make("button", { type: "button", className: "plain", on: { click: () => column.open(i) } }, named(column.text(i)))
    : named(column.text(i));
  return make("td", { className: column.figures ? "n" : "" }, shown);
}));

const sorted = (order, column, down) => {
  const keys = new Map();
  for (const i of order) keys.set(i, column.value(i));
  const numeric = typeof keys.get(order[0]) === "number";
  const compare = numeric ? (a, b) => a - b || (a === b ? 0 : 0) : (a, b) => collator.compare(a, b);
  const sign = down ? -1 : 1;
  return order.sort((a, b) => sign * compare(keys.get(a), keys.get(b)) || a - b);
};

class Table {
  constructor(table, model, { sorts, searches }) {
    this.table = table;
    this.model = model;
    this.row = model.row ?? built(model);
    this.order = Uint32Array.from({ length: model.n }, (_, i) => i);
    this.found = this.order;
    this.page = 0;
    this.texts = [];
    if (sorts) this.addSorting();
    this.addBar(searches);
    this.show();
  }

  addSorting() {
    [...this.table.tHead.rows[0].cells].forEach((head, at) => {
      const button = make("button", { type: "button", textContent: head.textContent, on: { click: () => this.sort(head, at) } });
      head.replaceChildren(button);
    });
  }

  sort(head, at) {
    const before = head.getAttribute("aria-sort");
    const down = before ? before === "ascending" : this.model.columns[at].figures;
    for (const other of this.table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    this.order = sorted(this.order, this.model.columns[at], down);
    this.search(this.words);
  }

  text(i) {
    this.texts[i] ??= this.model.columns.map((column) => column.text(i)).join(" ").toLowerCase();
    return this.texts[i];
  }

  search(words = "") {
    this.words = words;
    const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
    this.found = wanted.length
      ? this.order.filter((i) => { const text = this.text(i); return wanted.every((word) => text.includes(word)); })
      : this.order;
    this.page = 0;
    this.show();
  }

  addBar(searches) {
    const caption = this.table.caption.textContent.trim();
    this.status = make("span", { role: "status" });
    this.back = make("button", { type: "button", textContent: "‹ Back", on: { click: () => this.turn(-1) } });
    this.next = make("button", { type: "button", textContent: "Next ›", on: { click: () => this.turn(1) } });
    const download = make("button", {
      type: "button", className: "download", textContent: "CSV", "aria-label": `Download as CSV: ${caption}`,
      on: { click: () => this.download(caption) },
    });
    const field = searches && make("input", {
      type: "search", "aria-label": `Search in: ${caption}`, placeholder: "Search this table", on: { input: () => this.search(field.value) },
    });
    const bar = make("div", { className: "bar" }, field || null, this.status, this.back, this.next, download);
    this.table.parentElement.before(bar);
  }

  turn(step) {
    this.page += step;
    this.show();
  }

  show() {
    const pages = Math.max(1, Math.ceil(this.found.length / PAGE));
    const first = this.page * PAGE;
    const rows = [...this.found.subarray(first, first + PAGE)].map((i) => this.row(i));
    const none = make("tr", {}, make("td", { colSpan: this.model.columns.length, textContent: "No row matches." }));
    this.table.tBodies[0].replaceChildren(...(rows.length ? rows : [none]));
    this.back.hidden = this.next.hidden = pages === 1;
    this.back.disabled = this.page === 0;
    this.next.disabled = this.page === pages - 1;
    const of = this.found.length === this.model.n ? count(this.model.n, "row") : `${whole(this.found.length)} of ${count(this.model.n, "row")}`;
    this.status.textContent = pages === 1 ? of : `${whole(first + 1)}–${whole(Math.min(first + PAGE, this.found.length))} of ${of}`;
  }

  download(caption) {
    const { columns } = this.model;
    const rows = Array.from(this.found, (i) => columns.map((column) => column.exact?.(i) ?? column.text(i)));
    save(`${caption.toLowerCase().replace(/[^a-z0-9]+/g, "-").slice(0, 60)}.csv`, csv(columns.map((column) => column.head), rows));
  }
}

// Make every table that came as HTML sort, search, page and download.
export const enhance = () => {
  for (const table of document.querySelectorAll("table.grid")) {
    const model = read(table);
    if (table.hasAttribute("data-none")) continue;
    const longer = model.n > 5;
    new Table(table, model, { sorts: table.hasAttribute("data-sorts") && model.n > 1, searches: longer && table.hasAttribute("data-search") });
  }
};

// Put a table of columns into a place of the page.
export const place = (holder, caption, model) => {
  const heads = model.columns.map((column) => make("th", { scope: "col", className: column.figures ? "n" : "", textContent: column.head }));
  const table = make("table", { className: "grid" }, make("caption", { textContent: caption }), make("thead", {}, make("tr", {}, ...heads)), make("tbody"));
  holder.append(make("div", { className: "scroll", tabIndex: 0, role: "region", "aria-label": caption }, table));
  return new Table(table, model, { sorts: true, searches: true });
};
