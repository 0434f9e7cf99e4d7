"""How fast each stage is, beside the way the first generation of this idea did it: ``python -m ml.bench`` (``make bench``).

Everything is measured in one run on one machine, warm, medians; what counts is the ratio. The first generation found garments with a
U-Net (efficientnet-b3 encoder, here with random weights: speed does not depend on them) at the photo's full size in
eager PyTorch, stretched the pattern over the picture and copied it pixel by pixel in a Python loop; its fabrics came from the DCGAN
of the tutorials, 64 px square.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
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

    def __str__(self) -> str:
        ours = f"{self.stage:<52}{self.ours * 1000:>9.0f} ms"
        if self.other is None:
            return ours
        return f"{ours}   {self.other * 1000:>9.0f} ms {self.beside} ({self.other / self.ours:.1f} times ours)"


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


def bench_segmentation(repeats: int) -> list[Row]:
    import torch

    from ml.bundle import bundled_model
    from ml.garments.refine import garment_alpha
    from ml.garments.segment import load_segmenter

    segmenter = load_segmenter()
    photo, labels = drawn_person(*MEGAPIXEL)
    large, _ = drawn_person(*TWELVE_MEGAPIXELS)
    first = first_generation_net()
    wide = torch.from_numpy(photo[:1152, :768]).permute(2, 0, 1)[None].float().div(255)

    def first_generation() -> None:
        with torch.no_grad():
            first(wide)

    shape = segmenter.session.get_inputs()[0]
    height, width = segmenter.serving_width * 3 // 2, segmenter.serving_width
    picture = np.random.default_rng(0).random((2, 3, height, width), dtype=np.float32)  # a photo and its mirror image
    onnx_seconds = median_seconds(lambda: segmenter.session.run(None, {shape.name: picture}), repeats)
    path, _ = bundled_model("garments", "street").files["onnx"]
    rows = [
        Row(
            "segment 1 MP (labels, cleaned)",
            median_seconds(lambda: segmenter.segment(photo), repeats),
            median_seconds(first_generation, max(1, repeats // 3)),
            "U-Net b3, full size, eager",
        ),
        Row("segment 12 MP", median_seconds(lambda: segmenter.segment(large), max(2, repeats // 2))),
        Row("soft edge of a top, 1 MP", median_seconds(lambda: garment_alpha(photo, labels, ["top"]), repeats)),
        Row(
            "garment net alone, as served, ONNX Runtime",
            onnx_seconds,
            openvino_seconds(str(path), picture, repeats),
            "OpenVINO",
        ),
    ]
    return rows


def first_generation_net() -> Any:
    """The U-Net of the first generation with random weights, evaluation mode."""
    import segmentation_models_pytorch as smp

    return smp.Unet("efficientnet-b3", encoder_weights=None, classes=1).eval()


def openvino_seconds(path: str, picture: np.ndarray[Any, Any], repeats: int) -> float:
    """The same net in OpenVINO, float32 (never bf16: its kernels die where a hypervisor hides the tiles)."""
    import openvino

    compiled = openvino.Core().compile_model(
        path, "CPU", {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 2, "PERFORMANCE_HINT": "LATENCY"}
    )
    request = compiled.create_infer_request()
    return median_seconds(lambda: request.infer([picture]), repeats)


def bench_compositing(repeats: int) -> list[Row]:
    from ml.compositing.drape import drape
    from ml.compositing.placement import Placement
    from ml.textiles.generate import load_generator
    from ml.textiles.recipe import Recipe

    tile = load_generator("plaid").draw(Recipe(1), 512)
    photo, labels = drawn_person(*MEGAPIXEL)
    large, large_labels = drawn_person(*TWELVE_MEGAPIXELS)
    alpha, large_alpha = ((each == 2).astype(np.float32) for each in (labels, large_labels))
    mask = labels == 2
    return [
        Row(
            "drape 1 MP",
            median_seconds(lambda: drape(photo, tile, alpha, Placement(), 6.0), repeats),
            median_seconds(lambda: copy_pixel_by_pixel(photo, tile, mask), max(1, repeats // 3)),
            "stretched, copied pixel by pixel",
        ),
        Row(
            "drape 12 MP",
            median_seconds(lambda: drape(large, tile, large_alpha, Placement(), 20.0), max(2, repeats // 2)),
        ),
    ]


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

    from ml.textiles.generate import load_generator
    from ml.textiles.recipe import Recipe

    generator, tutorial = load_generator("floral"), tutorial_dcgan()

    def first_generation() -> None:
        with torch.no_grad():
            tutorial(torch.randn(8, 100, 1, 1))

    recipes = [Recipe(seed) for seed in range(8)]
    return [
        Row(
            "eight fabrics of 256 px",
            median_seconds(lambda: generator.draw_many(recipes, 256), repeats),
            median_seconds(first_generation, repeats),
            "tutorial DCGAN, eight of 64 px",
        ),
        Row("one fabric of 256 px", median_seconds(lambda: generator.draw(recipes[0], 256), repeats)),
        Row("one fabric of 1024 px", median_seconds(lambda: generator.draw(recipes[0], 1024), repeats)),
        Row("one fabric of 4096 px", median_seconds(lambda: generator.draw(recipes[0], 4096), max(1, repeats // 3))),
    ]


def tutorial_dcgan() -> Any:
    """The generator of the DCGAN tutorials: 100 → 64 px RGB, transposed convolutions of 512-256-128-64 channels."""
    from torch import nn

    layers: list[nn.Module] = []
    for a, b, stride, padding in ((100, 512, 1, 0), (512, 256, 2, 1), (256, 128, 2, 1), (128, 64, 2, 1)):
        layers += [nn.ConvTranspose2d(a, b, 4, stride, padding, bias=False), nn.BatchNorm2d(b), nn.ReLU(True)]
    return nn.Sequential(*layers, nn.ConvTranspose2d(64, 3, 4, 2, 1, bias=False), nn.Tanh()).eval()


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m ml.bench", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--threads", type=int, default=2, help="of every engine")
    given = parser.parse_args(arguments)
    import cv2
    import torch

    torch.set_num_threads(given.threads)
    cv2.setNumThreads(given.threads)
    print(f"{'stage (warm, median)':<52}{'ours':>12}   {'beside it':>12}")
    for stage in (bench_segmentation, bench_compositing, bench_generation):
        for row in stage(given.repeats):
            print(row, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
