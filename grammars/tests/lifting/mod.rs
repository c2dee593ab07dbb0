//! What the tests of compiled languages share: lifting values out of a source, and running programs.

use std::path::Path;
use std::process::Command;

use keylift_grammars::{Parsed, Request, Style, apply, language, undo};

/// Lifts each of `(value as it stands in the source, name)`, the first place of each; answers the rewritten text, or the
/// refusals' codes. Proves on the way that undo gives back the identical text, that the result parses as well as the
/// source, and that no value is left.
pub fn lift(name: &str, source: &str, values: &[(&str, &str)]) -> Result<String, Vec<String>> {
    let grammar = language(name).expect("the language is linked");
    let parsed = Parsed::new(grammar, source).expect("it parses");
    let requests: Vec<Request> = values
        .iter()
        .map(|(value, name)| {
            let start = source.find(value).unwrap_or_else(|| panic!("{value} stands in the source"));
            Request { span: start..start + value.len(), name: (*name).to_owned(), style: Style::Env }
        })
        .collect();
    let after = lift_requests(&parsed, source, &requests)?;
    let again = Parsed::new(grammar, &after).expect("it parses");
    assert!(again.syntax_errors() <= parsed.syntax_errors(), "no new syntax error in {after}");
    for (value, _) in values {
        assert_eq!(after.matches(value).count() + 1, source.matches(value).count(), "{value} is gone from {after}");
    }
    Ok(after)
}

/// Lifts what is asked for; answers the rewritten text, or the refusals' codes. Undo gives back the identical text.
pub fn lift_requests(parsed: &Parsed, source: &str, requests: &[Request]) -> Result<String, Vec<String>> {
    let rewrite = parsed.rewrite(requests);
    let mut edits = rewrite.shared.clone();
    let mut refused = Vec::new();
    for outcome in &rewrite.outcomes {
        match outcome {
            Ok(own) => edits.extend(own.iter().filter(|edit| !edits.contains(edit)).cloned().collect::<Vec<_>>()),
            Err(refusal) => {
                assert!(refusal.advice.ends_with('.') && refusal.reason.ends_with(['.', ')']), "{refusal:?}");
                refused.push(refusal.code.clone());
            }
        }
    }
    if !refused.is_empty() {
        return Err(refused);
    }
    let after = apply(source, &edits).expect("edits do not overlap");
    let undos = parsed.undo(requests, &edits).expect("every edit can be taken back");
    let stored: Vec<Vec<u8>> = requests.iter().map(|r| parsed.place(&r.span).expect("a place").value).collect();
    let stored: Vec<&[u8]> = stored.iter().map(Vec::as_slice).collect();
    assert_eq!(undo(&after, &undos, &stored).as_deref(), Ok(source), "undo gives back the identical text");
    Ok(after)
}

/// The code that a value is refused with.
pub fn refused(language: &str, source: &str, value: &str) -> String {
    match lift(language, source, &[(value, "LIFTED")]) {
        Ok(after) => panic!("{value} should be refused, and gave {after}"),
        Err(codes) => codes.join(","),
    }
}

/// What became of a program: whether it worked, and what it printed.
pub type Ran = (bool, String);

/// Runs a program; none where it is not there.
pub fn run(folder: &Path, program: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Option<Ran> {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder).env_clear().envs(variables.iter().copied());
    for kept in ["PATH", "HOME", "CARGO_HOME", "RUSTUP_HOME", "JAVA_HOME"] {
        if let Some(value) = std::env::var_os(kept) {
            command.env(kept, value);
        }
    }
    let output = command.output().ok()?;
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        text.push_str(&String::from_utf8_lossy(&output.stderr));
    }
    Some((output.status.success(), text))
}

/// Where the Java on the search path is.
pub fn java_home() -> Option<String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let java = std::env::split_paths(&path).map(|folder| folder.join("java")).find(|java| java.is_file())?;
    Some(java.canonicalize().ok()?.parent()?.parent()?.to_str()?.to_owned())
}

/// Says that a toolchain is missing, or fails where it must be there.
pub fn missing(program: &str) {
    assert!(
        std::env::var("KEYLIFT_TEST_REQUIRE_TOOLCHAINS").is_err(),
        "{program} is not there, and the tests that need it must run here"
    );
    eprintln!("skipped: {program} is not there");
}
