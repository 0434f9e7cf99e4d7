"""The model card: its figures are read from the scores, never typed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ml.garments.config import CLASSES, TUNING_COUNT, VALIDATION_COUNT, Settings, Stage
from ml.garments.segment import Calibration
from ml.pretrained import SOURCE

_WORDS = """# Garment segmentation: {name}

Version {version}. Finds top, outerwear, bottom, skirt, dress, shoes and accessory in a photo, beside body and background.

| file | size | for |
| --- | --- | --- |
{files}

## Data

* Clothing Co-Parsing (github.com/bearpaw/clothing-co-parsing, Apache-2.0; Yang, Luo, Lin: Clothing Co-Parsing by Joint
  Image Segmentation and Labeling, CVPR 2014): street photos, mostly of one adult, full length, by day. The 59 labels are
  grouped into nine classes (`ml/garments/config.py`). The last {validation} ids are for validation: never trained on and
  never tuned on. The {tuning} ids before them are for tuning: thresholds and clean-up were chosen on them.
* Flat-laid garments composed by `ml/garments/flats.py`: cut-outs of the training photos and drawn silhouettes on drawn
  grounds, filled with fabric swatches (FingerCamera swatches, clothing-pattern-dataset, MIT; pattern.monster, MIT).
{more_data}* {beginning} Photos of the data sets are not part of this project.

Licence: {licence}; the data its own licences, as above.

## Recipe

{recipe}

## Figures on the {validation} validation photos, at their own size

| | mean IoU | clothing IoU | pixel accuracy |
| --- | --- | --- | --- |
{ladder}

Clothing IoU is classes 2-8 against 0-1. With edges refined at full resolution it is {refined}. Where the annotation is jagged
(superpixels), a better edge may score lower.

| class | IoU | IoU, upper body |
| --- | --- | --- |
{classes}

* **Flat-laid composites** of validation photos ({flat[pictures]}): mean IoU of the shape {flat[mean_shape_iou]}; at least
  0.85 in {flat[shape_iou_above_085]}; the largest garment is called by its name in {flat[largest_named_right]}.
* **Photos of single garments** laid flat or hung ({stock[pictures]}, never trained on): the largest thing found is of the right kind in
  {stock[largest_named_right]}; outcomes: {stock_outcomes}. By folder: {stock_folders}. On the {stock[outlined]} with an outline
  (drawn by GrabCut, looked at one by one), mean IoU of the shape {stock[mean_shape_iou]}, at least 0.85 in
  {stock[shape_iou_above_085]}.
* **Pictures without a garment** ({empty[pictures]}): not called "found" in {empty[not_found]}.
* **ONNX against PyTorch**: largest difference of a probability {gap:.6f}.

## Confidence

Logistic in the logit of the mean probability inside the region and in the logarithm of its share: {calibration}. "found" from
{sure}; below, "unsure"; a garment under {worth} is not listed unless it is surely cloth of some kind ({cloth}), and with
none listed the outcome is "none".

| on | calibration error | found, right | unsure, right | none, right |
| --- | --- | --- | --- | --- |
{reliability}

A region is right when its IoU with the true garment of its class is at least 0.5; "found" is right when some region is;
"unsure" and "none" are right when no region is.

## For whom it works worse

The validation photos again, in groups (`ml/garments/groups.py`); skin by its typology angle in street light, which is rough.

| group | photos | clothing IoU | mean IoU |
| --- | --- | --- | --- |
{groups}

## Limits

* {weakest} are its weakest classes: a skirt is taken for a dress or trousers, a coat for a dress, thin things (belts,
  straps, glasses) vanish.
* Of a garment laid flat or hung the shape is found far more often than the name: expect "unsure", and a shirt called a
  skirt or a dress. Ground with strong folds or its own pattern can be taken for cloth.
* The data shows adults outdoors, mostly women, mostly slim. No photo shows a child or anybody in a
  wheelchair: that is not measured; expect it to be worse there. It does not tell several people apart by itself.
* Pictures of our own that it fails on, with figures: `docs/garments/limits.md`. Mirrors were not measured.
* Selfies are imitated by close crops of street photos; real indoor light was never seen.
* It must not be used to judge people: it only says where cloth is.
"""


def write_card(
    figures: dict[str, Any],
    settings: Settings,
    training: dict[str, Any],
    files: dict[str, Path],
    calibration: Calibration,
) -> str:
    """The model card in Markdown, from the figures of ``evaluate_bundle`` and the settings of the run."""
    upper = figures["cleaned"]["upper_body"]
    return _WORDS.format(
        name=files["onnx"].stem,
        version=figures["version"],
        files="\n".join(_file_row(role, path) for role, path in files.items()),
        validation=VALIDATION_COUNT,
        tuning=TUNING_COUNT,
        more_data=_more_data(settings),
        recipe=_recipe(settings, training),
        ladder="\n".join(_ladder_rows(figures)),
        refined=figures["refined_clothing_iou"],
        classes="\n".join(
            f"| {name} | {figures['cleaned']['class_iou'][name]} | {upper['class_iou'][name]} |" for name in CLASSES
        ),
        flat=figures["flat"],
        stock=figures["stock"],
        stock_outcomes=", ".join(f"{count} {outcome}" for outcome, count in figures["stock"]["outcomes"].items()),
        stock_folders=", ".join(f"{folder} {hits}" for folder, hits in figures["stock"]["by_folder"].items()),
        empty=figures["empty"],
        gap=figures["parity_gap"],
        calibration=f"{calibration.bias} + {calibration.per_logit} logit + {calibration.per_decade} log10(share)",
        sure=calibration.sure,
        worth=calibration.worth_showing,
        cloth=calibration.cloth,
        reliability="\n".join(_reliability_row(name, table) for name, table in figures["reliability"].items()),
        groups="\n".join(
            f"| {name} | {row['photos']} | {row['clothing_iou']} | {row['mean_iou']} |"
            for name, row in figures["groups"].items()
        ),
        weakest=_weakest(figures["cleaned"]["class_iou"]),
        beginning=_PRETRAINED if settings.pretrained else "No pretrained weights.",
        licence=_PRETRAINED_LICENCE if settings.pretrained else "the code and these weights MIT",
    )


_PRETRAINED = f"""The encoder began with weights learned on ImageNet-1k (classification of photos), published by Google under
  Apache-2.0 as EfficientNet-Lite2 and taken from the package {SOURCE}. The pictures of ImageNet are not part
  of it; they have their own terms."""
_PRETRAINED_LICENCE = "the code and what was learned here MIT, the encoder's beginning Apache-2.0"


_STOCK = """* Photos of single garments, laid flat or hung (github.com/alexeygrigorev/clothing-dataset-small, free for any purpose): of the
  first five of each of the ten kinds those with an outline (`ml/garments/stock_outlines.json`), as they are and cut out and
  laid on other grounds. The others are only measured.
"""
_PSEUDO = """* {count} unlabelled photos of Clothing Co-Parsing, labelled by the net before this one where it was sure
  (`ml/garments/pseudo.py`).
"""


def _more_data(settings: Settings) -> str:
    stock = _STOCK if settings.stock_share else ""
    return stock + (_PSEUDO.format(count=settings.pseudo_photos) if settings.pseudo_photos else "")


def _file_row(role: str, path: Path) -> str:
    use = "ONNX Runtime, what the site serves" if role == "onnx" else "PyTorch; settings and scores in its header"
    return f"| `{path.name}` | {path.stat().st_size / 1e6:.1f} MB | {use} |"


def _recipe(settings: Settings, training: dict[str, Any]) -> str:
    width = int(training.get("width", settings.serving_width))
    changes = [f"{c['setting']} was {_told(c['from'])} until step {c['step']}" for c in training.get("changes", [])]
    changed = f" Changed on the way: {'; '.join(changes)}." if changes else ""
    more = f" --recipe second --start RUN/model.safetensors (SHA-256 {settings.start[:12]})" if settings.start else ""
    more += " --pseudo FOLDER" if settings.pseudo_photos else ""
    return (
        f"U-Net (segmentation-models-pytorch) with encoder {settings.encoder}{_narrow(settings)}, "
        f"decoder {settings.decoder_channels}, logits at half size. AdamW {settings.learning_rate} "
        f"(the encoder {settings.encoder_rate:g} of it), cosine, "
        f"weight decay {settings.weight_decay}; cross-entropy against softened labels + {settings.dice_weight} Dice; running "
        f"average {settings.ema_decay}. Sizes: {_told(settings.stages)}. {training.get('step', 0)} steps, {training.get('pictures', 0)} "
        f"pictures, {training.get('minutes', 0)} minutes, seed {settings.seed}. Of the pictures, "
        f"{settings.flat_share:.0%} are flat-laid composites, "
        f"{settings.stock_share:.0%} photos of single garments and {settings.empty_share:.0%} empty; of the street photos, "
        f"{settings.selfie_share:.0%} are close crops. Served at the area of {width}x"
        f"{width * 3 // 2}.{changed}\n\nRepeat it: `python -m ml.garments.train --out runs/garments/NAME --minutes "
        f"{settings.minutes:g} --seed {settings.seed}{more}`, then `python -m ml.garments.export runs/garments/NAME`."
    )


def _narrow(settings: Settings) -> str:
    return f", channels {settings.encoder_channels}, squeeze and excitation" if settings.encoder_channels else ""


def _told(value: Any) -> str:
    """A setting in words; stages, as dataclasses or as JSON gives them back, by size, share and batch."""
    if not isinstance(value, list | tuple) or not value:
        return str(value)
    stages = [Stage(**part) if isinstance(part, dict) else part for part in value]
    return ", ".join(f"{s.width}x{s.width * 3 // 2} until {s.until:.0%} (batch {s.batch})" for s in stages)


def _ladder_rows(figures: dict[str, Any]) -> list[str]:
    names = {
        "net": "the net alone",
        "flip": "+ averaged with its mirror image",
        "vote": "+ vote within regions",
        "islands": "+ islands dropped",
        "cleaned": "+ holes filled: **as served**",
    }
    rows = [(words, figures[name]) for name, words in names.items()]
    rows.append(("upper body, as served", figures["cleaned"]["upper_body"]))
    return [f"| {words} | {f['mean_iou']} | {f['clothing_iou']} | {f['pixel_accuracy']} |" for words, f in rows]


def _reliability_row(name: str, table: dict[str, Any]) -> str:
    cells = []
    for outcome in ("found", "unsure", "none"):
        result = table["outcomes"][outcome]
        cells.append("none such" if result["right"] is None else f"{result['right']} of {result['pictures']}")
    return f"| {name} | {table['calibration_error']} | {' | '.join(cells)} |"


def _weakest(class_iou: dict[str, float | None]) -> str:
    known = sorted((value, name) for name, value in class_iou.items() if value is not None and name != "background")
    return " and ".join(f"{name} ({value})" for value, name in known[:3]).capitalize()
