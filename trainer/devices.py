"""Where the math runs: device, number format, threads, and the processes that train together."""

from __future__ import annotations

import os
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor

from .config import Config
from .errors import TrainerError


def pick_device(name: str) -> torch.device:
    """`auto` takes a GPU where there is one; of several, each process takes its own."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name.startswith("cuda") and not torch.cuda.is_available():
        raise TrainerError(f"--device: expected cpu, as this PyTorch sees no GPU, got {name!r}")
    if name == "cuda" and "LOCAL_RANK" in os.environ:
        name = f"cuda:{int(os.environ['LOCAL_RANK']) % torch.cuda.device_count()}"
    device = torch.device(name)
    if device.type == "cuda":
        torch.cuda.set_device(device)
        torch.set_float32_matmul_precision("high")  # what stays in single precision beside bf16 may use TF32
    return device


def set_threads(config: Config) -> None:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    torch.set_num_threads(config.threads or max(1, cores - config.workers))


def autocast_type(config: Config, device: torch.device) -> torch.dtype | None:
    """bf16 where the processor multiplies it natively; elsewhere it is emulated and slower than fp32."""
    if config.precision == "fp32":
        return None
    if config.precision == "bf16":
        return torch.bfloat16
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else None
    native = getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
    return torch.bfloat16 if device.type == "cpu" and native() else None


class Team:
    """The processes that train one model: this one alone, or those that `accelerate launch` or `torchrun` started."""

    def __init__(self, rank: int = 0, size: int = 1) -> None:
        self.rank, self.size = rank, size

    @staticmethod
    def join(device: torch.device) -> "Team":
        """Reads what the launcher put into the environment; a launcher is recognized by WORLD_SIZE."""
        size = int(os.environ.get("WORLD_SIZE", "1"))
        if size == 1:
            return Team()
        dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
        return Team(dist.get_rank(), size)

    def leave(self) -> None:
        if self.size > 1:
            dist.destroy_process_group()

    @property
    def first(self) -> bool:
        """Whether this process writes files and speaks."""
        return self.rank == 0

    def add_up(self, tensor: Tensor) -> Tensor:
        """Sum over the processes, in place."""
        if self.size > 1:
            dist.all_reduce(tensor)
        return tensor

    def add_up_gradients(self, parameters: list[Tensor]) -> None:
        """One message for all of them: these models are small, and starting a message costs more than its bytes."""
        if self.size == 1:
            return
        gradients = [p.grad if p.grad is not None else torch.zeros_like(p) for p in parameters]
        flat = self.add_up(torch.cat([gradient.reshape(-1) for gradient in gradients]))
        for parameter, gradient in zip(parameters, flat.split([gradient.numel() for gradient in gradients])):
            parameter.grad = gradient.view_as(parameter)

    def gather(self, value: Any) -> list:
        """Everybody's value, by rank."""
        if self.size == 1:
            return [value]
        values: list = [None] * self.size
        dist.all_gather_object(values, value)
        return values
