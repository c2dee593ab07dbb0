//! Work on the repository itself: `cargo run -p xtask -- words FOLDER…` makes `src/rules/words.bin`.

mod words;

use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut args = std::env::args_os().skip(1);
    let done = match args.next().as_deref().and_then(|verb| verb.to_str()) {
        Some("words") => words::train(&args.map(PathBuf::from).collect::<Vec<_>>(), "src/rules/words.bin".as_ref()),
        _ => Err("usage: cargo run -p xtask -- words FOLDER…".to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            use std::io::Write as _;
            let _ = writeln!(std::io::stderr(), "{message}");
            ExitCode::FAILURE
        }
    }
}
