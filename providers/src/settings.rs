//! What a store needs to know of its surroundings, handed over explicitly: nothing in this crate reads the environment
//! of the process by itself.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

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
}
