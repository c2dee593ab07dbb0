//! What a rule says: how to find one kind of credential, how to tell it from a look-alike, who issued it, how to rotate it.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer};

use crate::model::{Confidence, Kind, Severity};

/// A string that is a static in a built-in rule and owned in a user's.
pub type Str = Cow<'static, str>;
/// A list that is a static in a built-in rule and owned in a user's.
pub type List<T> = Cow<'static, [T]>;

/// One kind of credential.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Kebab-case, unique, stable: what reports, baselines and plans call it.
    pub id: Str,
    /// What people call the credential.
    pub name: Str,
    /// Who issues it, as shown to people; empty for kinds that nobody issues. Comes from the file's head.
    #[serde(default)]
    pub issuer: Str,
    /// The issuer's home page; empty where there is none. Comes from the file's head.
    #[serde(default)]
    pub url: Str,
    /// What kind of credential.
    pub kind: Kind,
    /// Regular expression over bytes, Unicode off. Group `value`, else group 1, else the whole match is the value.
    pub pattern: Str,
    /// Literals of which at least one is in every match, compared without regard to ASCII case. Empty: the rule is not
    /// found by its pattern but by the reading of names, calls or files.
    #[serde(default)]
    pub keywords: List<Str>,
    /// Least Shannon entropy of the value, in bits per character.
    #[serde(default)]
    pub entropy: Option<f32>,
    /// A proof that needs no network.
    #[serde(default)]
    pub checksum: Option<Checksum>,
    /// Regular expression of the paths of files that the rule is for; all files without it.
    #[serde(default)]
    pub path: Option<Str>,
    /// What of its matches counts for nothing.
    #[serde(default)]
    pub exempt: List<Exempt>,
    /// How sure a match is that passed entropy and checksum.
    pub confidence: Confidence,
    /// What its holder can do.
    pub severity: Severity,
    /// The environment variable that programs usually read it from.
    #[serde(default)]
    pub env: Str,
    /// The rule whose match nearby belongs to this secret.
    #[serde(default)]
    pub pair: Option<Pair>,
    /// What somebody with this can do.
    #[serde(default)]
    pub risk: Str,
    /// How to replace it at its issuer.
    #[serde(default)]
    pub rotation: Rotation,
    /// Titles of the pages that the facts came from.
    #[serde(default)]
    pub docs: List<Str>,
    /// How to ask the issuer whether it still works.
    #[serde(default)]
    pub live: Option<Live>,
    /// Templates of texts that hold exactly one of it.
    #[serde(default)]
    pub examples: List<Str>,
    /// Templates of texts that hold none.
    #[serde(default)]
    pub counter_examples: List<Str>,
}

/// A checksum inside a token.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checksum {
    /// `crc32-base62`, `crc32-hex`, `luhn`, `jwt`…
    #[serde(rename = "type")]
    pub kind: Str,
    /// Regular expression whose group 1 is what the checksum is made of.
    #[serde(default)]
    pub payload: Option<Str>,
    /// Number of characters of the checksum, at the end of the value.
    #[serde(default)]
    pub digits: Option<usize>,
}

/// What a match counts for nothing by: any of what is given here, or all of it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exempt {
    /// Regular expressions, looked for in the target.
    #[serde(default)]
    pub regexes: List<Str>,
    /// Where they are looked for.
    #[serde(default)]
    pub target: Target,
    /// Words in the value, compared without regard to case.
    #[serde(default)]
    pub stopwords: List<Str>,
    /// Regular expressions, looked for in the file's path.
    #[serde(default)]
    pub paths: List<Str>,
    /// Whether all kinds of condition that are given must hold, not just one.
    #[serde(default)]
    pub all: bool,
}

/// A part of what a rule matched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Target {
    /// The value.
    #[default]
    Secret,
    /// All that the pattern matched.
    Match,
    /// The lines that the match stands in.
    Line,
}

/// The other half of a credential.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pair {
    /// The id of the rule that finds the other half.
    pub identifier: Str,
}

/// How to replace a credential at its issuer.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rotation {
    /// The page where it is done.
    #[serde(default)]
    pub page: Str,
    /// What to do there.
    #[serde(default)]
    pub steps: List<Str>,
    /// The call that does it, where the issuer has one.
    #[serde(default)]
    pub api: Option<Str>,
    /// Whether two can be valid at once, so that nothing stops between old and new.
    #[serde(default)]
    pub overlap: bool,
}

/// The request that asks an issuer whether a credential works.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Live {
    /// HTTP method.
    pub method: Str,
    /// Where; requests go to this host alone. `{{value}}` stands for the credential.
    pub url: Str,
    /// Headers; `{{value}}` stands for the credential.
    #[serde(default, deserialize_with = "map")]
    pub headers: List<(Str, Str)>,
    /// Body, where there is one.
    #[serde(default)]
    pub body: Option<Str>,
    /// Answers that say: it works.
    #[serde(default)]
    pub live: List<u16>,
    /// Answers that say: it does not.
    #[serde(default)]
    pub dead: List<u16>,
}

fn map<'de, D: Deserializer<'de>>(from: D) -> Result<List<(Str, Str)>, D::Error> {
    let map = std::collections::BTreeMap::<String, String>::deserialize(from)?;
    Ok(Cow::Owned(map.into_iter().map(|(key, value)| (Cow::Owned(key), Cow::Owned(value))).collect()))
}

/// Why a rule file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RuleError {
    /// The file is not YAML of the rule schema.
    #[error("{file}: {message}")]
    Syntax {
        /// Name of the file.
        file: String,
        /// What is wrong, with line and column.
        message: String,
    },
    /// A rule's pattern is no regular expression, or its keywords cannot work.
    #[error("rule {rule}: {message}")]
    Rule {
        /// The rule's id.
        rule: String,
        /// What is wrong.
        message: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    issuer: Str,
    #[serde(default)]
    url: Str,
    rules: Vec<Rule>,
}

/// Reads a rule file: YAML with `issuer`, `url` and `rules`.
///
/// # Errors
/// The text is no such YAML; the message has line and column, and quotes nothing of the text.
pub fn parse(file: &str, text: &str) -> Result<Vec<Rule>, RuleError> {
    let head: File = serde_yaml::from_str(text)
        .map_err(|error| RuleError::Syntax { file: file.to_owned(), message: error.to_string() })?;
    let File { issuer, url, rules } = head;
    Ok(rules
        .into_iter()
        .map(|mut rule| {
            if rule.issuer.is_empty() {
                rule.issuer.clone_from(&issuer);
            }
            if rule.url.is_empty() {
                rule.url.clone_from(&url);
            }
            rule
        })
        .collect())
}
