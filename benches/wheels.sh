#!/bin/sh
# Downloads the wheels of wheels.txt and unpacks them, for scan.sh; see README.md beside this file.
set -eu
folder=${1:?usage: benches/wheels.sh FOLDER}
mkdir -p "$folder/wheels" "$folder/tree"
python3 -m pip download --quiet --no-deps --only-binary=:all: -d "$folder/wheels" -r "$(dirname "$0")/wheels.txt"
python3 - "$folder" <<'PYTHON'
import pathlib, sys, zipfile

folder = pathlib.Path(sys.argv[1])
for wheel in sorted((folder / "wheels").glob("*.whl")):
    zipfile.ZipFile(wheel).extractall(folder / "tree" / wheel.stem)
PYTHON
du -sh "$folder/tree"
