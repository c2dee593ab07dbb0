//! Regular expressions of a recipe, each compiled when it is first asked: a file meets few of them.

use std::sync::OnceLock;

use regex::{Captures, Match};

/// A regular expression. One whose text is none matches nothing; [`crate::Language::check`] tells of it, and a test asks
/// that of every language.
#[derive(Debug)]
pub(crate) struct Regex {
    source: String,
    compiled: OnceLock<Option<regex::Regex>>,
}

impl Regex {
    pub(crate) fn new(source: impl Into<String>) -> Self {
        Self { source: source.into(), compiled: OnceLock::new() }
    }

    fn get(&self) -> Option<&regex::Regex> {
        self.compiled.get_or_init(|| regex::Regex::new(&self.source).ok()).as_ref()
    }

    pub(crate) fn is_match(&self, text: &str) -> bool {
        self.get().is_some_and(|regex| regex.is_match(text))
    }

    pub(crate) fn find<'t>(&self, text: &'t str) -> Option<Match<'t>> {
        self.get()?.find(text)
    }

    pub(crate) fn captures<'t>(&self, text: &'t str) -> Option<Captures<'t>> {
        self.get()?.captures(text)
    }

    pub(crate) fn captures_at<'t>(&self, text: &'t str, start: usize) -> Option<Captures<'t>> {
        self.get()?.captures_at(text, start)
    }

    pub(crate) fn find_at<'t>(&self, text: &'t str, start: usize) -> Option<Match<'t>> {
        self.get()?.find_at(text, start)
    }

    pub(crate) fn find_iter<'t>(&self, text: &'t str) -> impl Iterator<Item = Match<'t>> {
        self.get().into_iter().flat_map(move |regex| regex.find_iter(text))
    }

    pub(crate) fn captures_iter<'t>(&self, text: &'t str) -> impl Iterator<Item = Captures<'t>> {
        self.get().into_iter().flat_map(move |regex| regex.captures_iter(text))
    }

    /// The names of its groups.
    pub(crate) fn capture_names(&self) -> impl Iterator<Item = &str> {
        self.get().into_iter().flat_map(regex::Regex::capture_names).flatten()
    }
}
