"""What the pages of a run and of two versions show, gathered from rows and from the run's folder."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ml.textiles.run_folder import FIGURES, SCORES, log_tail, read_lines, sample_steps
from patterns.jobs.models import Job
from patterns.jobs.queries import NO_TORCH, live_workers, why_nobody_comes
from patterns.jobs.views import span_in_words, tell
from patterns.training.curves import DISTANCE, LOSSES, VARIETY, draw_curves
from patterns.training.gate import checks_of
from patterns.training.models import TrainingRun
from patterns.training.recipes import estimate

State = TrainingRun.State
BUTTONS = {
    "pause": (State.QUEUED, State.RUNNING),
    "cancel": (State.QUEUED, State.RUNNING, State.PAUSED, State.FAILED),
    "resume": (State.PAUSED, State.FAILED),
    "further": (State.FINISHED, State.CANCELLED),
}
FIGURE_NAMES = {
    "swatches": gettext_lazy("Swatches it was measured beside"),
    "number": gettext_lazy("Fabrics measured"),
    "shift": gettext_lazy("Largest difference at a seam (of 255)"),
    "spread": gettext_lazy("How varied the fabrics are"),
    "spread_real": gettext_lazy("How varied the swatches are"),
    "swd": gettext_lazy("Distance from real cloth (less is better)"),
    "swd_real": gettext_lazy("Distance of real cloth from real cloth"),
    "nearest": gettext_lazy("Nearest swatch to any fabric"),
    "nearest_real": gettext_lazy("Nearest swatch to a swatch it never saw"),
    "copies": gettext_lazy("Share of fabrics close to a swatch"),
    "copies_real": gettext_lazy("Share of unseen swatches close to a swatch"),
    "recognised": gettext_lazy("Share of fabrics named rightly by a judge"),
    "recognised_real": gettext_lazy("Share of real swatches named rightly"),
    "categories": gettext_lazy("Categories the judge chose between"),
}


def panel_of(run: TrainingRun) -> dict[str, Any]:
    """The part of a run's page that changes while one looks."""
    job = run.job if run.is_under_way else None
    scores, figures = read_lines(run.folder / SCORES), read_lines(run.folder / FIGURES)
    return {
        "run": run,
        "job": job,
        "waits": job is not None and job.state == Job.State.QUEUED,
        "expected": span_in_words(estimate(run.net, max(run.steps - run.step, 0))) if job else "",
        "nobody": why_nobody_comes(job) if job else "",
        **(
            tell(job)
            if job
            else {"percent": None, "place": "", "left": "", "said": f"{run.get_state_display()}.", "mark": ""}
        ),
        "buttons": [name for name, states in BUTTONS.items() if run.state in states and run.category_id],
        "curves": [
            (title, curve, lines)
            for title, rows, lines in (
                (_("Losses"), scores, LOSSES),
                (_("Distance from real cloth"), figures, DISTANCE),
                (_("Variety"), figures, VARIETY),
            )
            if (curve := draw_curves(title, rows, lines, run.steps))
        ],
        "samples": sample_steps(run.folder),
        "log": "\n".join(log_tail(run.folder)),
    }


def outcome_of(run: TrainingRun) -> dict[str, Any]:
    """Figures, gate and draft of a run that came to its end."""
    version = run.version
    if version is None:
        return {"version": None}
    figures = version.scores.get("figures", {})
    return {
        "version": version,
        "checks": checks_of(version),
        "figures": [(label, figures[name]) for name, label in FIGURE_NAMES.items() if name in figures],
    }


def training_notice() -> str:
    """What stands in the way of training here, for the page on which it is asked for; empty when nothing does."""
    workers = live_workers()
    if not workers.exists():
        return _(
            "No worker is running just now. A run can be asked for; it begins when one is started beside the site."
        )
    return "" if workers.filter(can_train=True).exists() else str(NO_TORCH)
