"""How a config and a fragment bank become corruptors: of the training stream, and of the texts that choose a checkpoint."""

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

# Noise and operators behind names are of no family: without them every corruption shows one.
FRAGMENTS_ALONE = {"noise_share": 0.0, "name_suffix_share": 0.0, "structure_share": 0.0}


def bank_corruptor(texts: Sequence[str], bank_path: Path, settings: dict, holdout: tuple[str, ...], seed: int,
                   only: tuple[str, ...] = ()) -> TextCorruptor:  # fmt: skip
    """`holdout` take part in no fragment; with `only`, foreign fragments are of these languages alone. A top-level function,
    so that worker processes can be told to call it."""
    try:
        bank = FragmentBank.load(bank_path)
        bank = bank.without(holdout) if holdout else bank
        return Corruptor(texts, bank.only(only) if only else bank, random.Random(seed), CorruptionConfig.from_dict(settings))
    except (OSError, ValueError) as error:
        raise TrainerError(f"corruption: {error}") from None


def corruptor_factory(config: Config, bank: Path) -> Callable[[Sequence[str]], TextCorruptor]:
    """Of training: `holdout_families` are left out."""
    return functools.partial(bank_corruptor, bank_path=bank, settings=config.corruption, holdout=config.holdout_families, seed=config.seed)


def selection_factories(config: Config, bank: Path) -> tuple[Callable[[Sequence[str]], TextCorruptor], ...]:
    """What takes turns in corrupting for selection: the whole bank and, where training leaves foreign families out, these alone."""
    whole = functools.partial(bank_corruptor, bank_path=bank, settings=config.corruption, holdout=(), seed=config.seed)
    try:
        foreign = FragmentBank.load(bank).counts() if config.holdout_families else {}
    except (OSError, ValueError) as error:
        raise TrainerError(f"corruption: {error}") from None
    held_out = tuple(family for family in config.holdout_families if family in foreign)
    if not held_out:
        return (whole,)
    return whole, functools.partial(whole, settings={**config.corruption, **FRAGMENTS_ALONE}, only=held_out)
