"""boto3 clients for loopback that take nothing of the host's: no profile, no files, no proxies."""

from __future__ import annotations

from typing import Any

import boto3
from botocore.config import Config
from botocore.session import Session

from sereno.vendors.cloudwatch.client import ALONE


def client(service: str, url: str, region: str, key: str) -> Any:
    """A client for a service at a URL; `key` is both halves of its key pair."""
    session = boto3.Session(key, key, region_name=region, botocore_session=Session(ALONE))
    config = Config(proxies={}, max_pool_connections=32, retries={"max_attempts": 2})
    return session.client(service, endpoint_url=url, config=config)
