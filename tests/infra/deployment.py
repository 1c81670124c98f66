"""A copy of infra/ and what a person does with it, the emulators in place of AWS."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

INFRA = Path(__file__).resolve().parents[2] / "infra"
# What can run here; pipeline.yaml says what runs in AWS.
HOST_MACHINE = {"aarch64": "arm64", "arm64": "arm64"}.get(platform.machine(), "x86_64")
LIMIT = 400  # seconds for one terraform command
SERVICES = [
    "apigatewayv2",
    "chatbot",
    "cloudwatch",
    "ec2",
    "ecr",
    "elasticache",
    "firehose",
    "iam",
    "kms",
    "lambda",
    "logs",
    "rds",
    "s3",
    "scheduler",
    "secretsmanager",
    "sns",
    "sqs",
    "sts",
]
KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}

Done = subprocess.CompletedProcess[str]


def run(command: Sequence[str | Path], folder: Path, env: Mapping[str, str] | None = None) -> Done:
    """A command in a folder, its words kept."""
    everything = os.environ | {"TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1"} | (env or {})
    return subprocess.run(
        command, cwd=folder, env=everything, capture_output=True, text=True, check=False, timeout=LIMIT
    )


def override(url: str) -> str:
    """A file that Terraform lays over the provider's block: every service at one address."""
    endpoints = "\n".join(f'    {service} = "{url}"' for service in SERVICES)
    skips = "\n".join(
        f"  {name} = true"
        for name in ("skip_credentials_validation", "skip_metadata_api_check", "s3_use_path_style")
    )
    return f'provider "aws" {{\n{skips}\n  endpoints {{\n{endpoints}\n  }}\n}}\n'


@dataclass(frozen=True)
class Deployment:
    """One environment: its folder, and the variables it is applied with."""

    folder: Path
    variables: Mapping[str, Any]
    source: Path
    program: str
    aws: str
    database_port: int

    def prepare(self) -> None:
        """Copies the root, but for what one machine lacks: the database's port, a canary that calls AWS."""
        shutil.copytree(self.source, self.folder, symlinks=True, dirs_exist_ok=True)
        (self.folder / "emulated_override.tf").write_text(override(self.aws))
        (self.folder / "given.auto.tfvars.json").write_text(json.dumps(self.variables))
        self._edit("pipeline.yaml", "port: 5432", f"port: {self.database_port}")
        self._edit("pipeline.yaml", "rate(1 minute)", "rate(1 day)")
        self._edit("pipeline.yaml", "\narchitecture: arm64\n", f"\narchitecture: {HOST_MACHINE}\n")
        self._edit("state.tf", "prevent_destroy = true", "prevent_destroy = false")

    def _edit(self, name: str, old: str, new: str) -> None:
        file = self.folder / name
        if file.exists():
            file.write_text(file.read_text().replace(old, new))

    def terraform(self, *words: str) -> Done:
        return run([self.program, *words], self.folder, KEYS)

    def apply(self) -> Done:
        return self.terraform("apply", "-no-color", "-auto-approve", "-input=false")

    def apply_planned(self) -> Done:
        """As the workflow does: a plan in a file, and later just that."""
        planned = self.terraform("plan", "-no-color", "-input=false", "-lock=false", "-out=plan.bin")
        return planned if planned.returncode else self.terraform("apply", "-no-color", "plan.bin")

    def plan(self) -> Done:
        """0: nothing to change, 2: something."""
        return self.terraform("plan", "-no-color", "-detailed-exitcode", "-input=false")

    def destroy(self) -> Done:
        return self.terraform("destroy", "-no-color", "-auto-approve", "-input=false")

    def stands(self) -> bool:
        """Whether the state still has anything."""
        state = self.folder / "terraform.tfstate"
        return state.exists() and bool(json.loads(state.read_text())["resources"])

    def outputs(self) -> Path:
        """infra/outputs.json, as a person makes it."""
        path = self.folder / "outputs.json"
        path.write_text(self.terraform("output", "-json").stdout)
        return path

    def value(self, name: str) -> Any:
        return json.loads(self.outputs().read_text())[name]["value"]

    def script(self, program: Path, *words: str) -> Done:
        """A step of infra/ after apply, with every AWS service at the emulators."""
        env = KEYS | {"AWS_ENDPOINT_URL": self.aws, "AWS_DEFAULT_REGION": "us-east-1"}
        return run([program, *words], self.folder, env)
