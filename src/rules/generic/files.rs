//! Files of a format of their own that hold credentials: `.pgpass`, `.git-credentials`, `FileZilla`'s sites.

use std::ops::Range;
use std::path::Path;

use super::Candidate;
use crate::model::Confidence;
use crate::rules::value::is_placeholder;

/// The credentials of a file whose name says what it is.
pub(super) fn read(text: &str, path: &Path) -> Vec<Candidate> {
    let name = path.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    let spans: Vec<Range<usize>> = match name.as_str() {
        ".pgpass" | "pgpass.conf" => lines(text).filter_map(|(at, line)| pgpass(at, line)).collect(),
        ".git-credentials" | ".gitcredentials" => lines(text).filter_map(|(at, line)| git(at, line)).collect(),
        _ => Vec::new(),
    };
    let good =
        |span: &Range<usize>| text.get(span.clone()).is_some_and(|value| value.len() > 2 && !is_placeholder(value));
    spans
        .into_iter()
        .filter(good)
        .map(|span| Candidate {
            span,
            rule: "generic-credential-file".into(),
            name: Some("password".to_owned()),
            confidence: Confidence::High,
            rank: 2,
            certain: true,
            extent: 0,
            encoded: None,
        })
        .collect()
}

fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_inclusive('\n')
        .scan(0, |at, line| {
            let start = *at;
            *at += line.len();
            Some((start, line.trim_end_matches(['\r', '\n'])))
        })
        .filter(|(_, line)| !line.trim_start().starts_with('#') && !line.trim().is_empty())
}

/// `host:port:database:user:password`, a backslash before a colon or a backslash (`PostgreSQL`, "The Password File").
fn pgpass(at: usize, line: &str) -> Option<Range<usize>> {
    let mut colons = 0;
    let mut escaped = false;
    for (index, byte) in line.bytes().enumerate() {
        match byte {
            b'\\' if !escaped => {
                escaped = true;
                continue;
            }
            b':' if !escaped => colons += 1,
            _ => {}
        }
        escaped = false;
        if colons == 4 {
            return Some(at + index + 1..at + line.len());
        }
    }
    None
}

// keylift:allow the form, no value
/// `https://user:password@host` (git-credential-store, "Storage format"): the password ends at the last `@`.
fn git(at: usize, line: &str) -> Option<Range<usize>> {
    let start = line.find("://")? + 3;
    let rest = &line[start..];
    let end = rest.rfind('@')?;
    let colon = rest[..end].find(':')?;
    Some(at + start + colon + 1..at + start + end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values<'t>(path: &str, text: &'t str) -> Vec<&'t str> {
        read(text, Path::new(path)).into_iter().map(|found| &text[found.span]).collect()
    }

    #[test]
    fn each_format_is_read() {
        assert_eq!(values("home/.pgpass", "# c\nlocalhost:5432:shop:app:pa\\:ss1\n*:*:*:me:${PW}\n"), ["pa\\:ss1"]);
        assert_eq!(values(".git-credentials", "https://me:p@ss#w0rd@git.internal\r\n"), ["p@ss#w0rd"]);
    }
}
