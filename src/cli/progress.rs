//! A progress bar on standard error: only on a terminal, only where it takes a while.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Context;

/// Counts files; shows nothing where nobody looks.
#[derive(Debug)]
pub(super) struct Progress(ProgressBar);

impl Progress {
    /// A bar of unknown length.
    pub(super) fn new(context: &Context) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        // `is_term` of the standard error decides; a dumb terminal and a pipe get nothing.
        if !context.quiet && console::Term::stderr().features().is_attended() {
            bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(8));
            bar.set_style(style("{spinner} {human_pos} files  {elapsed}"));
            bar.enable_steady_tick(Duration::from_millis(250));
        }
        Self(bar)
    }

    /// Whether anything is shown, so that counting ahead is worth it.
    pub(super) fn is_shown(&self) -> bool {
        !self.0.is_hidden()
    }

    /// So many files are to come, in all.
    pub(super) fn expect(&self, files: usize) {
        self.0.set_length(files as u64);
        self.0.set_style(style("{wide_bar} {human_pos}/{human_len} files  {elapsed}, {eta} left"));
    }

    /// A file is done.
    pub(super) fn step(&self) {
        self.0.inc(1);
    }

    /// Prints through the bar, so that the two do not overwrite each other.
    pub(super) fn say(&self, print: impl FnOnce()) {
        self.0.suspend(print);
    }

    /// Takes the bar away.
    pub(super) fn finish(&self) {
        self.0.finish_and_clear();
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
