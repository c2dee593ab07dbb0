//! Edits as plain values, and the reasons for not making one.

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// How far an edit can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Applicability {
    /// Shown, never made by itself.
    DisplayOnly,
    /// Changes something beside the lookup (a dropped default, a redacted comment): made once a person agreed.
    Unsafe,
    /// The program means the same while the variable holds the value.
    Safe,
}

/// One replacement in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// Bytes of the source that go; empty for an insertion.
    pub span: Range<usize>,
    /// What comes in their place.
    pub text: String,
    /// How far it can be trusted.
    pub applicability: Applicability,
}

/// How a value is looked up once the literal is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Style {
    /// From the environment of the process, or the config format's own interpolation.
    Env,
    /// From Vault through the generated accessor.
    Vault,
    /// From AWS Secrets Manager through the generated accessor.
    AwsSecretsManager,
    /// Not looked up: the file becomes a template, and holds a reference that is replaced before the program reads it.
    Inject,
}

/// Asks for one value to be replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The value's span in the source: within one literal, whole or part.
    pub span: Range<usize>,
    /// The name to look up.
    pub name: String,
    /// How to look it up.
    pub style: Style,
}

/// Why something is not rewritten, and what a person should do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// A stable code in kebab-case: `match-pattern`, `shadowed-module`, `syntax-error-nearby`…
    pub code: String,
    /// One sentence: why not.
    pub reason: String,
    /// One sentence: what to do.
    pub advice: String,
}

/// Where a value stands, for planning: what the store gets, and what the rewrite will do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The decoded value of the requested span: exactly what the program sees, thus what the store gets.
    pub value: Vec<u8>,
    /// `string`, `part of an f-string`, `bytes`, `URL password`…: the shape in the recipe's words.
    pub shape: String,
    /// Names for the secret, best first: what the code calls it.
    pub names: Vec<String>,
    /// Names of classes, functions and sections around it, innermost first: they tell clashing names apart.
    pub scopes: Vec<String>,
    /// Names that the value cannot have there: the file uses them for something else.
    pub taken_names: Vec<String>,
    /// The variable that the code reads already, where the literal is a lookup's default: the only name that fits.
    pub fixed_name: Option<String>,
    /// How far the edit can be trusted.
    pub applicability: Applicability,
    /// It stands in documentation or a comment: the value is crossed out, and nothing looks it up.
    pub prose: bool,
    /// What a person must do beside the edit for the program to run as before, with `<name>` for the secret's name.
    pub todo: Option<String>,
    /// What the service that reads the file must be given under the name.
    pub creates: Option<Creates>,
    /// The lookup names the value's entry in the store: no variable is read.
    pub stored: bool,
}

/// Something that a service must be given before a file works: a secret of a CI service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Creates {
    /// What the service calls it: `GitHub Actions secret`.
    pub kind: String,
    /// The command that makes it, with `<name>`; it asks for the value, or reads it from its input.
    pub command: String,
}

/// What came of a list of requests for one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rewrite {
    /// For each request in order: its edits, or the reason for none.
    pub outcomes: Vec<Outcome>,
    /// Edits that several requests share (imports, helper functions), made when any of them is.
    pub shared: Vec<Edit>,
    /// The generated accessor module that the code now imports, where the style needs one.
    pub accessor: Option<GeneratedFile>,
    /// Names whose declaration for the whole folder is among the shared edits.
    pub declares: Vec<String>,
}

/// The edits of one request, or the reason for none.
pub type Outcome = Result<Vec<Edit>, Refusal>;

/// A file that the rewrite adds to the project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeneratedFile {
    /// File name; it goes to the project's source root or beside the first file that imports it, as the recipe says.
    pub name: String,
    /// Its text.
    pub text: String,
    /// Ends of file names: it goes to the nearest folder upwards that has such a file, if there is one.
    pub beside: Vec<String>,
    /// Names of folders: it goes to the folder in the first of them that the file is in, if there is one.
    pub below: Vec<String>,
}
