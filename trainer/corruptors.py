"""How a config and a fragment bank become the corruptor of a training stream."""

from __future__ import annotations

import functools
import random
from collections.abc import Callable, Sequence
from pathlib import Path

from .config import Config
from .corrupt import Corruptor
from .corruption_config import CorruptionConfig
from .errors import TrainerError
from .fragments import FragmentBank
from .stream import TextCorruptor


def bank_corruptor(texts: Sequence[str], bank_path: Path, settings: dict, holdout: tuple[str, ...], seed: int) -> TextCorruptor:
    """A top-level function, so that worker processes can be told to call it."""
    try:
        bank = FragmentBank.load(bank_path)
        return Corruptor(texts, bank.without(holdout) if holdout else bank, random.Random(seed), CorruptionConfig.from_dict(settings))
    except (OSError, ValueError) as error:
        raise TrainerError(f"corruption: {error}") from None


def corruptor_factory(config: Config, bank: Path) -> Callable[[Sequence[str]], TextCorruptor]:
    return functools.partial(bank_corruptor, bank_path=bank, settings=config.corruption, holdout=config.holdout_families, seed=config.seed)
