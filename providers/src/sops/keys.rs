//! Whose age keys open a document, and for whom a new one is encrypted.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use age::armor::{ArmoredReader, ArmoredWriter, Format};
use age::x25519::{Identity, Recipient};
use age::{Decryptor, Encryptor};
use regex_automata::meta::Regex;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::cipher::DataKey;
use crate::age::identity::Identities;
use crate::local;
use crate::secret::Secret;
use crate::settings::Settings;
use crate::store::{ErrorKind, StoreError};

/// What SOPS reads before it makes a file.
const CONFIG: &str = ".sops.yaml";

/// The keys at hand for one document.
pub(super) struct Keys {
    file: PathBuf,
    settings: Settings,
    own: Identities,
}

/// What a new document is made with.
pub(super) struct Making {
    pub recipients: Vec<Recipient>,
    /// SOPS's own entries besides: the rule that says what is encrypted.
    pub own: Vec<(String, String)>,
}

/// A `.sops.yaml`.
#[derive(Deserialize)]
struct Config {
    #[serde(default)]
    creation_rules: Vec<CreationRule>,
}

#[derive(Deserialize)]
struct CreationRule {
    path_regex: Option<String>,
    #[serde(default)]
    age: OneOrMany,
    encrypted_suffix: Option<String>,
    unencrypted_suffix: Option<String>,
    encrypted_regex: Option<String>,
    unencrypted_regex: Option<String>,
    encrypted_comment_regex: Option<String>,
    unencrypted_comment_regex: Option<String>,
    #[serde(default)]
    mac_only_encrypted: bool,
    /// Keys of other kinds, by their names.
    #[serde(flatten)]
    others: std::collections::BTreeMap<String, serde_yaml::Value>,
}

#[derive(Default, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    #[default]
    None,
    One(String),
    Many(Vec<String>),
}

impl Keys {
    pub fn new(file: &Path, settings: &Settings) -> Self {
        Self { file: file.to_owned(), settings: settings.clone(), own: Identities::new(file, settings) }
    }

    pub fn notices(&self) -> Vec<String> {
        self.own.notices()
    }

    /// The identities: those that SOPS takes, and keylift's own.
    pub fn identities(&self) -> Result<Vec<Identity>, StoreError> {
        let mut all = Vec::new();
        if let Some(text) = self.settings.var("SOPS_AGE_KEY").map(Secret::new) {
            all.extend(parse(text.expose_str().unwrap_or_default(), "SOPS_AGE_KEY")?);
        }
        let given = self.settings.var("SOPS_AGE_KEY_FILE").map(PathBuf::from);
        let usual = || {
            let xdg = self.settings.var("XDG_CONFIG_HOME").map(PathBuf::from);
            let home = || self.settings.home_dir().map(|home| home.join(".config"));
            xdg.or_else(home).map(|config| config.join("sops/age/keys.txt"))
        };
        if let Some(path) = given.or_else(usual)
            && let Some(bytes) = local::read_optional(&path)?
        {
            let text = std::str::from_utf8(&bytes).unwrap_or_default();
            all.extend(parse(text, &path.display().to_string())?);
        }
        match self.own.load() {
            Ok(own) => all.extend(own),
            Err(error) if all.is_empty() => return Err(error),
            Err(_) => {}
        }
        Ok(all)
    }

    /// The identities, with one made where there is none at all.
    pub fn identities_or_make(&self) -> Result<Vec<Identity>, StoreError> {
        match self.identities() {
            Err(error) if error.kind == ErrorKind::Denied => self.own.load_or_make(),
            found => found,
        }
    }

    /// The data key, from the age files in which it is kept.
    pub fn open<'a>(&self, sealed: impl Iterator<Item = &'a str>) -> Result<DataKey, StoreError> {
        let identities = self.identities()?;
        let mut any = false;
        for text in sealed {
            any = true;
            let Ok(decryptor) = Decryptor::new_buffered(ArmoredReader::new(text.as_bytes())) else { continue };
            let keys = identities.iter().map(|identity| identity as &dyn age::Identity);
            let Ok(mut reader) = decryptor.decrypt(keys) else { continue };
            let mut plain = Zeroizing::new(Vec::with_capacity(64));
            if reader.read_to_end(&mut plain).is_ok()
                && let Some(key) = DataKey::new(&plain)
            {
                return Ok(key);
            }
        }
        let path = self.file.display();
        if !any {
            return Err(StoreError::new(ErrorKind::Configuration, format!("{path} is not encrypted for age")).advise(
                "`sops rotate --add-age RECIPIENT` adds a recipient; keylift opens documents with age keys alone",
            ));
        }
        Err(StoreError::new(ErrorKind::Denied, format!("{path} is not encrypted for an age identity that is here"))
            .advise("set SOPS_AGE_KEY_FILE, or have your recipient added (`sops rotate --add-age RECIPIENT`)"))
    }

    /// The data key for each recipient: recipient and age file.
    pub fn seal(key: &DataKey, recipients: &[Recipient]) -> Result<Vec<(String, String)>, StoreError> {
        let sealed = |recipient: &Recipient| -> std::io::Result<String> {
            let encryptor = Encryptor::with_recipients(std::iter::once(recipient as &dyn age::Recipient))
                .map_err(std::io::Error::other)?;
            let armor = ArmoredWriter::wrap_output(Vec::new(), Format::AsciiArmor)?;
            let mut writer = encryptor.wrap_output(armor)?;
            writer.write_all(key.expose())?;
            String::from_utf8(writer.finish()?.finish()?).map_err(std::io::Error::other)
        };
        let all = recipients.iter().map(|recipient| Ok((recipient.to_string(), sealed(recipient)?)));
        all.collect::<std::io::Result<_>>()
            .map_err(|_| StoreError::new(ErrorKind::Configuration, "the data key cannot be encrypted"))
    }

    /// How a new document is made: `SOPS_AGE_RECIPIENTS`, else the rule of the nearest `.sops.yaml`, else for oneself.
    pub fn making(&self) -> Result<Making, StoreError> {
        let own = self.identities_or_make()?;
        let making = match self.settings.var("SOPS_AGE_RECIPIENTS") {
            Some(text) => Making { recipients: recipients(&text, "SOPS_AGE_RECIPIENTS")?, own: self.default_rule() },
            None => match self.rule()? {
                Some(making) => making,
                None => Making { recipients: own.iter().map(Identity::to_public).collect(), own: self.default_rule() },
            },
        };
        let can_read = own
            .iter()
            .any(|own| making.recipients.iter().any(|other| other.to_string() == own.to_public().to_string()));
        if can_read {
            return Ok(making);
        }
        Err(StoreError::new(ErrorKind::Denied, format!("{} would not be encrypted for yourself", self.file.display()))
            .advise(
                "what you write could not be read back: add your age recipient to SOPS_AGE_RECIPIENTS or .sops.yaml",
            ))
    }

    #[allow(clippy::unused_self, reason = "beside what a file says")]
    fn default_rule(&self) -> Vec<(String, String)> {
        vec![("unencrypted_suffix".to_owned(), "_unencrypted".to_owned())]
    }

    /// The first creation rule of the nearest `.sops.yaml` that fits the file; none where there is no such file.
    fn rule(&self) -> Result<Option<Making>, StoreError> {
        let file = std::path::absolute(&self.file).unwrap_or_else(|_| self.file.clone());
        let Some(folder) = file.ancestors().skip(1).find(|folder| folder.join(CONFIG).is_file()) else {
            return Ok(None);
        };
        let path = folder.join(CONFIG);
        let wrong = |what: &str| {
            StoreError::new(ErrorKind::Configuration, format!("{}: {what}", path.display()))
                .advise("make the file with `sops` itself: keylift then writes into it")
        };
        let bytes = local::read_optional(&path)?.unwrap_or_default();
        let config: Config = serde_yaml::from_slice(&bytes).map_err(|_| wrong("it cannot be understood"))?;
        let below = file.strip_prefix(folder).unwrap_or(&file);
        let below = below.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/");
        for rule in config.creation_rules {
            if let Some(pattern) = &rule.path_regex
                && !Regex::new(pattern).map_err(|_| wrong("a path_regex is not a pattern"))?.is_match(&below)
            {
                continue;
            }
            if let Some(name) = rule.others.keys().next() {
                return Err(wrong(&format!("the rule for {below} has {name}, and keylift knows age keys alone")));
            }
            if rule.encrypted_comment_regex.is_some() || rule.unencrypted_comment_regex.is_some() {
                return Err(wrong("rules that go by comments are not supported"));
            }
            let text = match &rule.age {
                OneOrMany::None => return Err(wrong(&format!("the rule for {below} names no age recipient"))),
                OneOrMany::One(text) => text.clone(),
                OneOrMany::Many(all) => all.join(","),
            };
            let rules = [
                ("encrypted_suffix", rule.encrypted_suffix),
                ("unencrypted_suffix", rule.unencrypted_suffix),
                ("encrypted_regex", rule.encrypted_regex),
                ("unencrypted_regex", rule.unencrypted_regex),
            ];
            let mut own: Vec<(String, String)> =
                rules.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
            if own.len() > 1 {
                return Err(wrong("a rule says twice what is encrypted"));
            }
            if own.is_empty() {
                own = self.default_rule();
            }
            if rule.mac_only_encrypted {
                own.insert(0, ("mac_only_encrypted".to_owned(), "true".to_owned()));
            }
            return Ok(Some(Making { recipients: recipients(&text, &path.display().to_string())?, own }));
        }
        Err(wrong(&format!("no rule fits {below}")))
    }
}

fn parse(text: &str, origin: &str) -> Result<Vec<Identity>, StoreError> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    // Other kinds (SSH keys, plugins) may stand beside those that are understood here.
    let all: Vec<Identity> = lines.filter_map(|line| Identity::from_str(line).ok()).collect();
    if all.is_empty() {
        return Err(StoreError::new(ErrorKind::Configuration, format!("{origin} holds no age identity"))
            .advise("an age identity begins with AGE-SECRET-KEY-1 (as age-keygen writes it)"));
    }
    Ok(all)
}

fn recipients(text: &str, origin: &str) -> Result<Vec<Recipient>, StoreError> {
    let words = text.split([',', ' ', '\n', '\t', '\r']).filter(|word| !word.is_empty());
    let all: Result<Vec<_>, _> = words.map(Recipient::from_str).collect();
    all.ok().filter(|all| !all.is_empty()).ok_or_else(|| {
        StoreError::new(ErrorKind::Configuration, format!("{origin} holds something that is not an age recipient"))
            .advise("an age recipient begins with age1; SSH keys and plugins are not supported")
    })
}
