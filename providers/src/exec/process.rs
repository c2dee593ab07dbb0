//! The program behind an exec store: one line of JSON to it, one line back.

use std::process::Stdio;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use zeroize::Zeroizing;

use crate::secret::Secret;
use crate::settings::Settings;
use crate::store::{ErrorKind, StoreError};

/// How long an answer may take: a person may have to touch a key or type a passphrase.
const PATIENCE: Duration = Duration::from_mins(2);
/// The longest answer, in bytes.
const LONGEST: u64 = 16 << 20;

/// A running program. It is killed when it is dropped.
pub(super) struct Process {
    name: String,
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Process {
    /// Starts the program. A path with a slash is taken from the settings' base folder, a bare name from `PATH`. It
    /// inherits the environment and the standard error, so that it can log in and prompt.
    pub fn start(command: &[String], settings: &Settings) -> Result<Self, StoreError> {
        let (name, arguments) = command.split_first().ok_or_else(|| cannot("no program", "is named"))?;
        let program = if name.contains('/') { settings.resolve(name) } else { name.into() };
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| cannot(name, &format!("cannot be started: {}", error.kind())))?;
        match (child.stdin.take(), child.stdout.take()) {
            (Some(input), Some(output)) => {
                Ok(Self { name: name.clone(), child, input, output: BufReader::new(output) })
            }
            _ => Err(cannot(name, "cannot be spoken to")),
        }
    }

    /// One question and its answer; `value` goes with the question. Any failure but an answer with an error in it leaves
    /// question and answer out of step: [`ErrorKind::Unreachable`], after which the program has to be started anew.
    pub async fn ask(&mut self, question: &Value, value: Option<&Secret>) -> Result<Value, StoreError> {
        let mut question = question.clone();
        if let Some(value) = value {
            question["value"] = encode(value);
        }
        let mut line = Zeroizing::new(question.to_string().into_bytes());
        line.push(b'\n');
        let mut answer = Zeroizing::new(Vec::new());
        let exchange = async {
            self.input.write_all(&line).await?;
            self.input.flush().await?;
            (&mut self.output).take(LONGEST).read_until(b'\n', &mut answer).await
        };
        let lost = |what: &str| {
            StoreError::new(ErrorKind::Unreachable, format!("{} {what}", self.name))
                .advise("run it by itself, with a line of the protocol, to see why (docs/exec-store.md)")
        };
        match tokio::time::timeout(PATIENCE, exchange).await {
            Err(_) => return Err(lost("does not answer in time")),
            Ok(Err(_)) => return Err(lost("ended in the middle of a question")),
            Ok(Ok(_)) if answer.last() != Some(&b'\n') => return Err(lost("ended without an answer")),
            Ok(Ok(_)) => {}
        }
        // The parser's message can quote the answer: it is not passed on.
        let answer: Value =
            serde_json::from_slice(&answer).map_err(|_| lost("answers with something else than JSON"))?;
        match answer.get("error") {
            None | Some(Value::Null) => Ok(answer),
            Some(error) => Err(self.refusal(error, value)),
        }
    }

    /// An error that the program tells. Its words are passed on, unless the value that was written is in them.
    fn refusal(&self, error: &Value, value: Option<&Secret>) -> StoreError {
        let kind = match error["kind"].as_str() {
            Some("conflict") => ErrorKind::Conflict,
            Some("denied") => ErrorKind::Denied,
            Some("rejected") => ErrorKind::Rejected,
            Some("configuration") => ErrorKind::Configuration,
            Some("corrupt") => ErrorKind::Corrupt,
            _ => ErrorKind::Unavailable,
        };
        let said: String = error["message"].as_str().unwrap_or_default().chars().take(300).collect();
        let said: String = said.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let quotes = value.and_then(Secret::expose_str).is_some_and(|text| !text.is_empty() && said.contains(text));
        if said.is_empty() || quotes {
            return StoreError::new(kind, format!("{} refused", self.name));
        }
        StoreError::new(kind, format!("{}: {said}", self.name))
    }

    /// Says that there are no more questions, and waits a little for the program to end.
    pub async fn end(self) {
        let Self { mut child, input, .. } = self;
        drop(input);
        let _ = tokio::time::timeout(Duration::from_secs(5), child.wait()).await;
    }
}

/// A value as the protocol carries it: text as text, anything else in base64.
pub(super) fn encode(secret: &Secret) -> Value {
    match secret.expose_str() {
        Some(text) => json!({ "text": text }),
        None => json!({ "base64": STANDARD.encode(secret.expose()) }),
    }
}

/// The value in an answer.
pub(super) fn decode(value: &mut Value) -> Option<Secret> {
    if let Value::String(text) = value["text"].take() {
        return Some(Secret::new(text));
    }
    let bytes = STANDARD.decode(value["base64"].as_str()?).ok()?;
    Some(Secret::new(bytes))
}

fn cannot(name: &str, what: &str) -> StoreError {
    StoreError::new(ErrorKind::Configuration, format!("{name} {what}"))
        .advise("is the path right, and the file executable?")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_go_there_and_back() {
        for bytes in [b"text".to_vec(), Vec::new(), vec![0xff, 0], b"{\"text\": 1}\n".to_vec()] {
            let mut value = encode(&Secret::new(bytes.clone()));
            assert_eq!(decode(&mut value).unwrap(), Secret::new(bytes));
        }
        assert!(decode(&mut json!({ "base64": "not base64!" })).is_none());
        assert!(decode(&mut Value::Null).is_none());
    }
}
