//! Logging in, keeping the login alive, and revoking it.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use rustify::Endpoint;
use serde_json::{Value, json};
use vaultrs::api::auth::approle::requests::LoginWithApproleRequest;
use vaultrs::api::token::requests::{LookupTokenSelfRequest, RenewTokenSelfRequest, RevokeTokenSelfRequest};

use super::config::{Config, Login, configuration};
use super::link::{Call, Link};
use super::ready::Ready;
use crate::secret::Secret;
use crate::store::{ErrorKind, StoreError};

/// A renewal is due when less than this is left.
const SOON: Duration = Duration::from_mins(5);

/// The shortest time between two looks at a login's end.
const PAUSE: Duration = Duration::from_millis(300);

/// The token in use.
pub(super) struct Session {
    /// Whether keylift's own login made it, so that keylift revokes it.
    minted: bool,
    renewable: bool,
    /// None where the token does not end, or nobody may ask.
    ends: Option<Instant>,
    /// How long it was to last when it was last asked about.
    lasts: Duration,
}

impl Session {
    /// Logs in and hands the token to the link.
    pub async fn open(link: &Link, login: &Login) -> Result<Self, StoreError> {
        match login {
            Login::Agent => {
                link.use_token(None)?;
                Ok(Self { minted: false, renewable: false, ends: None, lasts: Duration::ZERO })
            }
            Login::Token(token) => {
                link.use_token(Some(token))?;
                let answer = link.answer(&LookupTokenSelfRequest {}).await?;
                // A token need not be allowed to look itself up; one that is dead answers 403 as well, and the first
                // real request tells that.
                let data = super::link::json(&answer, "looking the token up").unwrap_or_default();
                let data = &data["data"];
                let session = Self::lasting(&data["ttl"], &data["renewable"], false);
                // A ttl of 0 is that of a token without an end, and of one in its last second.
                let ends_now = session.ends.is_none() && data["expire_time"].is_string();
                Ok(if ends_now { Self { ends: Some(Instant::now()), ..session } } else { session })
            }
            Login::Nothing => Err(configuration("there is no Vault token")
                .advise("set VAULT_TOKEN, log in with `vault login`, or set VAULT_AUTH_METHOD and what it needs")),
            Login::AppRole { mount, role_id, secret_id, wrapped } => {
                let secret_id = match secret_id {
                    Some(token) if *wrapped => Some(unwrap(link, token).await?),
                    Some(secret_id) => Some(secret_id.duplicate()),
                    None => None,
                };
                let request = LoginWithApproleRequest {
                    mount: mount.clone(),
                    role_id: role_id.clone(),
                    secret_id: secret_id.as_ref().and_then(Secret::expose_str).unwrap_or_default().to_owned(),
                };
                Self::login(link, &request, "logging in with AppRole").await
            }
            Login::Userpass { mount, username, password } => {
                if username.contains('/') {
                    return Err(configuration("a Vault user name has no slash"));
                }
                let body = json!({ "password": text(password)? });
                let call = Call::post(format!("auth/{mount}/login/{username}"), body);
                Self::login(link, &call, "logging in with a password").await
            }
            Login::Jwt { mount, role, jwt } => {
                let mut body = json!({ "jwt": text(jwt)? });
                if let Some(role) = role {
                    body["role"] = Value::from(role.as_str());
                }
                Self::login(link, &Call::post(format!("auth/{mount}/login"), body), "logging in with a JWT").await
            }
            Login::Cert { mount, role } => {
                let body = role.as_ref().map_or_else(|| json!({}), |role| json!({ "name": role }));
                let call = Call::post(format!("auth/{mount}/login"), body);
                Self::login(link, &call, "logging in with a certificate").await
            }
        }
    }

    async fn login<E: Endpoint>(link: &Link, request: &E, doing: &str) -> Result<Self, StoreError> {
        let answer = link.log_in(request, doing).await.map_err(|error| match error.kind {
            // A wrong password or secret id answers 400.
            ErrorKind::Rejected => StoreError { kind: ErrorKind::Denied, ..error },
            _ => error,
        })?;
        let auth = &answer["auth"];
        let token = auth["client_token"].as_str().ok_or_else(|| {
            StoreError::new(ErrorKind::Denied, format!("Vault gave no token ({doing})"))
                .advise("a login that needs a second factor cannot be used: log in with the vault program")
        })?;
        link.use_token(Some(&Secret::new(token)))?;
        Ok(Self::lasting(&auth["lease_duration"], &auth["renewable"], true))
    }

    fn lasting(ttl: &Value, renewable: &Value, minted: bool) -> Self {
        let lasts = Duration::from_secs(ttl.as_u64().unwrap_or_default());
        let ends = if lasts.is_zero() { None } else { Instant::now().checked_add(lasts) };
        Self { minted, renewable: renewable.as_bool().unwrap_or(false), ends, lasts }
    }

    /// When the login has to be renewed at the latest, where it ends at all.
    fn due(&self) -> Option<Instant> {
        let ends = self.ends?;
        Some(ends.checked_sub(SOON.min(self.lasts / 2)).unwrap_or(ends))
    }

    /// Renews a login that is due while nobody calls [`Self::keep_alive`]: a batch in the other store of a migration can
    /// take longer than a short token lasts. Ends with the store.
    pub async fn watch(ready: Weak<Ready>, config: Arc<Config>) {
        loop {
            let due = match ready.upgrade() {
                Some(ready) => ready.session.lock().await.due(),
                None => return,
            };
            let Some(due) = due else { return };
            tokio::time::sleep(due.saturating_duration_since(Instant::now()).max(PAUSE)).await;
            let Some(ready) = ready.upgrade() else { return };
            let mut session = ready.session.lock().await;
            let still = session.due().is_some_and(|due| due <= Instant::now());
            // What cannot be renewed is told by the next call that somebody waits for.
            if still && session.keep_alive(&ready.link, &config.login).await.is_err() {
                return;
            }
        }
    }

    /// Renews the token, or logs in anew, when its end is near.
    pub async fn keep_alive(&mut self, link: &Link, login: &Login) -> Result<(), StoreError> {
        let Some(ends) = self.ends else { return Ok(()) };
        let left = ends.saturating_duration_since(Instant::now());
        if left > SOON {
            return Ok(());
        }
        if self.renewable {
            let answer = link.ask(&RenewTokenSelfRequest { increment: None }, "renewing the token").await;
            if let Ok(answer) = answer {
                let auth = &answer["auth"];
                let renewed = Self::lasting(&auth["lease_duration"], &auth["renewable"], self.minted);
                let longer = renewed.ends.is_none_or(|ends| ends.saturating_duration_since(Instant::now()) > left);
                *self = renewed;
                if longer {
                    return Ok(());
                }
            }
        }
        // A wrapped secret id works once.
        if self.minted && !matches!(login, Login::AppRole { wrapped: true, .. }) {
            *self = Self::open(link, login).await?;
            return Ok(());
        }
        if left.is_zero() {
            return Err(StoreError::new(ErrorKind::Denied, "the Vault token has ended and cannot be renewed")
                .advise("log in again, then run the command once more: it goes on where it stopped"));
        }
        Ok(())
    }

    /// Revokes the token where keylift's login made it.
    pub async fn close(&mut self, link: &Link) -> Result<(), StoreError> {
        if std::mem::take(&mut self.minted) {
            link.ask(&RevokeTokenSelfRequest {}, "revoking the token").await?;
        }
        self.ends = None;
        link.use_token(None)
    }
}

fn text(secret: &Secret) -> Result<&str, StoreError> {
    secret.expose_str().ok_or_else(|| configuration("a credential for Vault is not UTF-8"))
}

/// The secret id inside a wrapping token. It can be unwrapped once: that somebody else did it first is worth an alarm.
async fn unwrap(link: &Link, wrapping: &Secret) -> Result<Secret, StoreError> {
    link.use_token(Some(wrapping))?;
    let answer = link.ask(&Call::post("sys/wrapping/unwrap", json!({})), "unwrapping the secret id").await;
    let answer = answer.map_err(|error| match error.kind {
        ErrorKind::Rejected | ErrorKind::Denied => StoreError::new(
            ErrorKind::Denied,
            "the wrapped secret id cannot be unwrapped: it has ended, or somebody has unwrapped it before",
        )
        .advise("ask for a new one; if nobody should have used this one, treat it as stolen"),
        _ => error,
    })?;
    let secret_id = answer["data"]["secret_id"].as_str().map(Secret::new);
    secret_id.ok_or_else(|| configuration("VAULT_WRAPPED_SECRET_ID does not wrap a secret id"))
}
