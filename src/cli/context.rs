//! What every verb needs from the outside: where output goes, whether it is coloured, where configuration lives.

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use console::Style;
use keylift_providers::{FingerprintKey, Settings, Store, load_key};

use crate::model::{Exit, Failure};

/// How results are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// One JSON document, in the documented schema.
    Json,
}

/// When to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Color {
    Auto,
    Always,
    Never,
}

/// Options of every verb.
#[derive(Debug, Args)]
pub(super) struct Global {
    /// When to colour output (`NO_COLOR` is respected)
    #[arg(long, global = true, value_enum, default_value = "auto", hide_short_help = true)]
    color: Color,
    /// Say less: no progress, no hints
    #[arg(long, short, global = true)]
    quiet: bool,
    /// Configuration folder: identities and the fingerprint key [default: the user's]
    #[arg(long, global = true, env = "KEYLIFT_CONFIG_DIR", value_name = "DIR", hide_short_help = true)]
    config_dir: Option<PathBuf>,
}

/// The world outside, as one verb sees it.
#[derive(Debug)]
pub struct Context {
    config_dir: Option<PathBuf>,
    /// Leave out progress and hints.
    pub quiet: bool,
    /// Colour on standard output.
    pub color: bool,
    /// Standard input and output are both a terminal, so that questions can be asked.
    pub interactive: bool,
}

impl Context {
    pub(super) fn new(global: &Global) -> Self {
        // `console` reads NO_COLOR, CLICOLOR and the terminal; a set flag wins over them.
        match global.color {
            Color::Auto => {}
            Color::Always => console::set_colors_enabled(true),
            Color::Never => console::set_colors_enabled(false),
        }
        Self {
            config_dir: global.config_dir.clone(),
            quiet: global.quiet,
            color: console::colors_enabled(),
            interactive: io::stdin().is_terminal() && io::stdout().is_terminal(),
        }
    }

    /// Standard output. A reader that went away (`keylift scan | head`) ends the output, not the program.
    pub fn out(&self) -> Out {
        Out { inner: io::stdout(), closed: false }
    }

    /// Runs something that writes to standard output, and ends well.
    pub fn written(&self, write: impl FnOnce(&mut Out) -> io::Result<()>) -> Result<Exit, Failure> {
        let mut out = self.out();
        write(&mut out)
            .and_then(|()| out.flush())
            .map_err(|error| Failure::usage(format!("could not write the output: {error}")))?;
        Ok(Exit::Done)
    }

    /// Prints text to standard output.
    pub fn print(&self, text: &str) -> Result<(), Failure> {
        self.written(|out| out.write_all(text.as_bytes())).map(|_| ())
    }

    /// Says something on standard error that is not the result: progress, hints, warnings.
    pub fn say(&self, text: &str) {
        if !self.quiet {
            let _ = writeln!(io::stderr(), "{text}");
        }
    }

    /// Warns on standard error, even when quiet.
    pub fn warn(&self, text: &str) {
        let _ = writeln!(io::stderr(), "{} {text}", self.style_err("warning:", &Style::new().yellow().bold()));
    }

    /// Reports a failure on standard error: the message, then the advice. That nothing is left to do is no error.
    pub fn report(&self, failure: &Failure) {
        let style = Style::new().bold();
        let (word, style) = if failure.exit == Exit::Done { ("note:", style) } else { ("error:", style.red()) };
        let _ = writeln!(io::stderr(), "{} {}", self.style_err(word, &style), failure.message);
        if let Some(advice) = &failure.advice {
            let _ = writeln!(io::stderr(), "{} {advice}", self.style_err("  try:", &Style::new().cyan()));
        }
    }

    #[allow(clippy::unused_self, reason = "styling belongs to the context, which decides on colour")]
    fn style_err(&self, text: &str, style: &Style) -> String {
        style.clone().for_stderr().apply_to(text).to_string()
    }

    /// The folder that holds identities and the fingerprint key: `--config-dir`, `$KEYLIFT_CONFIG_DIR`, else the
    /// platform's own for this user.
    pub fn config_dir(&self) -> Result<PathBuf, Failure> {
        if let Some(dir) = &self.config_dir {
            return Ok(dir.clone());
        }
        let var = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        // XDG Base Directory Specification: relative paths in these variables are invalid.
        var("XDG_CONFIG_HOME")
            .filter(|path| path.is_absolute())
            .or_else(|| var("APPDATA"))
            .or_else(|| var("HOME").map(|home| home.join(".config")))
            .map(|base| base.join("keylift"))
            .ok_or_else(|| {
                Failure::usage("no configuration folder: neither HOME nor XDG_CONFIG_HOME is set")
                    .advise("set KEYLIFT_CONFIG_DIR or give --config-dir")
            })
    }

    /// The store behind a URI, with the surroundings of this process. A file store's relative path is below `root`.
    pub fn store(&self, uri: &str, root: &Path) -> Result<Box<dyn Store>, Failure> {
        Ok(keylift_providers::open(uri, &Settings::from_env(self.config_dir()?).in_dir(root))?)
    }

    /// Runs what waits for a store.
    pub fn wait<T>(&self, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        // One thread waits for all answers: handing them from thread to thread costs more than they do.
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Failure::usage(format!("could not start: {error}")))?
            .block_on(work)
    }

    /// A login that could not be given back is worth a warning; what was done stays done.
    pub fn closed(&self, closed: Result<(), keylift_providers::StoreError>) {
        if let Err(error) = closed {
            self.warn(&format!("could not end the login: {}", error.message));
        }
    }

    /// Asks a question that is answered by yes or no; no is the default.
    pub fn confirm(&self, question: &str) -> Result<bool, Failure> {
        dialoguer::Confirm::new()
            .with_prompt(question)
            .default(false)
            .interact()
            .map_err(|error| Failure::usage(format!("no answer: {error}")))
    }

    /// Asks for a number.
    pub fn number(&self, question: &str) -> Result<usize, Failure> {
        dialoguer::Input::new()
            .with_prompt(question)
            .interact_text()
            .map_err(|error| Failure::usage(format!("no answer: {error}")))
    }

    /// The key of all fingerprints: `$KEYLIFT_FINGERPRINT_KEY` (for CI), else read from `fingerprint.key` in the
    /// configuration folder, made there at first use.
    pub fn fingerprint_key(&self) -> Result<FingerprintKey, Failure> {
        if let Some(text) = std::env::var_os("KEYLIFT_FINGERPRINT_KEY").filter(|text| !text.is_empty()) {
            return text.to_str().and_then(key_of).ok_or_else(|| {
                Failure::usage("KEYLIFT_FINGERPRINT_KEY is not a key: 32 bytes in hexadecimal or base64")
                    .advise("`base64 < fingerprint.key`, in the configuration folder of whoever has it, writes it")
            });
        }
        let advice = "restore it from where it came; a new key makes every fingerprint in plans and baselines differ";
        Ok(load_key(&self.config_dir()?.join("fingerprint.key"), advice)?)
    }
}

/// A key of 32 bytes, in hexadecimal or base64.
fn key_of(text: &str) -> Option<FingerprintKey> {
    use base64::Engine as _;
    let text = text.trim();
    let bytes = if text.len() == 2 * FingerprintKey::LEN && text.is_ascii() {
        (0..FingerprintKey::LEN)
            .map(|at| u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok())
            .collect::<Option<Vec<u8>>>()?
    } else {
        base64::engine::general_purpose::STANDARD.decode(text).ok()?
    };
    Some(FingerprintKey::new(bytes.try_into().ok()?))
}

/// Standard output that treats a reader who left as the end of the output.
#[derive(Debug)]
pub struct Out {
    inner: io::Stdout,
    closed: bool,
}

impl Out {
    fn quietly<T>(&mut self, done: io::Result<T>, otherwise: T) -> io::Result<T> {
        match done {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(otherwise)
            }
            done => done,
        }
    }
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.closed {
            return Ok(bytes.len());
        }
        let done = self.inner.write(bytes);
        self.quietly(done, bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let done = self.inner.flush();
        self.quietly(done, ())
    }
}
