"""Real servers on loopback and bare clients for them: what the benches share. Python's standard library alone."""

import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parent.parent
TOKEN = "root-of-the-bench"
# Servers end with the bench, however that ends.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))


def program(name):
    """A server's program: KEYLIFT_TEST_BIN, the tests' environment, or PATH."""
    for folder in filter(None, [os.environ.get("KEYLIFT_TEST_BIN"), ROOT / ".venv-test" / "bin"]):
        if (path := pathlib.Path(folder) / name).is_file():
            return str(path)
    return shutil.which(name) or sys.exit(f"{name} is not there: see tests/requirements.txt")


def keylift():
    """The program that is measured."""
    path = os.environ.get("KEYLIFT") or str(ROOT / "target" / "release" / "keylift")
    return path if os.path.isfile(path) else sys.exit(f"{path} is not there: cargo build --release, or set KEYLIFT")


class Server:
    """A process that listens on a free port of loopback, with a home of its own; it ends with the `with` block."""

    def __init__(self, name, arguments, ready, path=None):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.authority = f"127.0.0.1:{self.port}"
        self.url = f"http://{self.authority}"
        self.home = tempfile.TemporaryDirectory()
        path = path or program(name)
        environment = {"HOME": self.home.name, "PATH": os.environ.get("PATH", "")}
        arguments = [argument.replace("PORT", str(self.port)) for argument in arguments]
        self.child = subprocess.Popen(
            [path, *arguments], cwd=self.home.name, env=environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        self.local = threading.local()
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                if self.ask("GET", ready)[0] == 200:
                    return
            except OSError:
                pass
            time.sleep(0.05)
        self.__exit__()
        sys.exit(f"{name} does not get ready")

    def ask(self, method, path, body=None, headers=None):
        """One request, over a connection that each thread keeps; status and body."""
        for last in (False, True):
            connection = getattr(self.local, "connection", None)
            if connection is None:
                connection = self.local.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
            try:
                connection.request(method, path, body, headers or {})
                answer = connection.getresponse()
                return answer.status, answer.read()
            except (http.client.HTTPException, OSError):
                connection.close()
                self.local.connection = None
                if last:
                    raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.child.kill()
        self.child.wait()
        self.home.cleanup()

    def memory(self):
        """Resident memory in MB."""
        pages = int(pathlib.Path(f"/proc/{self.child.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") >> 20


class Bao(Server):
    """OpenBao in memory, KV version 2 at `secret/`."""

    def __init__(self):
        arguments = ["server", "-dev", "-dev-no-store-token", f"-dev-root-token-id={TOKEN}",
                     "-dev-listen-address=127.0.0.1:PORT"]
        super().__init__("bao", arguments, "/v1/sys/health")
        while self.vault("GET", "secret/config")[0] != 200:
            time.sleep(0.05)

    def vault(self, method, path, body=None):
        headers = {"X-Vault-Token": TOKEN}
        status, answer = self.ask(method, f"/v1/{urllib.parse.quote(path, safe='/?=&')}",
                                  json.dumps(body) if body is not None else None, headers)
        return status, json.loads(answer) if answer else None

    def mount(self, name):
        status, answer = self.vault("POST", f"sys/mounts/{name}", {"type": "kv", "options": {"version": "2"}})
        assert status < 300, answer
        # A new mount turns itself into version 2 for a moment, and refuses everything meanwhile.
        while self.vault("GET", f"{name}/config")[0] != 200:
            time.sleep(0.05)

    def put(self, path, value):
        mount, rest = path.split("/", 1)
        status, answer = self.vault("POST", f"{mount}/data/{rest}", {"data": {"value": value}, "options": {"cas": 0}})
        assert status == 200, (path, answer)

    def entry(self, path):
        """Value and version of an entry; none where it is not there."""
        mount, rest = path.split("/", 1)
        status, answer = self.vault("GET", f"{mount}/data/{rest}")
        if status == 404:
            return None, None
        assert status == 200, (path, status, answer)
        return answer["data"]["data"].get("value"), answer["data"]["metadata"]["version"]

    def names(self, folder):
        mount, rest = folder.split("/", 1)
        status, answer = self.vault("LIST", f"{mount}/metadata/{rest}/")
        return answer["data"]["keys"] if status == 200 else []


# The emulator goes through all of its secrets to find one, several times in each call, and fails (500) where another
# call adds one meanwhile: ten thousand of them would take hours. This looks names up as names, and else goes through a
# copy; and it makes up the rows of one page of a listing, not those of all pages for each. What a call does and answers
# stays the same.
INDEXED = """
import sys
from moto.secretsmanager import models
store, plain = models.SecretsStore, dict
def find(self, key):
    found = plain.get(self, key)
    if found is not None and found.name == key:
        return found
    for secret in list(plain.values(self)):
        if secret.arn == key or secret.name == key:
            return secret
    return plain.get(self, models.get_secret_name_from_partial_arn(key))
def item(self, key):
    found = find(self, key)
    if found is None:
        raise KeyError(key)
    return found
store.get, store.__getitem__, store.__contains__ = find, item, lambda self, key: find(self, key) is not None
store.values = lambda self: list(plain.values(self))
listed = {}
def list_secrets(self, filters, max_results=100, next_token=None, include_planned_deletion=False):
    key = repr(filters)
    if not next_token or key not in listed:
        living = [one for one in self.secrets.values()
                  if include_planned_deletion or not getattr(one, "deleted_date", None)]
        listed[key] = [one for one in living if models._matches(one, filters)]
    page, token = self._get_secret_values_page_and_next_token(listed[key], max_results, next_token)
    return [one.to_dict() for one in page], token
models.SecretsManagerBackend.list_secrets = list_secrets
from moto.server import main
sys.exit(main())
"""


class Moto(Server):
    """The emulator of AWS, under the Python that its program names."""

    def __init__(self):
        first = pathlib.Path(program("moto_server")).read_text().splitlines()[0]
        arguments = ["-c", INDEXED, "-H", "127.0.0.1", "-p", "PORT"]
        super().__init__("moto_server", arguments, "/moto-api/data.json", first.removeprefix("#!").strip())

    def secrets_manager(self, action, body):
        headers = {
            "X-Amz-Target": f"secretsmanager.{action}",
            "Content-Type": "application/x-amz-json-1.1",
            "Authorization": "AWS4-HMAC-SHA256 Credential=testing/20200101/eu-central-1/secretsmanager/aws4_request, "
                             "SignedHeaders=host, Signature=0",
        }
        status, answer = self.ask("POST", "/", json.dumps(body), headers)
        return status, json.loads(answer) if answer else None


def each(work, items, threads=8):
    """`work` on every item, several at once; the results in order."""
    from concurrent.futures import ThreadPoolExecutor
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(work, items))
