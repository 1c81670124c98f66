"""The schema, brought up to date through the RDS Data API: no way into the VPC is needed.

    python infra/migrate.py [--outputs infra/outputs.json]

Every file of infra/migrations is run, in order of name, in one transaction: each is safe to run again, and
either all of them hold or none. With RDS Proxy, each database user then gets a new password, known to the
database and to the proxy's secret only (the proxy signs in by password, and a user with `rds_iam` cannot).
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
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import outputs

HERE: Final = Path(__file__).resolve().parent
MIGRATIONS: Final = HERE / "migrations"
# What may hold a semicolon that ends no statement, then anything else, a character at a time.
_PIECE: Final = re.compile(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|\"[^\"]*\"|(\$\w*\$).*?\1|.", re.DOTALL)
_COMMENT: Final = ("--", "/*")
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
    """Runs every file; gives their names."""
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


def give_passwords(database: Database, client: Any, users: Iterable[str]) -> dict[str, str]:
    """A new password for each user the proxy signs in as; gives them, user -> password."""
    given = {}
    for user in users:
        asked = client.get_random_password(PasswordLength=40, ExcludePunctuation=True)
        made = asked["RandomPassword"]
        database.run(f'REVOKE rds_iam FROM "{user}"')
        database.run(f"ALTER ROLE \"{user}\" PASSWORD '{verifier(made, os.urandom(16))}'")
        given[user] = made
    return given


def tell_proxy(client: Any, secrets: Mapping[str, str], given: Mapping[str, str]) -> None:
    """Puts the passwords where the proxy reads them. `secrets`: user -> ARN."""
    for user, password in given.items():
        pair = json.dumps({"username": user, "password": password})
        client.put_secret_value(SecretId=secrets[user], SecretString=pair)


def main(arguments: Sequence[str] | None = None) -> int:
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    parser = argparse.ArgumentParser(description="Brings the database's schema up to date.")
    outputs.option(parser)
    made = parser.parse_args(arguments).outputs
    described, region = made["database"], made["region"]
    secrets = boto3.client("secretsmanager", region_name=region)
    try:
        with Database(boto3.client("rds-data", region_name=region), described) as database:
            done = migrate(database)
            given = give_passwords(database, secrets, described["proxy_secrets"])
    except (BotoCoreError, ClientError) as error:
        print(f"migrate: nothing was changed: {error}", file=sys.stderr)
        return 2
    try:
        tell_proxy(secrets, described["proxy_secrets"], given)
    except (BotoCoreError, ClientError) as error:
        print(f"migrate: the proxy does not know its new passwords; run this again: {error}", file=sys.stderr)
        return 2
    print(f"The schema is that of {', '.join(done)}.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
