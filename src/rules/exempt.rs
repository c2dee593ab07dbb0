//! What a user's rule passes over: files of other paths, and matches that its exemptions name. Built-in rules have none,
//! so that nothing here runs for them.

use std::ops::Range;

use regex_automata::Input;
use regex_automata::meta::Regex;
use regex_automata::util::syntax;

use super::rule::{Exempt, Rule, Str, Target};
use crate::model::SourceFile;

/// A rule's conditions on path and match, compiled.
#[derive(Debug)]
pub(super) struct Exempts {
    only: Option<Regex>,
    exempts: Vec<Compiled>,
}

#[derive(Debug)]
struct Compiled {
    regexes: Option<Regex>,
    target: Target,
    /// In lower case.
    stopwords: Vec<String>,
    paths: Option<Regex>,
    all: bool,
}

impl Exempts {
    /// The conditions of a rule; none where it has none.
    ///
    /// # Errors
    /// An expression is none, or an exemption says nothing, so that it would hold for everything or for nothing.
    pub(super) fn of(rule: &Rule) -> Result<Option<Box<Self>>, String> {
        if rule.path.is_none() && rule.exempt.is_empty() {
            return Ok(None);
        }
        let only = rule.path.as_ref().map(|path| compile(std::slice::from_ref(path))).transpose()?;
        let exempts = rule.exempt.iter().map(Compiled::of).collect::<Result<_, _>>()?;
        Ok(Some(Box::new(Self { only, exempts })))
    }

    /// Whether a match counts for nothing.
    pub(super) fn pass_over(&self, text: &str, whole: &Range<usize>, value: &str, file: &SourceFile) -> bool {
        // What lies in an archive has two paths: its own, and that of the archive.
        let here = file.path.to_string_lossy();
        let inner = file.path().to_string_lossy();
        let at = |regex: &Regex| regex.is_match(&*here) || regex.is_match(&*inner);
        if self.only.as_ref().is_some_and(|only| !at(only)) {
            return true;
        }
        self.exempts.iter().any(|exempt| {
            let target = || match exempt.target {
                Target::Secret => value.as_bytes(),
                Target::Match => &text.as_bytes()[whole.clone()],
                Target::Line => lines(text.as_bytes(), whole),
            };
            let has = |word: &String| value.to_lowercase().contains(word.as_str());
            let checks = [
                exempt.regexes.as_ref().map(|regex| regex.is_match(Input::new(target()))),
                (!exempt.stopwords.is_empty()).then(|| exempt.stopwords.iter().any(has)),
                exempt.paths.as_ref().map(at),
            ];
            let mut given = checks.into_iter().flatten();
            if exempt.all { given.all(|holds| holds) } else { given.any(|holds| holds) }
        })
    }
}

impl Compiled {
    fn of(exempt: &Exempt) -> Result<Self, String> {
        if exempt.regexes.is_empty() && exempt.stopwords.is_empty() && exempt.paths.is_empty() {
            return Err("an exemption has neither `regexes` nor `stopwords` nor `paths`".to_owned());
        }
        if exempt.stopwords.iter().any(|word| word.is_empty()) {
            return Err("an exemption has an empty stopword, which is in everything".to_owned());
        }
        let some = |list: &[Str]| (!list.is_empty()).then(|| compile(list)).transpose();
        Ok(Self {
            regexes: some(&exempt.regexes)?,
            target: exempt.target,
            stopwords: exempt.stopwords.iter().map(|word| word.to_lowercase()).collect(),
            paths: some(&exempt.paths)?,
            all: exempt.all,
        })
    }
}

fn compile(patterns: &[impl AsRef<str>]) -> Result<Regex, String> {
    Regex::builder()
        .syntax(syntax::Config::new().utf8(false))
        .configure(Regex::config().utf8_empty(false).nfa_size_limit(Some(16 << 20)))
        .build_many(patterns)
        .map_err(|error| error.syntax_error().map_or_else(|| error.to_string(), ToString::to_string))
}

/// Whether an expression works here.
pub(super) fn is_usable(pattern: &str) -> bool {
    compile(&[pattern]).is_ok()
}

/// The lines that a match stands in, without their ends.
fn lines<'t>(text: &'t [u8], whole: &Range<usize>) -> &'t [u8] {
    let start = memchr::memrchr(b'\n', &text[..whole.start]).map_or(0, |at| at + 1);
    // A match that takes in the end of its line stands in that line alone.
    let last = if whole.end > whole.start && text[whole.end - 1] == b'\n' { whole.end - 1 } else { whole.end };
    let end = memchr::memchr(b'\n', &text[last..]).map_or(text.len(), |at| last + at);
    let line = &text[start..end];
    line.strip_suffix(b"\r").unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{Engine, parse};

    const HEAD: &str = "rules:\n  - {id: acme-key, name: Acme, kind: api-key, severity: high, confidence: high, \
                        pattern: 'acme=\"?([a-z0-9]{9,20})\\b', keywords: [acme=], ";

    /// Values of a rule with these fields in a file of a path.
    fn found(fields: &str, path: &str, text: &str) -> Vec<String> {
        let rules = parse("own.yaml", &format!("{HEAD}{fields}}}\n")).unwrap();
        let engine = Engine::with(rules).unwrap();
        let found = engine.scan(&SourceFile::disk(path, text.as_bytes()));
        let own = found.into_iter().filter(|finding| finding.rule == "acme-key");
        own.map(|finding| finding.secret.expose_str().unwrap_or_default().to_owned()).collect()
    }

    const TEXT: &str = "# acme=k3j9x2m4q\r\nx acme=q8w7e6r5t # mock\nacme=TESTk3j9x\nacme=testk3j9x\n";

    #[test]
    fn a_match_is_excused_by_secret_match_line_or_stopword() {
        let all = ["k3j9x2m4q", "q8w7e6r5t", "testk3j9x"];
        for (exempt, left) in [
            ("exempt: []", &all[..]),
            ("exempt: [{regexes: ['^k3j']}]", &all[1..]),
            // The match begins before the value.
            ("exempt: [{regexes: ['^acme=k3']}]", &all),
            ("exempt: [{regexes: ['^acme=k3'], target: match}]", &all[1..]),
            ("exempt: [{regexes: ['mock$'], target: match}]", &all),
            ("exempt: [{regexes: ['mock$', '4q$'], target: line}]", &all[2..]),
            ("exempt: [{regexes: ['^# .{14}$'], target: line}]", &all[1..]),
            ("exempt: [{stopwords: [TesT]}]", &all[..2]),
            ("exempt: [{stopwords: [mock]}]", &all),
            ("exempt: [{stopwords: [test]}, {regexes: [q8]}]", &all[..1]),
        ] {
            assert_eq!(found(exempt, "a.txt", TEXT), left, "{exempt}");
        }
    }

    #[test]
    fn any_is_enough_or_all_are_needed() {
        let text = "acme=k3j9x2m4q\nacme=k3testm4q\n";
        let any = "exempt: [{regexes: ['^k3'], stopwords: [test], paths: ['^docs/']}]";
        assert_eq!(found(any, "docs/a.txt", "acme=q8w7e6r5t\n"), Vec::<String>::new());
        assert_eq!(found(any, "a.txt", text), Vec::<String>::new());
        let all = any.replace("{regexes", "{all: true, regexes");
        assert_eq!(found(&all, "docs/a.txt", text), ["k3j9x2m4q"]);
        assert_eq!(found(&all, "a.txt", text), ["k3j9x2m4q", "k3testm4q"]);
    }

    #[test]
    fn a_path_limits_a_rule_and_an_archives_member_has_two() {
        assert_eq!(found("path: '\\.env$'", "a.txt", TEXT).len(), 0);
        assert_eq!(found("path: '\\.env$'", "conf/.env", TEXT).len(), 3);
        let rules = parse("own.yaml", &format!("{HEAD}path: '^deep/'}}\n")).unwrap();
        let mut file = SourceFile::disk("a.zip", TEXT.as_bytes());
        file.origin = crate::model::Origin::Archive { member: "deep/a.txt".to_owned() };
        assert_eq!(Engine::with(rules).unwrap().scan(&file).len(), 3);
    }

    #[test]
    fn what_says_nothing_is_refused() {
        for wrong in ["exempt: [{all: true}]", "exempt: [{stopwords: ['']}]", "exempt: [{paths: ['(']}]", "path: '('"] {
            let rules = parse("own.yaml", &format!("{HEAD}{wrong}}}\n")).unwrap();
            assert!(Engine::with(rules).is_err(), "{wrong}");
        }
        assert!(
            parse("own.yaml", &format!("{HEAD}exempt: [{{regex: [x]}}]}}\n")).is_err(),
            "an unknown field is a slip"
        );
    }
}
