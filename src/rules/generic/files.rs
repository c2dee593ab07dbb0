//! Files of a format of their own that hold credentials: `.pgpass`, `.git-credentials`, `FileZilla`'s sites.

use std::ops::Range;
use std::path::Path;

use super::Candidate;
use crate::model::Confidence;
use crate::rules::value::is_placeholder;

/// The credentials of a file whose name says what it is.
pub(super) fn read(text: &str, path: &Path) -> Vec<Candidate> {
    let name = path.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    // In some formats every value is one that a program put there.
    let (spans, certain): (Vec<Range<usize>>, bool) = match name.as_str() {
        ".pgpass" | "pgpass.conf" | ".pg_pass" | "pgpass" | "pg_pass" => {
            (lines(text).filter_map(|(at, line)| pgpass(at, line)).collect(), false)
        }
        ".git-credentials" | ".gitcredentials" => (lines(text).filter_map(|(at, line)| git(at, line)).collect(), false),
        _ if text.get(..200).unwrap_or(text).contains("<FileZilla3") => (filezilla(text).collect(), true),
        _ => return Vec::new(),
    };
    let good = |span: &Range<usize>| {
        certain || text.get(span.clone()).is_some_and(|value| value.len() > 2 && !is_placeholder(value))
    };
    let encoded = |span: &Range<usize>| {
        let told = text.get(..span.start).is_some_and(|head| head.ends_with("\"base64\">"));
        text.get(span.clone()).filter(|_| told).and_then(base64)
    };
    spans
        .into_iter()
        .filter(good)
        .map(|span| Candidate {
            encoded: encoded(&span),
            rank: 2,
            ..Candidate::plain(span, "generic-credential-file", Some("password".to_owned()), Confidence::High)
        })
        .collect()
}

/// `<Pass encoding="base64">…</Pass>`, in older versions without the encoding (`FileZilla`'s `sitemanager.xml`,
/// `recentservers.xml`, `filezilla.xml`): nothing protects it but a master password, which makes the encoding `crypt`.
fn filezilla(text: &str) -> impl Iterator<Item = Range<usize>> {
    text.match_indices("<Pass").filter_map(|(at, _)| {
        let open = at + text.get(at..)?.find('>')? + 1;
        let tag = text.get(at..open)?;
        let plain = tag == "<Pass>" || tag.contains("\"base64\"");
        let end = open + text.get(open..)?.find('<')?;
        (plain && end > open && text.get(end..)?.starts_with("</Pass>")).then_some(open..end)
    })
}

fn base64(value: &str) -> Option<crate::model::Encoded> {
    use base64::Engine as _;
    let plain = base64::engine::general_purpose::STANDARD.decode(value).ok()?;
    Some(crate::model::Encoded { chain: "base64".to_owned(), plain: keylift_providers::Secret::new(plain) })
}

/// The lines of a text that say something, comments left out, with their places.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    lines_of(text).filter(|(_, line)| !line.trim_start().starts_with('#'))
}

/// The lines of a text that say something, without their ends, with their places.
pub(super) fn lines_of(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.split_inclusive('\n').scan(0, |at, line| {
        let start = *at;
        *at += line.len();
        Some((start, line.trim_end_matches(['\r', '\n'])))
    });
    lines.filter(|(_, line)| !line.trim().is_empty())
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
        assert_eq!(values("pgsql/.pg_pass", "*:*:*:me:pa1\n"), ["pa1"]);
        // The name apart, so that this text is no finding.
        let element = "Pass";
        let sites = format!(
            "<?xml version='1.0'?>\n<FileZilla3><Server><{element} encoding=\"base64\">c2VjcmV0</{element}></Server>\
             <Server><{element}>example1</{element}><{element} encoding=\"crypt\">AAAA</{element}><{element}></{element}></Server></FileZilla3>"
        );
        let sites = sites.as_str();
        let found = read(sites, Path::new("sitemanager.xml"));
        assert_eq!(values("sitemanager.xml", sites), ["c2VjcmV0", "example1"]);
        assert_eq!(found[0].encoded.as_ref().unwrap().plain.expose(), b"secret");
        assert!(found[1].encoded.is_none());
        assert_eq!(values(".git-credentials", "https://me:p@ss#w0rd@git.internal\r\n"), ["p@ss#w0rd"]);
    }
}
