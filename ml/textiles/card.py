"""The model card of the twelve generators, written from what was measured."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from ml.bundle import BundledModel
from ml.checkpoints import load_checkpoint, write_atomically
from ml.pretrained import SOURCE
from ml.textiles.config import TrainingSettings

HEAD = """# Textile generators

Twelve separations DCGANs, one a category: each draws soft maps for six inks, a palette and a faint weave on a torus, so that
every tile is seamless by construction. `ml/textiles/model.py` is the whole architecture; {parameters:,} parameters each.

## Data
Swatches of 256 px, 180 a category, from three sources: photos of cloth (clothing-pattern-dataset, Medeiros et al. 2017, MIT),
renderings of repeat patterns (pattern.monster, MIT, (c) 2020-2023 pattern.monster) and drawings made for this project. No picture
of the data is in the project.

## Recipe
`make train-textiles` (`ml/textiles/pipeline.py`): a base on all categories, then for each category a fine-tune of it in stages: before
its own discriminator alone; with the judges of `ml/textiles/judge.py` and motifs that repeat; and last, with its figures (folds,
checks), before a discriminator on frozen ImageNet features (`ml/textiles/eyes.py`; EfficientNet-Lite2, {source}; not served with
the generators). In the last stage: {loss} loss, batch {batch}, Adam ({generator_rate:g} / {discriminator_rate:g}, betas 0 and 0.99), moving
average; swatches of other categories count {mismatch:g} in the discriminator as wrong; the cross-entropy of the category counts
{judged_class:g}, the discrepancy of texture statistics {judged_match:g}. Weights are stored in half precision.

The bundled weights were trained in parts, with settings that were found on the way; a run of the whole from nothing has not been
compared with them. Steps of each part, the base first: {steps}.

## Figures
`make eval-textiles`, {number} fabrics a category, seeds from 0, truncation {truncation}, at 128 px.

- *recognised*: by a small classifier trained on five of six real swatches, beside its accuracy on the sixth kept aside;
- *SWD*: sliced Wasserstein distance of Laplacian-pyramid patches to real swatches, beside one half of the real against the other;
- *SWD 64*: the same on crops of 64 px, beside the tutorials' DCGAN trained as long (`ml/textiles/tutorial.py`), where measured;
- *spread*: mean pairwise distance, beside the real;
- *nearest*: distance of the closest fabric to any training swatch, over shifts (0 would be a copy);
- *shift*: largest difference, in 1/255, between a shifted picture and the picture of shifted noise.

| category | version | recognised | real | SWD | real | SWD 64 | tutorial | spread | real | nearest | shift | most seen as |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
"""

TAIL = """
Overall recognised: {overall:.0%}, real validation swatches: {overall_real:.0%} (ratio {ratio:.0%}).

## Limits
Motifs are suggested rather than drawn: a "floral" has blossoms of colour, not botany; "novelty" has no nameable objects. Where
the table says that a category is mostly seen as another, believe it. Very regular patterns can wobble by a pixel of the native
drawing (16 px a noise cell).

## Licence
MIT, like the code. Every picture is made by an AI model and should say so.
"""


SHOWN = (
    "loss",
    "batch",
    "generator_rate",
    "discriminator_rate",
    "mismatch",
    "judged_class",
    "judged_match",
)


def _table_row(row: dict[str, Any], version: str) -> str:
    measured = [f"{row[name]:.0%}" for name in ("recognised", "recognised_real")]
    names = ("swd", "swd_real", "swd_64", "swd_tutorial", "spread", "spread_real", "nearest", "shift")
    cells = [
        row["category"],
        version,
        *measured,
        *(str(row.get(name, "")) for name in names),
        ", ".join(row["seen_as"]),
    ]
    return f"| {' | '.join(cells)} |\n"


def _steps_taken(models: dict[str, BundledModel]) -> str:
    """ "400 + 250 + 200" when all models took as many, else each one's own."""
    taken = {}
    for name, model in models.items():
        scores = load_checkpoint(model.files["weights"][0], kind="textile-generator", framework="np").scores
        taken[name] = " + ".join(str(step) for step in [*scores.get("lineage", []), scores["step"]])
    same = set(taken.values())
    return same.pop() if len(same) == 1 else ", ".join(f"{name} {steps}" for name, steps in taken.items())


def write_card(path: Path, rows: list[dict[str, Any]], models: dict[str, BundledModel], number: int) -> None:
    """Write the card; settings come from the weights, figures from ``rows``, nothing is typed by hand."""
    from ml.textiles.recipe import Recipe

    first = load_checkpoint(next(iter(models.values())).files["weights"][0], kind="textile-generator", framework="np")
    parameters = sum(v.size for k, v in first.tensors.items() if "running_" not in k and k != "style_mean")
    training = dataclasses.asdict(TrainingSettings()) | first.settings["training"]
    text = HEAD.format(
        parameters=parameters,
        number=number,
        truncation=Recipe.truncation,
        steps=_steps_taken(models),
        source=SOURCE,
        **{name: training[name] for name in SHOWN},
    )
    text += "".join(_table_row(row, models[row["category"]].version) for row in rows)
    overall, overall_real = (sum(row[k] for row in rows) / len(rows) for k in ("recognised", "recognised_real"))
    text += TAIL.format(overall=overall, overall_real=overall_real, ratio=overall / max(overall_real, 1e-9))
    write_atomically(path, text.encode())
