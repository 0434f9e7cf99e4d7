"""Which pixel is what, as it counts now: as the net found it, or mended; everybody's, or one person's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patterns.memory import OF_PEOPLE, Memory
from tryon.models import Photo, Wearable
from tryon.pictures import decode_grey, read_grey

if TYPE_CHECKING:
    from ml.images import Bytes

known_areas: Memory[Bytes] = Memory(32, 16 * 1024 * 1024, lambda areas: areas.nbytes, OF_PEOPLE)


def labels_of(wearable: Wearable) -> Bytes:
    """Classes, uint8 (h, w): of the picture's own size as found, at most 512 px when mended. Others are background."""
    if not isinstance(wearable, Photo):
        return read_grey(wearable.labels)
    labels = decode_grey(bytes(wearable.mend.labels), "a mended mask") if wearable.mend else read_grey(wearable.labels)
    return of_person(wearable, labels)


def of_person(photo: Photo, labels: Bytes) -> Bytes:
    """Labels of a photo without the people who are not to be dressed."""
    import numpy as np

    if not photo.person:
        return labels
    areas = resized(areas_of(photo), labels.shape[1], labels.shape[0])
    return np.where(areas == photo.person, labels, np.uint8(0))


def areas_of(photo: Photo) -> Bytes:
    """Whose each pixel is, uint8 (h, w) at the size of mending, from 1; by the outlines as the net found them."""
    from ml.garments.mend import bench_size
    from ml.garments.people import people_areas
    from ml.images import resize_labels

    areas = known_areas.recall(photo.labels.name)
    if areas is None:
        areas, _ = people_areas(resize_labels(read_grey(photo.labels), *bench_size(photo.width, photo.height)))
        known_areas.keep(photo.labels.name, areas)
    return areas


def resized(labels: Bytes, width: int, height: int) -> Bytes:
    """Labels at another size: enlarged with smooth borders, made smaller by nearest neighbour."""
    from ml.garments.regions import grow_labels
    from ml.images import resize_labels

    if labels.shape == (height, width):
        return labels
    return (grow_labels if labels.shape[0] < height else resize_labels)(labels, width, height)
