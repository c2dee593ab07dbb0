//! Templates of names: text with `${variable}` in it, each known to exist before anything is carried.

use std::collections::BTreeMap;

/// What a template's variables stand for.
pub(super) type Variables = BTreeMap<String, String>;

/// A template that was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Template(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Variable { name: String, case: Case },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Case {
    AsItIs,
    Upper,
    Lower,
}

/// What is wrong with a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    /// There is no variable of that name here.
    Variable(String),
    /// `${` without its end, or `$` before something else.
    Dollar,
    /// What follows `|` is neither `upper` nor `lower`.
    Case(String),
}

impl Template {
    /// A template whose variables are all among `known`.
    pub(super) fn parse(text: &str, known: &[String]) -> Result<Self, Wrong> {
        let (mut parts, mut rest) = (Vec::new(), text);
        while let Some(at) = rest.find('$') {
            let (before, after) = rest.split_at(at);
            parts.push(Part::Text(before.to_owned()));
            if let Some(escaped) = after.strip_prefix("$$") {
                parts.push(Part::Text("$".to_owned()));
                rest = escaped;
                continue;
            }
            let (inside, behind) = after.strip_prefix("${").and_then(|x| x.split_once('}')).ok_or(Wrong::Dollar)?;
            let (name, case) = match inside.split_once('|') {
                None => (inside, Case::AsItIs),
                Some((name, "upper")) => (name, Case::Upper),
                Some((name, "lower")) => (name, Case::Lower),
                Some((_, other)) => return Err(Wrong::Case(other.to_owned())),
            };
            if !known.iter().any(|one| one == name) {
                return Err(Wrong::Variable(name.to_owned()));
            }
            parts.push(Part::Variable { name: name.to_owned(), case });
            rest = behind;
        }
        parts.push(Part::Text(rest.to_owned()));
        Ok(Self(parts))
    }

    /// Whether a variable stands in it.
    pub(super) fn uses(&self, wanted: &str) -> bool {
        self.0.iter().any(|part| matches!(part, Part::Variable { name, .. } if name == wanted))
    }

    /// The text, with what the variables stand for. A group of a pattern that took no part is empty.
    pub(super) fn fill(&self, variables: &Variables) -> String {
        let mut out = String::new();
        for part in &self.0 {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Variable { name, case } => {
                    let value = variables.get(name).map(String::as_str).unwrap_or_default();
                    match case {
                        Case::AsItIs => out.push_str(value),
                        Case::Upper => out.push_str(&value.to_uppercase()),
                        Case::Lower => out.push_str(&value.to_lowercase()),
                    }
                }
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_filled_in_and_checked_before() {
        let known = ["name".to_owned(), "1".to_owned()];
        let template = Template::parse("a/${name|upper}$$-${1}", &known).unwrap();
        let variables = [("name".to_owned(), "x".to_owned()), ("1".to_owned(), "Y".to_owned())].into();
        assert_eq!(template.fill(&variables), "a/X$-Y");
        assert!(template.uses("name") && !template.uses("key"));
        assert_eq!(Template::parse("${nam}", &known), Err(Wrong::Variable("nam".into())));
        assert_eq!(Template::parse("$name", &known), Err(Wrong::Dollar));
        assert_eq!(Template::parse("${name", &known), Err(Wrong::Dollar));
        assert_eq!(Template::parse("${name|title}", &known), Err(Wrong::Case("title".into())));
    }
}
