"""How fast each stage is, beside the way the first generation of this idea did it: ``python -m ml.bench`` (``make bench``).

Everything is measured in one run on one machine, warm, medians; what counts is the ratio. The first generation found garments with a
U-Net (efficientnet-b3 encoder, here with random weights: speed does not depend on them) at the photo's full size in
eager PyTorch, stretched the pattern over the picture and copied it pixel by pixel in a Python loop; its fabrics came from the DCGAN
of the tutorials, 64 px square. Where it had no such stage, the plainest way to do the same stands beside ours.
"""

from __future__ import annotations

import argparse
import io
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from ml.images import Bytes, resize_smooth

MEGAPIXEL = (1152, 864)  # height, width
TWELVE_MEGAPIXELS = (4000, 3000)


@dataclass(frozen=True)
class Row:
    stage: str
    ours: float  # seconds
    other: float | None = None  # seconds
    beside: str = ""
    within: float | None = None  # seconds, on two cores: what we set ourselves

    def __str__(self) -> str:
        ours = f"{self.stage:<52}{self.ours * 1000:>9.0f} ms  {self._kept():<18}"
        if self.other is None:
            return ours.rstrip()
        return f"{ours}{self.other * 1000:>9.0f} ms {self.beside} ({self.other / self.ours:.2g} times ours)"

    def _kept(self) -> str:
        if self.within is None:
            return ""
        return f"{'of' if self.ours <= self.within else 'OVER'} {self.within * 1000:.0f} ms"


@dataclass(frozen=True)
class Memory:
    """The most memory that a process of its own held while it did this."""

    stage: str
    ours: float  # bytes
    within: float

    def __str__(self) -> str:
        kept = "of" if self.ours <= self.within else "OVER"
        return f"{self.stage:<52}{self.ours / 1e6:>9.0f} MB  {kept} {self.within / 1e6:.0f} MB"


def median_seconds(run: Callable[[], Any], repeats: int) -> float:
    """Median wall time of ``run`` after one run that does not count."""
    run()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def drawn_person(height: int, width: int) -> tuple[Bytes, Bytes]:
    """A plain drawing of somebody in a top and trousers, uint8 (H, W, 3), and its labels (H, W)."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    y, x = y / height, x / width - 0.5
    labels = np.zeros((height, width), np.uint8)
    labels[(np.hypot(x, (y - 0.12) * 1.3) < 0.07)] = 1
    labels[(np.abs(x) < 0.17 + 0.05 * np.sin(9 * y)) & (y > 0.2) & (y < 0.52)] = 2
    labels[(np.abs(np.abs(x) - 0.08) < 0.065) & (y >= 0.52) & (y < 0.93)] = 4
    colours = np.array([[190, 188, 184], [205, 160, 140], [120, 130, 160]] + [[60, 60, 80]] * 6, np.float32)
    folds = 1 + 0.15 * np.sin(40 * x + 6 * np.sin(12 * y))
    photo = colours[labels] * np.where(labels > 1, folds, 1)[..., None] + rng.normal(0, 3, (height, width, 1))
    return np.clip(photo, 0, 255).astype(np.uint8), labels


def bench_segmentation(repeats: int) -> list[Row | Memory]:
    import torch

    from ml.garments.refine import garment_alpha
    from ml.garments.segment import load_segmenter

    segmenter = load_segmenter()
    photo, labels = drawn_person(*MEGAPIXEL)
    large, large_labels = drawn_person(*TWELVE_MEGAPIXELS)
    first = first_generation_net()
    wide = torch.from_numpy(photo[:1152, :768]).permute(2, 0, 1)[None].float().div(255)

    def first_generation() -> None:
        with torch.no_grad():
            first(wide)

    rows: list[Row | Memory] = [
        Row(
            "segment 1 MP (labels, cleaned)",
            median_seconds(lambda: segmenter.segment(photo), repeats),
            median_seconds(first_generation, max(1, repeats // 3)),
            "U-Net b3, full size, eager",
        ),
        Row("segment 12 MP", median_seconds(lambda: segmenter.segment(large), max(2, repeats // 2))),
        *(
            Memory(f"the same, {name}: the most memory a process holds", most_memory(SEGMENT.format(*size)), 700e6)
            for name, size in (("1 MP", MEGAPIXEL), ("12 MP", TWELVE_MEGAPIXELS))
        ),
        Row("soft edge of a top, 1 MP", median_seconds(lambda: garment_alpha(photo, labels, ["top"]), repeats)),
        Row(
            "soft edge of a top, 12 MP",
            median_seconds(lambda: garment_alpha(large, large_labels, ["top"]), max(2, repeats // 2)),
        ),
    ]
    return rows + compare_engines(segmenter, large, repeats)


def compare_engines(segmenter: Any, photo: Bytes, repeats: int) -> list[Row]:
    """The garment net alone and as the site runs it, while the photo is encoded, in ONNX Runtime and in OpenVINO."""
    from dataclasses import replace

    from ml.bundle import bundled_model
    from ml.encode import encode_png_quickly
    from ml.engines import OpenVinoSession

    height, width = segmenter.serving_width * 3 // 2, segmenter.serving_width
    picture = np.random.default_rng(0).random((2, 3, height, width), dtype=np.float32)  # a photo and its mirror image
    other = replace(segmenter, session=OpenVinoSession(bundled_model("garments", "street").files["onnx"][0]))

    def net(engine: Any) -> float:
        return median_seconds(lambda: engine.session.run(None, {"picture": picture}), repeats)

    def served(engine: Any) -> float:
        def look_and_encode() -> None:
            with ThreadPoolExecutor(1) as beside:
                beside.submit(encode_png_quickly, photo)
                engine.segment(photo)

        return median_seconds(look_and_encode, repeats)

    return [
        Row("garment net alone, ONNX Runtime", net(segmenter), net(other), "OpenVINO"),
        Row("segment 12 MP while it is encoded, ONNX Runtime", served(segmenter), served(other), "OpenVINO"),
    ]


def bench_mending(repeats: int) -> list[Row]:
    from ml.garments.mend import Stroke, mend, prepare_workbench
    from ml.garments.refine import garment_alpha
    from ml.garments.segment import load_segmenter
    from ml.images import resize_labels

    segmenter = load_segmenter()
    photo, labels = drawn_person(*MEGAPIXEL)
    believed = segmenter.probabilities(photo)
    bench = prepare_workbench(photo, believed)
    height, width = bench.shape
    small, missing = resize_smooth(photo, width, height), resize_labels(labels, width, height).copy()
    missing[: height // 3][missing[: height // 3] == 2] = 0  # the upper part of the top is to be brought back
    stroke = Stroke("top", True, ((0.45, 0.25), (0.55, 0.26)), 0.015)
    return [
        Row(
            "1 MP photo to refined mask of a top",
            median_seconds(lambda: garment_alpha(photo, segmenter.segment(photo).labels, ["top"]), repeats),
            median_seconds(lambda: grabcut(photo, labels == 2, 5), max(1, repeats // 3)),
            "GrabCut, five rounds",
        ),
        Row(
            "a mend stroke",
            median_seconds(lambda: mend(bench, missing, stroke), repeats),
            median_seconds(lambda: grabcut(small, missing == 2, 1), max(1, repeats // 3)),
            "GrabCut, one round, as small",
        ),
        Row("a photo made ready for mending", median_seconds(lambda: prepare_workbench(photo, believed), repeats)),
    ]


def grabcut(photo: Bytes, garment: np.ndarray[Any, Any], rounds: int) -> None:
    """OpenCV's GrabCut (Rother et al. 2004) from a rough mask."""
    import cv2

    trimap = np.where(garment, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    run: Any = cv2.grabCut
    run(photo, trimap, None, np.zeros((1, 65)), np.zeros((1, 65)), rounds, cv2.GC_INIT_WITH_MASK)


def first_generation_net() -> Any:
    """The U-Net of the first generation with random weights, evaluation mode."""
    import segmentation_models_pytorch as smp

    return smp.Unet("efficientnet-b3", encoder_weights=None, classes=1).eval()


def bench_files(repeats: int) -> list[Row]:
    """Keeping a photo without loss, and reading it again."""
    import cv2
    from PIL import Image

    from ml.encode import encode_png, encode_png_quickly

    photo, _ = drawn_person(*TWELVE_MEGAPIXELS)
    few = max(1, repeats // 4)
    ours, plain = encode_png_quickly(photo), encode_png(photo)

    def read_plainly() -> Any:
        return np.asarray(Image.open(io.BytesIO(plain)).convert("RGB"))

    def read() -> Any:
        return cv2.imdecode(np.frombuffer(ours, np.uint8), cv2.IMREAD_COLOR_RGB)

    return [
        Row(
            f"keep a 12 MP original as PNG, {len(ours) / len(plain):.2f} times as large",
            median_seconds(lambda: encode_png_quickly(photo), repeats),
            median_seconds(lambda: encode_png(photo), few),
            "plain PNG, level 6",
        ),
        Row("read it back", median_seconds(read, repeats), median_seconds(read_plainly, few), "Pillow, from level 6"),
    ]


def bench_compositing(repeats: int) -> list[Row]:
    from ml.compositing.drape import drape
    from ml.compositing.placement import Placement
    from ml.compositing.tile import lay_fabric
    from ml.textiles.generate import load_generator
    from ml.textiles.recipe import Recipe

    tile = load_generator("plaid").draw(Recipe(1), 512)
    photo, labels = drawn_person(*MEGAPIXEL)
    large, large_labels = drawn_person(*TWELVE_MEGAPIXELS)
    alpha, large_alpha = ((each == 2).astype(np.float32) for each in (labels, large_labels))
    mask = labels == 2
    flat, large_flat = (
        lay_fabric(tile, each.shape[:2], Placement(), scale) for each, scale in ((photo, 6.0), (large, 20.0))
    )
    few = max(2, repeats // 2)
    ours = median_seconds(lambda: drape(photo, tile, alpha, Placement(), 6.0), repeats)
    large_ours = median_seconds(lambda: drape(large, tile, large_alpha, Placement(), 20.0), few)
    loop = median_seconds(lambda: copy_pixel_by_pixel(photo, tile, mask), max(1, repeats // 3))
    plain = median_seconds(lambda: multiply(photo, flat, alpha), repeats)
    large_plain = median_seconds(lambda: multiply(large, large_flat, large_alpha), few)
    return [
        Row("drape 1 MP", ours, loop, "stretched, copied pixel by pixel", 0.25),
        Row("drape 1 MP", ours, plain, "a plain multiply, the cloth laid already", 0.25),
        Row("drape 12 MP", large_ours, large_plain, "a plain multiply, the cloth laid already", 2.0),
    ]


def multiply(photo: Bytes, cloth: Bytes, alpha: np.ndarray[Any, Any]) -> Bytes:
    """What picture editors call multiply: cloth times the photo's grey, mixed in by the mask."""
    grey = photo.mean(axis=2, dtype=np.float32)[..., None] / np.float32(255)
    mixed = photo + alpha[..., None] * (cloth * grey - photo)
    return np.asarray(mixed.clip(0, 255), np.uint8)


def copy_pixel_by_pixel(photo: Bytes, tile: Bytes, mask: np.ndarray[Any, Any]) -> Bytes:
    """The first generation's way: the pattern stretched over the picture and copied in a Python loop."""
    height, width = mask.shape
    stretched = resize_smooth(tile, width, height)
    painted = photo.copy()
    for y in range(height):
        for x in range(width):
            if mask[y, x]:
                painted[y, x] = stretched[y, x]
    return painted


def bench_generation(repeats: int) -> list[Row]:
    import torch

    from ml.bench_stylegan2 import StyleGan2
    from ml.textiles.generate import load_generator
    from ml.textiles.recipe import Recipe
    from ml.textiles.tutorial import build_generator

    generator, tutorial = load_generator("floral"), build_generator().eval()

    def first_generation() -> None:
        with torch.no_grad():
            tutorial(torch.randn(8, 100, 1, 1))

    stylegan2, few = StyleGan2().eval(), max(2, repeats // 3)

    def state_of_the_art() -> None:
        with torch.no_grad():
            stylegan2(torch.randn(1, 512))

    recipes = [Recipe(seed) for seed in range(8)]
    return [
        Row(
            "eight fabrics of 256 px",
            median_seconds(lambda: generator.draw_many(recipes, 256), repeats),
            median_seconds(first_generation, repeats),
            "tutorial DCGAN, eight of 64 px",
            1.0,
        ),
        Row(
            "one fabric of 256 px",
            median_seconds(lambda: generator.draw(recipes[0], 256), repeats),
            median_seconds(state_of_the_art, few),
            "StyleGAN2-ADA's architecture, eager",
        ),
        Row("one fabric of 1024 px", median_seconds(lambda: generator.draw(recipes[0], 1024), repeats), within=1.0),
        Row("one fabric of 4096 px", median_seconds(lambda: generator.draw(recipes[0], 4096), max(1, repeats // 3))),
    ]


def bench_studio(repeats: int) -> list[Row | Memory]:
    """What a designer waits for."""
    from ml.encode import encode_png
    from ml.textiles.generate import load_generator
    from ml.textiles.invert import find_fabric
    from ml.textiles.morph import draw_strip, encode_loop
    from ml.textiles.press import encode_print, plan_print, print_block, zip_layers
    from ml.textiles.recipe import Recipe, mixed
    from ml.textiles.recipe_file import RecipeFile
    from ml.textiles.trace import trace_svg

    generator = load_generator("floral")
    slider = next(iter(generator.directions))
    child = mixed(Recipe(1), Recipe(2), 0.4, 0.6).edited({slider: 1})
    few = max(1, repeats // 3)
    large, usual = plan_print(4096 / 300, "in"), plan_print(20, "cm", 150)
    drawn, photo = generator.block(child), generator.draw(Recipe(9), 256)

    def print_file(kind: str) -> bytes:
        return encode_print(print_block(generator.block(child), large), large.dpi, kind)

    return [
        Row(
            "a slider moved: a mix drawn anew, encoded, 256 px",
            median_seconds(lambda: encode_png(generator.draw(child, 256)), repeats),
            within=0.3,
        ),
        Row("4096 px for print as PNG, drawn and encoded", median_seconds(lambda: print_file("png"), few), within=6.0),
        Memory("the same: the most memory a process holds", most_memory(PRINT_4096), 1e9),
        Row("4096 px for print as TIFF, drawn and encoded", median_seconds(lambda: print_file("tiff"), few)),
        Row(
            "ink layers as a zip, 1182 px",
            median_seconds(lambda: zip_layers(drawn, usual, RecipeFile("floral", "1", child)), few),
        ),
        Row("traced as SVG", median_seconds(lambda: trace_svg(drawn, usual), few)),
        Row(
            "morph of 24 steps, 192 px, as WebP",
            median_seconds(lambda: encode_loop(draw_strip(generator, Recipe(1), Recipe(2), 24, 192)), few),
        ),
        Row("a fabric like a photo", median_seconds(lambda: find_fabric(generator, photo), few)),
    ]


# Straight from the generator to the file, in a process that has loaded nothing else.
PRINT_4096 = """
from ml.textiles.generate import load_generator
from ml.textiles.press import encode_print, plan_print, print_block
from ml.textiles.recipe import Recipe
plan = plan_print(4096 / 300, "in")
encode_print(print_block(load_generator("floral").block(Recipe(1)), plan), plan.dpi, "png")
"""


# A photo of {0}x{1} pixels to its labels, twice, in a process that has loaded nothing else.
SEGMENT = """
from ml.bench import drawn_person, resize_smooth
from ml.garments.segment import load_segmenter
photo = resize_smooth(drawn_person(400, 300)[0], {1}, {0})
for _ in range(2):
    load_segmenter().segment(photo)
"""


def most_memory(program: str) -> float:
    """Bytes that a fresh Python process held at most while it ran this."""
    told = "\nprint(next(line for line in open('/proc/self/status') if line.startswith('VmHWM')).split()[1])"  # kB
    command = [sys.executable, "-c", program + told]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603  # nosec B603 (our own words)
    return 1024 * float(done.stdout.split()[-1])


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m ml.bench", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--threads", type=int, default=2, help="of every engine")
    given = parser.parse_args(arguments)
    import cv2
    import torch

    torch.set_num_threads(given.threads)
    cv2.setNumThreads(given.threads)
    print(f"{'stage (warm, median)':<52}{'ours':>12}  {'promised':<18}{'beside it':>12}")
    for stage in (bench_segmentation, bench_mending, bench_compositing, bench_files, bench_generation, bench_studio):
        for row in stage(given.repeats):
            print(row, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
