"use strict";
(function () {
  const D = JSON.parse(document.getElementById("data").textContent);
  const INK = "#1b1b1b", SOFT = "#5c5c5c", LINE = "#d9d9d9", XC = "#0072B2", CN = "#D55E00";
  const SERIES = [[XC, ""], [CN, "7 4"], ["#009E73", "2 3"], ["#7A4F9A", "10 3 2 3"], ["#8C6A00", "4 2"], [INK, "1 2"]];
  const REGIMES = { calm: "#E8E4D8", talks: "#F0E442", escalation: "#D55E00", truce: "#A9D5EE", deal: "#009E73", rift: "#4B2E5A" };
  const PARTY = D.words.party, BLOC = D.words.bloc;
  const SECTOR = { ev_auto: "cars", wind_motors: "wind, motors", consumer_elec: "electronics", computing_dc: "computing",
    aero_defence: "aerospace, defence", chip_making: "chip making", catalyst_glass_med: "catalysts, glass, medicine" };
  const sector = s => SECTOR[s] || s;
  const title = name => (D.scenarios.find(s => s.name === name) || { title: name }).title;
  const byId = id => document.getElementById(id);

  // -- small helpers; texts only ever become text nodes

  function node(parent, name, attrs, text) {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const key in attrs) made.setAttribute(key, attrs[key]);
    if (text !== undefined) made.textContent = text;
    parent.appendChild(made);
    return made;
  }
  function element(parent, name, text, className) {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    if (className) made.className = className;
    parent.appendChild(made);
    return made;
  }
  let printing = false;
  function canvas(id, height, caption) {
    const host = byId(id);
    host.textContent = "";
    const width = printing ? 680 : Math.max(280, host.clientWidth);
    const made = node(host, "svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": caption });
    element(host, "figcaption", caption, "note");
    return { svg: made, width, height, narrow: width < 520 };
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
  const short = x => x == null ? "–" : Math.abs(x) >= 100 ? Math.round(x).toLocaleString("en") : String(+x.toPrecision(3));
  const percent = x => x <= 0 ? "0" : x < 0.001 ? "<0.1" : x < 0.1 ? (100 * x).toFixed(1) : (100 * x).toFixed(0);
  function pm(x, se) {
    if (x == null) return "–";
    if (se == null || se <= 0) return short(x);
    const places = Math.max(0, Math.min(6, 1 - Math.floor(Math.log10(se)) - (se / Math.pow(10, Math.floor(Math.log10(se))) < 1.95 ? 0 : 1)));
    return x.toFixed(places) + " ±" + se.toFixed(places);
  }
  function decades(low, high) {
    const ticks = [];
    for (let e = -4; e < 7; e++) for (const f of [1, 2, 5]) {
      const t = f * Math.pow(10, e);
      if (t >= low * 0.999 && t <= high * 1.001) ticks.push(t);
    }
    return ticks.length > 9 ? ticks.filter(t => /^1(\.|e|0|$)/.test(String(+t.toPrecision(1))) || /^0?\.?0*1$/.test(String(+t.toPrecision(1)))) : ticks;
  }
  function steps(low, high, n) {
    const raw = (high - low) / n || 1, unit = Math.pow(10, Math.floor(Math.log10(raw)));
    const step = [1, 2, 5, 10].map(f => f * unit).find(s => s >= raw), ticks = [];
    for (let t = Math.ceil(low / step) * step; t <= high + 1e-9 * step; t += step) ticks.push(+t.toPrecision(10));
    return ticks;
  }
  const MONTH = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  function timeAxis(c, x, bottom, top) {
    const n = D.time.length, wanted = c.narrow ? 4 : 8, every = Math.max(1, Math.round(n / wanted));
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

  // -- charts

  function fan() {
    const market = byId("fan-market").value, name = byId("fan-scenario").value, f = D.fans[name][market];
    const words = D.markets.find(m => m.id === market).name, n = D.time.length;
    const top = Math.max(...f.XC[4], ...f.CN[4], ...f.paid[4], 2), low = Math.min(...f.XC[0], ...f.CN[0], 0.8);
    const week = f.XC[4].indexOf(Math.max(...f.XC[4])), high = Math.max(...f.XC[4]);
    const c = canvas("chart-fan", 380, `${words}, “${title(name)}”: outside China one path in twenty is above ${short(high)} times the baseline in the week of ${D.time[week]}; the median quote ends at ${short(f.XC[2][n - 1])}, the median paid at ${short(f.paid[2][n - 1])}, the median in China at ${short(f.CN[2][n - 1])}.`);
    const right = c.narrow ? 8 : 150, bottom = c.height - 40 - (c.narrow ? 62 : 0);
    const x = linear(0, Math.max(1, n - 1), 44, c.width - right), y = logarithmic(low, top * 1.15, bottom, 14);
    timeAxis(c, x, bottom, 14);
    for (const t of decades(low, top * 1.15)) { rule(c, 44, y(t), c.width - right, y(t)); label(c, 39, y(t) + 4, short(t) + "×", { "text-anchor": "end" }); }
    rule(c, 44, y(1), c.width - right, y(1), { stroke: "#888" });
    const line = row => row.map((v, i) => [x(i), y(v)]);
    for (const [key, colour] of [["CN", CN], ["XC", XC]]) {
      area(c, line(f[key][4]), line(f[key][0]), { fill: colour, "fill-opacity": 0.14 });
      area(c, line(f[key][3]), line(f[key][1]), { fill: colour, "fill-opacity": 0.22 });
    }
    const kinds = [["XC", XC, "", "quote outside China", 2.6], ["paid", INK, "6 4", "paid outside China", 2], ["CN", CN, "2 3", "quote in China", 2.4]];
    for (const [key, colour, dash, , w] of kinds) path(c, line(f[key][2]), { stroke: colour, "stroke-width": w, "stroke-dasharray": dash });
    path(c, line(f.paid[4]), { stroke: INK, "stroke-width": 0.8, "stroke-dasharray": "1 3" });
    const ends = kinds.map(([key, colour, , text]) => ({ y: y(f[key][2][n - 1]), text, colour }));
    ends.push({ y: y(f.paid[4][n - 1]), text: "paid, 1 in 20 above", colour: SOFT });
    if (c.narrow) {
      kinds.forEach(([, colour, dash, text], i) => {
        const at = bottom + 52 + 18 * i;
        node(c.svg, "line", { x1: 44, x2: 80, y1: at - 4, y2: at - 4, stroke: colour, "stroke-width": 2.4, "stroke-dasharray": dash });
        label(c, 88, at, `median ${text}`);
      });
    } else for (const e of spread(ends, 15, 22, bottom)) label(c, c.width - right + 8, e.y + 4, e.text, { style: `fill:${e.colour}` });
  }

  function regimes() {
    const name = byId("regime-scenario").value, odds = D.regimes.odds[name], n = D.time.length;
    const last = D.regimes.names.map((r, i) => [r, odds[i][n - 1]]).filter(p => p[1] >= 0.005).sort((a, b) => b[1] - a[1]);
    const c = canvas("chart-regimes", 330, `“${title(name)}”, share of paths in each state of the talks. At the end: ${last.map(p => p[0] + " " + percent(p[1]) + " %").join(", ")}.`);
    const right = c.narrow ? 114 : 130, bottom = c.height - 40;
    const x = linear(0, Math.max(1, n - 1), 44, c.width - right), y = linear(0, 1, bottom, 12);
    const floor = new Array(n).fill(0), ends = [];
    ["rift", "escalation", "talks", "calm", "truce", "deal"].filter(r => D.regimes.names.includes(r)).forEach(r => {
      const p = odds[D.regimes.names.indexOf(r)];
      if (Math.max(...p) < 0.0005) return;
      const under = floor.map((v, i) => [x(i), y(v)]);
      p.forEach((v, i) => { floor[i] += v; });
      const over = floor.map((v, i) => [x(i), y(v)]);
      area(c, over, under, { fill: REGIMES[r] || "#999", "fill-opacity": 0.85 });
      path(c, over, { stroke: "#fff", "stroke-width": 1.5 });
      ends.push({ y: (over[n - 1][1] + under[n - 1][1]) / 2, text: `${r} ${percent(p[n - 1])} %` });
    });
    timeAxis(c, x, bottom, bottom);
    for (const t of [0, 0.25, 0.5, 0.75, 1]) label(c, 39, y(t) + 4, `${100 * t} %`, { "text-anchor": "end" });
    for (const e of spread(ends, 15, 18, bottom)) label(c, c.width - right + 8, e.y + 4, e.text);
  }

  function tail() {
    const party = byId("tail-party").value, all = D.scenarios.map(s => [s, D.distributions[s.name][party]]);
    const top = Math.max(1, ...all.map(([, d]) => d.loss[d.loss.length - 1])), low = Math.max(0.1, top / 1e4), least = 5e-4;
    const c = canvas("chart-tail", 340, `${PARTY[party]}: share of paths that lose more than an amount. ` + all.map(([s, d]) => `${s.title}: one in twenty above ${short(d.p95)} bn USD, ${short(d.cvar[0])} on average beyond`).join("; ") + ".");
    const lines = all.length, bottom = c.height - 44 - 17 * Math.ceil(lines / (c.narrow ? 1 : 2));
    const x = logarithmic(low, top, 52, c.width - 16), y = logarithmic(least, 1, bottom, 12);
    for (const t of decades(low, top)) { rule(c, x(t), 12, x(t), bottom); label(c, x(t), bottom + 15, short(t), { "text-anchor": "middle" }); }
    for (const [t, s] of [[1, "100 %"], [0.5, "50 %"], [0.2, "20 %"], [0.05, "5 %"], [0.01, "1 %"], [0.001, "0.1 %"]]) {
      rule(c, 52, y(t), c.width - 16, y(t), t === 0.05 ? { stroke: "#888" } : {});
      label(c, 47, y(t) + 4, s, { "text-anchor": "end" });
    }
    label(c, c.width - 16, bottom + 30, "loses more than, bn USD", { "text-anchor": "end", style: `fill:${SOFT}` });
    all.forEach(([s, d], i) => {
      const [colour, dash] = SERIES[i % SERIES.length];
      const points = d.loss.map((v, k) => [v, d.above[k]]).filter(p => p[0] >= low && p[1] >= least).map(p => [x(p[0]), y(p[1])]);
      if (d.none < 1 && d.none < 1 - least) points.unshift([x(low), y(1 - d.none)]);
      if (points.length) path(c, points, { stroke: colour, "stroke-width": 2.3, "stroke-dasharray": dash });
      const mark = Math.max(d.cvar[0], low);
      node(c.svg, "circle", { cx: x(mark), cy: y(0.05), r: 5, fill: "#fff", stroke: colour, "stroke-width": 2.2 });
      const col = c.narrow ? 0 : i % 2, at = bottom + 46 + 17 * (c.narrow ? i : Math.floor(i / 2)), left = 52 + col * (c.width - 68) / 2;
      node(c.svg, "line", { x1: left, x2: left + 34, y1: at - 4, y2: at - 4, stroke: colour, "stroke-width": 2.4, "stroke-dasharray": dash });
      label(c, left + 41, at, s.title);
    });
    const table = grid("table-tail", ["bn USD", "mean", "median", "one in twenty above", "worst 5 % (CVaR95, ring)", "paths without loss"]);
    for (const [s, d] of all) {
      const get = stat => D.rows.find(r => r.table === "losses" && r.scenario === s.name && r.item === `${PARTY[party]}: lost output` && r.statistic === stat) || {};
      const mean = get("mean"), p50 = get("P50");
      row(table, [s.title, pm(mean.value, mean.se), pm(p50.value, p50.se), short(d.p95), pm(d.cvar[0], d.cvar[1]), percent(d.none) + " %"]);
    }
  }

  function bars(id, items, caption, unit) {
    if (!items.length) {
      byId(id).textContent = "";
      element(byId(id), "figcaption", caption, "note");
      return;
    }
    const narrow = (printing ? 680 : byId(id).clientWidth) < 520, words = items.map(i => split(i.text, narrow ? 21 : 46));
    const tall = words.some(w => w.length > 2) ? 46 : 34, c = canvas(id, 46 + tall * items.length, caption);
    const left = Math.min(narrow ? 142 : 290, c.width * 0.42), bottom = 12 + tall * items.length;
    const low = Math.min(0, ...items.map(i => i.value - 2 * (i.se || 0))), high = Math.max(1e-9, ...items.map(i => i.value + 2 * (i.se || 0)));
    const x = linear(low, high, left, c.width - 62);
    for (const t of steps(low, high, narrow ? 3 : 6)) { rule(c, x(t), 8, x(t), bottom); label(c, x(t), bottom + 15, short(t), { "text-anchor": "middle" }); }
    label(c, c.width - 4, bottom + 30, unit, { "text-anchor": "end", style: `fill:${SOFT}` });
    items.forEach((item, i) => {
      const y = 10 + tall * (i + 0.5), a = x(Math.min(0, item.value)), b = x(Math.max(0, item.value));
      node(c.svg, "rect", { x: a, y: y - 9, width: Math.max(1, b - a), height: 18, fill: item.colour, "fill-opacity": 0.85 });
      if (item.se) rule(c, x(item.value - 2 * item.se), y, x(item.value + 2 * item.se), y, { stroke: INK, "stroke-width": 1.4 });
      words[i].forEach((w, k) => label(c, left - 8, y + 4 + (k - (words[i].length - 1) / 2) * 12.5, w, { "text-anchor": "end", style: narrow ? "font-size:11px" : "" }));
      label(c, Math.max(x(item.value + 2 * (item.se || 0)), x(0)) + 5, y + 4, item.shown, {});
    });
    rule(c, x(0), 6, x(0), bottom, { stroke: INK });
  }
  function split(text, most) {
    const lines = [""];
    for (const word of text.split(" ")) {
      if ((lines[lines.length - 1] + " " + word).length > most && lines[lines.length - 1]) lines.push("");
      lines[lines.length - 1] = (lines[lines.length - 1] + " " + word).trim();
    }
    return lines.slice(0, 3);
  }

  function sectors() {
    const name = byId("sector-scenario").value, items = [];
    for (const [party, colour] of [["US", XC], ["CN", CN]]) for (const s in D.sectors[name][party] || {}) {
      const [value, se] = D.sectors[name][party][s];
      items.push({ text: `${party === "US" ? "US" : "China"}: ${sector(s)}`, value, se, colour, shown: short(value) });
    }
    items.sort((a, b) => b.value - a.value);
    const shown = items.filter((it, i) => i < 10 && it.value > 0);
    bars("chart-sectors", shown, shown.length ? `“${title(name)}”: most is lost in ${shown[0].text}, ${short(shown[0].value)} bn USD. Blue: United States; orange: China.` : "Nothing is lost.", "bn USD");
  }

  function drivers() {
    const name = byId("driver-scenario").value, party = byId("driver-party").value, found = (D.drivers[name][party] || []).slice(0, 8);
    const items = found.map(([text, value, se]) => ({ text: D.parameters[text] || text, value, se, colour: value < 0 ? CN : XC, shown: value.toFixed(2) }));
    bars("chart-drivers", items, items.length ? `Loss, ${PARTY[party]}, “${title(name)}”: strongest with ${items[0].text}, ${pm(items[0].value, items[0].se)}. Right of zero: the higher the parameter, the higher the loss.` : "No loss, so nothing drives it.", "rank correlation");
  }

  function differences() {
    if (!byId("chart-differences")) return;
    const rows = D.rows.filter(r => r.table === "differences" && r.statistic === "difference" && r.unit === "bn USD" && !/worst/.test(r.item));
    const low = Math.min(0, ...rows.map(r => r.value - 2 * r.se)), high = Math.max(0, ...rows.map(r => r.value + 2 * r.se)), others = D.scenarios.slice(1);
    const c = canvas("chart-differences", 34 + others.length * (26 + 25 * 4) + 26, others.map(s => `“${s.title}”: ` + rows.filter(r => r.scenario.indexOf(s.name + " - ") === 0).map(r => `${r.item} ${pm(r.value, r.se)}`).join(", ")).join("; ") + " (bn USD; less than zero is a gain).");
    const left = c.narrow ? 132 : 210, right = c.narrow ? 12 : 110, x = linear(low, high, left, c.width - right), bottom = c.height - 40;
    for (const t of steps(low, high, c.narrow ? 3 : 7)) { rule(c, x(t), 6, x(t), bottom); label(c, x(t), bottom + 15, short(t), { "text-anchor": "middle" }); }
    rule(c, x(0), 6, x(0), bottom, { stroke: INK });
    label(c, c.width - right, bottom + 31, "bn USD; left: less is lost", { "text-anchor": "end", style: `fill:${SOFT}` });
    let y = 4;
    for (const s of others) {
      label(c, 0, (y += 20), s.title, { style: "font-weight:600" });
      for (const r of rows.filter(q => q.scenario.indexOf(s.name + " - ") === 0)) {
        y += 25;
        const us = r.item.indexOf("United") === 0, colour = us ? XC : CN, item = r.item.replace("United States", "US");
        label(c, left - 10, y + 4, item, { "text-anchor": "end" });
        rule(c, x(r.value - 2 * r.se), y, x(r.value + 2 * r.se), y, { stroke: colour, "stroke-width": 3 });
        if (us) node(c.svg, "circle", { cx: x(r.value), cy: y, r: 5, fill: colour });
        else node(c.svg, "rect", { x: x(r.value) - 4.5, y: y - 4.5, width: 9, height: 9, fill: colour });
        if (!c.narrow) label(c, c.width - right + 10, y + 4, pm(r.value, r.se));
      }
      y += 6;
    }
  }

  function flow() {
    const market = byId("flow-market").value, name = byId("flow-scenario").value, f = D.flows[name][market], n = D.time.length;
    const words = D.markets.find(m => m.id === market).name, top = Math.max(1.2, ...f[2]) * 1.05;
    const c = canvas("chart-flow", 280, `${words}, “${title(name)}”: the median flow ends at ${short(f[1][n - 1])} of its baseline; one path in twenty is below ${short(f[0][n - 1])}.`);
    const bottom = c.height - 40, x = linear(0, Math.max(1, n - 1), 44, c.width - 12), y = linear(0, top, bottom, 12);
    timeAxis(c, x, bottom, 12);
    for (const t of steps(0, top, 5)) { rule(c, 44, y(t), c.width - 12, y(t)); label(c, 39, y(t) + 4, short(t), { "text-anchor": "end" }); }
    rule(c, 44, y(1), c.width - 12, y(1), { stroke: "#888" });
    const line = r => r.map((v, i) => [x(i), y(v)]);
    area(c, line(f[2]), line(f[0]), { fill: CN, "fill-opacity": 0.2 });
    path(c, line(f[1]), { stroke: CN, "stroke-width": 2.4 });
    const table = grid("table-holds", ["% at the end, mean", ...D.scenarios.map(s => s.title)]);
    const hold = m => D.scenarios.map(s => { const v = D.holds[s.name].market[m]; return pm(100 * v[0], 100 * v[1]); });
    for (const m of [...new Set([market, "Dy", "Nd", "Ga"])].filter(m => D.markets.some(k => k.id === m)))
      row(table, [`China's supply share, ${D.markets.find(k => k.id === m).name}`, ...hold(m)]);
    row(table, ["Advanced chips China gets (all weeks)", ...D.scenarios.map(s => pm(100 * D.holds[s.name].compute[0], 100 * D.holds[s.name].compute[1]))]);
  }

  function stops() {
    const name = byId("stop-scenario").value, bloc = byId("stop-bloc").value, found = D.calendar[name];
    const table = grid("table-stops", ["stopped by", ...found.until.map(day => { const [y, m] = day.split("-"); return `${MONTH[+m - 1]} ${y}`; })]);
    const order = Object.entries(found.share[bloc]).sort((a, b) => b[1][b[1].length - 1] - a[1][a[1].length - 1]);
    const top = Math.max(0.01, ...order.map(([, v]) => v[v.length - 1]));
    for (const [s, shares] of order) {
      const cells = row(table, [sector(s), ...shares.map(percent)]);
      shares.forEach((v, i) => { cells[i + 1].style.backgroundColor = `rgba(213,94,0,${(0.75 * Math.sqrt(v / top)).toFixed(3)})`; });
    }
  }

  // -- tables and controls

  function grid(id, head) {
    const host = byId(id);
    host.textContent = "";
    const table = element(host, "table"), line = element(element(table, "thead"), "tr");
    head.forEach((text, i) => { element(line, "th", text, i ? "num" : "").scope = "col"; });
    return element(table, "tbody");
  }
  function row(body, texts) {
    const line = element(body, "tr");
    return texts.map((text, i) => { const cell = element(line, i ? "td" : "th", text, i ? "num" : ""); if (!i) cell.scope = "row"; return cell; });
  }
  function options(id, entries, chosen, draw) {
    const select = byId(id);
    for (const [value, text] of entries) element(select, "option", text).value = value;
    if (entries.some(e => e[0] === chosen)) select.value = chosen;
    select.addEventListener("change", draw);
  }
  const scenarios = D.scenarios.map(s => [s.name, s.title]), markets = D.markets.map(m => [m.id, `${m.name}`]);
  const parties = ["US", "CN"].map(p => [p, PARTY[p]]), first = D.about.base;
  options("fan-market", markets, "Dy", fan);
  options("fan-scenario", scenarios, first, fan);
  options("regime-scenario", scenarios, first, regimes);
  options("tail-party", parties, "US", tail);
  options("sector-scenario", scenarios, first, sectors);
  options("stop-scenario", scenarios, first, stops);
  options("stop-bloc", [["XC", "outside China"], ["CN", "in China"]], "XC", stops);
  options("flow-market", markets, "Dy", flow);
  options("flow-scenario", scenarios, first, flow);
  options("driver-scenario", scenarios, first, drivers);
  options("driver-party", parties, "US", drivers);
  function draw() { [differences, fan, regimes, tail, sectors, stops, flow, drivers].forEach(f => f()); }
  let waiting = 0, width = 0;
  window.addEventListener("resize", () => {
    if (document.body.clientWidth === width) return;
    width = document.body.clientWidth;
    clearTimeout(waiting);
    waiting = setTimeout(draw, 120);
  });
  window.addEventListener("beforeprint", () => { printing = true; draw(); });
  window.addEventListener("afterprint", () => { printing = false; draw(); });
  draw();
})();
