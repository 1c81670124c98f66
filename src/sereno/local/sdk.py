"""boto3 clients for loopback that take nothing of the host's: no profile, no files, no proxies."""

from __future__ import annotations

import os
from typing import Any

import boto3
from botocore.config import Config
from botocore.session import Session

_ALONE: dict[str, Any] = {
    "profile": (None, [], None, None),
    "config_file": (None, [], os.devnull, None),
    "credentials_file": (None, [], os.devnull, None),
}


def client(service: str, url: str, region: str, key: str) -> Any:
    """A client for a service at a URL; `key` is both halves of its key pair."""
    session = boto3.Session(key, key, region_name=region, botocore_session=Session(_ALONE))
    config = Config(proxies={}, max_pool_connections=32, retries={"max_attempts": 2})
    return session.client(service, endpoint_url=url, config=config)
