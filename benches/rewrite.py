#!/usr/bin/env python3
"""Makes a project of 1,000 files in five languages, each with two secrets of its own and one that many files share."""
import pathlib, random, sys

TEMPLATES = {
    "py": 'import sys\n\nDB_PASSWORD = "{a}"\n\n\ndef connect(host):\n    return host, DB_PASSWORD\n\n\nAPI_TOKEN = "{b}"\nSHARED_SECRET = "{shared}"\n{filler}',
    "js": 'const fs = require("fs");\n\nconst dbPassword = "{a}";\nmodule.exports = {{ apiToken: "{b}", sharedSecret: "{shared}", dbPassword }};\n{filler}',
    "go": 'package p{n}\n\nimport "fmt"\n\nconst dbPassword = "{a}"\n\nvar apiToken = "{b}"\nvar sharedSecret = "{shared}"\n\nfunc Show() {{\n\tfmt.Println(dbPassword, apiToken, sharedSecret)\n}}\n{filler}',
    "java": 'package p;\n\nclass C{n} {{\n    private static final String DB_PASSWORD = "{a}";\n    String apiToken = "{b}";\n    String sharedSecret = "{shared}";\n{filler}}}\n',
    "rb": 'require "json"\n\nDB_PASSWORD = "{a}"\nAPI_TOKEN = "{b}"\nSHARED_SECRET = "{shared}"\n{filler}',
}
FILLER = {
    "py": "def f{i}(x):\n    return x + {i}\n\n\n",
    "js": "function f{i}(x) {{\n  return x + {i};\n}}\n",
    "go": "func f{i}(x int) int {{\n\treturn x + {i}\n}}\n",
    "java": "    int f{i}(int x) {{\n        return x + {i};\n    }}\n",
    "rb": "def f{i}(x)\n  x + {i}\nend\n",
}

root, count = pathlib.Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1000
random.seed(1)
word = lambda: "".join(random.choices("abcdefghkmnpqrstuvwxyzABCDEFGHKMNPQRSTUVWXYZ23456789", k=20))
shared = word()
for n in range(count):
    kind = list(TEMPLATES)[n % len(TEMPLATES)]
    folder = root / kind / f"p{n % 50}" / (f"p{n}" if kind == "go" else "")
    folder.mkdir(parents=True, exist_ok=True)
    filler = "".join(FILLER[kind].format(i=i) for i in range(20))
    text = TEMPLATES[kind].format(a=word(), b=word(), shared=shared, n=n, filler=filler)
    (folder / f"f{n}.{kind}").write_text(text)
