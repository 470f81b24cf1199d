"""The picture of a run: fans of prices over time, a row for each market, a column for each scenario."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import StoreError, UsageError, did_you_mean

if TYPE_CHECKING:
    import xarray as xr

MARKETS = ("Dy", "leading_logic")
WHERE = {"CN": "in China", "XC": "outside China"}
NAMES = {"Dy": "Dysprosium", "Nd": "Neodymium", "Tb": "Terbium", "Ga": "Gallium", "Y": "Yttrium", "Ge": "Germanium"}
BAND, LINE, PAID = "#4477AA", "#1F3552", "#AA3377"  # distinct also to colour-blind eyes (Tol, 2021)


def fan_chart(run: xr.DataTree, markets: Sequence[str], path: str | Path) -> None:
    """Draws median, 50 % and 90 % bands of quotes, and the median price paid outside China, into a PNG.

    Each market is shown where the gate bites: chips that a US list gates in China, all others outside.
    Raises `UsageError` for a market that the run does not have and `StoreError` if `path` cannot be written.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    summary = run["summary"]
    _check(markets, [str(m) for m in summary["market"].values])
    names = [str(s) for s in summary["scenario"].values]
    size = (3.9 * len(names) + 0.8, 3.0 * len(markets) + 1.1)
    fig, axes = plt.subplots(
        len(markets), len(names), figsize=size, sharex=True, sharey="row", squeeze=False, layout="constrained"
    )
    for row, market in zip(axes, markets, strict=True):
        for ax, scenario in zip(row, names, strict=True):
            _panel(ax, summary.sel(scenario=scenario, market=market), _bloc(market))
        _price_axis(row, f"{NAMES.get(market, market.replace('_', ' '))}\nquote {WHERE[_bloc(market)]}")
    for ax, scenario in zip(axes[0], names, strict=True):
        ax.set_title(scenario.replace("_", " "), fontsize=12, fontweight="bold", loc="left")
    _legend(axes[0][0])
    fig.suptitle("How far prices could go: multiples of the baseline price", x=0.01, ha="left", fontsize=14)
    fig.supxlabel(
        f"{int(run.attrs['paths']):,} paths a scenario, seed {run.attrs['seed']}, the same luck in every column. "
        "Line: median; dark band: half of the paths; light band: nine in ten.",
        x=0.01,
        ha="left",
        fontsize=9,
        color="#555555",
    )
    try:
        fig.savefig(path, dpi=150)
    except OSError as e:
        raise StoreError("cannot write the figure", where=str(path), got=str(e)) from e
    finally:
        plt.close(fig)


def _check(markets: Sequence[str], known: list[str]) -> None:
    for market in markets:
        if market not in known:
            hint = did_you_mean(market, known)
            raise UsageError("unknown market", where="--market", expected="a market of the run", got=market, fix=hint)


def _bloc(market: str) -> str:
    return "CN" if market in ("leading_logic", "dram_hbm") else "XC"


def _panel(ax: Any, data: Any, bloc: str) -> None:
    time = data["time"].values
    quote = data["price_ratio_quantile"].sel(bloc=bloc)

    def at(p: float) -> Any:
        return quote.sel(quantile=p, method="nearest").values

    ax.fill_between(time, at(0.05), at(0.95), color=BAND, alpha=0.22, lw=0, label="90 % of paths")
    ax.fill_between(time, at(0.25), at(0.75), color=BAND, alpha=0.45, lw=0, label="50 %")
    ax.plot(time, at(0.5), color=LINE, lw=1.8, label="median quote")
    if bloc == "XC":
        paid = data["paid_price_ratio_quantile"].sel(quantile=0.5, method="nearest").values
        ax.plot(time, paid, color=PAID, lw=1.5, ls="--", label="median paid")
    ax.axhline(1, color="#888888", lw=0.7)
    end, high = at(0.5)[-1], at(0.95)[-1]
    ax.annotate(f"{end:.2g}x", (time[-1], end), xytext=(4, 0), textcoords="offset points", va="center", fontsize=9)
    ax.annotate(
        f"{high:.2g}x", (time[-1], high), xytext=(4, 0), textcoords="offset points", va="center", fontsize=9, color=BAND
    )
    ax.margins(x=0)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)


def _price_axis(row: Any, label: str) -> None:
    from matplotlib.dates import ConciseDateFormatter
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    for ax in row:
        ax.set_yscale("log")
        ax.yaxis.set_major_locator(LogLocator(base=10, subs=(1, 2, 5)))
        ax.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:g}x"))
        ax.yaxis.set_minor_formatter(NullFormatter())
        ax.xaxis.set_major_formatter(ConciseDateFormatter(ax.xaxis.get_major_locator()))
        ax.grid(axis="y", color="#DDDDDD", lw=0.6)
    low, high = row[0].get_ylim()
    row[0].set_ylim(min(low, 0.7), max(high, 2.0))
    row[0].set_ylabel(label, fontsize=11)


def _legend(ax: Any) -> None:
    handles, labels = ax.get_legend_handles_labels()
    unique = dict(zip(labels, handles, strict=True))
    ax.legend(unique.values(), unique.keys(), loc="upper left", frameon=False, fontsize=8.5)
