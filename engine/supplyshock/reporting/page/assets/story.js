// The chart of one path: the regime on top, two quotes, and what the United States loses a week.
function stories() {
  D.charts.forEach((s, k) => { if (s) tale(cleared(`chart-story-${k}`), s); });
}
function tale(host, s) {
  const n = s.time.length, lost = s.loss.reduce((a, b) => a + b, 0), worst = Math.max(...s.loss);
  const peaks = s.quotes.map(q => `${q.name}${q.bloc === "CN" ? " in China" : ""} ${short(Math.max(...q.values))}×`);
  const finding = `${peaks.length ? `Peaks: ${peaks.join(", ")}. ` : ""}The United States loses ${short(worst)} bn USD in the worst week.`;
  const c = canvas(host, 256, finding);
  const x = linear(0, n, 40, c.width - 8), top = 46, middle = 150, bottom = 222;
  s.regime.forEach((name, i) => {
    if (i && s.regime[i - 1] === name) return;
    let end = i;
    while (end < n && s.regime[end] === name) end++;
    node(c.svg, "rect", { x: x(i), y: 4, width: x(end) - x(i), height: 18, fill: REGIMES[name] || "#999" });
    const dark = name === "rift" || name === "deal";
    if (x(end) - x(i) > 7.5 * name.length) label(c, (x(i) + x(end)) / 2, 17, name, { "text-anchor": "middle", style: `font-size:11px;fill:${dark ? "#fff" : INK}` });
  });
  const all = s.quotes.flatMap(q => q.values), low = Math.min(0.9, ...all), high = Math.max(2, ...all) * 1.1, y = logarithmic(low, high, middle, top);
  const ticks = decades(low, high);
  for (const t of ticks.length > 5 ? ticks.filter(t => /^1/.test(String(t)) || t === 0.1) : ticks) { rule(c, 40, y(t), c.width - 8, y(t)); label(c, 36, y(t) + 4, short(t) + "×", { "text-anchor": "end", style: "font-size:11px" }); }
  s.quotes.forEach((q, i) => {
    const [colour, dash] = SERIES[i];
    path(c, q.values.map((v, k) => [x(k + 0.5), y(v)]), { stroke: colour, "stroke-width": 1.8, "stroke-dasharray": dash });
    const at = 40 + i * (c.width - 40) / 2;
    rule(c, at, 34, at + 20, 34, { stroke: colour, "stroke-width": 2.2, "stroke-dasharray": dash });
    label(c, at + 24, 38, q.name.split(" (")[0].slice(0, 18), { style: "font-size:11px" });
  });
  const most = Math.max(0.1, worst) * 1.1, z = linear(0, most, bottom, middle + 24);
  label(c, 2, middle + 16, "United States, bn USD a week", { style: `font-size:11px;fill:${SOFT}` });
  for (const t of steps(0, most, 2)) { rule(c, 40, z(t), c.width - 8, z(t)); label(c, 36, z(t) + 4, short(t), { "text-anchor": "end", style: "font-size:11px" }); }
  const line = s.loss.map((v, i) => [x(i + 0.5), z(Math.max(0, v))]);
  area(c, line, line.map(p => [p[0], bottom]), { fill: XC, "fill-opacity": lost > 0 ? 0.55 : 0 });
  for (let i = 0; i < n; i++) {
    const [year, month] = s.time[i].split("-"), turn = !i || s.time[i - 1].slice(0, 7) !== s.time[i].slice(0, 7);
    if (!turn || x(i) > c.width - 20 || !(+month === 1 || (+month === 7 && n < 160))) continue;
    label(c, x(i), bottom + 15, MONTH[+month - 1], { "text-anchor": "middle", style: "font-size:11px" });
    label(c, x(i), bottom + 28, year, { "text-anchor": "middle", style: `font-size:11px;fill:${SOFT}` });
  }
}
