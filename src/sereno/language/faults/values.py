"""Problems of one value, or of the keys of one mapping."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from sereno.language.problem import Problem, Span, did_you_mean


def unknown_field(at: Span, name: str, known: Iterable[str]) -> Problem:
    """A key must be one the language knows.

    A misspelt key that is ignored is an alert without a runbook, or an objective without a target.

    Breaks: `runbok: dlq-not-empty`
    Keeps: `runbook: dlq-not-empty`
    """
    return Problem(at, "unknown-field", f"unknown field `{name}`", did_you_mean(name, known))


def missing_field(at: Span, name: str) -> Problem:
    """A key that must be there is not, or has no value.

    Breaks: an alert without `severity`, or `severity:` with nothing after it
    Keeps: `severity: page`
    """
    return Problem(at, "missing-field", f"`{name}` is missing", f"write `{name}:` with its value")


def wrong_shape(at: Span, name: str, expected: str, instead: str = "") -> Problem:
    """A mapping stands where a list is meant, or a text where a mapping is meant.

    Breaks: `objectives: {target: 0.99}`
    Keeps: `objectives: [{target: 0.99}]`
    """
    help_ = f"write `{instead}`" if instead else f"write {expected} here"
    return Problem(at, "wrong-shape", f"`{name}` must be {expected}", help_)


def not_allowed(at: Span, name: str, value: str, allowed: Iterable[str]) -> Problem:
    """A value must be one of those listed.

    Breaks: `severity: critical`
    Keeps: `severity: page`
    """
    words = sorted(set(allowed))
    near = did_you_mean(value, words)
    listed = "write one of " + ", ".join(f"`{w}`" for w in words)
    hint = near if near.startswith("did") else listed
    return Problem(at, "not-allowed", f"`{name}` cannot be `{value}`", hint)


def text_expected(at: Span, name: str, value: str) -> Problem:
    """Text that reads like a number or a truth value needs quotes.

    YAML readers do not agree on `no`, `on`, `08` or `1.0`: to one they are text, to another
    false, true, 8 and 1. Quotes settle it.

    Breaks: `team: no`
    Keeps: `team: "no"`
    """
    return Problem(
        at, "text-expected", f"`{name}` is text, but `{value}` reads as something else", f'write "{value}"'
    )


def empty_text(at: Span, name: str) -> Problem:
    """A text that must say something is empty.

    Breaks: `owner: ""`
    Keeps: `owner: users-team`
    """
    return Problem(at, "empty-text", f"`{name}` is empty", "write what it is")


def text_too_long(at: Span, name: str, length: int, limit: int) -> Problem:
    """OpenSLO bounds descriptions to 1,050 characters and display names to 63.

    Breaks: a description of two pages
    Keeps: two sentences, and the rest in the runbook
    """
    words = f"`{name}` has {length:,} characters, more than {limit:,}"
    return Problem(at, "text-too-long", words, "say it shorter; a runbook has room")


def number_expected(at: Span, name: str, value: str, quoted: bool) -> Problem:
    """A number stands without quotes, in digits.

    Breaks: `threshold: "5"`, `threshold: five`
    Keeps: `threshold: 5`
    """
    if quoted:
        words = f'`{name}` is a number, but "{value}" is text'
        return Problem(at, "number-expected", words, f"write {value} without quotes")
    words = f"`{name}` is a number, but `{value}` is not"
    return Problem(at, "number-expected", words, "write a number, such as 0.999")


def number_form(at: Span, name: str, value: str) -> Problem:
    """A number is written in plain decimal digits.

    `08` is 8 to one reader and an error to another, `010` is 8 or 10, `0x1F`, `1_000`, `.nan` and
    `.inf` are read by some only.

    Breaks: `threshold: 08`, `threshold: 1_000`, `threshold: .nan`
    Keeps: `threshold: 8`, `threshold: 1000`
    """
    digits = value.replace("_", "").lstrip("+0")
    hint = f"write {digits}" if digits.isascii() and digits.isdigit() else "write it in plain decimal digits"
    words = f"`{value}` of `{name}` is not a number that every reader reads alike"
    return Problem(at, "number-form", words, hint)


def number_range(at: Span, name: str, value: str) -> Problem:
    """A number has at most 30 digits and lies between 1e-18 and 1e18, or is 0.

    Numbers are kept exactly; one such as 1e400 would be infinite to a vendor.

    Breaks: `threshold: 1e400`
    Keeps: `threshold: 1000`
    """
    return Problem(
        at, "number-range", f"`{value}` of `{name}` is out of range", "write it between 1e-18 and 1e18"
    )


def whole_number(at: Span, name: str, value: str) -> Problem:
    """A count has no fraction.

    Breaks: `width: 6.5`
    Keeps: `width: 6`
    """
    return Problem(at, "whole-number", f"`{name}` must be a whole number, not {value}", "round it")


def flag_expected(at: Span, name: str, value: str) -> Problem:
    """A truth value is `true` or `false`.

    `yes` and `on` are true to readers of YAML 1.1 and text to readers of YAML 1.2.

    Breaks: `isRolling: yes`
    Keeps: `isRolling: true`
    """
    wanted = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}
    hint = (
        f"write `{wanted.get(value.lower(), value.lower())}`"
        if value.lower() in (*wanted, "true", "false")
        else ""
    )
    return Problem(
        at,
        "flag-expected",
        f"`{name}` must be `true` or `false`, not `{value}`",
        hint or "write `true` or `false`",
    )


def bad_duration(at: Span, name: str, value: str, units: str) -> Problem:
    """A duration is a whole number and one unit, at most ten years.

    Our own kinds know `s m h d w`; OpenSLO knows `m h d w M Q Y`, where `m` is minutes and `M` months.

    Breaks: `period: 5 minutes`, `period: 1.5h`, `duration: 30D`
    Keeps: `period: 5m`, `period: 90m`, `duration: 30d`
    """
    return Problem(
        at,
        "bad-duration",
        f"`{value}` of `{name}` is not a duration",
        f"write a number and one of {units}: 5m",
    )


def bad_name(at: Span, value: str, letter_first: bool = False) -> Problem:
    """A name is at most 63 lower-case ASCII letters, digits and `-`, and ends with none of the latter.

    OpenSLO's rule (an RFC 1123 label). Letters of other alphabets may look the same
    (a Cyrillic `a` is another letter), so the odd one is named. A signal begins with a letter,
    since expressions hold numbers too.

    Breaks: `name: Get_Availability`
    Keeps: `name: get-availability`
    """
    odd = next((c for c in value if not c.isascii()), None)
    if odd is not None:
        words = f"`{value}` holds {odd!r} (U+{ord(odd):04X} {unicodedata.name(odd, 'unnamed')})"
    elif letter_first and value[:1].isdigit():
        words = f"the name `{value}` begins with a digit"
    else:
        words = f"`{value[:80]}` is not a name"
    return Problem(at, "bad-name", words, _better_name(value, letter_first))


# Cyrillic and Greek letters that look like a Latin one.
LOOKALIKES = str.maketrans("аеорсхуіјѕһԁԛԝкмтгвηοανρκι", "aeopcxyijshdqwkmtrbnoavpki")


def _better_name(value: str, letter_first: bool) -> str:
    latin = value.lower().translate(LOOKALIKES)
    plain = unicodedata.normalize("NFKD", latin).encode("ascii", "ignore").decode()
    words = "".join(c if c.isalnum() else "-" for c in plain).strip("-")[:63].strip("-")
    if not words or (letter_first and words[0].isdigit()):
        return "use lower-case letters, digits and `-`, a letter first"
    return f"write `{words}`"


def bad_label(at: Span, value: str) -> Problem:
    """A label's key is at most 63 letters, digits, `-`, `_` and `.`, first and last a letter or digit.

    Breaks: `labels: {_team: users}`
    Keeps: `labels: {team: users}`
    """
    return Problem(
        at, "bad-label", f"`{value[:80]}` is not a label's key", "use letters, digits, `-`, `_`, `.`"
    )


def bad_annotation(at: Span, value: str) -> Problem:
    """An annotation's key is `name` or `dns.domain/name`.

    The name is as a label's key, the domain has at most 253 characters.

    Breaks: `annotations: {sereno.dev/: x}`
    Keeps: `annotations: {sereno.dev/owner: users-team}`
    """
    return Problem(
        at, "bad-annotation", f"`{value[:80]}` is not an annotation's key", "write it as `domain.org/name`"
    )
