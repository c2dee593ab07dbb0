//! A progress bar on standard error: only on a terminal, only where it takes a while. And the wish to stop: work that is
//! followed by a [`Follower`] finishes what is under way when the user presses Ctrl-C.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Context;
use crate::model::{Exit, Failure, Loss};
use crate::pipeline::Watch;
use crate::render;

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

/// Follows work on stores: how much is done, how fast, how long it will take; and whether the user wants it to stop.
#[derive(Debug)]
pub(super) struct Follower<'a> {
    bar: ProgressBar,
    stop: Arc<AtomicBool>,
    context: &'a Context,
}

impl<'a> Follower<'a> {
    /// A follower that shows a bar on a terminal.
    pub(super) fn new(context: &'a Context) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        if !context.quiet && console::Term::stderr().features().is_attended() {
            bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(8));
        }
        Self { bar, stop: Arc::default(), context }
    }

    /// Does something on the terminal while the bar stands aside.
    pub(super) fn quietly<T>(&self, work: impl FnOnce() -> T) -> T {
        self.bar.suspend(work)
    }

    /// Runs work. The first Ctrl-C (or SIGTERM) lets it finish what is under way; the second ends the program, which the
    /// journal bears as well.
    pub(super) fn wait<T>(&self, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        let (stop, bar) = (Arc::clone(&self.stop), self.bar.clone());
        let done = self.context.wait(async {
            let listening = tokio::spawn(async move {
                loop {
                    interrupted().await;
                    if stop.swap(true, Ordering::Relaxed) {
                        std::process::exit(Exit::Interrupted as i32);
                    }
                    bar.suspend(|| {
                        let text = "stopping: what is under way is finished first (once more: stop at once)";
                        let _ = std::io::Write::write_all(&mut std::io::stderr(), format!("{text}\n").as_bytes());
                    });
                }
            });
            let done = work.await;
            listening.abort();
            done
        });
        self.bar.finish_and_clear();
        done
    }
}

impl Watch for Follower<'_> {
    fn begin(&self, what: &str, total: usize) {
        self.bar.reset();
        self.bar.set_message(what.to_owned());
        if total == 0 {
            self.bar.unset_length();
            self.bar.set_style(style("{spinner} {msg} {human_pos}  {per_sec}  {elapsed}"));
        } else {
            self.bar.set_length(total as u64);
            self.bar.set_style(style("{msg} {wide_bar} {human_pos}/{human_len}  {per_sec}  {elapsed}, {eta} left"));
        }
        if !self.bar.is_hidden() {
            self.bar.enable_steady_tick(Duration::from_millis(250));
        }
    }

    fn step(&self, done: usize) {
        self.bar.inc(done as u64);
    }

    fn surveyed(&self, loss: &Loss) {
        if let Ok(text) = render::migration::loss(loss)
            && !text.is_empty()
        {
            self.bar.suspend(|| self.context.say(text.trim_end()));
        }
    }

    fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

/// Waits until the user, or the system, asks the program to end.
async fn interrupted() {
    #[cfg(unix)]
    if let Ok(mut terminate) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        }
        return;
    }
    if tokio::signal::ctrl_c().await.is_err() {
        // Nothing can be listened to: Ctrl-C ends the program, as it does by itself.
        std::future::pending::<()>().await;
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
