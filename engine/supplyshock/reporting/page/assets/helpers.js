// Parts of charts and tables. Texts only ever become text nodes.
const D = JSON.parse(document.getElementById("data").textContent);
const INK = "#1b1b1b", SOFT = "#5c5c5c", LINE = "#d9d9d9", XC = "#0072B2", CN = "#B84A00";
const SERIES = [[XC, ""], [CN, "7 4"], ["#00734F", "2 3"], ["#7A4F9A", "10 3 2 3"], ["#806000", "4 2"], [INK, "1 2"]];
const REGIMES = { calm: "#E8E4D8", talks: "#F0E442", escalation: "#E07B39", truce: "#A9D5EE", deal: "#2E9E77", rift: "#4B2E5A" };
const PARTY = D.names.party, BLOC = D.names.bloc, SCENARIOS = D.scenarios.map(s => s.name);
const sector = s => D.names.sector[s] || s;
const title = name => (D.scenarios.find(s => s.name === name) || { title: name }).title;
const market = id => D.markets.find(m => m.id === id);
const byId = id => document.getElementById(id);
const PAGE = 680, PANEL = 300, PANELS = 6;
let printing = false;

function node(parent, name, attrs, text) {
  const child = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const key in attrs) child.setAttribute(key, attrs[key]);
  if (text !== undefined) child.textContent = text;
  parent.appendChild(child);
  return child;
}
function element(parent, name, text, className) {
  const child = document.createElement(name);
  if (text !== undefined) child.textContent = text;
  if (className) child.className = className;
  parent.appendChild(child);
  return child;
}

// On paper, where nothing can be chosen, a chart of one scenario is drawn for every scenario, up to a page of them.
function each(id, choice, draw) {
  const host = byId(id), names = printing ? SCENARIOS.slice(0, PANELS) : [byId(choice).value], many = names.length > 1;
  host.textContent = "";
  host.classList.toggle("many", many);
  for (const name of names) draw(many ? element(host, "div", undefined, "one") : host, name);
}
// The finding stands above the chart; what explains it stands below.
function canvas(host, height, finding, note) {
  const inside = host.className === "one", paper = inside ? PANEL : PAGE;
  const width = printing ? paper : Math.max(280, host.clientWidth);
  element(host, inside ? "p" : "figcaption", finding.replaceAll(" %", "\u00a0%").replaceAll(" ±", "\u00a0±"), "finding");
  const svg = node(host, "svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": note ? `${finding} ${note}` : finding });
  if (note) element(host, "p", note, "note");
  return { svg, width, height, narrow: width < 520 };
}
function cleared(id) {
  byId(id).textContent = "";
  return byId(id);
}
function label(c, x, y, text, more) { return node(c.svg, "text", Object.assign({ x, y }, more || {}), text); }
function rule(c, x1, y1, x2, y2, more) { return node(c.svg, "line", Object.assign({ x1, y1, x2, y2, stroke: LINE }, more || {})); }
function path(c, points, more) {
  const d = points.map((p, i) => (i ? "L" : "M") + p[0].toFixed(1) + " " + p[1].toFixed(1)).join("");
  return node(c.svg, "path", Object.assign({ d, fill: "none" }, more || {}));
}
function area(c, upper, lower, more) {
  return path(c, upper.concat(lower.slice().reverse()), Object.assign({ stroke: "none" }, more));
}

const linear = (a, b, x, y) => v => x + (v - a) / (b - a || 1) * (y - x);
const logarithmic = (a, b, x, y) => v => x + Math.log(Math.max(v, 1e-9) / a) / Math.log(b / a) * (y - x);
const minus = text => text.replace("-", "\u2212");
const short = x => x == null ? "–" : minus(Math.abs(x) >= 100 ? Math.round(x).toLocaleString("en") : String(+x.toPrecision(3)));
const percent = x => x <= 0 ? "0" : x < 0.001 ? "<0.1" : x < 0.0995 ? (100 * x).toFixed(1) : (100 * x).toFixed(0);

// As number_format.py: one digit of the error, two where it begins with a 1, four digits of the value at most.
function pm(x, se, scale) {
  if (x == null) return "–";
  const value = x * (scale || 1), error = (se || 0) * (scale || 1);
  if (!(error > 0)) return short(value);
  const log = Math.floor(Math.log10(error)), places = (error / Math.pow(10, log) < 1.95 ? 1 : 0) - log;
  const most = Math.abs(value) > error ? 3 - Math.floor(Math.log10(Math.abs(value))) : places;
  const shown = rounded(error, Math.min(places, most));
  return `${rounded(value, Math.min(places, most))} ±${+shown.replaceAll(",", "") ? shown : "<" + +Math.pow(10, -most).toPrecision(1)}`;
}
// The row of lost output of a country in a scenario.
function lost(scenario, party, statistic) {
  return D.rows.find(r => r.table === "losses" && r.scenario === scenario && r.item === `${PARTY[party]}: lost output` && r.statistic === statistic) || {};
}
// The number alone, with the digits that its error leaves.
const about = (x, se) => pm(x, se).split(" ±")[0];
function rounded(x, places) {
  const step = Math.pow(10, -places), at = Math.max(0, places);
  return minus((places < 0 ? Math.round(x / step) * step : x).toLocaleString("en", { minimumFractionDigits: at, maximumFractionDigits: at })).replace(/^\u2212(0(\.0+)?)$/, "$1");
}

function decades(low, high) {
  const ticks = [];
  for (let e = -4; e < 7; e++) for (const f of [1, 2, 5]) {
    const t = f * Math.pow(10, e);
    if (t >= low * 0.999 && t <= high * 1.001) ticks.push(t);
  }
  return ticks.length > 9 ? ticks.filter(t => Math.abs(Math.log10(t) - Math.round(Math.log10(t))) < 1e-9) : ticks;
}
function steps(low, high, n) {
  const raw = (high - low) / n || 1, unit = Math.pow(10, Math.floor(Math.log10(raw)));
  const step = [1, 2, 5, 10].map(f => f * unit).find(s => s >= raw), ticks = [];
  for (let t = Math.ceil(low / step) * step; t <= high + 1e-9 * step; t += step) ticks.push(+t.toPrecision(10));
  return ticks;
}
const MONTH = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
function day(text) {
  const [y, m, d] = text.split("-");
  return `${+d} ${MONTH[+m - 1]} ${y}`;
}
function timeAxis(c, x, bottom, top) {
  const n = D.time.length, every = Math.max(1, Math.round(n / (c.narrow ? 4 : 8)));
  for (let i = 0; i < n; i += every) {
    const [year, month] = D.time[i].split("-");
    rule(c, x(i), top, x(i), bottom, { stroke: "#eeeeee" });
    label(c, x(i), bottom + 15, MONTH[+month - 1], { "text-anchor": "middle" });
    label(c, x(i), bottom + 29, year, { "text-anchor": "middle", style: `fill:${SOFT}` });
  }
}
function spread(items, gap, low, high) {
  items.sort((a, b) => a.y - b.y);
  for (let k = 0; k < 60; k++) for (let i = 1; i < items.length; i++) {
    const miss = gap - (items[i].y - items[i - 1].y);
    if (miss > 0) { items[i].y += miss / 2; items[i - 1].y -= miss / 2; }
  }
  for (const item of items) item.y = Math.min(high, Math.max(low, item.y));
  for (let i = items.length - 2; i >= 0; i--) items[i].y = Math.min(items[i].y, items[i + 1].y - gap);
  return items;
}
function grid(host, head, caption) {
  const table = element(host, "table");
  if (caption) element(table, "caption", caption);
  const line = element(element(table, "thead"), "tr");
  head.forEach((text, i) => { element(line, "th", text, i ? "num" : "").scope = "col"; });
  return element(table, "tbody");
}
function row(body, texts) {
  const line = element(body, "tr");
  return texts.map((text, i) => {
    const cell = element(line, i ? "td" : "th", text, i ? "num" : "");
    if (!i) cell.scope = "row";
    return cell;
  });
}
