//! Filter expressions of betterleaks, which are true for what is to be passed over: as far as they are made of its own
//! functions over the finding and the path, joined by `||` and `&&`, they are exemptions.

use std::borrow::Cow;

use crate::rules::exempt;
use crate::rules::rule::{Exempt, Str, Target};

/// More alternatives than these are not worked out.
const MOST: usize = 64;

/// What a filter comes to.
#[derive(Debug, Default)]
pub(super) struct Filter {
    pub(super) exempt: Vec<Exempt>,
    /// Values of less entropy are passed over.
    pub(super) entropy: Option<f32>,
    /// All of it is in the two above.
    pub(super) whole: bool,
}

/// What a condition looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Subject {
    Finding(Target),
    Path,
    /// Something that has no counterpart.
    Other,
}

#[derive(Clone, Debug)]
enum Condition {
    Matches(Subject, Vec<String>),
    Entropy(f32),
    /// One that has no counterpart.
    Other,
}

/// Reads a filter. What it cannot read is not in the result, and the result is not whole.
pub(super) fn read(text: &str) -> Filter {
    let mut reader = Reader { rest: text };
    let all = reader.either();
    let Some(all) = all.filter(|_| reader.rest.trim().is_empty()) else { return Filter::default() };
    let mut filter = Filter { whole: true, ..Filter::default() };
    for together in all {
        if let [Condition::Entropy(least)] = together.as_slice() {
            filter.entropy = Some(filter.entropy.map_or(*least, |known| known.max(*least)));
            continue;
        }
        match together_as_one(together) {
            Some(exempt) => filter.exempt.push(exempt),
            None => filter.whole = false,
        }
    }
    filter
}

/// Conditions that must all hold, where each is of a kind of its own.
fn together_as_one(conditions: Vec<Condition>) -> Option<Exempt> {
    let mut out = Exempt { all: true, ..Exempt::default() };
    for condition in conditions {
        let Condition::Matches(subject, patterns) = condition else { return None };
        if patterns.is_empty() || !patterns.iter().all(|pattern| exempt::is_usable(pattern)) {
            return None;
        }
        let patterns: Vec<Str> = patterns.into_iter().map(Cow::Owned).collect();
        match subject {
            Subject::Path if out.paths.is_empty() => out.paths = patterns.into(),
            Subject::Finding(target) if out.regexes.is_empty() => {
                out.regexes = patterns.into();
                out.target = target;
            }
            _ => return None,
        }
    }
    Some(out)
}

/// Any of several lists of conditions that must all hold.
type Any = Vec<Vec<Condition>>;

/// Reads an expression from its front.
struct Reader<'t> {
    rest: &'t str,
}

impl Reader<'_> {
    /// Takes a sign or word, blanks before it aside.
    fn take(&mut self, sign: &str) -> bool {
        let rest = self.rest.trim_start();
        let Some(after) = rest.strip_prefix(sign) else { return false };
        let word = |c: char| c.is_alphanumeric() || c == '_';
        if sign.ends_with(word) && after.starts_with(word) {
            return false;
        }
        self.rest = after;
        true
    }

    fn either(&mut self) -> Option<Any> {
        let mut any = self.both()?;
        while self.take("||") || self.take("or") {
            any.extend(self.both()?);
        }
        (any.len() <= MOST).then_some(any)
    }

    fn both(&mut self) -> Option<Any> {
        let mut any = self.one()?;
        while self.take("&&") || self.take("and") {
            let right = self.one()?;
            if any.len() * right.len() > MOST {
                return None;
            }
            any = any.iter().flat_map(|left| right.iter().map(move |right| [&left[..], right].concat())).collect();
        }
        Some(any)
    }

    fn one(&mut self) -> Option<Any> {
        if self.take("(") {
            let inner = self.either()?;
            return self.take(")").then_some(inner);
        }
        Some(vec![vec![self.condition()?]])
    }

    fn condition(&mut self) -> Option<Condition> {
        self.take("filter.");
        if self.take("matchesAny") {
            let (subject, patterns) = self.arguments()?;
            return Some(of(subject, patterns));
        }
        if self.take("containsAny") {
            let (subject, words) = self.arguments()?;
            return Some(of(subject, words.iter().map(|word| format!("(?i){}", regex_syntax::escape(word))).collect()));
        }
        if self.take("failsTokenEfficiency") {
            self.take("(").then_some(())?;
            self.subject()?;
            return self.take(")").then_some(Condition::Other);
        }
        if self.take("entropy") {
            self.take("(").then_some(())?;
            let subject = self.subject()?;
            (self.take(")") && (self.take("<=") || self.take("<"))).then_some(())?;
            let least = self.number()?;
            let value = subject == Subject::Finding(Target::Secret);
            return Some(if value { Condition::Entropy(least) } else { Condition::Other });
        }
        let subject = self.subject()?;
        if self.take("==") {
            return Some(of(subject, vec![format!(r"\A{}\z", regex_syntax::escape(&self.string()?))]));
        }
        self.take("contains").then_some(())?;
        Some(of(subject, vec![regex_syntax::escape(&self.string()?)]))
    }

    /// `(subject, ["a", "b"])`
    fn arguments(&mut self) -> Option<(Subject, Vec<String>)> {
        self.take("(").then_some(())?;
        let subject = self.subject()?;
        (self.take(",") && self.take("[")).then_some(())?;
        let mut list = Vec::new();
        while !self.take("]") {
            list.push(self.string()?);
            if !self.take(",") {
                self.take("]").then_some(())?;
                break;
            }
        }
        self.take(")").then_some((subject, list))
    }

    /// `finding["secret"]`, `get(attributes, "path", "")`
    fn subject(&mut self) -> Option<Subject> {
        let key = if self.take("get") {
            (self.take("(") && self.take("attributes") && self.take(",")).then_some(())?;
            let key = self.string()?;
            if self.take(",") {
                self.string()?;
            }
            self.take(")").then_some(())?;
            format!("attributes.{key}")
        } else {
            let of = ["finding", "attributes"].into_iter().find(|name| self.take(name))?;
            self.take("[").then_some(())?;
            let key = self.string()?;
            self.take("]").then_some(())?;
            format!("{of}.{key}")
        };
        Some(match key.as_str() {
            "finding.secret" => Subject::Finding(Target::Secret),
            "finding.match" => Subject::Finding(Target::Match),
            "finding.line" => Subject::Finding(Target::Line),
            "attributes.path" => Subject::Path,
            _ => Subject::Other,
        })
    }

    fn number(&mut self) -> Option<f32> {
        let rest = self.rest.trim_start();
        let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(rest.len());
        let (number, after) = rest.split_at(end);
        self.rest = after;
        number.parse().ok()
    }

    /// A string: raw between grave accents, else with escapes.
    fn string(&mut self) -> Option<String> {
        let rest = self.rest.trim_start();
        let quote = rest.chars().next().filter(|c| ['`', '"', '\''].contains(c))?;
        let mut out = String::new();
        let mut chars = rest.char_indices().skip(1);
        while let Some((at, c)) = chars.next() {
            if c == quote {
                self.rest = &rest[at + 1..];
                return Some(out);
            }
            if c != '\\' || quote == '`' {
                out.push(c);
                continue;
            }
            out.push(match chars.next()?.1 {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                plain @ ('\\' | '"' | '\'') => plain,
                // Escapes by number are left to the program that knows them all.
                _ => return None,
            });
        }
        None
    }
}

fn of(subject: Subject, patterns: Vec<String>) -> Condition {
    if subject == Subject::Other { Condition::Other } else { Condition::Matches(subject, patterns) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_become_exemptions() {
        let filter = read(
            "(matchesAny(finding[\"secret\"], [\n `^a\\d`, \"b\\\\.c\",\n]) || filter.containsAny(finding[\"line\"], ['(x'])) \
             || filter.entropy(finding[\"secret\"]) <= 3.5 or entropy(finding[\"secret\"]) < 2 \
             || (matchesAny(get(attributes, \"path\", \"\"), [`^docs/`]) && finding[\"match\"] contains \"mock\")",
        );
        assert!(filter.whole && filter.entropy == Some(3.5));
        let parts: Vec<String> = filter
            .exempt
            .iter()
            .map(|one| format!("{:?} {} {}", one.target, one.regexes.join(" "), one.paths.join(" ")))
            .collect();
        assert_eq!(parts, [r"Secret ^a\d b\.c ", r"Line (?i)\(x ", "Match mock ^docs/"]);
    }

    #[test]
    fn what_has_no_counterpart_is_left_out() {
        let partly = read(
            "failsTokenEfficiency(finding[\"secret\"]) || (entropy(finding[\"secret\"]) <= 3 && finding[\"secret\"] == \"x\") \
             || get(attributes, \"git.author_name\", \"\") == \"bot\" || finding[\"secret\"] == \"y.\"",
        );
        assert!(!partly.whole && partly.entropy.is_none());
        assert_eq!(partly.exempt.len(), 1);
        assert_eq!(&*partly.exempt[0].regexes, [r"\Ay\.\z"]);
        for none in ["let x = 1; x > 2", "finding[\"secret\"] startsWith \"x\"", "", "matchesAny(", "(((", "\"a"] {
            let filter = read(none);
            assert!(!filter.whole && filter.exempt.is_empty(), "{none}");
        }
    }
}
