//! What a Vault store is told: the URI and the variables that the `vault` and `bao` programs read as well.

use std::path::PathBuf;

use reqwest::Url;

use crate::secret::Secret;
use crate::settings::Settings;
use crate::store::{ErrorKind, StoreError};

/// Where the server is and how it is spoken to. Holds no token: [`Login`] does.
pub(super) struct Config {
    pub location: String,
    /// First segment of the URI's path; `%2F` in it stands for a mount of several segments.
    pub mount: String,
    pub prefix: String,
    /// The API's root, ending in `/v1`.
    pub base: Url,
    pub socket: Option<PathBuf>,
    pub namespace: Option<String>,
    pub ca_files: Vec<PathBuf>,
    pub ca_dir: Option<PathBuf>,
    pub client_cert: Option<(PathBuf, PathBuf)>,
    pub server_name: Option<String>,
    pub verify: bool,
    pub proxy: Option<String>,
    /// Given as `?kv=1` where the token may not ask the server.
    pub kv: Option<u8>,
    pub login: Login,
}

/// How a token is come by.
pub(super) enum Login {
    /// An agent or proxy adds the token by itself.
    Agent,
    Token(Secret),
    AppRole {
        mount: String,
        role_id: String,
        secret_id: Option<Secret>,
        wrapped: bool,
    },
    Userpass {
        mount: String,
        username: String,
        password: Secret,
    },
    /// Also Kubernetes, whose login takes the same two fields.
    Jwt {
        mount: String,
        role: Option<String>,
        jwt: Secret,
    },
    Cert {
        mount: String,
        role: Option<String>,
    },
    /// Nothing was given. Told at the first call, so that planning works offline.
    Nothing,
}

/// Reads variables under an optional prefix (`?env=OLD` reads `OLD_VAULT_ADDR`), `BAO_` before `VAULT_` as OpenBao does.
struct Vars<'a> {
    settings: &'a Settings,
    prefix: String,
}

impl Vars<'_> {
    fn get(&self, name: &str) -> Option<String> {
        let Self { settings, prefix } = self;
        settings.first_var(&[&format!("{prefix}BAO_{name}"), &format!("{prefix}VAULT_{name}")])
    }

    /// The content of a variable, or of the file that `NAME_FILE` names, without its final line end.
    fn secret(&self, name: &str) -> Result<Option<Secret>, StoreError> {
        match (self.get(name), self.get(&format!("{name}_FILE"))) {
            (Some(value), _) => Ok(Some(Secret::new(value))),
            (None, Some(path)) => file(&PathBuf::from(path)).map(Some),
            (None, None) => Ok(None),
        }
    }
}

fn file(path: &std::path::Path) -> Result<Secret, StoreError> {
    let bytes = crate::local::read_optional(path)?
        .ok_or_else(|| configuration(format!("{} does not exist", path.display())))?;
    Ok(Secret::new(bytes.trim_ascii().to_vec()))
}

pub(super) fn configuration(message: impl Into<String>) -> StoreError {
    StoreError::new(ErrorKind::Configuration, message)
}

impl Config {
    /// From what follows `vault://` in the URI.
    pub fn new(rest: &str, settings: &Settings) -> Result<Self, StoreError> {
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let mut options = Options::parse(query)?;
        let vars = Vars {
            settings,
            prefix: options.take("env").map(|prefix| format!("{}_", prefix.trim_end_matches('_'))).unwrap_or_default(),
        };
        let path = path.trim_matches('/');
        let (mount, prefix) = path.split_once('/').unwrap_or((path, ""));
        let mount = mount.replace("%2F", "/").replace("%2f", "/");
        if mount.is_empty() || path.contains(['@', '#']) {
            return Err(configuration("vault:// needs a mount").advise(
                "for instance vault://secret/shop: the server comes from VAULT_ADDR, the token from VAULT_TOKEN",
            ));
        }
        super::names::check(&mount)?;
        if !prefix.is_empty() {
            super::names::check(prefix)?;
        }
        let address = options.take("addr").or_else(|| vars.get("AGENT_ADDR")).or_else(|| vars.get("ADDR"));
        let agent = vars.get("AGENT_ADDR").is_some();
        let (base, socket) = base(address.as_deref().unwrap_or("https://127.0.0.1:8200"))?;
        let client_cert = match (vars.get("CLIENT_CERT"), vars.get("CLIENT_KEY")) {
            (Some(cert), Some(key)) => Some((cert.into(), key.into())),
            (None, None) => None,
            _ => {
                return Err(configuration(
                    "VAULT_CLIENT_CERT and VAULT_CLIENT_KEY go together: one of them is missing",
                ));
            }
        };
        let config = Self {
            location: format!("vault://{path}{}{query}", if query.is_empty() { "" } else { "?" }),
            mount,
            prefix: prefix.to_owned(),
            namespace: options.take("namespace").or_else(|| vars.get("NAMESPACE")),
            ca_files: vars.get("CACERT").map(PathBuf::from).into_iter().collect(),
            ca_dir: vars.get("CAPATH").map(PathBuf::from),
            verify: !truth(vars.get("SKIP_VERIFY").as_deref())?,
            server_name: vars.get("TLS_SERVER_NAME"),
            proxy: vars.get("PROXY_ADDR").or_else(|| vars.get("HTTP_PROXY")),
            kv: match options.take("kv").as_deref() {
                None => None,
                Some("1") => Some(1),
                Some("2") => Some(2),
                Some(_) => return Err(configuration("?kv= takes 1 or 2")),
            },
            login: login(&vars, client_cert.is_some(), agent || socket.is_some())?,
            base,
            socket,
            client_cert,
        };
        options.finish()?;
        if config.server_name.is_some() {
            return Err(configuration("VAULT_TLS_SERVER_NAME is not supported")
                .advise("use the name that the server's certificate carries in VAULT_ADDR"));
        }
        Ok(config)
    }
}

fn base(address: &str) -> Result<(Url, Option<PathBuf>), StoreError> {
    let (text, socket) = match address.strip_prefix("unix://") {
        Some(path) => ("http://localhost", Some(PathBuf::from(path))),
        None => (address, None),
    };
    let bad = || {
        configuration("VAULT_ADDR is not an address of a server").advise("for instance https://vault.example.com:8200")
    };
    let mut url = Url::parse(text).map_err(|_| bad())?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(bad());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(configuration("VAULT_ADDR holds a user or password").advise("put the token into VAULT_TOKEN"));
    }
    url.set_query(None);
    url.set_fragment(None);
    let path = format!("{}/v1", url.path().trim_end_matches('/').trim_end_matches("/v1"));
    url.set_path(&path);
    Ok((url, socket))
}

/// `VAULT_SKIP_VERIFY` as Go's `strconv.ParseBool` takes it, which is what the `vault` program does. Anything else is an
/// error: a typing mistake must not turn verification off, and not leave it on unnoticed.
fn truth(text: Option<&str>) -> Result<bool, StoreError> {
    match text {
        None | Some("0" | "f" | "F" | "false" | "FALSE" | "False") => Ok(false),
        Some("1" | "t" | "T" | "true" | "TRUE" | "True") => Ok(true),
        Some(_) => Err(configuration("VAULT_SKIP_VERIFY is neither true nor false")),
    }
}

fn login(vars: &Vars<'_>, has_cert: bool, agent: bool) -> Result<Login, StoreError> {
    let mount = |usual: &str| vars.get("AUTH_MOUNT").unwrap_or_else(|| usual.to_owned());
    let need = |name: &str| configuration(format!("VAULT_AUTH_METHOD asks for VAULT_{name}, which is not set"));
    let method = vars.get("AUTH_METHOD").map(|method| method.to_ascii_lowercase());
    let role = vars.get("ROLE").or_else(|| vars.get("AUTH_ROLE"));
    let approle = |role_id: String| -> Result<Login, StoreError> {
        // keylift:allow a variable's name
        let wrapped = vars.secret("WRAPPED_SECRET_ID")?;
        let is_wrapped = wrapped.is_some();
        let secret_id = match wrapped {
            Some(token) => Some(token),
            // keylift:allow a variable's name
            None => vars.secret("SECRET_ID")?,
        };
        Ok(Login::AppRole { mount: mount("approle"), role_id, secret_id, wrapped: is_wrapped })
    };
    let kubernetes = || -> Result<Login, StoreError> {
        let jwt = match vars.secret("JWT")? {
            Some(jwt) => jwt,
            // Kubernetes documentation, "Configure Service Accounts for Pods": where a pod finds its own token.
            None => file(std::path::Path::new("/var/run/secrets/kubernetes.io/serviceaccount/token"))?,
        };
        Ok(Login::Jwt { mount: mount("kubernetes"), role: role.clone(), jwt })
    };
    match method.as_deref() {
        // keylift:allow a variable's name
        Some("token") => return Ok(Login::Token(vars.secret("TOKEN")?.ok_or_else(|| need("TOKEN"))?)),
        Some("approle") => return approle(vars.get("ROLE_ID").ok_or_else(|| need("ROLE_ID"))?),
        Some("userpass" | "ldap") => {
            let usual = method.as_deref().unwrap_or_default();
            return Ok(Login::Userpass {
                mount: mount(usual),
                username: vars.get("USERNAME").ok_or_else(|| need("USERNAME"))?,
                // keylift:allow a variable's name
                password: vars.secret("PASSWORD")?.ok_or_else(|| need("PASSWORD"))?,
            });
        }
        Some("jwt" | "oidc") => {
            let jwt = vars.secret("JWT")?.ok_or_else(|| need("JWT"))?;
            return Ok(Login::Jwt { mount: mount("jwt"), role, jwt });
        }
        Some("kubernetes" | "k8s") => return kubernetes(),
        Some("cert") if has_cert => return Ok(Login::Cert { mount: mount("cert"), role }),
        Some("cert") => return Err(need("CLIENT_CERT")),
        Some("agent" | "none") => return Ok(Login::Agent),
        Some(_) => {
            return Err(configuration("VAULT_AUTH_METHOD names no method that keylift knows")
                .advise("token, approle, userpass, ldap, jwt, kubernetes, cert or agent"));
        }
        None => {}
    }
    // Nothing said: what is there decides, the most explicit first.
    // keylift:allow a variable's name
    if let Some(token) = vars.secret("TOKEN")? {
        return Ok(Login::Token(token));
    }
    if let Some(role_id) = vars.get("ROLE_ID") {
        return approle(role_id);
    }
    // keylift:allow a variable's name
    if let (Some(username), Some(password)) = (vars.get("USERNAME"), vars.secret("PASSWORD")?) {
        return Ok(Login::Userpass { mount: mount("userpass"), username, password });
    }
    if let Some(jwt) = vars.secret("JWT")? {
        return Ok(Login::Jwt { mount: mount("jwt"), role, jwt });
    }
    if agent {
        return Ok(Login::Agent);
    }
    let helper = vars.settings.home_dir().map(|home| home.join(".vault-token")).filter(|path| path.is_file());
    if let Some(path) = helper.filter(|_| vars.prefix.is_empty()) {
        return Ok(Login::Token(file(&path)?));
    }
    if role.is_some() && vars.settings.var("KUBERNETES_SERVICE_HOST").is_some() {
        return kubernetes();
    }
    Ok(Login::Nothing)
}

/// The options after `?` of a store's URI.
struct Options(Vec<(String, String)>);

impl Options {
    fn parse(query: &str) -> Result<Self, StoreError> {
        let pairs = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            if value.is_empty() || value.contains('@') {
                return Err(configuration(format!("the option ?{name}= of a vault:// store has no usable value")));
            }
            Ok((name.to_owned(), value.to_owned()))
        });
        Ok(Self(pairs.collect::<Result<_, _>>()?))
    }

    fn take(&mut self, name: &str) -> Option<String> {
        let index = self.0.iter().position(|(known, _)| known == name)?;
        Some(self.0.swap_remove(index).1)
    }

    fn finish(self) -> Result<(), StoreError> {
        match self.0.first() {
            None => Ok(()),
            Some((name, _)) => Err(configuration(format!("a vault:// store has no option {name}"))
                .advise("it has addr, namespace, env and kv")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(uri: &str, vars: &[(&str, &str)]) -> Result<Config, StoreError> {
        Config::new(uri, &Settings::with_vars("/c", vars.iter().copied()))
    }

    #[test]
    fn the_server_comes_from_the_variables_and_bao_goes_first() {
        let both = config("secret/app", &[("VAULT_ADDR", "https://v:1/"), ("BAO_ADDR", "https://b:2/x")]).unwrap();
        assert_eq!(both.base.as_str(), "https://b:2/x/v1");
        assert_eq!((both.mount.as_str(), both.prefix.as_str()), ("secret", "app"));
        let old = config("team%2Fkv?env=OLD", &[("VAULT_ADDR", "https://v:1"), ("OLD_VAULT_ADDR", "https://o:3")]);
        let old = old.unwrap();
        assert_eq!((old.base.as_str(), old.mount.as_str()), ("https://o:3/v1", "team/kv"));
    }

    #[test]
    fn verification_is_not_turned_off_by_accident() {
        assert!(config("s", &[("VAULT_SKIP_VERIFY", "")]).unwrap().verify);
        assert!(config("s", &[("VAULT_SKIP_VERIFY", "false")]).unwrap().verify);
        assert!(!config("s", &[("VAULT_SKIP_VERIFY", "1")]).unwrap().verify);
        assert!(config("s", &[("VAULT_SKIP_VERIFY", "yes")]).is_err());
    }

    #[test]
    fn the_most_explicit_login_wins() {
        let vars = [("VAULT_TOKEN", "t"), ("VAULT_ROLE_ID", "r")];
        assert!(matches!(config("s", &vars).unwrap().login, Login::Token(_)));
        let vars = [("VAULT_ROLE_ID", "r"), ("VAULT_WRAPPED_SECRET_ID", "w")];
        assert!(matches!(config("s", &vars).unwrap().login, Login::AppRole { wrapped: true, .. }));
        let vars = [("VAULT_AUTH_METHOD", "approle"), ("VAULT_TOKEN", "t")];
        assert!(config("s", &vars).is_err());
        assert!(matches!(config("s", &[("VAULT_ADDR", "unix:///run/x")]).unwrap().login, Login::Agent));
    }

    #[test]
    fn bad_uris_are_refused() {
        for uri in ["", "/", "a//b", "a/../b", "s?token=x", "s?kv=3", "u:p@host/s"] {
            assert!(config(uri, &[]).is_err(), "{uri}");
        }
    }
}
