// Elements, and how numbers and times are said. Text only ever becomes text: nothing here parses HTML.

export const make = (tag, properties = {}, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === "on") for (const [event, react] of Object.entries(value)) element.addEventListener(event, react);
    else if (name in element && !name.includes("-")) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
};

// Other people's text stands apart, so that its direction of writing cannot reach what is around it.
export const named = (text) => make("bdi", { textContent: text });

export const whole = (value) => Math.round(value).toLocaleString("en-GB");

export const number = (value) => {
  if (!Number.isFinite(value)) return "–";
  return Math.abs(value) >= 1000 ? whole(value) : String(Number(value.toPrecision(3)));
};

export const share = (value) => {
  if (!Number.isFinite(value)) return "–";
  if (value > 0 && value < 0.01) return "< 1 %";
  return value > 0.99 && value < 1 ? "> 99 %" : `${Math.round(value * 100)} %`;
};

const RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹";

// A probability, given its logarithm to the base 10, so that no small one becomes 0.
export const chance = (power) => {
  if (!Number.isFinite(power)) return power === -Infinity ? "< 10⁻³⁰⁰" : "–";
  if (power >= -3) return String(Number((10 ** power).toPrecision(2)));
  let exponent = Math.floor(power);
  let mantissa = (10 ** (power - exponent)).toFixed(1);
  if (mantissa === "10.0") [mantissa, exponent] = ["1.0", exponent + 1];
  const digits = String(-exponent).replace(/\d/g, (digit) => RAISED[digit]);
  return `${mantissa} × 10⁻${digits}`;
};

const rounded = (value) => (value < 10 ? Number(value.toPrecision(2)) : Math.round(value));

export const duration = (seconds) => {
  if (!Number.isFinite(seconds)) return "–";
  for (const [unit, size] of [["d", 86400], ["h", 3600], ["min", 60]]) {
    if (seconds >= size) return `${rounded(seconds / size)} ${unit}`;
  }
  return `${rounded(seconds)} s`;
};

// A date of a day counted from 1970-01-01, UTC; of seconds, with the time.
export const day = (days) => new Date(days * 86400e3).toISOString().slice(0, 10);
export const moment = (seconds) => new Date(seconds * 1000).toISOString().slice(0, 19).replace("T", " ");

export const count = (n, one, many = `${one}s`) => `${whole(n)} ${n === 1 ? one : many}`;
