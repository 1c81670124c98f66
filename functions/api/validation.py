"""The body of POST /users: bounded in every direction, and everything wrong with it said at once."""

from __future__ import annotations

import base64
import binascii
import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from api import problems
from api.problems import Fault, Problem

NAME_MOST: Final = 200  # characters
EMAIL_MOST: Final = 254  # characters: RFC 5321, 4.5.3.1.3, less the angle brackets
_FAULTS_MOST: Final = 10
_SHOWN: Final = 50  # characters of an unknown field's name

# General categories: controls (with NUL), formats (a turn of direction makes a name read as another), line
# and paragraph separators, and halves of surrogate pairs, which no UTF-8, and so no database, can hold.
_UNWRITABLE: Final = frozenset({"Cc", "Cf", "Zl", "Zp", "Cs"})
_JOINERS: Final = "\u200c\u200d"  # formats too, but names are written with them
_VIRAMA: Final = (
    9  # combining class; a joiner may end a word after one: https://www.rfc-editor.org/rfc/rfc5892#appendix-A
)
_BLANKS: Final = "\u115f\u1160\u2800\u3164\uffa0"  # letters and a symbol by category, that show nothing
_EMAIL = re.compile(r"[^\s@]{1,64}@[^\s@.]+(\.[^\s@.]+)*")


@dataclass(frozen=True, slots=True)
class User:
    """What a caller may say about a user."""

    name: str
    email: str


class _Twice(Exception):
    """A field stands twice in the body; readers disagree on which counts."""


def user(headers: Mapping[str, str], body: str, *, encoded: bool, most: int) -> User | Problem:
    """The user in a body of at most `most` bytes; `encoded` if the gateway made base64 of it."""
    if not _is_json(headers.get("content-type", "")):
        return problems.wrong_type()
    if _size(body, encoded) > most:
        return problems.too_large(most)
    content = _parse(body, encoded)
    return content if isinstance(content, Problem) else _user(content.value)


def _is_json(content_type: str) -> bool:
    """application/json, with no charset but UTF-8."""
    kind, *parameters = (part.strip().lower() for part in content_type.split(";"))
    charsets = [p.removeprefix("charset=").strip('"') for p in parameters if p.startswith("charset=")]
    return kind == "application/json" and charsets in ([], ["utf-8"])


def _size(body: str, encoded: bool) -> int:
    """Bytes as sent. The event is JSON, so its text may hold half a surrogate pair."""
    return (
        len(body) * 3 // 4 - body[-2:].count("=") if encoded else len(body.encode("utf-8", "surrogatepass"))
    )


@dataclass(frozen=True, slots=True)
class _Json:
    value: Any


def _parse(body: str, encoded: bool) -> _Json | Problem:
    if not body:
        return problems.not_json("The body is empty.")
    try:
        text = base64.b64decode(body, validate=True).decode() if encoded else body
        return _Json(json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant))
    except _Twice as error:
        return problems.not_json(f"The field {error} stands twice in one object.")
    except (binascii.Error, UnicodeDecodeError):
        return problems.not_json("The body is not UTF-8 text.")
    except json.JSONDecodeError as error:
        return problems.not_json(f"The body is not JSON: line {error.lineno}, column {error.colno}.")
    except (ValueError, RecursionError):  # thousands of digits or of brackets
        return problems.not_json("The body is not JSON anyone could have meant.")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise _Twice(json.dumps(name[:_SHOWN]))
        found[name] = value
    return found


def _no_constant(word: str) -> Any:
    """NaN and Infinity are Python's, not JSON's."""
    raise ValueError(word)


def _user(content: Any) -> User | Problem:
    if not isinstance(content, dict):
        return problems.bad_user((Fault("", "must be an object"),))
    faults = [
        *_text(content, "name", 1, NAME_MOST),
        *_text(content, "email", 3, EMAIL_MOST),
        *_shape(content.get("email")),
        *(Fault(_pointer(name), "is not a field of a user") for name in content.keys() - {"name", "email"}),
    ]
    if faults:
        return problems.bad_user(tuple(sorted(faults, key=lambda fault: fault.pointer)[:_FAULTS_MOST]))
    return User(content["name"], content["email"])


def _text(content: Mapping[str, Any], name: str, least: int, most: int) -> list[Fault]:
    """What is wrong with a required text of `least` to `most` characters."""
    value, pointer = content.get(name), f"/{name}"
    if name not in content:
        return [Fault(pointer, "is missing")]
    if not isinstance(value, str):
        return [Fault(pointer, "must be a string")]
    faults = []
    if not least <= len(value) <= most:
        faults.append(Fault(pointer, f"must have {least} to {most} characters, has {len(value)}"))
    if not all(_writable(value, place) for place in range(len(value))):
        faults.append(
            Fault(pointer, "must not have control or format characters, line breaks or lone surrogates")
        )
    elif value and not any(map(_shows, value)):
        faults.append(Fault(pointer, "must not be blank"))
    return faults


def _writable(value: str, place: int) -> bool:
    """Whether a character may stand where it does: a joiner only after what it joins."""
    if value[place] not in _JOINERS:
        return unicodedata.category(value[place]) not in _UNWRITABLE
    before, after = value[place - 1 : place], value[place + 1 : place + 2]
    if not before or not _joined(before):
        return False
    return unicodedata.combining(before) == _VIRAMA or bool(after and _joined(after))


def _joined(character: str) -> bool:
    return unicodedata.category(character)[0] in "LMNS"


def _shows(character: str) -> bool:
    return unicodedata.category(character)[0] not in "ZM" and character not in _JOINERS + _BLANKS


def _shape(email: Any) -> list[Fault]:
    """Enough to catch a slip; only a message sent to it proves an address."""
    if not isinstance(email, str) or len(email) > EMAIL_MOST or _EMAIL.fullmatch(email):
        return []
    return [Fault("/email", "must be an address like ana@example.org")]


def _pointer(name: str) -> str:
    """RFC 6901; a name is shown up to a length."""
    return "/" + name[:_SHOWN].replace("~", "~0").replace("/", "~1")
