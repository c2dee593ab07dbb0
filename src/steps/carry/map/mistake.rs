//! What can be wrong with a map, and where.

/// What is wrong with a map, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{at}: {what}")]
pub struct MapError {
    /// `the map`, or `rule 3`.
    pub at: String,
    /// What is wrong there.
    pub what: Mistake,
}

/// The mistakes that a map can have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mistake {
    /// It is not YAML.
    #[error("not YAML: {0}")]
    Yaml(String),
    /// Something has another type than it should have.
    #[error("`{key}` should be {wanted}")]
    Type {
        /// Where.
        key: String,
        /// What it should be.
        wanted: &'static str,
    },
    /// A key or a word that means nothing here.
    #[error("`{word}` means nothing here{}", meant(.nearest.as_deref()))]
    Unknown {
        /// As it was written.
        word: String,
        /// What was probably meant.
        nearest: Option<String>,
    },
    /// Exactly one of several keys has to be there.
    #[error("exactly one of {} is needed", .0.join(", "))]
    OneOf(&'static [&'static str]),
    /// A key is missing that another one needs.
    #[error("`{0}` is missing")]
    Missing(&'static str),
    /// A key that has no meaning beside the others.
    #[error("`{0}` has no meaning here: it goes with `gather`")]
    Stray(&'static str),
    /// A map for another version of keylift.
    #[error("version {0} of the schema is not known to this keylift, which reads version 1")]
    Version(u64),
    /// A regular expression that is none.
    #[error("not a regular expression: {0}")]
    Regex(String),
    /// A template with a `$` that leads nowhere.
    #[error("`{0}` is not a template: a variable is written ${{name}}, a dollar sign $$")]
    Template(String),
    /// `explode` without the name of the field in its template would send all fields to one place.
    #[error("`{0}` sends every field to one place: put ${{key}} into it")]
    NoKey(String),
}

fn meant(nearest: Option<&str>) -> String {
    nearest.map(|word| format!("; did you mean `{word}`?")).unwrap_or_default()
}
