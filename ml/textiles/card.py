"""The model card of the twelve generators, written from what was measured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ml.bundle import BundledModel
from ml.checkpoints import load_checkpoint, write_atomically

HEAD = """# Textile generators

Twelve separations DCGANs, one a category: each draws soft maps for six inks, a palette and a faint weave on a torus, so that
every tile is seamless by construction. `ml/textiles/model.py` is the whole architecture; {parameters:,} parameters each.

## Data
Swatches of 256 px, 180 a category, from three sources: photos of cloth (clothing-pattern-dataset, Medeiros et al. 2017, MIT),
renderings of repeat patterns (pattern.monster, MIT, (c) 2020-2023 pattern.monster) and drawings made for this project. No picture
of the data is in the project.

## Recipe
`make train-textiles`: a base on all categories, then a fine-tune of it for each category. {loss} loss, R1 {r1} every {r1_every}
steps, batch {batch}, Adam ({generator_rate:g} / {discriminator_rate:g}, betas 0 and 0.99), moving average; the base ran
{base_steps} steps, each category {steps} more. Weights are stored in half precision.

## Figures
`make eval-textiles`, {number} fabrics a category, seeds from 0, truncation {truncation}, at 128 px.

- *recognised*: by a small classifier trained on five of six real swatches, beside its accuracy on the sixth kept aside;
- *SWD*: sliced Wasserstein distance of Laplacian-pyramid patches to real swatches, beside one half of the real against the other;
- *spread*: mean pairwise distance, beside the real;
- *nearest*: distance of the closest fabric to any training swatch, over shifts (0 would be a copy);
- *shift*: largest difference, in 1/255, between a shifted picture and the picture of shifted noise.

| category | version | recognised | real | SWD | real | spread | real | nearest | shift | most seen as |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
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


def write_card(path: Path, rows: list[dict[str, Any]], models: dict[str, BundledModel], number: int) -> None:
    """Write the card; settings come from the weights, figures from ``rows``, nothing is typed by hand."""
    from ml.textiles.recipe import Recipe

    first = load_checkpoint(next(iter(models.values())).files["weights"][0], kind="textile-generator", framework="np")
    parameters = sum(v.size for k, v in first.tensors.items() if "running_" not in k and k != "style_mean")
    training = first.settings["training"]
    text = HEAD.format(
        parameters=parameters,
        number=number,
        truncation=Recipe.truncation,
        base_steps=first.scores.get("base_step", "?"),
        **{
            k: training[k] for k in ("loss", "r1", "r1_every", "batch", "generator_rate", "discriminator_rate", "steps")
        },
    )
    for row in rows:
        text += (
            f"| {row['category']} | {models[row['category']].version} | {row['recognised']:.0%} | {row['recognised_real']:.0%} "
            f"| {row['swd']} | {row['swd_real']} | {row['spread']} | {row['spread_real']} | {row['nearest']} | {row['shift']} "
            f"| {', '.join(row['seen_as'])} |\n"
        )
    overall, overall_real = (sum(row[k] for row in rows) / len(rows) for k in ("recognised", "recognised_real"))
    text += TAIL.format(overall=overall, overall_real=overall_real, ratio=overall / max(overall_real, 1e-9))
    write_atomically(path, text.encode())
