// Choices, and when to draw.
function options(id, entries, chosen, draw) {
  const select = byId(id);
  if (!select) return;
  for (const [value, text] of entries) element(select, "option", text).value = value;
  if (entries.some(e => e[0] === chosen)) select.value = chosen;
  select.addEventListener("change", draw);
}
const CHARTS = {
  fan: () => each("chart-fan", "fan-scenario", fan),
  regimes: () => each("chart-regimes", "regime-scenario", regimes),
  sectors: () => each("chart-sectors", "sector-scenario", sectors),
  stops: () => each("table-stops", "stop-scenario", stops),
  flow: () => { flow(cleared("chart-flow"), byId("flow-scenario").value); holds(); },
  drivers: () => drivers(cleared("chart-drivers"), byId("driver-scenario").value),
  differences,
  stories,
  tail: () => { tail(); elasticity(); },
};
const scenarios = D.scenarios.map(s => [s.name, s.title]), markets = D.markets.map(m => [m.id, m.name]);
const parties = ["US", "CN"].map(p => [p, PARTY[p]]), first = D.about.base;
options("change-what", Object.entries(CHANGES).map(([key, value]) => [key, value[0]]), "mean", CHARTS.differences);
options("fan-market", markets, "Dy", CHARTS.fan);
options("fan-scenario", scenarios, first, CHARTS.fan);
options("regime-scenario", scenarios, first, CHARTS.regimes);
options("tail-party", parties, "US", CHARTS.tail);
options("sector-scenario", scenarios, first, CHARTS.sectors);
options("stop-scenario", scenarios, first, CHARTS.stops);
options("stop-bloc", [["XC", BLOC.XC], ["CN", BLOC.CN]], "XC", CHARTS.stops);
options("flow-market", markets, "Dy", CHARTS.flow);
options("flow-scenario", scenarios, first, CHARTS.flow);
options("driver-scenario", scenarios, first, CHARTS.drivers);
options("driver-party", parties, "US", CHARTS.drivers);
function draw() { for (const name in CHARTS) CHARTS[name](); }
let waiting = 0, width = 0;
window.addEventListener("resize", () => {
  if (document.body.clientWidth === width) return;
  width = document.body.clientWidth;
  clearTimeout(waiting);
  waiting = setTimeout(draw, 120);
});
function print(on) {
  printing = on;
  for (const part of document.querySelectorAll("details:not(.judgement)")) part.open = on;
  draw();
}
window.addEventListener("beforeprint", () => print(true));
window.addEventListener("afterprint", () => print(false));
draw();
