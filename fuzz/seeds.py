#!/usr/bin/env python3
"""Makes seed corpora for the fuzz targets under fuzz/corpus (not committed): `python3 fuzz/seeds.py`.

Seeds come from the grammars' fixtures, the rule files and a few small archives and reports made here.
"""
import gzip
import io
import json
import pathlib
import tarfile
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
CORPUS = ROOT / "fuzz" / "corpus"
# Larger seeds only slow a run down.
LARGEST = 4096
# The file names of fuzz_targets/rules.rs, by the ending that a seed should be read as.
NAMES = ["a.py", ".env", "a.yaml", "a.json", "Dockerfile", "a.sql", ".npmrc", "a.unknown"]


def write(target, name, data):
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data[:LARGEST])


def fixtures():
    languages = sorted(path for path in (ROOT / "grammars" / "languages").iterdir() if path.is_dir())
    for language in languages:
        for path in sorted(language.glob("fixtures/*/before*")):
            files = [path] if path.is_file() else [inner for inner in path.rglob("*") if inner.is_file()]
            for file in files:
                data = file.read_bytes()
                if len(data) <= LARGEST:
                    yield language.name, path.parent.name, data


def archives(text):
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/b.py", text)
    yield "zip", zipped.getvalue()
    for kind in ["", "gz", "bz2", "xz"]:
        tarred = io.BytesIO()
        with tarfile.open(fileobj=tarred, mode=f"w:{kind}" if kind else "w") as archive:
            info = tarfile.TarInfo("a/b.py")
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text))
        yield f"tar{kind}", tarred.getvalue()
    yield "gz", gzip.compress(text)


def reports():
    """One finding in the form of each tool, in the order of fuzz_targets/report.rs."""
    place = {"File": "a.py", "StartLine": 1, "EndLine": 1, "StartColumn": 1, "EndColumn": 9}
    value = "made-up.4411x"
    yield [{"RuleID": "x", "Secret": value, **place}]
    yield {"SourceMetadata": {"Data": {"Filesystem": {"file": "a.py", "line": 1}}}, "Raw": value, "DetectorName": "X"}
    yield {"rule": {"id": "x", "name": "x"}, "finding": {"snippet": value, "path": "a.py", "line": 1}}
    yield [{"RuleID": "x", "Secret": value, **place}]
    yield {"results": {"a.py": [{"type": "Secret Keyword", "line_number": 1, "hashed_secret": "0" * 40}]}}
    region = {"startLine": 1, "startColumn": 1, "endColumn": 9}
    location = {"physicalLocation": {"artifactLocation": {"uri": "a.py"}, "region": region}}
    yield {"version": "2.1.0", "runs": [{"results": [{"ruleId": "x", "locations": [location]}]}]}


def main():
    names = (ROOT / "grammars" / "languages").iterdir()
    names = sorted(path.name for path in names if path.is_dir())
    text = b"PASSWORD = 'made-up.4411x'\n"
    for number, (language, case, data) in enumerate(fixtures()):
        write("rewrite", f"{language}-{case}-{number}", bytes([names.index(language), number % 3]) + data)
        write("rules", f"{language}-{case}-{number}", bytes([number % len(NAMES)]) + data)
        write("text", f"{language}-{case}-{number}", data)
        write("text", f"{language}-{case}-{number}-16", "\ufeff".encode("utf-16-le") + data.decode("utf-8", "replace").encode("utf-16-le"))
    for path in sorted((ROOT / "src" / "rules" / "builtin").glob("*.yaml")):
        data = path.read_bytes()
        if len(data) <= LARGEST:
            write("rule_file", path.stem, data)
    write("rule_file", "gitleaks", b"[[rules]]\nid = \"x\"\nregex = '''k_([a-z]{8})'''\nkeywords = [\"k_\"]\n")
    write("rule_file", "kingfisher", b"rules:\n  - name: x\n    id: x\n    pattern: 'k_([a-z]{8})'\n    min_entropy: 3\n")
    for kind, data in archives(text):
        write("archive", kind, data)
    for number, report in enumerate(reports()):
        write("report", str(number), bytes([number]) + json.dumps(report).encode())


if __name__ == "__main__":
    main()
