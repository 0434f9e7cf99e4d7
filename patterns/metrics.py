"""How long each stage of the models' work takes, counted by Prometheus' own library. Read at ``/metrics``."""

from __future__ import annotations

from contextlib import AbstractContextManager

from prometheus_client import Histogram

SECONDS = (0.01, 0.025, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 1.5, 2.5, 4.0, 6.0, 10.0, 20.0, 60.0)
STAGES = ("segment", "drape", "encode", "generate")
_stages = Histogram("aifashion_stage_seconds", "Time a stage of the models' work takes.", ("stage",), buckets=SECONDS)
for _name in STAGES:  # there from the start, so that an alarm knows it
    _stages.labels(_name)


def stage(name: str) -> AbstractContextManager[object]:
    """Measures the block as one of ``STAGES``."""
    if name not in STAGES:
        raise ValueError(f"No stage is called {name}.")
    return _stages.labels(name).time()
