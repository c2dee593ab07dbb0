//! What a store needs to know of its surroundings, handed over explicitly: nothing in this crate reads the environment
//! of the process by itself.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::store::{ErrorKind, StoreError};

type Lookup = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// The surroundings of a store: variables, folders.
///
/// One exception is documented where it happens: the AWS SDK's own credential chain (profiles, SSO, container and
/// instance roles) looks at the process itself when `AWS_ACCESS_KEY_ID` is not among the variables given here.
#[derive(Clone)]
pub struct Settings {
    lookup: Lookup,
    config_dir: PathBuf,
    base_dir: PathBuf,
    home_dir: Option<PathBuf>,
}

impl Settings {
    /// Settings that answer variables with `lookup` and keep keylift's own files (the age identity) in `config_dir`.
    pub fn new(
        config_dir: impl Into<PathBuf>,
        lookup: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        Self { lookup: Arc::new(lookup), config_dir: config_dir.into(), base_dir: PathBuf::new(), home_dir: None }
    }

    /// Settings with a fixed set of variables: what tests use.
    pub fn with_vars<K, V>(config_dir: impl Into<PathBuf>, vars: impl IntoIterator<Item = (K, V)>) -> Self
    where
        K: Into<String>,
        V: Into<String>,
    {
        let vars: std::collections::HashMap<String, String> =
            vars.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        Self::new(config_dir, move |name| vars.get(name).cloned())
    }

    /// The settings of this process: its environment, with keylift's own files in `config_dir`. Only the command line
    /// calls this.
    pub fn from_env(config_dir: impl Into<PathBuf>) -> Self {
        let var = |name: &str| std::env::var(name).ok();
        let mut settings = Self::new(config_dir, var);
        settings.home_dir = settings.first_var(&["HOME", "USERPROFILE"]).map(PathBuf::from);
        settings
    }

    /// The same settings with relative paths of file stores taken from `dir` instead of the working directory.
    #[must_use]
    pub fn in_dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.base_dir = dir.into();
        self
    }

    /// The same settings with the user's home (where `~/.vault-token` is).
    #[must_use]
    pub fn with_home(mut self, dir: impl Into<PathBuf>) -> Self {
        self.home_dir = Some(dir.into());
        self
    }

    /// A variable, where it is set to something: an empty variable counts as unset.
    pub fn var(&self, name: &str) -> Option<String> {
        (self.lookup)(name).filter(|value| !value.is_empty())
    }

    /// The first of several variables that is set to something.
    pub fn first_var(&self, names: &[&str]) -> Option<String> {
        names.iter().find_map(|name| self.var(name))
    }

    /// A limit that the user may set with a variable: a whole number from 1 to `most`, else `usual`.
    #[cfg_attr(not(any(feature = "vault", feature = "aws", feature = "azure")), allow(dead_code))]
    pub(crate) fn limit(&self, name: &str, usual: u32, most: u32) -> Result<u32, StoreError> {
        let Some(text) = self.var(name) else { return Ok(usual) };
        text.trim().parse().ok().filter(|limit| (1..=most).contains(limit)).ok_or_else(|| {
            StoreError::new(ErrorKind::Configuration, format!("{name} is not a whole number from 1 to {most}"))
                .advise(format!("unset it for the usual {usual}"))
        })
    }

    /// Requests to one server under way at once: `KEYLIFT_REQUESTS_AT_ONCE`. More than eight gained nothing on any
    /// server that this was measured with.
    #[cfg_attr(not(any(feature = "vault", feature = "aws", feature = "azure")), allow(dead_code))]
    pub(crate) fn at_once(&self, usual: u32) -> Result<usize, StoreError> {
        self.limit("KEYLIFT_REQUESTS_AT_ONCE", usual, 64).map(|limit| limit as usize)
    }

    /// Writes a second to a service that refuses more than some number of them: `KEYLIFT_WRITES_A_SECOND`.
    #[cfg_attr(not(any(feature = "vault", feature = "aws", feature = "azure")), allow(dead_code))]
    pub(crate) fn writes_a_second(&self, usual: u32) -> Result<u32, StoreError> {
        self.limit("KEYLIFT_WRITES_A_SECOND", usual, 10_000)
    }

    /// keylift's own folder in the user's configuration.
    pub fn config_dir(&self) -> &Path {
        &self.config_dir
    }

    /// The user's home, where it is known.
    pub fn home_dir(&self) -> Option<&Path> {
        self.home_dir.as_deref()
    }

    /// A path as a store's URI gives it, made relative to the base folder.
    pub fn resolve(&self, path: &str) -> PathBuf {
        self.base_dir.join(path)
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The variables hold credentials: they are never shown.
        f.debug_struct("Settings")
            .field("config_dir", &self.config_dir)
            .field("base_dir", &self.base_dir)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_variables_count_as_unset_and_debug_shows_none() {
        let settings = Settings::with_vars("/c", [("A", ""), ("B", "hidden")]);
        assert_eq!(settings.var("A"), None);
        assert_eq!(settings.first_var(&["A", "B"]).as_deref(), Some("hidden"));
        assert!(!format!("{settings:?}").contains("hidden"));
    }

    #[test]
    fn limits_are_whole_numbers_within_reason() {
        let with = |value: &str| Settings::with_vars("/c", [("KEYLIFT_REQUESTS_AT_ONCE", value)]).at_once(8);
        assert_eq!(with("").unwrap(), 8);
        assert_eq!(with(" 16 ").unwrap(), 16);
        for bad in ["0", "65", "-1", "many", "1.5"] {
            assert_eq!(with(bad).unwrap_err().kind, ErrorKind::Configuration, "{bad}");
        }
    }
}
