"""What an evader does to a payload. Each is a pure function of payload, class and a seeded random source.

They are applied to attacks in order to measure, and to benign values, which must not alarm for it. `ENCODINGS` leave the
meaning of any text as it is; the others only make sense of what they are written for and return None elsewhere.
"""

from __future__ import annotations

import base64
import random
import re
from collections.abc import Callable

from .splice import Payload

# Ordinary words: padding has to look like what people write.
WORDS = """about above after again air all along also always animal another answer any around ask away back because been
before began being below between book both boy came can car carry change children city close come could country cut day
different does down each earth eat end enough even every example eye face family far father feet few find first follow
food found four get girl give good great group grow hand hard head hear help here high home house idea important keep kind
know land large last late learn leave left letter life light line list little live long look made make many mean men might
mile more most mother mountain move much must name near need never new next night number often old once only open other
over own page paper part people place plant play point put read really right river run said same saw say school sea second
see seem sentence set she should show side small something sometimes song soon sound spell start state still stop story
study such take talk tell than that their them then there these they thing think this those thought three through time
together took tree try turn two under until walk want watch water way week well went were what when where which while
white who why will with without word work world would write year young""".split()

Transformation = Callable[[str, str, random.Random], "Payload | None"]
PADDING_WORDS, EXTRA_PARAMETERS, SIDE_WORDS = 150, 60, 8


def raw(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def words(count: int, rng: random.Random) -> str:
    return " ".join(rng.choice(WORDS) for _ in range(count))


def plain(text: str, kind: str, rng: random.Random) -> Payload:
    return Payload(raw(text))


def random_case(text: str, kind: str, rng: random.Random) -> Payload | None:
    changed = "".join(char.upper() if rng.random() < 0.5 else char.lower() for char in text)
    return Payload(raw(changed)) if changed != text else None


def comments(text: str, kind: str, rng: random.Random) -> Payload | None:
    """SQL reads a comment as a blank."""
    return Payload(raw(re.sub(r" +", "/**/", text))) if kind == "sqli" and " " in text.strip() else None


def whitespace(text: str, kind: str, rng: random.Random) -> Payload | None:
    """Other blanks, and more of them."""
    blank = lambda _: "".join(rng.choice("\t\n\r\x0b\x0c ") for _ in range(rng.randint(1, 3)))  # noqa: E731
    return Payload(raw(re.sub(r" +", blank, text))) if " " in text.strip() else None


def encoded_twice(text: str, kind: str, rng: random.Random) -> Payload:
    return Payload(raw(text), layers=1)


def encoded_thrice(text: str, kind: str, rng: random.Random) -> Payload:
    return Payload(raw(text), layers=2)


def full_width(text: str, kind: str, rng: random.Random) -> Payload | None:
    changed = "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in text)
    return Payload(raw(changed)) if changed != text else None


def overlong(text: str, kind: str, rng: random.Random) -> Payload | None:
    """UTF-8 in two bytes of what fits one."""
    if not any(char in "./\\" for char in text):
        return None
    return Payload(b"".join(bytes([0xC0 | ord(char) >> 6, 0x80 | ord(char) & 63]) if char in "./\\" else raw(char) for char in text))


def padded_before(text: str, kind: str, rng: random.Random) -> Payload:
    return Payload(raw(f"{words(PADDING_WORDS, rng)} {text}"))


def padded_after(text: str, kind: str, rng: random.Random) -> Payload:
    return Payload(raw(f"{text} {words(PADDING_WORDS, rng)}"))


def padded_around(text: str, kind: str, rng: random.Random) -> Payload:
    half = PADDING_WORDS // 2
    return Payload(raw(f"{words(half, rng)} {text} {words(PADDING_WORDS - half, rng)}"))


def extra_parameters(text: str, kind: str, rng: random.Random) -> Payload:
    pairs = ((f"{rng.choice(WORDS)}{number}", raw(words(rng.randint(1, 3), rng))) for number in range(EXTRA_PARAMETERS))
    return Payload(raw(text), extra=tuple(pairs))


def unicode_escapes(text: str, kind: str, rng: random.Random) -> Payload:
    r"""`\uXXXX` for everything but letters and digits; in JSON that is the string's own encoding."""
    changed = "".join(char if char.isascii() and char.isalnum() else _escape(char) for char in text)
    return Payload(raw(changed), json_text=changed)


def _escape(char: str) -> str:
    units = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))


def base64_text(text: str, kind: str, rng: random.Random) -> Payload:
    return Payload(base64.b64encode(raw(text)), whole=True)


def split_over_fields(text: str, kind: str, rng: random.Random) -> Payload | None:
    """The second half in the next parameter, as applications that join repeated parameters would put it together."""
    if len(text) < 8:
        return None
    cut = rng.randint(len(text) // 3, 2 * len(text) // 3)
    return Payload(raw(text[:cut]), extra=((rng.choice(WORDS), raw(text[cut:])),))


def woven(text: str, kind: str, rng: random.Random) -> Payload:
    """Ordinary words between the tokens, in comments or attributes, and on both sides."""
    inner = text
    if kind == "sqli":
        inner = re.sub(r" +", lambda _: f" /* {words(rng.randint(1, 3), rng)} */ ", text)
    elif kind == "xss":
        inner = re.sub(r"<([a-zA-Z]+)(?=[\s/>])", lambda tag: f'<{tag[1]} title="{words(3, rng)}" lang={rng.choice(WORDS)} ', text)
    return Payload(raw(f"{words(SIDE_WORDS, rng)} {inner} {words(SIDE_WORDS, rng)}"))


TRANSFORMATIONS: dict[str, Transformation] = {
    "plain": plain,
    "random case": random_case,
    "comments": comments,
    "whitespace": whitespace,
    "encoded twice": encoded_twice,
    "encoded three times": encoded_thrice,
    "full width": full_width,
    "overlong UTF-8": overlong,
    "150 words before": padded_before,
    "150 words after": padded_after,
    "150 words around": padded_around,
    "60 parameters more": extra_parameters,
    "\\u escapes": unicode_escapes,
    "Base64": base64_text,
    "split over two fields": split_over_fields,
    "woven": woven,
}
ENCODINGS = ("encoded twice", "encoded three times", "full width", "\\u escapes", "Base64", "60 parameters more")
