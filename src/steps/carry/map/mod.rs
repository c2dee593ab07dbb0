//! The map of a migration: rules that rename entries, leave them out, take JSON apart or put it together.

mod mistake;
mod parse;

use regex_automata::meta::Regex;
use serde_yaml::Value;

pub use self::mistake::{MapError, Mistake};
use self::parse::{keys, mapping, rule, word};
use super::template::{Template, Variables};

/// The version of the schema that this build reads.
const VERSION: u64 = 1;
const TOP: &[&str] = &["version", "names", "otherwise", "rules"];

/// What happens to an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It goes to the place of its own name.
    Keep,
    /// It goes to another name.
    Rename(String),
    /// It does not go.
    Skip,
    /// Each field of its JSON goes to a place of its own.
    Explode(Template, Variables),
    /// It becomes a field of a JSON object.
    Gather {
        /// The object's name.
        into: String,
        /// The field.
        key: String,
    },
    /// No rule says anything about it, and the map wants one for each.
    Unruled,
}

/// A map that was read and checked.
#[derive(Clone, Debug, Default)]
pub struct Map {
    rules: Vec<Rule>,
    /// Names are taken as they are or not at all.
    pub(super) exact: bool,
    otherwise: Otherwise,
    source: Option<Value>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Otherwise {
    #[default]
    Keep,
    Skip,
    Fail,
}

#[derive(Clone, Debug)]
struct Rule {
    matcher: Matcher,
    action: Action,
}

#[derive(Clone, Debug)]
enum Matcher {
    Exact(String),
    Prefix(String),
    Pattern(Regex, Vec<(usize, String)>),
    All,
}

#[derive(Clone, Debug)]
enum Action {
    Rename(Template),
    Skip,
    Explode(Template),
    Gather { into: Template, key: Template },
}

impl Map {
    /// Reads a map.
    ///
    /// # Errors
    /// The first mistake in it.
    pub fn parse(text: &str) -> Result<Self, MapError> {
        let value: Value = serde_yaml::from_str(text).map_err(|error| whole(Mistake::Yaml(error.to_string())))?;
        Self::of(&value)
    }

    /// Reads a map that stands in a plan.
    ///
    /// # Errors
    /// The first mistake in it.
    pub fn of(value: &Value) -> Result<Self, MapError> {
        let top = mapping(value, "the map").map_err(whole)?;
        keys(top, TOP).map_err(whole)?;
        let version = top.get("version").ok_or_else(|| whole(Mistake::Missing("version")))?;
        match version.as_u64() {
            Some(VERSION) => {}
            Some(other) => return Err(whole(Mistake::Version(other))),
            None => return Err(whole(Mistake::Type { key: "version".into(), wanted: "the number 1" })),
        }
        let exact = word(top, "names", &["normalise", "exact"]).map_err(whole)? == Some("exact");
        let otherwise = match word(top, "otherwise", &["keep", "skip", "fail"]).map_err(whole)? {
            Some("skip") => Otherwise::Skip,
            Some("fail") => Otherwise::Fail,
            _ => Otherwise::Keep,
        };
        let mut rules = Vec::new();
        if let Some(list) = top.get("rules") {
            let wrong = || whole(Mistake::Type { key: "rules".into(), wanted: "a list" });
            for (number, one) in list.as_sequence().ok_or_else(wrong)?.iter().enumerate() {
                let at = |what| MapError { at: format!("rule {}", number + 1), what };
                rules.push(rule(one).map_err(at)?);
            }
        }
        Ok(Self { rules, exact, otherwise, source: Some(value.clone()) })
    }

    /// The map as it was written, for a plan; none where there was none.
    pub fn source(&self) -> Option<&Value> {
        self.source.as_ref()
    }

    /// Whether there is a rule at all.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// What the first rule that matches a name says about it.
    pub(super) fn fate(&self, name: &str) -> Fate {
        for rule in &self.rules {
            let Some(mut variables) = rule.matcher.variables(name) else { continue };
            let leaf = name.rsplit('/').next().unwrap_or(name);
            variables.extend([("name".to_owned(), name.to_owned()), ("leaf".to_owned(), leaf.to_owned())]);
            return match &rule.action {
                Action::Skip => Fate::Skip,
                Action::Rename(to) => Fate::Rename(to.fill(&variables)),
                Action::Explode(to) => Fate::Explode(to.clone(), variables),
                Action::Gather { into, key } => Fate::Gather { into: into.fill(&variables), key: key.fill(&variables) },
            };
        }
        match self.otherwise {
            Otherwise::Keep => Fate::Keep,
            Otherwise::Skip => Fate::Skip,
            Otherwise::Fail => Fate::Unruled,
        }
    }
}

impl Matcher {
    /// What a name gives to templates; none where it does not match.
    fn variables(&self, name: &str) -> Option<Variables> {
        match self {
            Self::All => Some(Variables::new()),
            Self::Exact(exact) => (name == exact).then(Variables::new),
            Self::Prefix(prefix) => {
                let rest = name.strip_prefix(prefix.as_str())?;
                Some([("rest".to_owned(), rest.to_owned())].into())
            }
            Self::Pattern(regex, groups) => {
                let mut found = regex.create_captures();
                regex.captures(name, &mut found);
                let text = |index: usize| found.get_group(index).map(|span| name[span.range()].to_owned());
                found
                    .is_match()
                    .then(|| groups.iter().filter_map(|(index, group)| Some((group.clone(), text(*index)?))).collect())
            }
        }
    }

    fn names(&self) -> Vec<String> {
        match self {
            Self::Prefix(_) => vec!["rest".to_owned()],
            Self::Pattern(_, groups) => groups.iter().map(|(_, name)| name.clone()).collect(),
            Self::All | Self::Exact(_) => Vec::new(),
        }
    }
}

fn whole(what: Mistake) -> MapError {
    MapError { at: "the map".to_owned(), what }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(rules: &str) -> Result<Map, MapError> {
        Map::parse(&format!("version: 1\nrules:\n{rules}"))
    }

    #[test]
    fn the_first_rule_that_matches_decides() {
        let map = map("- {exact: a/b, skip: true}\n- {prefix: a/, rename: 'x/${rest|upper}'}\n\
             - {regex: '(?<team>\\w+)\\.(\\w+)', gather: 'teams/${team}', key: '${2}'}\n\
             - {regex: 'json-.*', explode: '${name}#${key}'}\n")
        .unwrap();
        assert_eq!(map.fate("a/b"), Fate::Skip);
        assert_eq!(map.fate("a/c"), Fate::Rename("x/C".into()));
        assert_eq!(map.fate("red.pw"), Fate::Gather { into: "teams/red".into(), key: "pw".into() });
        assert!(matches!(map.fate("json-1"), Fate::Explode(..)));
        assert_eq!(map.fate("red.pw.old"), Fate::Keep, "a pattern has to match the whole name");
        let strict = Map::parse("version: 1\notherwise: fail\n").unwrap();
        assert_eq!(strict.fate("x"), Fate::Unruled);
    }

    #[test]
    fn mistakes_are_told_with_their_place_and_what_was_meant() {
        let said = |rules: &str| map(rules).unwrap_err().to_string();
        assert_eq!(said("- {exact: a, renam: b}"), "rule 1: `renam` means nothing here; did you mean `rename`?");
        assert_eq!(said("- {match: a, rename: b}"), "rule 1: `match` means nothing here; did you mean `exact`?");
        assert_eq!(
            said("- {exact: a, skip: true}\n- {prefix: a, rename: 'b${rset}'}"),
            "rule 2: `${rset}` means nothing here; did you mean `${rest}`?"
        );
        assert_eq!(said("- {exact: a}"), "rule 1: exactly one of rename, skip, explode, gather is needed");
        assert_eq!(
            said("- {exact: a, prefix: b, skip: true}"),
            "rule 1: exactly one of exact, prefix, regex, all is needed"
        );
        assert_eq!(said("- {exact: a, gather: b}"), "rule 1: `key` is missing");
        assert_eq!(said("- {exact: a, rename: b, key: c}"), "rule 1: `key` has no meaning here: it goes with `gather`");
        assert!(said("- {exact: a, explode: b}").contains("every field to one place"));
        assert!(said("- {regex: '(', skip: true}").contains("not a regular expression"));
        assert!(said("- {all: no, skip: true}").contains("should be `true`"));
        assert!(Map::parse("version: 2").unwrap_err().to_string().contains("version 2"));
        assert!(Map::parse("rules: []").unwrap_err().to_string().contains("`version` is missing"));
        assert!(Map::parse("version: 1\nnames: exactly").unwrap_err().to_string().contains("did you mean `exact`?"));
    }
}
