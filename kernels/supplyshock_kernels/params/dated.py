"""The start of every path, and the inputs that change by date."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

from .fields import Array, axes


class Initial(NamedTuple):
    """Where every path starts."""

    regime: Annotated[Any, axes(into="regime", traced=True)]
    """int64 index into REGIMES."""
    clock: Annotated[Any, axes(units="weeks")]
    """Weeks until the running truce expires, or NO_CLOCK."""
    control: Annotated[Array, axes("list")]
    """(C,) level of each control list."""
    open_share: Annotated[Array, axes("market", "origin", "bloc")]
    """(M, 2, 2) chips: share of each baseline flow that the gates of the first day let through; 1 for materials."""
    approval: Any
    log_price: Annotated[Array, axes("market", "bloc")]
    """(M, 2)."""
    inventory: Annotated[Array, axes("market", "bloc")]
    """(M, 2) as a multiple of the normal cover."""
    counted: Annotated[Array, axes("market", "bloc")]
    """(M, 2) 1: a counted stock, of the centre of the normal cover; 0: of the normal cover that a path draws."""
    stockpile: Annotated[Array, axes("market", units="weeks")]
    """(M,) strategic stock outside China, weeks of that bloc's baseline use."""
    members: Annotated[Array, axes("member", "state", smooth=False, may_lack=True)]
    """(S, R) states in which paths start instead, a row for each; its columns are those of `path_state.locate_parts`.

    If a value is NaN, the fields above and the priors decide. Without rows they decide everything.
    """
    drawn: Annotated[Any, axes(smooth=False)]
    """1: every path draws one of these states; 0: path ``i`` of a call takes the one of number ``i`` modulo S."""
    elapsed: Annotated[Any, axes(units="weeks", smooth=False)]
    """Weeks that lie before the first: random numbers are those of the weeks after them."""


class Schedule(NamedTuple):
    """Dated inputs, one row per week; what a scenario forces and what a lever does."""

    regime: Annotated[Array, axes("time", into="regime", traced=True, neutral=-1)]
    """(T,) int64, -1: free."""
    clock: Annotated[Array, axes("time", units="weeks", neutral=-1)]
    """(T,) weeks given to the clock that week, negative: leave."""
    control: Annotated[Array, axes("time", "list", neutral=-1)]
    """(T, C) forced level, negative: free."""
    approval: Annotated[Array, axes("time", neutral=-1)]
    """(T,) forced approval share, negative: free."""
    approval_of: Annotated[Array, axes("time", "market", neutral=-1)]
    """(T, M) forced approval share of applications for one material, negative: that of all."""
    announcement: Annotated[Array, axes("time", "list", neutral=0)]
    """(T, C) severity of a forced announcement, 0: none."""
    quota: Annotated[Array, axes("time", "market", neutral=0)]
    """(T, M) share by which an export quota cuts baseline exports; 0: no quota."""
    quota_grant: Annotated[Array, axes("time", units="kt", neutral=0)]
    """(T,) tonnage that a half-year under quota begins with, 0: none begins this week, or nothing is allowed."""
    quota_weeks: Annotated[Array, axes("time", units="weeks", neutral=0)]
    """(T,) weeks left of the half-year, this one included; 0: no quota."""
    demand: Annotated[Array, axes("time", "market", "bloc", neutral=1)]
    """(T, M, 2) factor on use; of a material on that by others than makers of products."""
    recipe: Annotated[Array, axes("time", "market", "bloc", neutral=1)]
    """(T, M, 2) factor on what makers of products take of a material for what they make."""
    availability: Annotated[Array, axes("time", "source", neutral=1)]
    """(T, J) factor on a source's output."""
    capacity: Annotated[Array, axes("time", "source", neutral=0)]
    """(T, J) capacity that comes on line that week (an increment), multiples of the source's baseline."""
    recycled: Annotated[Array, axes("time", "market", neutral=0)]
    """(T, M) secondary supply outside China, share of the world's baseline use."""
    purchase: Annotated[Array, axes("time", "market", neutral=0)]
    """(T, M) bought for the strategic stock outside China, share of the world's baseline use a week."""
