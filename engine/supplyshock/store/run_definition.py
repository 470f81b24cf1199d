"""The definition of a run: its scenarios, its plan and its identity, worked out once and handed down."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from . import provenance
from .branch import GROUP, about_branch
from .partition import Layout, Plan

if TYPE_CHECKING:
    from ..scenarios.scenario import Scenario


@dataclass(frozen=True)
class RunDefinition:
    """The definition of a run, before or after it has a folder."""

    scenarios: Sequence[Scenario]
    plan: Plan
    identity: dict[str, Any]
    """Everything the numbers depend on (`provenance.identity`)."""

    @classmethod
    def of(cls, plan: Plan, scenarios: Sequence[Scenario]) -> RunDefinition:
        """Works out the identity: it digests the sources of the kernels."""
        return cls(scenarios, plan, provenance.identity(plan, scenarios))

    def with_layout(self, layout: Layout) -> RunDefinition:
        """The same run, cut as another process has cut it."""
        return self if layout == self.plan.layout else replace(self, plan=replace(self.plan, layout=layout))


def root_attrs(definition: RunDefinition, made: dict[str, Any]) -> dict[str, Any]:
    """Attributes of the root of results.zarr; `made` is `made_on` as the manifest has it.

    Nothing in them changes from one run to the next.
    """
    plan, who, scenarios = definition.plan, definition.identity, definition.scenarios
    return {
        "title": "supplyshock: Monte Carlo paths of rare-earth and chip supply shocks",
        "long_name": "results of a run",
        "run": provenance.digest_of(who),
        "scenarios": list(plan.scenarios),
        "digests": _text(who["digest"]),
        "start": who["start"],
        "weeks": plan.weeks,
        "paths": plan.paths,
        "first_path": plan.first,
        "keep_paths": plan.save_series,
        "seed": plan.seed if plan.seed < 2**53 else str(plan.seed),
        "precision": plan.precision,
        "round_bits": plan.mantissa_bits,
        "backend": plan.backend,
        "device": plan.device,
        "model_digest": who["model code"],
        "versions": _text(made["versions"]),
        "machine": made["machine"],
        "config": _text({s.name: s.config for s in scenarios}),
        **({"importance_sampling": _text(plan.proposal.as_dict())} if plan.proposal else {}),
        **({GROUP: about_branch(plan.branch)} if plan.branch else {}),
        "random_numbers": "philox4x32-10: key = seed, counter = (path, week, stream)",
    }


def _text(tree: dict[str, Any]) -> str:
    """JSON: attributes that are text survive every format."""
    return json.dumps(tree, default=str)
