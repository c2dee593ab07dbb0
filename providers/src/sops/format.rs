//! How a document is written: in YAML, JSON, as variables or in sections.

use std::fmt::Write as _;

use super::tree::{SOPS, Tree};
use super::{json, lines, yaml};

/// What new documents say of the program that made them: the version whose format this is.
const VERSION: &str = "3.11.0";

/// In which format a document is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Yaml,
    Json,
    Dotenv,
    Ini,
}

impl Format {
    /// By the ending of a file's name, as SOPS tells it.
    pub fn of(path: &str) -> Option<Self> {
        let ends = |ending: &str| path.ends_with(ending);
        match () {
            () if ends(".yaml") || ends(".yml") => Some(Self::Yaml),
            () if ends(".json") => Some(Self::Json),
            () if ends(".env") => Some(Self::Dotenv),
            () if ends(".ini") => Some(Self::Ini),
            () => None,
        }
    }

    /// Everything in a text, with its place.
    pub fn parse(self, text: &str) -> Result<Tree, String> {
        match self {
            Self::Yaml => yaml::parse(text),
            Self::Json => json::parse(text),
            Self::Dotenv => lines::dotenv(text),
            Self::Ini => lines::ini(text),
        }
    }

    /// An encrypted value or one of SOPS's own, as it is written.
    pub(super) fn scalar(self, text: &str, quoted: bool) -> String {
        match self {
            Self::Json => json::string(text),
            Self::Yaml if quoted || !text.starts_with("ENC[") => json::string(text),
            _ => text.to_owned(),
        }
    }

    /// An entry of this name below `indent`, with what is before and after it.
    pub(super) fn entry(self, names: &[String], value: &str, indent: &str) -> String {
        match self {
            Self::Dotenv => format!("{}={value}\n", names[0]),
            Self::Ini => format!("{} = {value}\n", names[0]),
            Self::Json => {
                let deeper = |name: &String, inner: String| format!("{}: {inner}", json::string(name));
                let (last, outer) = (&names[names.len() - 1], &names[..names.len() - 1]);
                outer
                    .iter()
                    .rev()
                    .fold(deeper(last, value.to_owned()), |inner, name| deeper(name, format!("{{{inner}}}")))
            }
            Self::Yaml => {
                let mut text = String::new();
                for (depth, name) in names.iter().enumerate() {
                    let value = if depth + 1 == names.len() { format!(" {value}") } else { String::new() };
                    let _ = writeln!(text, "{indent}{}{}:{value}", "    ".repeat(depth), yaml::key(name));
                }
                text
            }
        }
    }

    /// A new document without values, encrypted for these recipients (each with its age file around the data key).
    pub fn fresh(self, keys: &[(String, String)], own: &[(String, String)]) -> String {
        let placeholder = [("lastmodified".to_owned(), "-".to_owned()), ("mac".to_owned(), "-".to_owned())];
        let mut rest: Vec<(String, String)> = placeholder.into_iter().chain(own.iter().cloned()).collect();
        rest.push(("version".to_owned(), VERSION.to_owned()));
        match self {
            Self::Json => {
                let age: Vec<_> = keys
                    .iter()
                    .map(|(recipient, enc)| serde_json::json!({ "enc": enc, "recipient": recipient }))
                    .collect();
                let mut own: serde_json::Map<_, _> =
                    rest.into_iter().map(|(name, value)| (name, serde_json::Value::from(value))).collect();
                if let Some(only) = own.get_mut("mac_only_encrypted") {
                    *only = true.into();
                }
                own.insert("age".to_owned(), age.into());
                let whole = serde_json::json!({ SOPS: own });
                let mut bytes = Vec::new();
                let indent = serde_json::ser::PrettyFormatter::with_indent(b"\t");
                let mut writer = serde_json::Serializer::with_formatter(&mut bytes, indent);
                // Texts always serialise.
                let _ = serde::Serialize::serialize(&whole, &mut writer);
                String::from_utf8(bytes).unwrap_or_default() + "\n"
            }
            Self::Yaml => {
                let mut text = "sops:\n    age:\n".to_owned();
                for (recipient, enc) in keys {
                    let enc = enc.trim_end().replace('\n', "\n            ");
                    let _ = writeln!(text, "        - enc: |\n            {enc}\n          recipient: {recipient}");
                }
                for (name, value) in rest {
                    let value = if name == "mac_only_encrypted" { value } else { json::string(&value) };
                    let _ = writeln!(text, "    {name}: {value}");
                }
                text
            }
            Self::Dotenv | Self::Ini => {
                let prefix = if self == Self::Dotenv { "sops_" } else { "" };
                let equals = if self == Self::Dotenv { "=" } else { " = " };
                let mut text = if self == Self::Dotenv { String::new() } else { "[sops]\n".to_owned() };
                for (index, (recipient, enc)) in keys.iter().enumerate() {
                    let enc = enc.trim_end().replace('\n', "\\n");
                    let _ = writeln!(text, "{prefix}age__list_{index}__map_enc{equals}{enc}");
                    let _ = writeln!(text, "{prefix}age__list_{index}__map_recipient{equals}{recipient}");
                }
                for (name, value) in rest {
                    let _ = writeln!(text, "{prefix}{name}{equals}{value}");
                }
                text
            }
        }
    }
}
