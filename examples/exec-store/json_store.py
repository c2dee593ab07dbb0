#!/usr/bin/env python3
"""A store for keylift in one file: secrets in a JSON file of mode 0600, with versions and compare-and-swap.

Shows the whole protocol of docs/exec-store.md. Start from it for a password manager of your own: replace the four
functions below `class Store` and keep the rest.

    KEYLIFT_ALLOW_EXEC=./json_store.py keylift store list "exec:./json_store.py secrets.json"
"""

import fcntl
import json
import os
import sys


class Refused(Exception):
    """An answer with an error in it. The message reaches the user: never put a value into it."""

    def __init__(self, kind, message):
        super().__init__(message)
        self.kind = kind


class Store:
    def __init__(self, path):
        self.path = path

    def read(self, path):
        """The entry at a path as {"value": …, "version": …}, or None."""
        return self._load().get(path)

    def write(self, path, value, expect):
        """Writes a value where the entry is as expected, and answers the new version."""
        with self._lock():
            entries = self._load()
            there = entries.get(path)
            if "absent" in expect and there is not None:
                raise Refused("conflict", f"{path} is there already")
            if "version" in expect and (there is None or there["version"] != expect["version"]):
                raise Refused("conflict", f"{path} is at another version")
            # A version never comes back, or a removed entry could be taken for one made anew.
            last = entries.get("", {"version": "0"})["version"]
            version = str(int(last) + 1)
            entries[""] = {"version": version}
            entries[path] = {"value": value, "version": version}
            self._save(entries)
            return version

    def remove(self, path, version):
        """Takes an entry away where it is still at the version."""
        with self._lock():
            entries = self._load()
            if entries.get(path, {}).get("version") != version:
                return False
            del entries[path]
            self._save(entries)
            return True

    def paths(self):
        """All paths, in order."""
        return sorted(path for path in self._load() if path)

    def _load(self):
        try:
            with open(self.path, encoding="utf-8") as file:
                return json.load(file)
        except FileNotFoundError:
            return {}

    def _save(self, entries):
        temporary = f"{self.path}.{os.getpid()}.tmp"
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(entries, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, self.path)

    def _lock(self):
        file = open(f"{self.path}.lock", "w")
        fcntl.flock(file, fcntl.LOCK_EX)
        return file


def answer(store, question):
    op = question.get("op")
    if op == "hello":
        return {"protocol": 1, "compare_and_swap": True, "versions": True, "case_sensitive": True}
    if op == "check":
        folder = os.path.dirname(os.path.abspath(store.path))
        if not os.access(folder, os.W_OK):
            raise Refused("denied", f"{folder} is not writable")
        return {}
    if op == "read":
        entry = store.read(question["path"])
        wanted = question.get("version")
        if entry is None or wanted not in (None, entry["version"]):
            return {"found": False}
        return {"found": True, "value": entry["value"], "version": entry["version"]}
    if op == "write":
        return {"version": store.write(question["path"], question["value"], question["expect"])}
    if op == "remove":
        return {"removed": store.remove(question["path"], question["version"])}
    if op == "list":
        return {"paths": store.paths(), "next": None}
    raise Refused("configuration", f"the operation {op} is not known here")


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: json_store.py FILE")
    store = Store(sys.argv[1])
    for line in sys.stdin:
        try:
            reply = answer(store, json.loads(line))
        except Refused as refused:
            reply = {"error": {"kind": refused.kind, "message": str(refused)}}
        except Exception as error:  # noqa: BLE001 (a traceback could show a value)
            reply = {"error": {"kind": "unavailable", "message": type(error).__name__}}
        print(json.dumps(reply), flush=True)


if __name__ == "__main__":
    main()
