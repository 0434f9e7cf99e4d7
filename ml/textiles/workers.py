"""Training on several GPUs or machines: started by ``torchrun``, the processes keep their nets equal by averaging gradients.

DistributedDataParallel cannot carry a GAN's step (several passes through the discriminator before one backward pass, and R1's second
derivative), so the gradients are averaged by torch.distributed itself, as in StyleGAN2-ADA (Karras et al. 2020).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import Tensor, nn

SEED_STRIDE = 1_000_003  # so that no two processes draw the same pictures


@dataclass(frozen=True)
class Workers:
    """This process among those that train one run together; alone without torchrun."""

    rank: int = 0
    count: int = 1

    @property
    def leads(self) -> bool:
        """Whether this process writes the files and prints."""
        return self.rank == 0

    def seed(self, seed: int) -> int:
        """The seed of this process's draws; that of the run itself for the first."""
        return seed + SEED_STRIDE * self.rank

    def average_gradients(self, parameters: Iterable[nn.Parameter]) -> None:
        """Replace every gradient by its mean over the processes, in one message."""
        if self.count == 1:
            return
        gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
        joined = torch.cat([gradient.reshape(-1) for gradient in gradients])
        dist.all_reduce(joined)
        joined /= self.count
        for gradient, mean in zip(
            gradients, torch.split(joined, [gradient.numel() for gradient in gradients]), strict=True
        ):
            gradient.copy_(mean.view_as(gradient))

    def agree(self, state: Iterable[Tensor]) -> None:
        """Give every process the first one's tensors."""
        if self.count > 1:
            for tensor in state:
                dist.broadcast(tensor, 0)

    def wait(self) -> None:
        """Until every process has come as far."""
        if self.count > 1:
            dist.barrier()


@contextmanager
def joined_workers(device: torch.device) -> Iterator[Workers]:
    """The processes that torchrun started, joined while the block runs."""
    count = int(os.environ.get("WORLD_SIZE", "1"))
    if count == 1:
        yield Workers()
        return
    if device.type == "cuda":
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield Workers(dist.get_rank(), count)
    finally:
        dist.destroy_process_group()
