"""What each view of a bundle thinks of each text, scored once and kept on disk by the hash of what scored it."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

from ..bundle import NGRAM, Bundle
from ..model import NOT_SCORED
from ..ngrams import NgramModel
from ..pieces import PieceShape
from ..scoring import Scorer
from ..views import PieceLogits, Rule, cut, linear_logits, linear_view
from .requests import Requests, TextPool

CHUNK = 4096  # texts scored, and written down, at a time
VIEWS = ("both", "transformer", "linear")  # names of a bundle's own scores; a baseline has another
ENTRY = np.dtype([("key", "V16"), ("logit", "<f8")])


class DiskScores:
    """Logits by text, appended to one file; a torn last entry is dropped."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.known: dict[bytes, float] = {}
        if path is not None and path.is_file():
            raw = path.read_bytes()
            entries = np.frombuffer(raw[: len(raw) // ENTRY.itemsize * ENTRY.itemsize], dtype=ENTRY)
            keys = entries["key"].tobytes()
            self.known = {keys[16 * i : 16 * i + 16]: logit for i, logit in enumerate(entries["logit"].tolist())}
            if len(raw) % ENTRY.itemsize:
                path.write_bytes(entries.tobytes())

    def add(self, keys: list[bytes], logits: np.ndarray) -> None:
        self.known.update(zip(keys, logits.tolist()))
        if self.path is not None:
            entries = np.empty(len(keys), dtype=ENTRY)
            entries["key"] = np.frombuffer(b"".join(keys), dtype="V16")
            entries["logit"] = logits
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("ab") as file:
                file.write(entries.tobytes())


class CachedView:
    """`logits` of a pool's texts by anything that scores lists of texts."""

    def __init__(self, score: Callable[[list[str]], np.ndarray], identity: str, cache: Path | None, name: str) -> None:
        self.score, self.name = score, name
        self.disk = DiskScores(cache / f"scores-{identity[:32]}.bin" if cache else None)

    def logits(self, pool: TextPool) -> np.ndarray:
        """float64 [len(pool)]."""
        keys = [hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest() for text in pool.texts]
        fresh = [index for index, key in enumerate(keys) if key not in self.disk.known]
        with tqdm(total=len(fresh), unit="text", desc=self.name, disable=None if len(fresh) > CHUNK else True, file=sys.stderr) as bar:
            for start in range(0, len(fresh), CHUNK):
                chunk = fresh[start : start + CHUNK]
                self.disk.add([keys[i] for i in chunk], self.score([pool.texts[i] for i in chunk]))
                bar.update(len(chunk))
        return np.array([self.disk.known[key] for key in keys], dtype=np.float64)


class CachedPieces:
    """The linear view's logit of every piece of a pool's texts; kept by text and number of the piece, since the windows of
    the name are the first piece's."""

    def __init__(self, linear: NgramModel, shape: PieceShape, identity: str, cache: Path | None) -> None:
        self.linear, self.shape = linear, shape
        self.disk = DiskScores(cache / f"scores-{identity[:32]}.bin" if cache else None)

    def logits(self, texts: Sequence[str], counts: np.ndarray) -> np.ndarray:
        """float64 [counts.sum()]; `counts` has the number of pieces of each text."""
        keys = [[hashlib.blake2b(b"%d %s" % (number, text.encode("utf-8", "surrogatepass")), digest_size=16).digest() for number in range(count)]
                for text, count in zip(texts, counts.tolist())]  # fmt: skip
        fresh = [index for index, own in enumerate(keys) if own[0] not in self.disk.known or own[-1] not in self.disk.known]
        for start in range(0, len(fresh), CHUNK):
            chunk = fresh[start : start + CHUNK]
            self.disk.add([key for index in chunk for key in keys[index]], linear_logits([texts[index] for index in chunk], self.linear, self.shape))
        return np.array([self.disk.known[key] for own in keys for key in own], dtype=np.float64)


class BundleScores:
    """The views of one bundle over a pool, and what they come to: `scores()` by name, `served` being what the service ranks by."""

    served = "both"

    def __init__(self, bundle: Bundle, cache: Path | None) -> None:
        files = bundle.manifest["files"]
        window = bundle.manifest["window"]
        # The views' weights name the cache, not the manifest: a new calibration changes no logit.
        identity = identity_of(files[bundle.manifest["serve"]]["sha256"], files["tokenizer.json"]["sha256"], str(sorted(window.items())))
        self.transformer = CachedView(Scorer.of(bundle).field_logits, identity, cache, "Transformer")
        self.rule = Rule.from_manifest(bundle.manifest["views"]) if "views" in bundle.manifest else None
        if self.rule is None:
            self.served = "transformer"
        else:
            identity = identity_of(files[NGRAM]["sha256"], str(self.rule.pieces))
            self.linear = CachedPieces(linear_view(bundle), self.rule.pieces, identity, cache)

    def scores(self, pool: TextPool) -> dict[str, np.ndarray]:
        """By view, float64 [len(pool)]; with two views as surprises, which are comparable, otherwise as logits."""
        if self.rule is None:
            return {"transformer": self.transformer.logits(pool)}
        texts, owners = cut(pool.texts, self.rule.pieces)
        pieces, places = TextPool(), np.zeros(len(texts), dtype=np.int64)
        for at, text in enumerate(texts):
            places[at] = pieces.add(text)
        linear = self.linear.logits(pool.texts, np.bincount(owners, minlength=len(pool)))
        found = PieceLogits(len(pool), owners, self.transformer.logits(pieces)[places], linear)
        surprises = {view: found.largest(self.rule.surprise(view, getattr(found, view))) for view in ("transformer", "linear")}
        return {"both": found.combined(self.rule), **surprises}

    def needs_transformer(self, linear_surprise: np.ndarray, threshold: float) -> np.ndarray:
        """The fields on which the exact cascade runs the Transformer: bool [n]; all of them without a second view."""
        if self.rule is None:
            return np.ones(len(linear_surprise), dtype=bool)
        return (self.rule.most + linear_surprise) / 2 >= threshold


def identity_of(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def request_scores(requests: Requests, scores: np.ndarray) -> np.ndarray:
    """The largest score of each request's fields: float64 [R]."""
    return np.array([scores[fields].max(initial=NOT_SCORED) for fields in requests.fields], dtype=np.float64)


def top_fields(requests: Requests, scores: np.ndarray) -> np.ndarray:
    """The field that has it: int64 [R], -1 for a request without fields."""
    return np.array([fields[np.argmax(scores[fields])] if len(fields) else -1 for fields in requests.fields], dtype=np.int64)
