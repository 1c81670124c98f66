"""The schema, brought up to date through the RDS Data API: no way into the VPC is needed.

    python infra/migrate.py [--outputs infra/outputs.json] [--new-passwords]

Every file of infra/migrations is run, in order of name, in one transaction: each is safe to run again, and
either all of them hold or none. Ended at any moment, it is run again; run twice at once, the second waits.
With RDS Proxy, each of its users (0003_proxied.sql) has a password, known to the database and to the proxy's
secret only: made once, and anew by --new-passwords.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import hmac
import json
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import outputs

HERE: Final = Path(__file__).resolve().parent
MIGRATIONS: Final = HERE / "migrations"
# What may hold a semicolon that ends no statement, then anything else, a character at a time.
_PIECE: Final = re.compile(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|\"[^\"]*\"|(\$\w*\$).*?\1|.", re.DOTALL)
_COMMENT: Final = ("--", "/*")
# Any number that nobody else locks.
LOCK: Final = "SELECT 1 FROM pg_advisory_xact_lock(7365726)"
ROUNDS: Final = 4096  # of the hash, PostgreSQL's default


def statements(sql: str) -> Iterator[str]:
    """The statements of a file, one by one, as the Data API wants them; comments are left out."""
    statement = ""
    for found in _PIECE.finditer(sql + ";"):
        piece = found[0]
        if piece != ";":
            statement += "" if piece.startswith(_COMMENT) else piece
        elif statement.strip():
            yield statement.strip()
            statement = ""
        else:
            statement = ""


class Database:
    """One transaction through the Data API; leaving it by an exception undoes everything."""

    def __init__(self, client: Any, described: Mapping[str, Any]) -> None:
        self._client = client
        self._where = {"resourceArn": described["cluster_arn"], "secretArn": described["secret_arn"]}
        self._name = described["name"]

    def __enter__(self) -> Database:
        begun = self._client.begin_transaction(**self._where, database=self._name)
        self._transaction = begun["transactionId"]
        return self

    def __exit__(self, failed: object, *_: object) -> None:
        end = self._client.rollback_transaction if failed else self._client.commit_transaction
        end(**self._where, transactionId=self._transaction)

    def run(self, statement: str) -> None:
        self._client.execute_statement(
            **self._where, database=self._name, transactionId=self._transaction, sql=statement
        )


def migrate(database: Database, folder: Path = MIGRATIONS) -> list[str]:
    """Runs every file; gives their names. Whoever comes meanwhile waits until this is over."""
    database.run(LOCK)
    files = sorted(folder.glob("*.sql"))
    for file in files:
        for statement in statements(file.read_text(encoding="utf-8")):
            database.run(statement)
    return [file.name for file in files]


def verifier(password: str, salt: bytes) -> str:
    """What PostgreSQL stores in place of a password, and is sent here: the server logs DDL as it comes.

    RFC 5802 and 7677, in PostgreSQL's form (src/common/scram-common.c).
    """
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, ROUNDS)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    salt64, stored64, server64 = (base64.b64encode(part).decode() for part in (salt, stored, server))
    return f"SCRAM-SHA-256${ROUNDS}:{salt64}${stored64}:{server64}"


def give_passwords(database: Database, client: Any, secrets: Mapping[str, str], *, new: bool) -> None:
    """The password in each proxied user's secret becomes the user's; without one, or if `new`, it is made.

    `secrets`: user -> ARN. The secret is written first: whoever was ended in between runs this again.
    """
    for user, secret in secrets.items():
        password = None if new else kept(client, secret)
        if password is None:
            asked = client.get_random_password(PasswordLength=40, ExcludePunctuation=True)
            password = asked["RandomPassword"]
            pair = json.dumps({"username": user, "password": password})
            client.put_secret_value(SecretId=secret, SecretString=pair)
        database.run(f"ALTER ROLE \"{user}\" PASSWORD '{verifier(password, os.urandom(16))}'")


def kept(client: Any, secret: str) -> str | None:
    """The password in a secret; None where there is none yet."""
    try:
        said = json.loads(client.get_secret_value(SecretId=secret)["SecretString"])
        return str(said["password"]) or None
    except (client.exceptions.ResourceNotFoundException, KeyError, TypeError, ValueError):
        return None


def main(arguments: Sequence[str] | None = None) -> int:
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    parser = argparse.ArgumentParser(description="Brings the database's schema up to date.")
    outputs.option(parser)
    parser.add_argument("--new-passwords", action="store_true", help="behind RDS Proxy")
    asked = parser.parse_args(arguments)
    made = asked.outputs
    described, region = made["database"], made["region"]
    secrets = boto3.client("secretsmanager", region_name=region)
    try:
        with Database(boto3.client("rds-data", region_name=region), described) as database:
            done = migrate(database)
            give_passwords(database, secrets, described["proxy_secrets"], new=asked.new_passwords)
    except (BotoCoreError, ClientError) as error:
        print(f"migrate: not done, and nothing is left half: run it again: {error}", file=sys.stderr)
        return 2
    print(f"The schema is that of {', '.join(done)}.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
