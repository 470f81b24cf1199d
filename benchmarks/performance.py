"""Writes docs/performance.md and the speed line of the README from the measurements in results/; measures nothing.

supplyshock bench -o benchmarks/results/bench.json     about four minutes on two quiet cores
python benchmarks/main_job.py --large                  about eight
python benchmarks/storing_rate.py                      about three
python benchmarks/common_weeks.py                      about two
python benchmarks/performance.py
"""

from __future__ import annotations

import json
from pathlib import Path
from textwrap import fill
from typing import Any

import common_weeks
import main_job
import storing_rate

from supplyshock.benchmarking import record

HERE = Path(__file__).resolve().parent
RESULTS, PAGE, README = HERE / "results", HERE.parent / "docs" / "performance.md", HERE.parent / "README.md"
HEAD = """# Performance

`benchmarks/performance.py` makes this page from the files in `benchmarks/results/`; only these
lines are written by hand. A *market-step* is one market in both blocs, advanced one week on one
path. Compare ratios between machines, not times. [Decision 0008](decisions/0008-loops.md) says
what made the loops faster and what did not, [decision 0058](decisions/0058-divisions-stay.md) why
divisions stay and loops are not specialised, and [gpu.md](gpu.md) what was checked on a GPU.

**Goals that are missed.** Three goals were set: numba at 40 times, better 60 times the speed of
the NumPy reference; 60 % of the peak of vector arithmetic; and a million paths end to end in 10
seconds. A quarter of the time goes into statistics (sums, squares and bins of 200 weekly rows a
path), which the reference computes as well. The loops wait for results more than for arithmetic
units. If the counted loops ran as fast as their busiest units allow in a model of the processor,
numba would be at 30 to 34 times the reference ([decision 0008](decisions/0008-loops.md)).

Each table holds for the model of its date. Those with 24 markets are of a smaller model: without
the stage of magnets, prices of chips and pending licences. They stay, since no such machine has
been at hand since.

## The main job

"""
WEEKS = 104
GPU = """## On a GPU

The file that ends in `first` measures the code before the first run on a GPU ([gpu.md](gpu.md)).

"""
PEERS = """## Peers

{where}, all in one run of `benchmarks/peers.py`.

**A toy market-step** is an AR(1) step with one normal and one exp, for 24 markets and 104 weeks.
The mean of every row agrees with the closed form (last column: distance in standard errors).
torchsde and diffrax solve differential equations of any kind and keep every week here, and
QuantLib's paths come out as Python objects. So these three do more than the toy asks for.

| toy | version | M market-steps/s | of the fastest | off |
|---|---|---|---|---|"""
MODELS = """
**The whole model**, statistics included.

| program | M market-steps/s | of numba |
|---|---|---|"""
TORCH = """
PyTorch {version} runs the same physics on tensors (`benchmarks/torch_model.py`), {paths:,} paths
at a time, and gets the same paths as numba: {diverged} diverge by an event or by over 0.1 %, and
sums of weekly quantities differ by {sums:.0e} at most. A week is traced once into plain
operations; *eager* runs them one by one. {compiled}"""
NODES = """
**An inventory step** moves one node: an industry of a region, or a market in a bloc. BoARIO moves
one economy at a time, with pandas. It propagates shortages through a full input-output table,
which this model does not do, and its users run one path.

| model | M node-steps/s |
|---|---|"""
STORES = """
**The store** writes outcomes of 65,536 paths in the same chunks. All of these writers hold the
interpreter or have their own event loop. The next section measures the writer that runs use.

| writer | version | MB/s | MB on disk |
|---|---|---|---|"""
CLOSE = ("peak_price_ratio", "peak_paid_price_ratio", "loss_usd_bn", "theta")
STORING = """## Storing

`benchmarks/storing_rate.py` stores real outcomes while nothing is computed: it packs, digests and
writes them, puts them on disk and enters them in the journal. The table compares this with
compressors that do nothing else. A *core-second* is one second of processor time, all threads
together. The system's part of the disk varies with what else is written. On one core 56, 66, 90 and
119 % of zstd were measured beside other work, where 70 % is the goal. Runs pack outcomes by lz4;
zstd is the default of zarr
([decision 0051](decisions/0051-storing-without-the-interpreter.md)).

"""
COMMON = """## Scenarios with common weeks

`benchmarks/common_weeks.py` simulates eight scenarios that are the same until an event in week 19
of 104. Their first weeks are simulated once
([decision 0056](decisions/0056-common-weeks.md)). *Ratio* is what eight cost beside one.

"""
SUITES = """## Suites

`supplyshock bench` runs these suites on any machine. With `--against FILE` it says what lies
outside the noise of both measurements. airspeed velocity runs the same classes
(`benchmarks/asv.conf.json`).

"""


def render() -> str:
    """The page."""
    jobs = [main_job.table(json.loads(f.read_text(encoding="utf-8"))) for f in sorted(RESULTS.glob("cpu*.json"))]
    cards = [
        f"`{f.name}`: {gpu_table(json.loads(f.read_text(encoding='utf-8')))}" for f in sorted(RESULTS.glob("gpu*.json"))
    ]
    suites = [record.page(record.read_record(f)) for f in sorted(RESULTS.glob("bench*.json"))]
    peers = [peers_tables(json.loads(f.read_text(encoding="utf-8"))) for f in sorted(RESULTS.glob("peers*.json"))]
    stored = STORING + storing_rate.table(json.loads((RESULTS / "storing.json").read_text(encoding="utf-8")))
    common = COMMON + common_weeks.table(json.loads((RESULTS / "common_weeks.json").read_text(encoding="utf-8")))
    parts = [HEAD + "\n\n".join(jobs), GPU + "\n\n".join(cards), *peers, stored, common]
    parts.append(SUITES + "\n".join(suites))
    return "\n\n".join(parts)


def readme(text: str) -> str:
    """The README with its line on speed made anew."""
    mark, end = "<!-- speed, made by benchmarks/performance.py -->\n", "<!-- end -->"
    before, rest = text.split(mark)
    return f"{before}{mark}{speed_line()}\n{end}{rest.partition(end)[2]}"


def speed_line() -> str:
    """What a million paths take on processor cores and on a GPU, in one paragraph."""
    cpu = json.loads((RESULTS / "cpu.json").read_text(encoding="utf-8"))
    gpu = json.loads((RESULTS / "gpu-nvidia-h100-80gb-hbm3.json").read_text(encoding="utf-8"))
    seconds, one = cpu["end_to_end_1m"]["wall_seconds"], gpu["stored"]["1000000"]["seconds"]
    card, markets = " ".join(gpu["device"].split()[:2]), gpu_markets(gpu["job"])
    smaller = f", of an earlier model with {markets} markets" if markets < main_job.markets_of(cpu) else ""
    return fill(
        f"A million two-year paths, computed and stored, take {seconds:.0f} s on two cores. One {card} took {one:.0f} s"
        f"{smaller}. Memory stays flat as paths grow ([performance](docs/performance.md)).",
        100,
    )


def gpu_markets(job: dict[str, Any]) -> int:
    """Markets of the model of a run of `gpu.py`, from its rate."""
    return round(job["market_steps_per_second"] * job["seconds"][0] / (job["paths"] * WEEKS))


def peers_tables(results: dict[str, Any]) -> str:
    """What `peers.py` measured."""
    most = max(r["market_steps_per_second"] for r in results["toy"])
    toys = [
        f"| {r['name']} | {r['version']} | {r['market_steps_per_second'] / 1e6:,.0f} "
        f"| {100 * r['market_steps_per_second'] / most:.1f} % | {r['errors_off']:+.1f} |"
        for r in results["toy"]
        if r["right"]
    ]
    wrong = [
        f"\n{r['name']} is left out: its mean is {r['errors_off']:+.0f} errors off."
        for r in results["toy"]
        if not r["right"]
    ]
    numba = next(r["market_steps_per_second"] for r in results["model"] if r["name"] == "numba")
    models = [
        f"| {r['name']}, {r['threads']} thread{'s' * (r['threads'] > 1)} | {r['market_steps_per_second'] / 1e6:.1f} "
        f"| {100 * r['market_steps_per_second'] / numba:.1f} % |"
        for r in results["model"]
    ]
    nodes = [f"| {r['name']} | {r['node_steps_per_second'] / 1e6:.2f} |" for r in results["inventory"]]
    stores = [
        f"| {r['name']} | {r['version']} | {r['mb_per_second']:.0f} | {r['disk_mb']:.0f} of {r['mb']:.0f} |"
        for r in results["store"]
    ]
    where = f"{results['machine']}, {results['date']}"
    tables = [
        PEERS.format(where=where),
        *toys,
        *wrong,
        MODELS,
        *models,
        *torch_note(results["model"]),
        NODES,
        *nodes,
        STORES,
        *stores,
    ]
    return "\n".join(tables)


def torch_note(rows: list[dict[str, Any]]) -> list[str]:
    """What is to be said of PyTorch's rows, if there are any."""
    ways = {r["name"].removeprefix("PyTorch, "): r for r in rows if r["name"].startswith("PyTorch")}
    if not ways:
        return ["\nPyTorch has no rate from this run."]
    note = "Compiling it did not come to an end."
    if "compiled" in ways:
        note = f"*Compiled* is `torch.compile` of them, which took {ways['compiled']['compiled_after_seconds']:.0f} s."
    one, checks = next(iter(ways.values())), [r["check"] for r in ways.values()]
    diverged, sums = (max(c[k] for c in checks) for k in ("diverged_paths", "difference_of_sums"))
    return [TORCH.format(version=one["version"], paths=one["paths"], diverged=diverged, sums=sums, compiled=note)]


def gpu_table(results: dict[str, Any]) -> str:
    """The rows of one run of `gpu.py`."""
    job, host, checks = results["job"], results["numba_rate"], results["conformance"]
    rows = [
        (f"1 M paths x {WEEKS} weeks x {gpu_markets(job)} markets, computed, in memory", f"{job['seconds'][0]:.2f} s"),
        ("market-steps a second", f"{job['market_steps_per_second'] / 1e6:,.0f} M"),
        (f"over numba on all {host['cores']} cores of the node", f"{job['over_numba']:.1f}x"),
        ("share of the bandwidth of a copy", f"{100 * job['share_of_copy_bandwidth']:.0f} %"),
    ]
    stored = results["stored"]
    for key, run in {"": stored}.items() if "seconds" in stored else stored.items():
        threads = key.partition(",")[2]
        rows.append(
            (
                f"{run['paths'] / 1e6:.0f} M paths through the engine, stored{threads and ',' + threads}",
                f"{run['seconds']:.1f} s",
            )
        )
    peer = results.get("torch", {})
    for way in (name for name in ("eager", "compiled") if "job_over_it" in peer.get(name, {})):
        rate, ratio = peer[way]["market_steps_per_second"] / 1e6, peer[way]["job_over_it"]
        rows.append((f"PyTorch {peer['version']}, {way}", f"{rate:,.0f} M market-steps/s; the job {ratio:.1f}x that"))
    rows += [
        ("one direction of derivatives, 4,096 paths", f"{results['gradients']['seconds_a_direction']:.3f} s"),
        (f"paths (of {checks['paths']:,}) that diverge from numba, by an event or by over 0.1 %", diverged(checks)),
        ("float64: largest difference from numba", f"{max(results['float64'][k] for k in CLOSE):g}"),
    ]
    about = f"{results['device']}, JAX {results['versions']['jax']}, {results['date']}"
    return f"{about}\n\n| what | measured |\n|---|---|\n" + "\n".join(f"| {a} | {b} |" for a, b in rows)


def diverged(checks: dict[str, Any]) -> str:
    """Beside it, what rounding alone does on the processor, where that was measured."""
    if "diverged_by_rounding_on_the_cpu" not in checks:
        return "not counted"
    return f"{checks['diverged_paths']} (numba's float32 from its float64: {checks['diverged_by_rounding_on_the_cpu']})"


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
    README.write_text(readme(README.read_text(encoding="utf-8")), encoding="utf-8")
    print(f"wrote {PAGE} and the line of {README}")
