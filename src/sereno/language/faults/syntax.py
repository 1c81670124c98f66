"""Problems of the text itself, before anything is known of its meaning."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from sereno.language.problem import Problem, Span, did_you_mean


def file_too_large(at: Span, size: int, limit: int) -> Problem:
    """A YAML file may have at most 8 MiB.

    A larger one is a mistake or an attack, and is not read.

    Breaks: a generated file of 10 MB.
    Keeps: the same documents in several files.
    """
    words = f"the file has {size:,} bytes, more than the {limit:,} that are read"
    return Problem(at, "file-too-large", words, "split it into several files")


def too_many_values(at: Span, limit: int) -> Problem:
    """A YAML file may hold at most 300,000 keys and values.

    More are a mistake or an attack, and are not read. Six thousand SLOs fit.

    Breaks: a list of a million numbers.
    Keeps: the same documents in several files.
    """
    words = f"the file has more than the {limit:,} keys and values that are read"
    return Problem(at, "too-many-values", words, "split it into several files")


def too_many_problems(at: Span, limit: int) -> Problem:
    """Of one file a thousand problems are told; what follows in it is not read.

    So many have one cause: it is not the file it should be, or it was generated wrong.

    Breaks: a log of a million lines, named `.yaml`.
    Keeps: a file with fewer problems; mend the first ones, and check again.
    """
    words = f"the file has more than {limit:,} problems, and is not read from here on"
    return Problem(at, "too-many-problems", words, "mend the first ones, and check again")


def unreadable_file(at: Span, reason: str) -> Problem:
    """A file that is listed could not be read.

    Breaks: a file without read permission, or a link to nothing.
    Keeps: a file that the user who runs `sereno` may read.
    """
    return Problem(at, "unreadable-file", f"the file cannot be read: {reason}", "mend it, or remove it")


def symlink_outside(at: Span, target: str) -> Problem:
    """A symbolic link may not lead out of the project.

    What a check says must depend on the project alone; a link to `/etc` in a pull request
    must not be followed by CI.

    Breaks: `slo/shared.yaml -> /home/me/shared.yaml`
    Keeps: the file itself, or a link to a file in the project.
    """
    return Problem(
        at, "symlink-outside", f"the link leads out of the project, to `{target}`", "put the file itself here"
    )


def path_outside(at: Span, path: str) -> Problem:
    """Documents, runbooks and outputs of a project lie in its folder.

    What a check says must depend on the project alone.

    Breaks: `documents: [../shared]`
    Keeps: `documents: [slo, alerts]`
    """
    return Problem(at, "path-outside", f"`{path[:80]}` lies outside the project", "put it below sereno.yaml")


def path_missing(at: Span, path: str, known: Iterable[str]) -> Problem:
    """A folder that sereno.yaml names is there.

    What is in a folder of another name would be in no check, and a plan would delete what it once made.

    Breaks: `documents: [slos]`, where the folder is `slo`
    Keeps: `documents: [slo]`
    """
    hint = did_you_mean(path, known) or "make it, or name what is there"
    return Problem(at, "path-missing", f"there is no `{path[:80]}`", hint)


def not_utf8(at: Span, byte: int) -> Problem:
    """A YAML file or a runbook is UTF-8 text.

    Breaks: a file saved as Latin-1 or UTF-16.
    Keeps: the same file saved as UTF-8.
    """
    return Problem(at, "not-utf8", f"byte 0x{byte:02x} is not UTF-8", "save the file as UTF-8")


def control_character(at: Span, character: int) -> Problem:
    """YAML allows no control characters but tab and line ends.

    Breaks: a NUL or an escape character pasted from a terminal.
    Keeps: printable text; in double quotes `"\\0"` writes the character.
    """
    name = unicodedata.name(chr(character), "a control character")
    return Problem(
        at,
        "control-character",
        f"U+{character:04X} ({name}) is not allowed in YAML",
        "remove it",
    )


def yaml_syntax(at: Span, reason: str) -> Problem:
    """The text is not YAML from here on; what comes after in this file is not looked at.

    Most often: a tab as indentation, a missing space after `:`, a bracket or quote not closed,
    a line indented by one space too many, or `{`, `*`, `@`, `%` at the start of an unquoted value.

    Breaks:
        name:	x
         team: y
    Keeps:
        name: x
        team: y
    """
    hint = (
        "indent with spaces, close brackets and quotes, and quote values that begin with a special character"
    )
    return Problem(at, "yaml-syntax", f"this is not YAML: {reason}", hint)


def yaml_tag(at: Span, tag: str) -> Problem:
    """Tags that make objects are not allowed.

    Documents are plain data, so that reading one can never run anything.

    Breaks: `value: !!python/object:os.system rm`
    Keeps: `value: text`
    """
    return Problem(at, "yaml-tag", f"the tag `{tag}` is not allowed", "remove the tag")


def unknown_anchor(at: Span, name: str, known: Iterable[str]) -> Problem:
    """An alias `*name` needs an anchor `&name` above it in the same document.

    Breaks: `threshold: *limit` without `&limit`
    Keeps: `first: &limit 5` and then `second: *limit`
    """
    return Problem(
        at, "unknown-anchor", f"no anchor `&{name}` stands above this", did_you_mean(name, known, "`&{}`")
    )


def anchor_cycle(at: Span, name: str) -> Problem:
    """An alias may not stand inside what its own anchor names.

    Breaks: `all: &all [*all]`
    Keeps: `one: &one [1]` and then `two: *one`
    """
    return Problem(at, "anchor-cycle", f"`*{name}` stands inside `&{name}`", "write the value out")


def alias_expansion(at: Span, limit: int) -> Problem:
    """Aliases may add at most 20,000 nodes to a file.

    A few lines of aliases to aliases can stand for more data than any machine holds
    (https://en.wikipedia.org/wiki/Billion_laughs_attack).

    Breaks: nine levels of `&b [*a, *a, *a, *a, *a, *a, *a, *a, *a]`
    Keeps: an alias to a small mapping.
    """
    return Problem(
        at, "alias-expansion", f"aliases expand to more than {limit:,} nodes", "write the values out"
    )


def too_deep(at: Span, limit: int) -> Problem:
    """Data may be nested at most 60 levels deep; nothing of the language needs more than 15.

    Breaks: a hundred opening brackets.
    Keeps: ordinary documents.
    """
    return Problem(at, "too-deep", f"nested more than {limit} levels deep", "write it flatter")


def key_not_text(at: Span) -> Problem:
    """A key is a name, not a list or a mapping.

    Often `{{ template }}` left from a template, which YAML reads as a mapping in a mapping.

    Breaks: `? [a, b] : c`
    Keeps: `a: c`
    """
    return Problem(at, "key-not-text", "a list or mapping stands as a key", "put quotes around the text")


def duplicate_key(at: Span, key: str, first: int) -> Problem:
    """A key may stand once in a mapping.

    Most readers let the last one win silently, so one of two thresholds would be a lie.

    Breaks:
        threshold: 5
        threshold: 50
    Keeps:
        threshold: 50
    """
    return Problem(
        at, "duplicate-key", f"`{key}` stands here a second time", f"keep one; the first is on line {first}"
    )


def merge_not_mapping(at: Span) -> Problem:
    """`<<` merges a mapping, or a list of mappings, by alias.

    Breaks: `<<: text`
    Keeps: `<<: *base`
    """
    return Problem(at, "merge-not-mapping", "`<<` merges mappings only", "write `<<: *name` of a mapping")
