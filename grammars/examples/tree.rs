//! Prints the syntax tree of a file, for whoever writes a language's queries: `cargo run -p keylift-grammars --example tree
//! FILE`. The file's kind is told by its name and content, as in a scan.
#![allow(clippy::print_stdout, reason = "that is what it is for")]

use std::path::Path;

use keylift_grammars::{Parsed, detect};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("usage: tree FILE")?;
    let text = std::fs::read_to_string(&path)?;
    let language = detect(Path::new(&path), text.as_bytes()).ok_or("no language has files of this kind")?;
    language.check()?;
    let parsed = Parsed::at(language, Path::new(&path), &text).ok_or("the parser gave up")?;
    print!("{}: {} syntax errors\n{}", language.name, parsed.syntax_errors(), parsed.outline());
    Ok(())
}
