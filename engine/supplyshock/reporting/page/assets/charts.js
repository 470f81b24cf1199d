// Charts over time and of the distribution of losses.
function fan(host, name) {
  const chosen = byId("fan-market").value, f = D.fans[name][chosen], n = D.time.length, { name: words, base } = market(chosen);
  const all = SCENARIOS.map(s => D.fans[s][chosen]);  // the same scale for every scenario
  const top = 1.15 * Math.max(2, ...all.flatMap(g => [...g.XC[4], ...g.CN[4]])), low = Math.min(0.8, ...all.flatMap(g => [...g.XC[0], ...g.CN[0]]));
  const high = key => { const at = Math.max(...f[key][4]); return [at, D.time[f[key][4].indexOf(at)]]; };
  const [key, place] = high("CN")[0] > high("XC")[0] ? ["CN", "in China"] : ["XC", "outside China"], [most, when] = high(key);
  const bound = D.about.bound, reaches = most >= 0.97 * bound ? "reaches the highest price that the model allows," : "is above";
  const c = canvas(host, host.className === "one" ? 310 : 380, `${words}, “${title(name)}”: ${place} one path in twenty ${reaches} ${short(most)} times the base price (${base}) in the week of ${day(when)}.`, `At the end the median quote outside China is ${short(f.XC[2][n - 1])}, the median paid ${short(f.paid[2][n - 1])}, the median in China ${short(f.CN[2][n - 1])}.`);
  const right = c.narrow ? 8 : 158, bottom = c.height - 40 - (c.narrow ? 80 : 0);
  const x = linear(0, Math.max(1, n - 1), 44, c.width - right), y = logarithmic(low, top, bottom, 14);
  timeAxis(c, x, bottom, 14);
  label(c, 48, 12, base, { style: `fill:${SOFT}` });
  for (const t of decades(low, top)) { rule(c, 44, y(t), c.width - right, y(t)); label(c, 39, y(t) + 4, short(t) + "×", { "text-anchor": "end" }); }
  rule(c, 44, y(1), c.width - right, y(1), { stroke: "#888" });
  if (top > bound) { rule(c, 44, y(bound), c.width - right, y(bound), { stroke: INK, "stroke-dasharray": "1 3" }); label(c, c.width - right - 4, y(bound) - 3, "the model’s bound", { "text-anchor": "end", style: "font-size:11px" }); }
  const line = values => values.map((v, i) => [x(i), y(Math.min(v, bound))]);
  area(c, line(f.XC[4]), line(f.XC[0]), { fill: XC, "fill-opacity": 0.14 });
  area(c, line(f.XC[3]), line(f.XC[1]), { fill: XC, "fill-opacity": 0.22 });
  for (const q of [0, 4]) path(c, line(f.CN[q]), { stroke: CN, "stroke-width": 0.9 });
  const kinds = [["XC", XC, "", "quote outside China", 2.6], ["paid", INK, "6 4", "paid outside China", 2], ["CN", CN, "2 3", "quote in China", 2.4]];
  for (const [which, colour, dash, , width] of kinds) path(c, line(f[which][2]), { stroke: colour, "stroke-width": width, "stroke-dasharray": dash });
  path(c, line(f.paid[4]), { stroke: INK, "stroke-width": 1, "stroke-dasharray": "1 3" });
  if (c.narrow) {
    [...kinds.map(k => [k[1], k[2], `median ${k[3]}`]), [INK, "1 3", "paid, 1 in 20 is above"]].forEach(([colour, dash, text], i) => {
      const at = bottom + 52 + 18 * i;
      rule(c, 44, at - 4, 80, at - 4, { stroke: colour, "stroke-width": 2.4, "stroke-dasharray": dash });
      label(c, 88, at, text);
    });
    return;
  }
  const ends = kinds.map(([which, colour, , text]) => ({ y: y(f[which][2][n - 1]), text, colour }));
  ends.push({ y: y(f.paid[4][n - 1]), text: "paid, 1 in 20 is above", colour: SOFT });
  ends.push({ y: y(f[key][4][n - 1]), text: `${key === "CN" ? "in China" : "outside"}, 1 in 20 is above`, colour: key === "CN" ? CN : XC });
  for (const e of spread(ends, 15, 22, bottom)) label(c, c.width - right + 8, e.y + 4, e.text, { style: `fill:${e.colour}` });
}

function regimes(host, name) {
  const shares = D.regimes.probability[name], n = D.time.length;
  const last = D.regimes.names.map((r, i) => [r, shares[i][n - 1]]).filter(p => p[1] >= 0.005).sort((a, b) => b[1] - a[1]);
  const c = canvas(host, host.className === "one" ? 260 : 300, `“${title(name)}”: in the last week ${last.map(p => p[0] + " " + percent(p[1]) + " %").join(", ")}.`, "Share of paths in each state of the talks.");
  const right = c.narrow ? 114 : 130, bottom = c.height - 40;
  const x = linear(0, Math.max(1, n - 1), 44, c.width - right), y = linear(0, 1, bottom, 12);
  const floor = new Array(n).fill(0), ends = [];
  ["rift", "escalation", "talks", "calm", "truce", "deal"].filter(r => D.regimes.names.includes(r)).forEach(r => {
    const p = shares[D.regimes.names.indexOf(r)];
    if (Math.max(...p) < 0.0005) return;
    const under = floor.map((v, i) => [x(i), y(v)]);
    p.forEach((v, i) => { floor[i] += v; });
    const over = floor.map((v, i) => [x(i), y(v)]);
    area(c, over, under, { fill: REGIMES[r] || "#999" });
    path(c, over, { stroke: "#fff", "stroke-width": 1.5 });
    ends.push({ y: (over[n - 1][1] + under[n - 1][1]) / 2, text: `${r} ${percent(p[n - 1])} %` });
  });
  timeAxis(c, x, bottom, bottom);
  for (const t of [0, 0.25, 0.5, 0.75, 1]) label(c, 39, y(t) + 4, `${100 * t} %`, { "text-anchor": "end" });
  for (const e of spread(ends, 15, 18, bottom)) label(c, c.width - right + 8, e.y + 4, e.text);
}

// Share of paths that lose more than v, between the points of the curve.
function above(d, v) {
  const k = d.loss.findIndex(q => q >= v);
  if (k <= 0) return k < 0 ? 0 : d.above[0];
  const w = (v - d.loss[k - 1]) / (d.loss[k] - d.loss[k - 1] || 1);
  return d.above[k - 1] + w * (d.above[k] - d.above[k - 1]);
}
function tail() {
  const party = byId("tail-party").value, all = D.scenarios.map(s => [s, D.distributions[s.name][party]]);
  const top = Math.max(1, ...all.map(([, d]) => d.loss[d.loss.length - 1])), low = Math.max(0.1, top / 1e4), least = 5e-4;
  const c = canvas(cleared("chart-tail"), 330 + 18 * all.length, `${PARTY[party]}: one path in twenty loses more than ${all.map(([s]) => [s, lost(s.name, party, "P95")]).map(([s, r]) => `${about(r.value, r.error)} (“${s.title}”)`).slice(0, 3).join(", ")} bn USD.`, "Share of paths that lose more than an amount. The ring is the average loss of the worst 5 % of paths.");
  const bottom = c.height - 52 - 18 * all.length;
  const x = logarithmic(low, top, 52, c.width - 16), y = logarithmic(least, 1, bottom, 24);
  label(c, 2, 12, "share of paths that lose more", { style: `fill:${SOFT}` });
  for (const t of decades(low, top)) { rule(c, x(t), 24, x(t), bottom); label(c, x(t), bottom + 15, short(t), { "text-anchor": "middle" }); }
  for (const [t, s] of [[1, "100 %"], [0.5, "50 %"], [0.2, "20 %"], [0.05, "5 %"], [0.01, "1 %"], [0.001, "0.1 %"]]) {
    rule(c, 52, y(t), c.width - 16, y(t), t === 0.05 ? { stroke: "#888" } : {});
    label(c, 47, y(t) + 4, s, { "text-anchor": "end" });
  }
  label(c, c.width - 16, bottom + 30, "lost output, bn USD", { "text-anchor": "end", style: `fill:${SOFT}` });
  all.forEach(([s, d], i) => {
    const [colour, dash] = SERIES[i % SERIES.length], at = bottom + 50 + 18 * i;
    const share = v => above(d, v), ring = Math.max(d.cvar[0], low);
    const points = d.loss.map((v, k) => [v, d.above[k]]).filter((p, k, a) => p[0] >= low && p[1] >= least && (!k || p[0] > a[k - 1][0])).map(p => [x(p[0]), y(p[1])]);
    if (share(low) > least) points.unshift([x(low), y(share(low))]);
    if (points.length) path(c, points, { stroke: colour, "stroke-width": 2.3, "stroke-dasharray": dash });
    node(c.svg, "circle", { cx: x(ring), cy: y(Math.max(share(ring), least)), r: 5, fill: "#fff", stroke: colour, "stroke-width": 2.2 });
    rule(c, 52, at - 4, 86, at - 4, { stroke: colour, "stroke-width": 2.4, "stroke-dasharray": dash });
    label(c, 93, at, s.title);
  });
  losses(party, all);
}

function elasticity() {
  const party = byId("tail-party").value, all = D.scenarios.map(s => [s, D.elasticity[s.name][party]]).filter(([, e]) => e.at.length > 1);
  const host = cleared("chart-elasticity");
  if (!all.length) { element(host, "figcaption", "Too few paths to group them by their elasticity.", "note"); return; }
  const [base, e] = all[0], n = e.at.length - 1;
  const c = canvas(host, 330 + 18 * all.length, `${PARTY[party]}, “${base.title}”: around an elasticity of ${e.at[0].toPrecision(2)} the mean loss is ${pm(e.mean[0], e.se[0])} bn USD, around ${e.at[n].toPrecision(2)} it is ${pm(e.mean[n], e.se[n])}.`);
  const bottom = c.height - 52 - 18 * all.length, low = Math.min(...all.map(([, q]) => q.at[0])), high = Math.max(...all.map(([, q]) => q.at[q.at.length - 1]));
  const top = 1.05 * Math.max(1e-9, ...e.high, ...all.flatMap(([, q]) => q.mean.map((v, i) => v + 2 * q.se[i])));
  const x = logarithmic(low, high, 52, c.width - 16), y = linear(0, top, bottom, 24), inside = v => Math.min(high, Math.max(low, v));
  for (const p of D.published) node(c.svg, "rect", { x: x(inside(p.low)), y: 24, width: Math.max(1, x(inside(p.high)) - x(inside(p.low))), height: bottom - 24, fill: "#888", "fill-opacity": 0.08 });
  for (const p of D.published) if (p.central >= low && p.central <= high) rule(c, x(p.central), 24, x(p.central), bottom, { stroke: "#888", "stroke-dasharray": "2 3" });
  label(c, 2, 12, "lost output, bn USD", { style: `fill:${SOFT}` });
  for (const t of steps(0, top, 5)) { rule(c, 52, y(t), c.width - 16, y(t)); label(c, 47, y(t) + 4, short(t), { "text-anchor": "end" }); }
  for (const t of [0.03, 0.05, 0.1, 0.2, 0.3, 0.5].filter(t => t >= low && t <= high)) label(c, x(t), bottom + 15, short(t), { "text-anchor": "middle" });
  label(c, c.width - 16, bottom + 30, "elasticity of substitution", { "text-anchor": "end", style: `fill:${SOFT}` });
  const line = (q, key) => q.at.map((v, i) => [x(v), y(q[key][i])]);
  area(c, line(e, "high"), line(e, "low"), { fill: XC, "fill-opacity": 0.13 });
  all.forEach(([s, q], k) => {
    const [colour, dash] = SERIES[k % SERIES.length], at = bottom + 50 + 18 * k;
    path(c, line(q, "mean"), { stroke: colour, "stroke-width": 2.3, "stroke-dasharray": dash });
    q.at.forEach((v, i) => rule(c, x(v), y(q.mean[i] - 2 * q.se[i]), x(v), y(q.mean[i] + 2 * q.se[i]), { stroke: colour, "stroke-width": 1.4 }));
    rule(c, 52, at - 4, 86, at - 4, { stroke: colour, "stroke-width": 2.4, "stroke-dasharray": dash });
    label(c, 93, at, s.title);
  });
}

function flow(host, name) {
  const chosen = byId("flow-market").value, f = D.flows[name][chosen], n = D.time.length, m = market(chosen);
  const top = 1.05 * Math.max(1.2, ...SCENARIOS.flatMap(s => D.flows[s][chosen][2])), colour = m.gate === "US" ? XC : CN;
  const what = m.gate === "US" ? "what the United States and its partners let into China" : "what China lets out";
  const c = canvas(host, 280, `${m.name}, “${title(name)}”: ${what}, 1 = without controls; the median ends at ${short(f[1][n - 1])}; one path in twenty is below ${short(f[0][n - 1])}.`);
  const bottom = c.height - 40, x = linear(0, Math.max(1, n - 1), 44, c.width - 12), y = linear(0, top, bottom, 12);
  timeAxis(c, x, bottom, 12);
  for (const t of steps(0, top, 5)) { rule(c, 44, y(t), c.width - 12, y(t)); label(c, 39, y(t) + 4, short(t), { "text-anchor": "end" }); }
  rule(c, 44, y(1), c.width - 12, y(1), { stroke: "#888" });
  const line = r => r.map((v, i) => [x(i), y(v)]);
  area(c, line(f[2]), line(f[0]), { fill: colour, "fill-opacity": 0.2 });
  path(c, line(f[1]), { stroke: colour, "stroke-width": 2.4 });
}
