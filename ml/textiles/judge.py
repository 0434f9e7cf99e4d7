"""What tells a generator which cloth it is learning: classifiers of real swatches, frozen, read at the size of a crop.

A discriminator says "not like the real ones" and learns that slowly; classifiers that already tell the twelve categories apart say
at once *what* is missing: rows of dots, crossing stripes, leaves. Two terms come from them. The auxiliary classifier's cross-entropy
(AC-GAN: Odena, Olah, Shlens 2017), and the maximum mean discrepancy between texture statistics of generated and real batches
(Gretton et al. 2012; GMMN: Li, Swersky, Zemel 2015; statistics as in Huang, Belongie 2017: mean and spread of each feature map). Several
classifiers of other seeds and widths judge together, so that none can be fooled alone. They learn from the training part of the
swatches only, and the classifier that measures (:mod:`ml.textiles.classifier`) is another.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ml.checkpoints import load_checkpoint, save_checkpoint
from ml.textiles.data import Swatches

KIND_JUDGES = "textile-judges"
WIDTHS = ((32, 48, 80, 128), (24, 64, 96, 112))


class Judge(nn.Module):
    """Pictures (N, 3, 64, 64) in [0, 1] → logits (N, classes) and texture statistics (N, 2 * sum of widths)."""

    def __init__(self, widths: tuple[int, ...], classes: int) -> None:
        super().__init__()
        layers = []
        for a, b in pairwise((3, *widths)):
            layers.append(
                nn.Sequential(
                    nn.Conv2d(a, b, 4, 2, 1, bias=False),
                    nn.BatchNorm2d(b),
                    nn.LeakyReLU(0.1),
                    nn.Conv2d(b, b, 3, 1, 1, groups=8, bias=False),
                    nn.BatchNorm2d(b),
                    nn.LeakyReLU(0.1),
                )
            )
        self.layers = nn.ModuleList(layers)
        self.drop = nn.Dropout(0.2)
        self.head = nn.Linear(2 * widths[-1] + 2 * widths[-2], classes)

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        x, statistics = pictures * 2 - 1, []
        for layer in self.layers:
            x = layer(x)
            statistics.append(torch.cat([x.mean((2, 3)), (x.var((2, 3), unbiased=False) + 1e-5).sqrt()], 1))
        logits = self.head(self.drop(torch.cat(statistics[-2:], 1)))
        return logits, torch.cat(statistics, 1)


class Judges(nn.Module):
    """Several frozen judges and the spread of their statistics on real swatches, by which distances are counted."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.members = nn.ModuleList([Judge(widths, classes) for widths in WIDTHS])
        for number, widths in enumerate(WIDTHS):
            self.register_buffer(f"centre{number}", torch.zeros(2 * sum(widths)))
            self.register_buffer(f"spread{number}", torch.ones(2 * sum(widths)))

    def read(self, pictures: Tensor) -> list[tuple[Tensor, Tensor]]:
        """(logits, standardised statistics) of each judge."""
        found = []
        for number, member in enumerate(self.members):
            logits, statistics = member(pictures)
            centre, spread = self.get_buffer(f"centre{number}"), self.get_buffer(f"spread{number}")
            found.append((logits, (statistics - centre) / spread))
        return found


def discrepancy(a: Tensor, b: Tensor) -> Tensor:
    """Squared maximum mean discrepancy of two sets of vectors, (N, D) and (M, D): unbiased, Gaussian kernels of several widths.

    Near 0 for two samples of one distribution, also for small ones: a generator that draws its mean only is not rewarded.
    """
    dimension = a.shape[1]
    both = torch.cat([a, b])
    squares = torch.cdist(both, both).square() / dimension
    kernel = torch.stack([torch.exp(-squares / (2 * width)) for width in (0.25, 0.5, 1.0, 2.0, 4.0)]).sum(0)
    n, m = len(a), len(b)
    inside_a = (kernel[:n, :n].sum() - kernel[:n, :n].diagonal().sum()) / (n * (n - 1))
    inside_b = (kernel[n:, n:].sum() - kernel[n:, n:].diagonal().sum()) / (m * (m - 1))
    return inside_a + inside_b - 2 * kernel[:n, n:].mean()


def colour_distance(a: Tensor, b: Tensor, ways: Tensor) -> Tensor:
    """Sliced Wasserstein distance (Rabin et al. 2011) of the pixels' colours of two batches (N, 3, H, W), along ``ways`` (3, K).

    Features of an ImageNet classifier hardly mind which colours a cloth has; left to them alone a generator ends in a few loud ones.
    """
    sorted_a, sorted_b = ((pictures.movedim(1, -1).reshape(-1, 3) @ ways).sort(dim=0).values for pictures in (a, b))
    return (sorted_a - sorted_b).abs().mean()


def train_judges(swatches: Swatches, path: Path, *, steps: int = 1200, seed: int = 7, progress: bool = True) -> None:
    """Train all judges on crops of real swatches and save them at ``path``."""
    from tqdm import tqdm

    torch.manual_seed(seed)
    judges = Judges(int(swatches.labels.max()) + 1).to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(judges.parameters(), 3e-3, weight_decay=0.03)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 3e-3, total_steps=steps)
    right = 0.0
    bar = tqdm(range(steps), disable=not progress, unit="step", desc="judges", mininterval=5)
    for step in bar:
        pictures, chosen = swatches.labelled_batch(48, seed, step)
        inputs = torch.from_numpy(pictures).contiguous(memory_format=torch.channels_last)
        targets = torch.from_numpy(swatches.labels[chosen])
        logits = [member(inputs)[0] for member in judges.members]
        loss = torch.stack([F.cross_entropy(each, targets, label_smoothing=0.05) for each in logits]).sum()
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
        right = 0.98 * right + 0.02 * float((logits[0].argmax(1) == targets).float().mean())
        bar.set_postfix_str(f"right {right:.2f}", refresh=False)
    _note_spread(judges.eval(), swatches, seed)
    save_checkpoint(
        path, judges.state_dict(), kind=KIND_JUDGES, settings={"steps": steps, "seed": seed}, scores={"right": right}
    )


@torch.no_grad()
def _note_spread(judges: Judges, swatches: Swatches, seed: int) -> None:
    for number, member in enumerate(judges.members):
        read = [member(torch.from_numpy(swatches.labelled_batch(64, seed, 10**6 + step)[0]))[1] for step in range(20)]
        statistics = torch.cat(read)
        judges.get_buffer(f"centre{number}").copy_(statistics.mean(0))
        judges.get_buffer(f"spread{number}").copy_(statistics.std(0) + 1e-3)


def load_judges(path: Path, classes: int) -> Judges:
    """Frozen judges from :func:`train_judges`. Raises ModelFileError when the file is not theirs."""
    judges = Judges(classes)
    judges.load_state_dict(load_checkpoint(path, kind=KIND_JUDGES).tensors)
    return judges.eval().requires_grad_(False)
