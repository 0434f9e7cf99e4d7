import numpy as np
import torch

from ml.bench import SEGMENT, TWELVE_MEGAPIXELS, Memory, Row, most_memory, multiply
from ml.bench_stylegan2 import StyleGan2


def test_the_yardstick_has_the_published_size_and_draws():
    net = StyleGan2().eval()
    assert 24e6 < sum(parameter.numel() for parameter in net.parameters()) < 25.5e6
    with torch.no_grad():
        assert net(torch.randn(1, 512)).shape == (1, 3, 256, 256)


def test_a_row_says_what_was_promised_and_whether_it_was_kept():
    told = " ".join(str(Row("drape", 0.1, 0.4, "a loop", 0.25)).split())
    assert told == "drape 100 ms of 250 ms 400 ms a loop (4 times ours)"
    assert "OVER 250 ms" in str(Row("drape", 0.3, within=0.25))
    assert str(Row("drape", 0.3)).endswith("300 ms")
    assert "OVER 1000 MB" in str(Memory("print", 1.2e9, 1e9))


def test_memory_is_that_of_a_process_of_its_own():
    plain, heavy = (most_memory(f"held = b'x' * {size}") for size in (1, 80_000_000))
    assert 60e6 < heavy - plain < 120e6


def test_a_photo_of_twelve_megapixels_is_segmented_in_less_than_was_promised():
    assert most_memory(SEGMENT.format(*TWELVE_MEGAPIXELS)) < 500e6  # 700 are


def test_a_plain_multiply_darkens_cloth_by_the_photo_and_leaves_the_rest():
    photo = np.full((2, 2, 3), 51, np.uint8)
    mixed = multiply(photo, np.full((2, 2, 3), 200, np.uint8), np.array([[1, 0], [0, 0.5]], np.float32))
    assert mixed[..., 0].tolist() == [[40, 51], [51, 45]]
