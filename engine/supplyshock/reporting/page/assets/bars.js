// Bars and dots with their errors.
function bars(host, items, finding, unit, note, most) {
  if (!items.length) {
    element(host, host.className === "one" ? "p" : "figcaption", finding, "finding");
    return;
  }
  const wide = printing ? (host.className === "one" ? PANEL : PAGE) : Math.max(280, host.clientWidth), narrow = wide < 520;
  const left = Math.min(narrow ? 142 : 290, wide * 0.42), words = items.map(i => split(i.text, Math.floor((left - 12) / (narrow ? 6.8 : 7.4))));
  const tall = words.some(w => w.length > 2) ? 46 : 34, c = canvas(host, 46 + tall * items.length, finding, note);
  const bottom = 12 + tall * items.length;
  const low = Math.min(0, ...items.map(i => i.value - 2 * (i.se || 0))), high = Math.max(1e-9, most || 0, ...items.map(i => i.value + 2 * (i.se || 0)));
  const x = linear(low, high, left, c.width - 100);
  for (const t of steps(low, high, narrow ? 3 : 6)) { rule(c, x(t), 8, x(t), bottom); label(c, x(t), bottom + 15, short(t), { "text-anchor": "middle" }); }
  label(c, c.width - 4, bottom + 30, unit, { "text-anchor": "end", style: `fill:${SOFT}` });
  items.forEach((item, i) => {
    const y = 10 + tall * (i + 0.5), a = x(Math.min(0, item.value)), b = x(Math.max(0, item.value));
    node(c.svg, "rect", { x: a, y: y - 9, width: Math.max(1, b - a), height: 18, fill: item.colour, "fill-opacity": 0.85 });
    if (item.se) rule(c, x(item.value - 2 * item.se), y, x(item.value + 2 * item.se), y, { stroke: INK, "stroke-width": 1.4 });
    words[i].forEach((w, k) => label(c, left - 8, y + 4 + (k - (words[i].length - 1) / 2) * 12.5, w, { "text-anchor": "end", style: narrow ? "font-size:11px" : "" }));
    label(c, Math.max(x(item.value + 2 * (item.se || 0)), x(0)) + 5, y + 4, pm(item.value, item.se), narrow ? { style: "font-size:11px" } : {});
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

function sectors(host, name) {
  const items = [];
  for (const [party, colour] of [["US", XC], ["CN", CN]]) for (const s in D.sectors[name][party] || {}) {
    const [value, se] = D.sectors[name][party][s];
    items.push({ text: `${party === "US" ? "US" : "China"}: ${sector(s)}`, value, se, colour });
  }
  items.sort((a, b) => b.value - a.value);
  const largest = Math.max(...SCENARIOS.flatMap(n => Object.values(D.sectors[n]).flatMap(by => Object.values(by).map(v => v[0] + 2 * v[1]))));  // one scale on paper
  const shown = items.filter((it, i) => i < 8 && it.value > 0);
  bars(host, shown, shown.length ? `“${title(name)}”: most is lost in ${shown[0].text}, ${pm(shown[0].value, shown[0].se)} bn USD.` : `“${title(name)}”: nothing is lost.`, "bn USD", shown.length ? "Blue: United States; orange: China." : "", printing ? largest : 0);
}

function drivers(host, name) {
  const party = byId("driver-party").value, drivers = (D.drivers[name][party] || []).slice(0, 8);
  const items = drivers.map(([text, value, se]) => ({ text: D.parameters[text] || text, value, se, colour: SOFT }));
  bars(host, items, items.length ? `Loss, ${PARTY[party]}, “${title(name)}”: strongest with ${items[0].text}, ${pm(items[0].value, items[0].se)}.` : `“${title(name)}”: no loss, so nothing drives it.`, "rank correlation", "Right of zero: the higher the parameter, the higher the loss.");
}

const CHANGES = {
  mean: ["lost output and price bill, mean", r => r.unit === "bn USD" && !/worst/.test(r.item), "bn USD; left: less is lost"],
  tail: ["lost output, worst 5 % of paths", r => r.unit === "bn USD" && /worst/.test(r.item), "bn USD; left: less is lost"],
  end: ["probability of the end, chips for China", r => r.unit === "% points", "% points"],
};
function differences() {
  if (!byId("chart-differences")) return;
  const [words, selects, unit] = CHANGES[byId("change-what").value], others = D.scenarios.slice(1);
  const rows = D.rows.filter(r => r.table === "differences" && r.statistic === "difference" && selects(r)), each = rows.length / others.length;
  const low = Math.min(0, ...rows.map(r => r.value - 2 * r.error)), high = Math.max(0, ...rows.map(r => r.value + 2 * r.error));
  const most = rows.reduce((a, b) => Math.abs(b.value) > Math.abs(a.value) ? b : a), place = title(most.scenario.split(" - ")[0]);
  const finding = `The largest change: ${most.item}, ${pm(most.value, most.error)} ${most.unit}, by “${place}”.`;
  const c = canvas(cleared("chart-differences"), 60 + others.length * (26 + 25 * each), finding, `Change of ${words}, against “${D.scenarios[0].title}” on the same paths: the mean difference ± one standard error; a bar is two.`);
  const left = c.narrow ? 150 : 230, right = c.narrow ? 12 : 110, x = linear(low, high, left, c.width - right), bottom = c.height - 40;
  for (const t of steps(low, high, c.narrow ? 3 : 7)) { rule(c, x(t), 6, x(t), bottom); label(c, x(t), bottom + 15, short(t), { "text-anchor": "middle" }); }
  rule(c, x(0), 6, x(0), bottom, { stroke: INK });
  label(c, c.width - right, bottom + 31, unit, { "text-anchor": "end", style: `fill:${SOFT}` });
  let y = 4;
  for (const s of others) {
    label(c, 0, (y += 20), s.title, { style: "font-weight:600" });
    for (const r of rows.filter(q => q.scenario.indexOf(s.name + " - ") === 0)) {
      y += 25;
      const us = r.item.indexOf("United") === 0, colour = us ? XC : r.item.indexOf("China") === 0 ? CN : INK, item = r.item.replace("United States", "US");
      label(c, left - 10, y + 4, c.narrow ? item.replace(", worst 5 %", "").replace("ends in ", "") : item, { "text-anchor": "end" });
      rule(c, x(r.value - 2 * r.error), y, x(r.value + 2 * r.error), y, { stroke: colour, "stroke-width": 3 });
      if (us) node(c.svg, "circle", { cx: x(r.value), cy: y, r: 5, fill: colour });
      else node(c.svg, "rect", { x: x(r.value) - 4.5, y: y - 4.5, width: 9, height: 9, fill: colour });
      if (!c.narrow) label(c, c.width - right + 10, y + 4, pm(r.value, r.error));
    }
    y += 6;
  }
  changes(rows, others);
}
