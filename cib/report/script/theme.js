// Light or dark: as the system has it, until the reader chooses.
import { make } from "./text.js";

const KEY = "cib-theme";
const dark = window.matchMedia("(prefers-color-scheme: dark)");

const stored = () => {
  try { return localStorage.getItem(KEY); } catch { return null; }
};

const keep = (theme) => {
  try { localStorage.setItem(KEY, theme); } catch { /* A browser may forbid it to pages from files. */ }
};

export const isDark = () => (document.documentElement.dataset.theme ?? (dark.matches ? "dark" : "light")) === "dark";

export const theming = (changed) => {
  const root = document.documentElement;
  const button = make("button", { type: "button", className: "theme" });
  const say = () => { button.textContent = isDark() ? "Light page" : "Dark page"; changed(); };
  if (stored()) root.dataset.theme = stored();
  button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    keep(root.dataset.theme);
    say();
  });
  dark.addEventListener("change", say);
  document.querySelector("nav ul").append(make("li", {}, button));
  say();
};
