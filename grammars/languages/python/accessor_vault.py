"""Secrets from HashiCorp Vault or OpenBao, each read once.

Made by keylift. Address, token and namespace come from VAULT_ADDR, VAULT_TOKEN (or ~/.vault-token) and
VAULT_NAMESPACE. A secret that cannot be read raises an error: there is no default.
"""

import functools
import os

import hvac

MOUNT = os.environ.get("KEYLIFT_VAULT_MOUNT", "@KEYLIFT_MOUNT@")
PREFIX = os.environ.get("KEYLIFT_VAULT_PREFIX", "@KEYLIFT_PREFIX@")
FIELD = "@KEYLIFT_FIELD@"
KV_VERSION = os.environ.get("KEYLIFT_VAULT_KV", "@KEYLIFT_KV@")


@functools.lru_cache(maxsize=None)
def _client():
    return hvac.Client(
        url=os.environ["VAULT_ADDR"],
        token=os.environ.get("VAULT_TOKEN"),
        namespace=os.environ.get("VAULT_NAMESPACE"),
    )


@functools.lru_cache(maxsize=None)
def secret(name):
    """The secret of that name, as text."""
    path = "/".join(part for part in (PREFIX.strip("/"), name) if part)
    if KV_VERSION == "1":
        data = _client().secrets.kv.v1.read_secret(path=path, mount_point=MOUNT)["data"]
    else:
        answer = _client().secrets.kv.v2.read_secret_version(
            path=path, mount_point=MOUNT, raise_on_deleted_version=True
        )
        data = answer["data"]["data"]
    return data[FIELD]
