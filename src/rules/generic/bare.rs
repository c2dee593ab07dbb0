//! Values without quotes: where one may stand, and where it ends.

use std::ops::Range;

use super::judge::How;
use super::lines::{LONGEST, Reader, head};
use super::place;
use crate::rules::value::{Look, look};

impl Reader<'_> {
    /// A value may stand behind a blank: an option (`--password x`), the first word of a line of a config file.
    pub(super) fn takes_blank(&self, start: usize) -> bool {
        let line = head(self.bytes, start);
        let first = line.iter().all(|byte| b" \t".contains(byte));
        let script = self
            .path
            .extension()
            .is_some_and(|ext| ["sh", "bash", "zsh", "yaml", "yml", "fish"].iter().any(|s| ext == *s));
        place::is_netrc(self.path)
            // `ENV DB_PASSWORD x`
            || line.trim_ascii().eq_ignore_ascii_case(b"env") && self.language.is_some_and(|it| it == "dockerfile")
            || self.is_option(start) && !line.contains(&b'#')
            || first && !script && place::is_blank_config(self.path)
    }

    /// A parameter of a query or a form: `?token=x`, `&password=x`.
    pub(super) fn is_query(&self, start: usize) -> bool {
        start.checked_sub(1).is_some_and(|before| b"?&".contains(&self.at(before)))
    }

    /// A line of settings in a file of a kind that nobody knows: a name, its operator and one word, which behind a colon
    /// is no word of a language.
    pub(super) fn is_setting(&self, start: usize, operator: Option<&u8>, value: usize) -> bool {
        if self.language.is_some_and(|language| language != "text") {
            return false;
        }
        let head = head(self.bytes, start).trim_ascii();
        if !(head.is_empty() || head == b"@" || operator == Some(&b':') && is_account(head)) {
            return false;
        }
        let end = (value..self.bytes.len()).find(|at| self.at(*at).is_ascii_whitespace()).unwrap_or(self.bytes.len());
        let line_end = matches!(self.at(self.skip(end, b" \t\r")), b'\n' | 0);
        let Some(word) = self.text.get(value..end).filter(|_| line_end) else { return false };
        let code = word.contains(['(', ')', '{', '}', '[', ']', '<', '>', '$', ';', ',', '"', '\'']);
        !code && (operator == Some(&b'=') || look(word) > Look::Plain)
    }

    /// `--set auth.password=x`, `-e PASSWORD=x`, `--from-literal=password=x`: the option before sets what the name says.
    fn is_set_by_option(&self, start: usize) -> bool {
        const OPTIONS: [&str; 9] =
            ["--set", "--set-string", "-e", "--env", "--build-arg", "--from-literal", "-var", "--var", "--extra-vars"];
        let head = self.text.get(start.saturating_sub(60)..start).unwrap_or_default();
        let head = head.trim_end_matches(['"', '\'']).strip_suffix(['=', ' ']).unwrap_or_default().trim_end();
        OPTIONS.iter().any(|option| {
            head.strip_suffix(option).is_some_and(|head| head.is_empty() || head.ends_with(char::is_whitespace))
        })
    }

    /// `name=app password=x priv=*.*:ALL`: another name and its value stand behind, as in what Ansible's modules take.
    fn is_among_pairs(&self, start: usize, next: usize) -> bool {
        let rest = self.bytes.get(next..(next + 40).min(self.bytes.len())).unwrap_or_default();
        let name = rest.iter().take_while(|byte| byte.is_ascii_lowercase() || **byte == b'_').count();
        let before = self.bytes.get(..start).is_some_and(|head| head.ends_with(b" "));
        let settings = self.path.extension().is_some_and(|ext| ext == "yml" || ext == "yaml" || ext == "ini");
        // An inventory of Ansible needs no extension.
        let inventory = self.bytes.get(start..).is_some_and(|name| name.starts_with(b"ansible_"));
        (settings || inventory)
            && before
            && name > 1
            && rest.get(name) == Some(&b'=')
            && rest.get(name + 1) != Some(&b'=')
    }

    /// `--password`, `-storepass`, `-Password`.
    fn is_option(&self, start: usize) -> bool {
        self.at(start) == b'-' && (self.at(start + 1) == b'-' || self.at(start + 1).is_ascii_alphabetic())
    }

    pub(super) fn bare_value(&self, start: usize, at: usize, how: How) -> Option<(Range<usize>, bool, How)> {
        let limit = (at + LONGEST).min(self.bytes.len());
        let within = |open: &[u8]| {
            self.bytes.get(at.saturating_sub(100)..at).is_some_and(|head| {
                memchr::memmem::rfind(head, open)
                    .is_some_and(|open| memchr::memchr2(b'}', b'\n', &head[open..]).is_none())
            })
        };
        let inside = within(b"${");
        // What a template says is code: `{{ $secret := printf "…" . }}`.
        if within(b"{{") || inside && b"+?".contains(&self.at(at)) {
            return None;
        }
        let at = at + usize::from(inside && b"-=".contains(&self.at(at)));
        // `?token=x&page=1`: the next parameter is no part of the value.
        let query = self.is_query(start);
        let blanks: &[u8] = match (inside, query) {
            (true, _) => b" \t\r\n\"'`,;}",
            (false, true) => b" \t\r\n\"'`,;&#",
            (false, false) => b" \t\r\n\"'`,;",
        };
        let end = (at..limit).find(|at| blanks.contains(&self.at(*at))).unwrap_or(limit);
        // `'password=x\n'`: the line break of the text that it stands in.
        let written = self.bytes.get(at..end).unwrap_or_default();
        let end = if b"\"'`".contains(&self.at(end)) && written.ends_with(b"\\n") { end - 2 } else { end };
        let next = self.skip(end, b" \t\r");
        // `"x.php?pass=No such user"`: a sentence that a page is handed.
        let said = query && next > end && {
            let rest = self.bytes.get(next..limit).unwrap_or_default();
            let rest = &rest[..memchr::memchr3(b'"', b'\'', b'\n', rest).unwrap_or(rest.len())];
            let words = || rest.split(|byte| *byte == b' ').filter(|word| !word.is_empty());
            words().count() > 1 && words().all(|word| word[0].is_ascii_alphabetic())
        };
        // More words on the line are prose, unless they are a comment.
        let alone = query && !said
            || matches!(self.at(next), b'\n' | b'#' | 0 | b';' | b'"' | b'\'' | b'`' | b'\\' | b'&')
            || self.is_option(start)
            || self.is_set_by_option(start)
            || how == How::Bound && self.is_among_pairs(start, next)
            || inside;
        (end > at && alone).then_some((at..end, false, how))
    }
}

/// Whether the head of a line says whose password may follow: `Server: x , Username: ann , `.
fn is_account(head: &[u8]) -> bool {
    let lower = head.to_ascii_lowercase();
    let label = |label: &[u8]| {
        let behind = memchr::memmem::rfind(&lower, label).map(|at| lower[at + label.len()..].trim_ascii());
        behind.is_some_and(|value| (1..60).contains(&value.len()) && !value.contains(&b' ') || value.ends_with(b","))
    };
    [&b"user:"[..], b"username:", b"login:", b"email:"].into_iter().any(label)
}
