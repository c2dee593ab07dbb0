//! A link that has logged in: which engine the mount is, and what the token may do there.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::auth::Session;
use super::kv::Engine;
use super::link::{Call, Link};
use super::{VaultStore, config};
use crate::store::{Address, ErrorKind, StoreError};

/// Paths asked for in one question about capabilities.
const CAPABILITIES_AT_ONCE: usize = 100;

/// A link that has logged in.
pub(super) struct Ready {
    pub(super) link: Link,
    pub(super) session: Mutex<Session>,
    pub(super) engine: Engine,
}

impl VaultStore {
    pub(super) async fn ready(&self) -> Result<Arc<Ready>, StoreError> {
        if let Some(ready) = &*self.ready.read().await {
            return Ok(Arc::clone(ready));
        }
        let mut slot = self.ready.write().await;
        if let Some(ready) = &*slot {
            return Ok(Arc::clone(ready));
        }
        let link = Link::new(&self.config, &self.settings, self.at_once)?;
        let session = Session::open(&link, &self.config.login).await?;
        let engine = match self.engine.get() {
            Some(engine) => *engine,
            None => *self.engine.get_or_init({
                let engine = self.ask_engine(&link).await?;
                move || engine
            }),
        };
        let ready = Arc::new(Ready { link, session: Mutex::new(session), engine });
        *slot = Some(Arc::clone(&ready));
        tokio::spawn(Session::watch(Arc::downgrade(&ready), Arc::clone(&self.config)));
        Ok(ready)
    }

    /// Which engine the mount is. The endpoint is the one that the `vault kv` command asks.
    async fn ask_engine(&self, link: &Link) -> Result<Engine, StoreError> {
        let mount = &self.config.mount;
        let doing = format!("asking which engine {mount} is");
        let call = Call::get(format!("sys/internal/ui/mounts/{mount}"));
        let answer = link.ask(&call, &doing).await.map_err(|error| match error.kind {
            ErrorKind::Denied => error.advise(format!(
                "is the token right (`vault token lookup`), is there a mount {mount} (one of several parts is written \
                 a%2Fb), and does the token reach something in it? Where it may not ask, say the version: \
                 vault://{mount}?kv=2"
            )),
            _ => error,
        })?;
        let data = &answer["data"];
        let kind = data["type"].as_str().unwrap_or_default();
        if !matches!(kind, "kv" | "generic") {
            return Err(config::configuration(format!("{mount} is not a KV mount but {kind:?}"))
                .advise("give the mount of a KV engine"));
        }
        Ok(if data["options"]["version"].as_str() == Some("2") { Engine::V2 } else { Engine::V1 })
    }

    pub(super) async fn check_rights(&self, ready: &Ready, addresses: &[Address]) -> Result<(), StoreError> {
        let part = if ready.engine == Engine::V2 { "data/" } else { "" };
        let mut lacking = Vec::new();
        for some in addresses.chunks(CAPABILITIES_AT_ONCE) {
            let path = |address: &Address| format!("{}/{part}{}", self.config.mount, address.path);
            let paths: Vec<String> = some.iter().map(path).collect();
            let call = Call::post("sys/capabilities-self", json!({ "paths": paths }));
            let answer = ready.link.ask(&call, "asking what the token may do").await?;
            for (address, path) in some.iter().zip(&paths) {
                let data = if answer["data"][path].is_array() { &answer["data"] } else { &answer };
                let may: Vec<&str> = data[path].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
                let all = may.contains(&"root");
                let missing: Vec<&str> =
                    ["create", "read"].into_iter().filter(|right| !all && !may.contains(right)).collect();
                if !missing.is_empty() {
                    lacking.push(format!("{} ({})", address.path, missing.join(", ")));
                }
            }
        }
        if lacking.is_empty() {
            return Ok(());
        }
        let more = lacking.len().saturating_sub(5);
        lacking.truncate(5);
        let tail = if more > 0 { format!(" and {more} more") } else { String::new() };
        Err(StoreError::new(ErrorKind::Denied, format!("the Vault token lacks rights: {}{tail}", lacking.join("; ")))
            .advise("`keylift policy` prints the policy that is needed"))
    }
}
