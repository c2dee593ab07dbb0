//! Whose keys open the file, and for whom it is sealed.

use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use std::sync::atomic::{AtomicBool, Ordering};

use ::age::secrecy::ExposeSecret as _;
use ::age::x25519::{Identity, Recipient};
use zeroize::Zeroizing;

use crate::local;
use crate::secret::Secret;
use crate::settings::Settings;
use crate::store::{ErrorKind, StoreError};

/// The identity file and the recipients file of one store.
pub(crate) struct Identities {
    identity_file: PathBuf,
    recipients_file: PathBuf,
    /// An identity handed over in the variable `KEYLIFT_AGE_KEY`, as build servers do.
    given: Option<Secret>,
    made: AtomicBool,
}

impl Identities {
    pub fn new(store: &Path, settings: &Settings) -> Self {
        let mut recipients_file = store.as_os_str().to_owned();
        recipients_file.push(".recipients");
        Self {
            identity_file: settings
                .var("KEYLIFT_AGE_IDENTITY")
                .map_or_else(|| settings.config_dir().join("identity.txt"), PathBuf::from),
            recipients_file: recipients_file.into(),
            given: settings.var("KEYLIFT_AGE_KEY").map(Secret::new),
            made: AtomicBool::new(false),
        }
    }

    pub fn recipients_file(&self) -> &Path {
        &self.recipients_file
    }

    /// Where the identity comes from, for messages.
    pub fn origin(&self) -> String {
        match self.given {
            Some(_) => "KEYLIFT_AGE_KEY".to_owned(),
            None => self.identity_file.display().to_string(),
        }
    }

    pub fn notices(&self) -> Vec<String> {
        if !self.made.load(Ordering::Relaxed) {
            return Vec::new();
        }
        vec![format!(
            "an age identity was made in {}: keep a copy of it in a safe place, nothing else opens the store",
            self.identity_file.display()
        )]
    }

    /// The identities; an error where there are none.
    pub fn load(&self) -> Result<Vec<Identity>, StoreError> {
        let identities = match &self.given {
            Some(text) => self.parse(text.expose_str().unwrap_or_default())?,
            None => match local::read_optional(&self.identity_file)? {
                Some(bytes) => {
                    self.refuse_shared()?;
                    self.parse(std::str::from_utf8(&bytes).unwrap_or_default())?
                }
                None => Vec::new(),
            },
        };
        if identities.is_empty() {
            return Err(StoreError::new(ErrorKind::Denied, format!("there is no age identity in {}", self.origin()))
                .advise("restore it from your backup, or set KEYLIFT_AGE_IDENTITY to the file that holds it"));
        }
        Ok(identities)
    }

    /// The identities, made where there are none yet.
    pub fn load_or_make(&self) -> Result<Vec<Identity>, StoreError> {
        if self.given.is_none() && local::read_optional(&self.identity_file)?.is_none() {
            local::private_dir(local::parent(&self.identity_file))?;
            let identity = Identity::generate();
            let text = Zeroizing::new(format!(
                "# made by keylift: opens the age stores whose .recipients file lists this recipient\n# public key: \
                 {}\n{}\n",
                identity.to_public(),
                identity.to_string().expose_secret()
            ));
            if local::create_private(&self.identity_file, text.as_bytes())? {
                self.made.store(true, Ordering::Relaxed);
            }
        }
        self.load()
    }

    /// The public keys of the own identities.
    pub fn own_recipients(&self) -> Result<Vec<Recipient>, StoreError> {
        Ok(self.load()?.iter().map(Identity::to_public).collect())
    }

    /// For whom the file is sealed. The recipients file is made with one's own key for a new store; for a store that
    /// exists it has to be there, or whoever else could read the store would lose it with the next write.
    pub fn recipients(&self, store_exists: bool) -> Result<Vec<Recipient>, StoreError> {
        let Some(bytes) = local::read_optional(&self.recipients_file)? else {
            if store_exists {
                return Err(StoreError::new(
                    ErrorKind::Configuration,
                    format!("{} is missing", self.recipients_file.display()),
                )
                .advise("restore it, or write one age recipient (age1…) a line for everybody who may read the store"));
            }
            let own = self.own_recipients()?;
            let mut text = "# who can read the store beside this file: one age recipient a line\n".to_owned();
            for recipient in &own {
                text.push_str(&recipient.to_string());
                text.push('\n');
            }
            local::private_dir(local::parent(&self.recipients_file))?;
            local::replace(&self.recipients_file, text.as_bytes())?;
            return Ok(own);
        };
        let text = String::from_utf8_lossy(&bytes);
        let mut recipients = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            // A comment may follow the key: `age1… # Ada's laptop`.
            let key = line.split([' ', '\t', '#']).next().unwrap_or_default();
            recipients.push(Recipient::from_str(key).map_err(|_| {
                StoreError::new(
                    ErrorKind::Configuration,
                    format!("line {} of {} is not an age recipient", index + 1, self.recipients_file.display()),
                )
                .advise("an age recipient begins with age1; SSH keys and plugins are not supported")
            })?);
        }
        if recipients.is_empty() {
            return Err(StoreError::new(
                ErrorKind::Configuration,
                format!("{} lists nobody", self.recipients_file.display()),
            )
            .advise("write one age recipient (age1…) a line"));
        }
        Ok(recipients)
    }

    fn parse(&self, text: &str) -> Result<Vec<Identity>, StoreError> {
        let lines = text.lines().map(str::trim).enumerate();
        lines
            .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
            .map(|(index, line)| {
                Identity::from_str(line).map_err(|_| {
                    StoreError::new(
                        ErrorKind::Configuration,
                        format!("line {} of {} is not an age identity", index + 1, self.origin()),
                    )
                    .advise("an age identity begins with AGE-SECRET-KEY-1 (as age-keygen writes it)")
                })
            })
            .collect()
    }

    /// An identity that others can read protects nothing; ssh treats its keys the same.
    #[cfg(unix)]
    fn refuse_shared(&self) -> Result<(), StoreError> {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(&self.identity_file)
            .map_err(|error| local::failure(&self.identity_file, "look at", &error))?
            .permissions()
            .mode();
        #[allow(clippy::verbose_bit_mask, reason = "a file mode reads best in octal")]
        if mode & 0o077 == 0 {
            return Ok(());
        }
        Err(StoreError::new(
            ErrorKind::Denied,
            format!("{} can be read by others (mode {:o})", self.identity_file.display(), mode & 0o777),
        )
        .advise(format!("chmod 600 {}", self.identity_file.display())))
    }

    #[cfg(not(unix))]
    #[allow(clippy::unused_self, clippy::unnecessary_wraps)]
    fn refuse_shared(&self) -> Result<(), StoreError> {
        Ok(())
    }
}
