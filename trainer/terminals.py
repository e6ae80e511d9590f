"""What a grammar's references in capitals stand for: words, names, numbers and literals, drawn at random."""

from __future__ import annotations

import base64
import string
from random import Random


def _letters(rng: Random, low: int, high: int, alphabet: str = string.ascii_lowercase) -> str:
    return "".join(rng.choices(alphabet, k=rng.randint(low, high)))


_TOP_DOMAINS = ("com", "com", "net", "org", "io", "dev", "de", "fr", "co.uk", "jp", "site", "me", "local", "internal", "test")


class Terminals:
    """Random words, names and literals. A reference in capitals (`«IDENT»`) calls the method of that name in small."""

    def __init__(self, nouns: list[str]):
        self._nouns = nouns

    def word(self, rng: Random) -> str:
        return rng.choice(self._nouns) if rng.random() < 0.7 else _letters(rng, 2, 9)

    def ident(self, rng: Random) -> str:
        roll = rng.random()
        if roll < 0.35:
            return self.word(rng)
        if roll < 0.50:
            return f"{self.word(rng)}_{self.word(rng)}"
        if roll < 0.62:
            return self.word(rng) + self.word(rng).title()
        if roll < 0.72:
            return rng.choice(string.ascii_letters)
        if roll < 0.82:
            return f"{self.word(rng)}{rng.randint(0, 99)}"
        if roll < 0.90:
            return _letters(rng, 3, 8, string.ascii_letters)
        return self.word(rng).upper()

    def constant(self, rng: Random) -> str:
        return self.ident(rng).upper()

    def cls(self, rng: Random) -> str:
        return "".join(self.word(rng).title() for _ in range(rng.randint(1, 3)))

    def letter(self, rng: Random) -> str:
        return rng.choice(string.ascii_letters)

    def digit(self, rng: Random) -> str:
        return rng.choice(string.digits)

    def int(self, rng: Random) -> str:
        return str(rng.randint(0, 9) if rng.random() < 0.45 else rng.randint(10, 9999))

    def num(self, rng: Random) -> str:
        roll = rng.random()
        if roll < 0.85:
            return self.int(rng)
        return f"{rng.randint(0, 9)}.{rng.randint(0, 99)}" if roll < 0.93 else f"-{rng.randint(1, 99)}"

    def small(self, rng: Random) -> str:
        return str(rng.randint(1, 30))

    def port(self, rng: Random) -> str:
        return str(rng.choice((21, 22, 25, 80, 443, 3000, 5000, 8000, 8080)) if rng.random() < 0.4 else rng.randint(20, 65535))

    def year(self, rng: Random) -> str:
        return str(rng.randint(1970, 2035))

    def hex(self, rng: Random) -> str:
        return _letters(rng, 2, 8, "0123456789abcdef") + _letters(rng, 2, 8, "0123456789abcdef")

    def hex2(self, rng: Random) -> str:
        return f"{rng.randint(33, 126):02x}"

    def hexlit(self, rng: Random) -> str:
        return "0x" + self.hex(rng)

    def base64(self, rng: Random) -> str:
        raw = "".join(rng.choices(string.printable[:95], k=rng.randint(6, 24)))
        return base64.b64encode(raw.encode()).decode()

    def ip(self, rng: Random) -> str:
        roll = rng.random()
        if roll < 0.6:
            return ".".join(str(rng.randint(0, 255)) for _ in range(4))
        if roll < 0.75:
            private = rng.choice(("10", "127", "172.16", "192.168", "169.254"))
            return private + "".join(f".{rng.randint(0, 255)}" for _ in range(3 - private.count(".")))
        if roll < 0.85:
            return rng.choice(("localhost", "0.0.0.0", "127.1", "[::1]", "[::]", "[::ffff:127.0.0.1]"))
        return str(rng.randint(10**9, 2**32 - 1)) if roll < 0.93 else "0x" + _letters(rng, 8, 8, "0123456789abcdef")

    def domain(self, rng: Random) -> str:
        name = self.word(rng) if rng.random() < 0.5 else f"{self.word(rng)}.{self.word(rng)}"
        return f"{name}.{rng.choice(_TOP_DOMAINS)}"

    def host(self, rng: Random) -> str:
        return self.domain(rng) if rng.random() < 0.8 else self.ip(rng)

    def escaped(self, rng: Random) -> str:
        style = rng.choice(("\\%03o", "\\x%02x", "&#%d;", "%%%02x", "\\u00%02x", "&#x%x", "\\%x"))
        return "".join(style % rng.randint(33, 122) for _ in range(rng.randint(2, 6)))

    def cjk(self, rng: Random) -> str:
        return "".join(chr(rng.randint(0x4E00, 0x9F00)) for _ in range(rng.randint(1, 6)))

    def cyrillic(self, rng: Random) -> str:
        return "".join(chr(rng.randint(0x430, 0x44F)) for _ in range(rng.randint(2, 9)))

    def emoji(self, rng: Random) -> str:
        return chr(rng.choice((rng.randint(0x1F600, 0x1F64F), rng.randint(0x1F300, 0x1F5FF), 0x2764, 0x2705, 0x2B50)))

    sp = staticmethod(lambda rng: " ")
    tab = staticmethod(lambda rng: "\t")
    lf = staticmethod(lambda rng: "\n")
    nul = staticmethod(lambda rng: "\x00")
    crlf = staticmethod(lambda rng: rng.choice(("\r\n", "\r\n", "\r\n", "\n", "\r")))
