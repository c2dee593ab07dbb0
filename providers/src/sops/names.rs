//! Names of values, and the paths of keys that they stand for.

use super::format::Format;
use super::{SopsStore, lines, tree};
use crate::store::Rejected;

impl SopsStore {
    /// The names of a path in the document.
    pub(super) fn names(&self, path: &str) -> Vec<String> {
        let mut names: Vec<String> = path.split('/').map(str::to_owned).collect();
        if self.format == Format::Ini && names.len() == 1 {
            names.insert(0, lines::DEFAULT.to_owned());
        }
        names
    }

    /// The path that names of the document have; none where it would be another's, or is no name here.
    pub(super) fn path(&self, names: &[String]) -> Option<String> {
        let names = match names {
            [section, rest @ ..] if self.format == Format::Ini && section == lines::DEFAULT => rest,
            names => names,
        };
        let path = names.join("/");
        self.check(&path).is_ok().then_some(path)
    }

    pub(super) fn check(&self, path: &str) -> Result<(), Rejected> {
        let more = if self.format == Format::Dotenv { "" } else { "-./" };
        crate::names::check(path, "a SOPS file", 512, |c| c.is_ascii_alphanumeric() || c == '_' || more.contains(c))?;
        let depth = path.split('/').count();
        let own = path == tree::SOPS || path.starts_with("sops/") || path.starts_with("sops_");
        let sections = self.format == Format::Ini && (depth > 2 || path.starts_with("DEFAULT/"));
        let variable = self.format == Format::Dotenv && path.starts_with(|c: char| c.is_ascii_digit());
        if own || sections || variable {
            return Err(Rejected {
                reason: format!("{path} is no name for a value in this SOPS file"),
                advice: "choose another name (in the plan, or with --map): `sops…` is SOPS's own, INI files have one \
                         level of sections"
                    .into(),
            });
        }
        Ok(())
    }
}
