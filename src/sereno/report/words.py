"""Words of people's and of back ends', fit to be shown anywhere.

Signs that steer a terminal or that XML cannot hold become spaces, and e-mail addresses, which an error
of AWS's may name as the session that was refused, are left out.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from sereno.language.model import Slo

# What stands before the `@` by RFC 5322 (an atom, with dots) but for what parts a link's query, and a domain
# that ends in letters (or in what DNS makes of others): `checkout@v5.1` is none; `%40` is an `@` in a link.
_MAIL: Final = re.compile(r"[\w.!#$'*+^`{|}~%-]+(?:@|%40)(?:[\w-]+\.)+(?:xn--[\w-]+|[^\W\d_]{2,})(?![\w-])")


def plain(text: str) -> str:
    """One line of printable signs, without e-mail addresses."""
    if text.isprintable() and "@" not in text and "%40" not in text:
        return text
    printable = "".join(c if c.isprintable() else " " for c in text)
    return _MAIL.sub("(an e-mail address)", " ".join(printable.split()))


def shown(slo: Slo) -> Slo:
    """The SLO with its texts fit to be shown."""
    texts = slo.display_name, slo.description, slo.owner
    name, description, owner = fit = tuple(map(plain, texts))
    return slo if fit == texts else replace(slo, display_name=name, description=description, owner=owner)
