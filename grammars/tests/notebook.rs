//! Notebooks, before and after: the file stays as it is outside of the cells' source, and the code means the same.

use crate::lifting::{lift, missing, refused, run};
use keylift_grammars::{Parsed, language};

const NOTEBOOK: &str = r#"{
 "cells": [
  {
   "cell_type": "markdown",
   "metadata": {},
   "source": [
    "The password is hunter0x\n"
   ]
  },
  {
   "cell_type": "code",
   "execution_count": 1,
   "metadata": {},
   "outputs": [
    {"name": "stdout", "text": ["hunter1x\n"]}
   ],
   "source": [
    "%matplotlib inline\n",
    "!pip install boto3\n",
    "import json\n",
    "password = 'hunter1x'\n",
    "print(password)"
   ]
  },
  {
   "cell_type": "code",
   "metadata": {},
   "outputs": [],
   "source": "token = \"hunter2x\"\nprint(f\"Bearer {token}\", \"caf\\u00e9 tab\thunter3x\")\nquoted = 'it\\'s hunter4x \"q\"'\nprint(quoted)"
  },
  {
   "source": [
    "url = \"postgres://u:hunter5x@db/é\"\n",
    "text = '''one\n",
    "hunter6x'''\n",
    "print(url, text)\n"
   ],
   "cell_type": "code",
   "outputs": []
  }
 ],
 "metadata": {"kernelspec": {"name": "python3"}, "token": "hunter7x"},
 "nbformat": 4
}
"#;

/// Prints what the code cells print, as a notebook runs them, and the rest of the file.
const RUN: &str = r#"
import json, sys
book = json.load(open(sys.argv[1]))
scope = {}
for cell in book["cells"]:
    if cell["cell_type"] == "code":
        code = "".join(cell.pop("source"))
        exec("\n".join(line for line in code.split("\n") if line[:1] not in "%!" or not line), scope)
print(json.dumps(book, sort_keys=True))
"#;

const VALUES: &[(&str, &str, &str)] = &[
    ("hunter2x", "V2", "hunter2x"),
    ("caf\\\\u00e9 tab\\thunter3x", "V3", "caf\u{e9} tab\thunter3x"),
    ("it\\\\'s hunter4x \\\"q\\\"", "V4", "it's hunter4x \"q\""),
    ("hunter5x", "V5", "hunter5x"),
    ("one\\n\",\n    \"hunter6x", "V6", "one\nhunter6x"),
];

#[test]
fn rewritten_notebooks_mean_the_same() {
    let pairs: Vec<(&str, &str)> = VALUES.iter().map(|(text, name, _)| (*text, *name)).collect();
    // The first stands in an output too, and is lifted where it is code.
    let source = NOTEBOOK.replacen("hunter1x\\n\"]", "shown\\n\"]", 1);
    let pairs: Vec<(&str, &str)> = [("hunter1x", "V1")].into_iter().chain(pairs).collect();
    for pair in &pairs {
        let one = lift("notebook", &source, &[*pair]);
        assert!(one.is_ok(), "{pair:?} {one:?}");
    }
    let after = lift("notebook", &source, &pairs).expect("every shape can be lifted");
    assert!(after.contains("    \"import os\\n\",\n    \"import json\\n\",\n"), "{after}");
    assert!(after.contains("\"password = os.environ['V1']\\n\",\n"), "{after}");
    let folder = tempfile::tempdir().expect("a folder");
    let python = |text: &str, variables: &[(&str, &str)]| {
        std::fs::write(folder.path().join("book.ipynb"), text).expect("written");
        run(folder.path(), "python3", &["-I", "-c", RUN, "book.ipynb"], variables)
    };
    let Some(original) = python(&source, &[]) else { return missing("python3") };
    assert!(original.0, "{}", original.1);
    let set: Vec<(&str, &str)> =
        VALUES.iter().map(|(_, name, value)| (*name, *value)).chain([("V1", "hunter1x")]).collect();
    assert_eq!(python(&after, &set), Some(original), "the same from {after}");
    let unset = python(&after, &set[..2]).expect("python is there");
    assert!(!unset.0 && unset.1.contains("KeyError"), "{}", unset.1);
}

#[test]
fn what_is_no_code_is_told() {
    assert_eq!(refused("notebook", NOTEBOOK, "hunter0x"), "outside-code");
    assert_eq!(refused("notebook", NOTEBOOK, "hunter1x"), "cell-output");
    assert_eq!(refused("notebook", NOTEBOOK, "hunter7x"), "outside-code");
    let parsed = Parsed::new(language("notebook").expect("it is linked"), NOTEBOOK).expect("it parses");
    let start = NOTEBOOK.rfind("hunter1x").expect("it is there");
    let place = parsed.place(&(start..start + 8)).expect("it is code");
    assert!(place.todo.is_some_and(|todo| todo.contains("clear")), "the output is told");
    assert_eq!(place.names, ["PASSWORD"]);
    assert_eq!(
        parsed.literal_at(&(start..start + 8)).map(|literal| &NOTEBOOK[literal.span.clone()]),
        Some("'hunter1x'")
    );
    assert!(Parsed::new(language("notebook").expect("it is linked"), "").is_some(), "an empty file is no failure");
}
