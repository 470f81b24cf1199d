// Tables.
function losses(party, all) {
  const table = grid(cleared("table-tail"), ["bn USD", "mean", "median", "one in twenty above", "worst 5 % (ring)", "paths without loss, %"]);
  for (const [s, d] of all) {
    const cells = ["mean", "P50", "P95", "CVaR95"].map(stat => lost(s.name, party, stat)).map(r => pm(r.value, r.error));
    row(table, [s.title, ...cells, pm(...d.none, 100)]);
  }
}

// On a narrow screen the chart has no room for its numbers.
function changes(rows, others) {
  const host = cleared("table-differences");
  if (printing || host.clientWidth >= 520) return;
  const table = grid(host, ["", ...others.map(s => s.title)]), items = [...new Set(rows.map(r => r.item))];
  for (const item of items) row(table, [item.replace("United States", "US"), ...others.map(s => {
    const change = rows.find(r => r.item === item && r.scenario.indexOf(s.name + " - ") === 0);
    return change ? pm(change.value, change.error) : "–";
  })]);
}

function stops(host, name) {
  const bloc = byId("stop-bloc").value, calendar = D.calendar[name], median = calendar.median[bloc] || {};
  const dates = calendar.until.map(text => { const [y, m] = text.split("-"); return `${MONTH[+m - 1]} ${y}`; });
  const table = grid(host, ["stopped by", ...dates, "half of the first stops by"], host.className === "one" ? title(name) : "");
  const order = Object.entries(calendar.share[bloc]).sort((a, b) => b[1][b[1].length - 1] - a[1][a[1].length - 1]);
  const top = Math.max(0.01, ...order.map(([, v]) => v[v.length - 1]));
  for (const [s, shares] of order) {
    const cells = row(table, [sector(s), ...shares.map(percent), median[s] ? day(median[s]) : "–"]);
    shares.forEach((v, i) => { cells[i + 1].style.backgroundColor = `rgba(213,94,0,${(0.6 * Math.sqrt(v / top)).toFixed(3)})`; });
  }
  element(host, "p", `%, standard error at most ${(100 * calendar.se).toFixed(2)} points`, "note");
}

function holds() {
  const table = grid(cleared("table-holds"), ["mean, %", ...D.scenarios.map(s => s.title)], "Share of supply that China holds at the end, and what it gets of advanced chips");
  for (const m of [...new Set([byId("flow-market").value, "Dy", "Nd", "Ga"])].filter(m => market(m)))
    row(table, [market(m).name, ...SCENARIOS.map(s => pm(...D.holds[s].market[m], 100))]);
  row(table, ["Advanced chips that reach China", ...SCENARIOS.map(s => pm(...D.holds[s].compute, 100))]);
}
