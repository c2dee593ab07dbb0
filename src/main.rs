//! The `keylift` binary: hands the arguments to the library and turns the outcome into an exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(keylift::cli::main() as u8)
}
