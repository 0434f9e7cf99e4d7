import torch

from ml.bench_stylegan2 import StyleGan2


def test_the_yardstick_has_the_published_size_and_draws():
    net = StyleGan2().eval()
    assert 24e6 < sum(parameter.numel() for parameter in net.parameters()) < 25.5e6
    with torch.no_grad():
        assert net(torch.randn(1, 512)).shape == (1, 3, 256, 256)
