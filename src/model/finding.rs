//! A rule matched at a place.

use std::ops::Range;
use std::path::PathBuf;

use keylift_providers::Secret;
use serde::{Deserialize, Serialize};

use super::source::Origin;

/// How sure a finding is. `scan` shows medium and up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// Could be a credential; more likely it is not.
    Low,
    /// Probably a credential: somebody should look.
    Medium,
    /// A credential as far as can be told without asking its issuer.
    High,
}

/// What the holder of a credential can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Identifies, opens nothing by itself.
    Low,
    /// Limited reach.
    Medium,
    /// Reads or changes customers' data.
    High,
    /// Takes over accounts, money, source or infrastructure.
    Critical,
}

/// Kinds of credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A key that an issuer gives to a program.
    ApiKey,
    /// A token that stands for a session or a grant.
    Token,
    /// A password.
    Password,
    /// A connection string with a password inside; the value is the password alone.
    Dsn,
    /// A private key.
    PrivateKey,
    /// A URL that is itself the credential.
    Webhook,
    /// A JSON Web Token.
    Jwt,
    /// Belongs to a secret and opens nothing alone (an access key id).
    Identifier,
}

/// The line of a finding as it may be shown: every value that was found in it, or that equals one found elsewhere in the
/// file, is masked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snippet {
    /// The line, or the part of a long line around the value.
    pub line: String,
    /// Where in it the mask of this finding's value stands, in characters from 0: start and length.
    pub caret: (usize, usize),
}

/// A rule matched at a place.
#[derive(Debug)]
pub struct Finding {
    /// Path of the file, as [`super::SourceFile::path`] has it.
    pub path: PathBuf,
    /// Where the file came from.
    pub origin: Origin,
    /// Span of the value alone, in the decoded text of the file (see [`super::Text`]); what a report calls `start` and
    /// `end` is this, brought to bytes of the file.
    pub span: Range<usize>,
    /// Span of the value in bytes of the file.
    pub bytes: Range<usize>,
    /// Start of the value: line and column, from 1, in characters.
    pub start: (usize, usize),
    /// End of the value, exclusive: line and column, from 1, in characters.
    pub end: (usize, usize),
    /// The rule's id.
    pub rule: String,
    /// What kind of credential the rule finds.
    pub kind: Kind,
    /// How sure.
    pub confidence: Confidence,
    /// What its holder can do.
    pub severity: Severity,
    /// The value as it stands in the text, before unquoting. What goes to a store is decided by locating.
    pub secret: Secret,
    /// What the code calls it.
    pub name: Option<String>,
    /// The language that the text is written in, where there is a grammar for it.
    pub language: Option<String>,
    /// The environment variable that the rule proposes.
    pub env: Option<String>,
    /// What the value says, where it stands encoded: what its issuer would take.
    pub encoded: Option<Encoded>,
    /// The identifier beside it that goes with it: an access key id, a client id.
    pub pair: Option<Pair>,
    /// Whether it was found for its value alone, which a rule found elsewhere.
    pub again: bool,
    /// The line around it, masked; none where nobody asked for it.
    pub snippet: Option<Snippet>,
}

/// Where the identifier stands that goes with a secret. It is a finding of its own as well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The identifier's rule.
    pub rule: String,
    /// Its span in the decoded text of the file.
    pub span: Range<usize>,
    /// Its span in bytes of the file.
    pub bytes: Range<usize>,
    /// Its line and column, from 1, in characters.
    pub start: (usize, usize),
}

/// A credential inside of an encoded value.
#[derive(Debug)]
pub struct Encoded {
    /// `base64`, `hex`, `percent`, `escaped`; several are joined by `+`, the outermost first.
    pub chain: String,
    /// The credential.
    pub plain: Secret,
}

impl Encoded {
    /// A second one, its secret duplicated on purpose.
    #[must_use]
    pub fn copy(&self) -> Self {
        Self { chain: self.chain.clone(), plain: self.plain.duplicate() }
    }
}

impl Finding {
    /// A second finding of the same, its secret duplicated on purpose; without the snippet.
    #[must_use]
    pub fn copy(&self) -> Self {
        Self {
            path: self.path.clone(),
            origin: self.origin.clone(),
            span: self.span.clone(),
            bytes: self.bytes.clone(),
            start: self.start,
            end: self.end,
            rule: self.rule.clone(),
            kind: self.kind,
            confidence: self.confidence,
            severity: self.severity,
            secret: self.secret.duplicate(),
            name: self.name.clone(),
            language: self.language.clone(),
            env: self.env.clone(),
            encoded: self.encoded.as_ref().map(Encoded::copy),
            pair: self.pair.clone(),
            again: self.again,
            snippet: None,
        }
    }

    /// Path within the archive, for a member of one.
    pub fn member(&self) -> Option<&str> {
        match &self.origin {
            Origin::Archive { member } | Origin::Git { member: Some(member), .. } => Some(member),
            _ => None,
        }
    }
}
