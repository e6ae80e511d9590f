"""Marker tokens, as `src/canonicalize/markers.ts` defines them; `tests/vectors/markers.json` binds the two tables.

Marker k is the private-use code point U+E000+k and has token id k. Only the canonicalizer writes them.
"""

MARKER_BASE = 0xE000
MARKER_COUNT = 32

NAMES = (
    "PAD", "CLS", "MASK", "STRUCTURE", "PATH", "QUERY", "HEADER", "COOKIE", "BODY", "DECODED", "PRINTABLE",
    "VALUE", "DEPTH", "MALFORMED", "UUID", "HEX", "JWT", "OPAQUE", "TIME", "NUMBER", "BYTES",
)  # fmt: skip

MARKERS = {name: chr(MARKER_BASE + k) for k, name in enumerate(NAMES)}
ALL_MARKERS = tuple(chr(MARKER_BASE + k) for k in range(MARKER_COUNT))  # reserved ones too

PAD_ID = NAMES.index("PAD")
CLS_ID = NAMES.index("CLS")
VALUE_ID = NAMES.index("VALUE")
