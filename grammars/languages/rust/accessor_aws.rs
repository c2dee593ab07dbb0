//! Secrets from AWS Secrets Manager, each read once.
//!
//! Made by keylift. Needs the crates `aws-config`, `aws-sdk-secretsmanager` and `tokio` (with its feature `rt`); region and
//! credentials come from the SDK's own chain. A secret that cannot be read panics: there is no default.

use std::collections::HashMap;
use std::error::Error;
use std::sync::{LazyLock, Mutex, PoisonError};

static KNOWN: LazyLock<Mutex<HashMap<String, String>>> = LazyLock::new(Mutex::default);

/// The secret of that name, as text.
pub fn get(name: &str) -> String {
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(value) = known.get(name) {
        return value.clone();
    }
    // On a thread of its own: the caller may run in an asynchronous runtime, which cannot wait for another one.
    let read = std::thread::scope(|scope| scope.spawn(|| read(name).map_err(|why| told(&*why))).join());
    let value = match read {
        Ok(Ok(value)) => value,
        Ok(Err(why)) => panic!("the secret {name} could not be read: {why}"),
        Err(_) => panic!("the secret {name} could not be read"),
    };
    known.insert(name.to_owned(), value.clone());
    value
}

/// An error with all that caused it.
fn told(why: &dyn Error) -> String {
    let causes = std::iter::successors(why.source(), |cause| (*cause).source());
    causes.fold(why.to_string(), |text, cause| format!("{text}: {cause}"))
}

fn read(name: &str) -> Result<String, Box<dyn Error>> {
    let prefix = std::env::var("KEYLIFT_AWS_PREFIX").unwrap_or_else(|_| "@KEYLIFT_PREFIX@".to_owned());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let answer = runtime.block_on(async {
        let settings = aws_config::load_defaults(aws_config::BehaviorVersion::latest()).await;
        let client = aws_sdk_secretsmanager::Client::new(&settings);
        client.get_secret_value().secret_id(format!("{prefix}{name}")).send().await
    })?;
    match (answer.secret_string(), answer.secret_binary()) {
        (Some(text), _) => Ok(text.to_owned()),
        (None, Some(bytes)) => Ok(String::from_utf8(bytes.as_ref().to_vec())?),
        (None, None) => Err("it has no value".into()),
    }
}
