//! Secrets Manager's calls, in keylift's words.

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::operation::describe_secret::DescribeSecretOutput;
use aws_sdk_secretsmanager::primitives::{Blob, DateTimeFormat};
use zeroize::Zeroizing;

use super::call::{Code, Refusal, call};
use crate::pace::Pace;
use crate::secret::Secret;
use crate::store::{ErrorKind, StoreError, Version};

/// The stage of the version that programs read.
pub(super) const CURRENT: &str = "AWSCURRENT";
/// The shortest recovery window that AWS takes, in days.
const WINDOW: i64 = 7;
/// Days between a retirement and the end of a secret.
const LONGEST_WINDOW: i64 = 30;

/// What is behind a name.
pub(super) enum State {
    Absent,
    /// An entry without a current version, as Terraform makes it.
    Empty,
    /// Scheduled for deletion: the name is taken, the value cannot be read.
    Doomed,
    Live(Live),
}

/// One version's content.
pub(super) struct Live {
    pub content: Secret,
    pub version: String,
}

/// The connection to one region of one account.
pub(super) struct Link {
    pub client: Client,
    pub pace: Pace,
    pub kms: Option<String>,
}

impl Link {
    /// The current version of an entry, or the one given.
    pub async fn get(&self, name: &str, version: Option<&str>) -> Result<State, StoreError> {
        let doing = format!("reading {name}");
        let answer = call(&doing, None, || {
            let request = self.client.get_secret_value().secret_id(name);
            // A pinned version may carry no stage any more; everything else names its stage.
            match version {
                Some(version) => request.version_id(version).send(),
                None => request.version_stage(CURRENT).send(),
            }
        })
        .await;
        let answer = match answer {
            Ok(answer) => answer,
            Err(Refusal { code: Code::NotFound, .. }) if version.is_some() => return Ok(State::Absent),
            // The entry is not there, or has no version with this stage.
            Err(Refusal { code: Code::NotFound, .. }) => return self.without_value(name).await,
            Err(Refusal { code: Code::InvalidRequest, error }) => {
                return match self.describe(name).await {
                    Ok(Some(about)) if about.deleted_date().is_some() => Ok(State::Doomed),
                    // Not allowed to look closer: nearly always that it is.
                    Err(denied) if denied.kind == ErrorKind::Denied => Ok(State::Doomed),
                    Ok(_) => Err(error),
                    Err(other) => Err(other),
                };
            }
            Err(refusal) => return Err(refusal.error),
        };
        let content = match (answer.secret_string, answer.secret_binary) {
            (Some(text), _) => Secret::new(text),
            (None, Some(bytes)) => Secret::new(bytes.into_inner()),
            (None, None) => return Ok(State::Empty),
        };
        let version = answer.version_id.ok_or_else(|| misunderstood(&doing))?;
        Ok(State::Live(Live { content, version }))
    }

    /// Tells an entry without a value from none at all.
    async fn without_value(&self, name: &str) -> Result<State, StoreError> {
        match self.describe(name).await {
            Ok(Some(about)) if about.deleted_date().is_some() => Ok(State::Doomed),
            Ok(Some(_)) => Ok(State::Empty),
            Ok(None) => Ok(State::Absent),
            // Only reading is allowed: an entry without a value is then taken for none, and a create will tell.
            Err(error) if error.kind == ErrorKind::Denied => Ok(State::Absent),
            Err(error) => Err(error),
        }
    }

    /// What AWS says about an entry; none where it is not there.
    pub async fn describe(&self, name: &str) -> Result<Option<DescribeSecretOutput>, StoreError> {
        let doing = format!("looking at {name}");
        match call(&doing, None, || self.client.describe_secret().secret_id(name).send()).await {
            Ok(about) => Ok(Some(about)),
            Err(Refusal { code: Code::NotFound, .. }) => Ok(None),
            Err(refusal) => Err(refusal.error),
        }
    }

    /// The versions that AWS keeps of a secret, oldest first; nothing where it is not there.
    pub async fn versions(&self, name: &str) -> Result<Vec<Version>, StoreError> {
        let doing = format!("listing the versions of {name}");
        let mut versions = Vec::new();
        let mut from: Option<String> = None;
        loop {
            let page = call(&doing, None, || {
                self.client
                    .list_secret_version_ids()
                    .secret_id(name)
                    .include_deprecated(true)
                    .set_next_token(from.clone())
                    .send()
            });
            let page = match page.await {
                Ok(page) => page,
                Err(Refusal { code: Code::NotFound, .. }) => return Ok(Vec::new()),
                Err(refusal) => return Err(refusal.error),
            };
            versions.extend(page.versions.unwrap_or_default());
            from = page.next_token.filter(|token| !token.is_empty());
            if from.is_none() {
                break;
            }
        }
        versions.sort_by_key(|version| version.created_date.map(|date| (date.secs(), date.subsec_nanos())));
        let known = versions.into_iter().filter_map(|version| {
            let date = version.created_date.and_then(|date| date.fmt(DateTimeFormat::DateTime).ok());
            let current = version.version_stages.unwrap_or_default().iter().any(|stage| stage == CURRENT);
            Some(Version { id: version.version_id?, created: date, current, readable: true })
        });
        Ok(known.collect())
    }

    /// Makes an entry. Answers the version where AWS names it.
    pub async fn create(&self, name: &str, content: &Secret, token: &str) -> Result<Option<String>, Refusal> {
        let doing = format!("making {name}");
        let answer = call(&doing, Some(&self.pace), || {
            let (text, bytes) = either(content);
            self.client
                .create_secret()
                .name(name)
                .client_request_token(token)
                .set_secret_string(text)
                .set_secret_binary(bytes)
                .set_kms_key_id(self.kms.clone())
                .send()
        });
        Ok(answer.await?.version_id)
    }

    /// Puts a version under a stage that nobody reads.
    pub async fn stage(&self, name: &str, content: &Secret, token: &str, stage: &str) -> Result<(), Refusal> {
        let doing = format!("writing {name}");
        let answer = call(&doing, Some(&self.pace), || {
            let (text, bytes) = either(content);
            self.client
                .put_secret_value()
                .secret_id(name)
                .client_request_token(token)
                .version_stages(stage)
                .set_secret_string(text)
                .set_secret_binary(bytes)
                .send()
        });
        answer.await.map(drop)
    }

    /// Moves a stage between versions; AWS refuses where it is not at `from`.
    pub async fn move_stage(
        &self,
        name: &str,
        stage: &str,
        from: Option<&str>,
        to: Option<&str>,
    ) -> Result<(), Refusal> {
        let doing = format!("moving {stage} of {name}");
        let answer = call(&doing, Some(&self.pace), || {
            self.client
                .update_secret_version_stage()
                .secret_id(name)
                .version_stage(stage)
                .set_remove_from_version_id(from.map(str::to_owned))
                .set_move_to_version_id(to.map(str::to_owned))
                .send()
        });
        answer.await.map(drop)
    }

    /// Schedules an entry's deletion, which keeps everybody from changing it; `forever` deletes one that is scheduled.
    pub async fn delete(&self, name: &str, forever: bool) -> Result<(), Refusal> {
        let doing = format!("deleting {name}");
        let answer = call(&doing, Some(&self.pace), || {
            let request = self.client.delete_secret().secret_id(name);
            if forever {
                request.force_delete_without_recovery(true).send()
            } else {
                request.recovery_window_in_days(WINDOW).send()
            }
        });
        answer.await.map(drop)
    }

    /// Schedules an entry's deletion as late as AWS allows (`DeleteSecret`, parameter `RecoveryWindowInDays`: 7 to 30).
    pub async fn schedule(&self, name: &str) -> Result<(), Refusal> {
        let doing = format!("scheduling the deletion of {name}");
        let answer = call(&doing, Some(&self.pace), || {
            self.client.delete_secret().secret_id(name).recovery_window_in_days(LONGEST_WINDOW).send()
        });
        answer.await.map(drop)
    }

    /// Takes a scheduled deletion back.
    pub async fn restore(&self, name: &str) -> Result<(), Refusal> {
        let doing = format!("restoring {name}");
        call(&doing, Some(&self.pace), || self.client.restore_secret().secret_id(name).send()).await.map(drop)
    }
}

/// Text as text, which is what programs and the console expect; anything else as bytes.
fn either(content: &Secret) -> (Option<String>, Option<Blob>) {
    match content.expose_str() {
        Some(text) => (Some(text.to_owned()), None),
        None => (None, Some(Blob::new(Zeroizing::new(content.expose().to_vec()).as_slice()))),
    }
}

pub(super) fn misunderstood(doing: &str) -> StoreError {
    StoreError::new(ErrorKind::Corrupt, format!("AWS's answer has not the form it should have ({doing})"))
}
