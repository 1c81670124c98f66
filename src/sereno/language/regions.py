"""AWS Regions by their form: a Region is opened every year, so no list of them is kept.

The forms are those of the partitions of botocore's `partitions.json`; the word before the number has been a
direction in each of its Regions.
"""

from __future__ import annotations

import re
from typing import Final

FORM: Final = re.compile(r"[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}")  # us-east-1, us-gov-west-1, eusc-de-east-1
AREAS: Final = (
    *("us", "eu", "ap", "sa", "ca", "me", "af", "il", "mx", "cn"),
    *("us-gov", "us-iso", "us-isob", "us-isof", "eu-isoe", "eusc-de"),
)
DIRECTIONS: Final = (
    *("north", "south", "east", "west", "central"),
    *("northeast", "northwest", "southeast", "southwest"),
)


def is_formed(name: str) -> bool:
    """Whether it can be a Region's name."""
    return FORM.fullmatch(name) is not None


def is_likely(name: str) -> bool:
    """Whether it has an area and a direction as every Region so far."""
    if not is_formed(name):
        return False
    area, direction, _ = name.rsplit("-", 2)
    return area in AREAS and direction in DIRECTIONS


def meant(name: str) -> str:
    """The nearest name of a Region: of `EU-West`, `eu-west-1`."""
    area, _, rest = name[:80].strip().lower().partition("-")
    *more, direction = re.findall("[a-z]+", rest.rstrip("abcdef")) or [""]
    number = re.search("[1-9]", rest)
    near = _nearest("-".join((area, *more)), AREAS, "us"), _nearest(direction, DIRECTIONS, "east")
    return f"{near[0]}-{near[1]}-{number[0] if number else 1}"


def _nearest(word: str, known: tuple[str, ...], default: str) -> str:
    """The known word of the same letters, or the one with which it begins, or that is most like it."""
    from difflib import get_close_matches

    same = [each for each in known if sorted(each) == sorted(word)]
    begun = sorted((each for each in known if word.startswith(each)), key=len, reverse=True)
    return (*same, *begun, *get_close_matches(word, known, n=1), default)[0]
