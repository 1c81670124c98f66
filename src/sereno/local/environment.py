"""A Lambda execution environment: a process of its own that runs one invocation at a time.

The process is the real runtime client (awslambdaric) with the variables Lambda sets and none
of the host's: no proxy, no CA bundle, no credentials, no configuration of whoever runs the stack.
"""

from __future__ import annotations

import importlib.util
import io
import shutil
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty

from sereno.local.children import Children
from sereno.local.runtime_api import Invocation, Report, RuntimeApi, failure

INIT_SECONDS = 10.0  # Lambda's limit of the init phase
_SHIM = Path(__file__).with_name("shim")

Log = Callable[[str], None]  # one line of a function's output


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What a function is made of. Environments of an older config are not used again."""

    name: str
    handler: str
    root: Path  # LAMBDA_TASK_ROOT
    timeout: float = 3.0  # seconds
    memory: int = 128  # MB, as told to the function; nothing enforces it
    reserved: int | None = None  # concurrency; None: as much as the machine bears
    region: str = "us-east-1"
    account: str = "000000000000"
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def arn(self) -> str:
        return f"arn:aws:lambda:{self.region}:{self.account}:function:{self.name}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an invocation came to: its payload, and the error's type when it failed."""

    payload: bytes
    failed: bool = False


class Environment:
    """One process. After an error of the handler it goes on; after anything worse `alive` is false."""

    def __init__(self, children: Children, config: Config, log: Log) -> None:
        self.config = config
        self.alive = True
        self.ready = False
        self.init_seconds = 0.0
        self._children = children
        self._log = log
        self._api = RuntimeApi()
        self._api.begin()
        self._home = children.folder / f"env-{uuid.uuid4().hex[:8]}"
        self._home.mkdir()
        self._process = children.start(
            [sys.executable, "-m", "awslambdaric", config.handler],
            env=variables(config, self._api.address, self._home),
            cwd=config.root,
            stdout=subprocess.PIPE,
        )
        for work in (self._read, self._watch):
            threading.Thread(target=work, daemon=True, name=config.name).start()

    def initialise(self) -> Outcome | None:
        """Waits until the handler is imported; how that failed, if it did."""
        started = time.monotonic()
        report = self._report(INIT_SECONDS, {"ready", "init-error", "exit"})
        self.init_seconds = time.monotonic() - started
        match report:
            case None:
                words = f"the init phase took longer than {INIT_SECONDS:.0f} seconds"
                return self._broken("Sandbox.Timedout", words)
            case Report("ready"):
                self.ready = True
                return None
            case Report("exit"):
                return self._broken("Runtime.ExitError", report.body.decode())
        self.close()
        return Outcome(report.body, failed=True)

    def invoke(self, invocation: Invocation) -> Outcome:
        """Runs an invocation until its answer, its deadline, or the end of the process."""
        self._api.invocations.put(invocation)
        report = self._report(invocation.deadline - time.time(), {"response", "error", "exit"})
        who = f"RequestId: {invocation.request_id} Error: "
        if report is None:
            words = f"{who}Task timed out after {self.config.timeout:.2f} seconds"
            return self._broken("Sandbox.Timedout", words)
        if report.kind == "exit":
            return self._broken("Runtime.ExitError", who + report.body.decode())
        return Outcome(report.body, report.kind == "error")

    def close(self) -> None:
        """Ends the process and everything around it."""
        self.alive = False
        self._api.invocations.put(None)
        self._process.kill()
        self._process.wait()
        self._children.forget(self._process)
        self._api.close()
        shutil.rmtree(self._home, ignore_errors=True)

    def _broken(self, kind: str, words: str) -> Outcome:
        self._log(words)
        self.close()
        return Outcome(failure(kind, words), failed=True)

    def _report(self, seconds: float, kinds: set[str]) -> Report | None:
        """The next report of these kinds, or nothing within the time."""
        end = time.monotonic() + seconds
        while True:
            try:
                report = self._api.reports.get(timeout=max(0.0, end - time.monotonic()))
            except Empty:
                return None
            if report.kind in kinds:
                return report

    def _read(self) -> None:
        with self._process.stdout or io.BytesIO() as lines:
            for line in lines:
                self._log(line.decode(errors="replace").rstrip("\n"))

    def _watch(self) -> None:
        code = self._process.wait()
        how = f"exit status {code}" if code >= 0 else f"signal: {-code}"
        self._api.reports.put(Report("exit", body=f"Runtime exited with error: {how}".encode()))


def variables(config: Config, api: str, home: Path) -> dict[str, str]:
    """What Lambda sets, as far as it means something here, and the function's own.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
    HOME and TMPDIR are the environment's own, so that nothing reads the host's AWS configuration.
    """
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    return {
        "AWS_DEFAULT_REGION": config.region,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_python{python}",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(config.memory),
        "AWS_LAMBDA_FUNCTION_NAME": config.name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{config.name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": f"{time.strftime('%Y/%m/%d')}/[$LATEST]{uuid.uuid4().hex}",
        "AWS_LAMBDA_RUNTIME_API": api,
        "AWS_REGION": config.region,
        "HOME": str(home),
        "LAMBDA_TASK_ROOT": str(config.root),
        "LANG": "en_US.UTF-8",
        "NO_PROXY": "127.0.0.1,localhost",  # macOS keeps its proxies outside the environment
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "PYTHONNOUSERSITE": "1",
        "TMPDIR": str(home),
        "TZ": ":UTC",
        "_HANDLER": config.handler,
        **({} if importlib.util.find_spec("runtime_client") else {"PYTHONPATH": str(_SHIM)}),
        **config.variables,
    }
