"""Secrets from AWS Secrets Manager, each read once.

Made by keylift. Region and credentials come from boto3's own chain. A secret that cannot be read raises an error:
there is no default.
"""

import functools
import os

import boto3

PREFIX = os.environ.get("KEYLIFT_AWS_PREFIX", "@KEYLIFT_PREFIX@")


@functools.lru_cache(maxsize=None)
def _client():
    return boto3.client("secretsmanager")


@functools.lru_cache(maxsize=None)
def secret(name):
    """The secret of that name, as text."""
    answer = _client().get_secret_value(SecretId=PREFIX + name)
    if "SecretString" in answer:
        return answer["SecretString"]
    return answer["SecretBinary"].decode()
