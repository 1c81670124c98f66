"""The functions as zips, for `package = "zip"`: same sources, lock and Python, same bytes, on every machine.

    python infra/package.py [--out build/package] [--runtime python3.13] [--architecture arm64] [FUNCTION...]

What makes the bytes the same: wheels from the lock only, no record of the installing, sorted names, one
date and one mode for every file, nothing compressed (zlib's output differs between its builds, and Lambda
unpacks when it is deployed, not when it starts), and bytecode that names /var/task instead of the folder it
was made in.

What makes a start fast: that bytecode is `unchecked-hash`. Bytecode with timestamps never matches the date
in a zip, and /var/task cannot be written, so Lambda would compile everything at every cold start. It must
be made by the Python that will read it, so an interpreter of the runtime's version is looked for and
needed. Its last digit is named beside the zip: compilers of 3.11.2 and 3.11.7 note some lines differently.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Final

import yaml

HERE: Final = Path(__file__).resolve().parent
FUNCTIONS: Final = HERE.parent / "functions"
SHARED: Final = ("common", "telemetry")
ROOTS: Final = HERE / "rds-global-bundle.pem"
DATE: Final = (1980, 1, 1, 0, 0, 0)  # the oldest a zip can say
MACHINES: Final = {"arm64": "aarch64", "x86_64": "x86_64"}
GLIBC: Final = (
    "manylinux_2_34",
    "manylinux_2_28",
    "manylinux_2_17",
    "manylinux2014",
)  # Amazon Linux 2023 has 2.34
SERVICES: Final = frozenset(
    {"secretsmanager", "sns", "sqs", "sts"}
)  # of botocore's 400, those the functions call


class Unable(Exception):
    """Why no zip could be made, and what to do."""


@dataclass(frozen=True, slots=True)
class Target:
    """What the zips are for: Lambda's name of a Python, and of a machine."""

    runtime: str
    architecture: str

    @property
    def python(self) -> str:
        """ "3.13" """
        return self.runtime.removeprefix("python")

    def pip(self) -> list[str]:
        """pip's words for it."""
        machine = MACHINES[self.architecture]
        platforms = [word for tag in GLIBC for word in ("--platform", f"{tag}_{machine}")]
        return [
            *platforms,
            "--python-version",
            self.python,
            "--implementation",
            "cp",
            "--only-binary",
            ":all:",
        ]


def interpreter(python: str) -> str:
    """A Python of that version, "3.13". Raises Unable."""
    at_hand = (sys.executable, shutil.which(f"python{python}"))
    for candidate in filter(None, chain(at_hand, pyenv(python))):
        if version(candidate).rpartition(".")[0] == python:
            return candidate
    raise Unable(f"needs python{python} to compile for it: install it, or name another with --runtime")


def pyenv(python: str) -> Iterator[str]:
    """Interpreters that a version manager keeps off PATH."""
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    yield from (str(found) for found in sorted(root.glob(f"versions/{python}*/bin/python{python}")))


def version(candidate: str) -> str:
    """ "3.13.5" """
    said = subprocess.run(
        [candidate, "-c", "import sys; print('%d.%d.%d' % sys.version_info[:3])"],
        capture_output=True,
        text=True,
        check=False,
    )
    return said.stdout.strip()


def install(function: str, target: Target, into: Path) -> None:
    """The function's requirements, at the versions of the lock, into an empty folder. Raises Unable."""
    wanted = FUNCTIONS / function / "requirements.txt"
    lock = FUNCTIONS / "requirements.lock"
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-compile",
    ]
    command += ["--target", str(into), *target.pip(), "--requirement", str(wanted), "--constraint", str(lock)]
    # With PIP_USER pip refuses a --target.
    if subprocess.run(command, check=False, env=os.environ | {"PIP_USER": "0"}).returncode:
        raise Unable(f"pip could not install what {function} requires; its words are above")


def prune(folder: Path) -> None:
    """Removes what no function uses, and what differs from one installing to the next."""
    for name in ("bin", "boto3/examples"):
        shutil.rmtree(folder / name, ignore_errors=True)
    for record in ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json"):
        for found in folder.glob(f"*.dist-info/{record}"):
            found.unlink()
    for service in folder.glob("botocore/data/*/"):
        if service.name not in SERVICES:
            shutil.rmtree(service)


def add_sources(function: str, folder: Path) -> None:
    """Our own code and the database's roots."""
    unwanted = shutil.ignore_patterns("__pycache__", "requirements.txt", "__main__.py")
    for package in (function, *SHARED):
        shutil.copytree(FUNCTIONS / package, folder / package, ignore=unwanted)
        for copied in (folder / package, *(folder / package).rglob("*/")):
            copied.chmod(0o700)  # the sources may stand in a folder that cannot be written
    shutil.copyfile(ROOTS, folder / ROOTS.name)


def compile_all(python: str, folder: Path) -> None:
    """Bytecode beside every source, believed without a look at the source. Raises Unable."""
    command = [python, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"]
    command += ["-s", str(folder), "-p", "/var/task", str(folder)]
    # PYTHONOPTIMIZE would make other bytecode, and PYTHONPYCACHEPREFIX put it elsewhere.
    own = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    if subprocess.run(command, check=False, env=own | {"PYTHONHASHSEED": "0"}).returncode:
        raise Unable(f"{python} could not compile every source; its words are above")


def write(folder: Path, zip_file: Path) -> str:
    """The folder as a zip, there when it is whole; gives its SHA-256."""
    part = zip_file.with_name(f"{zip_file.name}.{os.getpid()}.part")
    try:
        with zipfile.ZipFile(part, "w", zipfile.ZIP_STORED) as archive:
            for name in sorted(
                path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
            ):
                entry = zipfile.ZipInfo(name, DATE)
                entry.create_system, entry.external_attr = 3, 0o100644 << 16
                archive.writestr(entry, (folder / name).read_bytes())
        part.replace(zip_file)
    finally:
        part.unlink(missing_ok=True)
    return hashlib.sha256(zip_file.read_bytes()).hexdigest()


def build(function: str, target: Target, python: str, out: Path) -> str:
    """OUT/FUNCTION.zip, compiled by an interpreter; gives its SHA-256. Raises Unable."""
    with tempfile.TemporaryDirectory(prefix=f"{function}-") as temporary:
        folder = Path(temporary).resolve() / "task"
        install(function, target, folder)
        prune(folder)
        add_sources(function, folder)
        compile_all(python, folder)
        return write(folder, out / f"{function}.zip")


def main(arguments: Sequence[str] | None = None) -> int:
    pipeline = yaml.safe_load((HERE / "pipeline.yaml").read_text(encoding="utf-8"))
    parser = argparse.ArgumentParser(description="The functions as zips for Lambda.")
    parser.add_argument("functions", nargs="*", metavar="FUNCTION", help="default: all")
    parser.add_argument("--out", type=Path, default=HERE.parent / "build" / "package")
    parser.add_argument(
        "--runtime", default=pipeline["runtime"], help="default: %(default)s, of pipeline.yaml"
    )
    parser.add_argument("--architecture", default=pipeline["architecture"], choices=sorted(MACHINES))
    asked = parser.parse_args(arguments)
    target = Target(asked.runtime, asked.architecture)
    try:
        asked.out.mkdir(parents=True, exist_ok=True)
        python = interpreter(target.python)
        print(f"Compiled by Python {version(python)}:")
        for function in asked.functions or pipeline["functions"]:
            digest = build(function, target, python, asked.out)
            size = (asked.out / f"{function}.zip").stat().st_size
            print(f"{asked.out / function}.zip  {size / 1e6:.1f} MB  sha256:{digest}")
    except (OSError, Unable) as error:
        print(f"package: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
