"""What a run learns from: a copy of the category's accepted swatches, made once, so that nothing changes under it."""

from __future__ import annotations

import shutil
from pathlib import Path

from ml.images import Bytes
from ml.training_data import training_data
from patterns.jobs.work import JobFailed
from patterns.models import Category
from patterns.swatches.queries import accepted_swatches, write_accepted

FEWEST = 4
MOST_VIEWS = 1200  # turned views of all swatches together


def count_pictures(category: Category) -> int:
    """Accepted swatches or, where the category has none, the pictures of the training data's folder."""
    return accepted_swatches(category).count() or len(_in_data(category))


def collect(category: Category, root: Path, name: str) -> Path:
    """Copy the pictures into ``root / name`` unless that was done before; returns ``root``. Raises JobFailed when they are too few."""
    folder, whole = root / name, root / f"{name}.whole"
    if whole.exists():
        return root
    if count := accepted_swatches(category).count():
        write_accepted(category, root, _turns(count))
        if category.slug != name:
            shutil.rmtree(folder, ignore_errors=True)
            (root / category.slug).rename(folder)
    else:
        folder.mkdir(parents=True, exist_ok=True)
        for path in _in_data(category):
            shutil.copyfile(path, folder / path.name)
    if len(list(folder.iterdir())) < FEWEST:
        raise JobFailed(
            f"{category.name} has fewer than {FEWEST} accepted swatches. Accept more, then start the run again."
        )
    whole.touch()
    return root


def squares(root: Path, name: str, most: int | None = None) -> Bytes:
    """Pictures of a collected folder at the size at which they are measured."""
    from ml.textiles.appraise import read_squares
    from ml.textiles.data import swatch_paths

    return read_squares(_spread(swatch_paths(root, name), most))


def other_pictures(category: Category, most: int) -> dict[str, Bytes]:
    """Some pictures of every other category: real ones where there are enough, else fabrics of its published version."""
    from ml.errors import MlError
    from ml.textiles.appraise import draw_fabrics, read_squares
    from patterns.queries import published_versions
    from patterns.services import load_generator

    published = published_versions()
    found = {}
    for other in Category.objects.exclude(pk=category.pk):
        paths = _spread(_in_data(other), most)
        try:
            if len(paths) >= FEWEST:
                found[other.slug] = read_squares(paths)
            elif other.pk in published:
                found[other.slug] = draw_fabrics(load_generator(published[other.pk]), most)
        except MlError:
            continue  # a category whose files are damaged is left out of the comparison
    return found


def _turns(count: int) -> tuple[int, ...]:
    """Fewer of the twelve turned views where there are many swatches."""
    from ml.textiles.swatch import TURNS

    return TURNS[:: next(step for step in (1, 2, 3, 6, 12) if step == 12 or count * 12 // step <= MOST_VIEWS)]


def _in_data(category: Category) -> list[Path]:
    folder = training_data() / "textiles" / category.slug
    return sorted(path for path in folder.glob("*") if path.suffix.lower() in {".jpg", ".jpeg", ".png"})


def _spread(paths: list[Path], most: int | None) -> list[Path]:
    """``most`` of them, evenly."""
    return paths if most is None or len(paths) <= most else [paths[i * len(paths) // most] for i in range(most)]
