//! Which cluster, and who is asking: a pod's own service account, or a kubeconfig file as `kubectl` reads it
//! (Kubernetes documentation, "Organizing Cluster Access Using kubeconfig Files").

use std::path::{Path, PathBuf};
use std::process::Stdio;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Url;
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::http::Trust;
use crate::secret::Secret;
use crate::settings::Settings;
use crate::store::{ErrorKind, StoreError};

/// Where a pod finds its own credentials (Kubernetes documentation, "Accessing the Kubernetes API from a Pod").
const SERVICE_ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// A cluster and an identity in it.
pub(super) struct Cluster {
    pub base: Url,
    pub trust: Trust,
    pub identity: Identity,
}

/// How requests say who is asking.
pub(super) enum Identity {
    /// The client certificate does, or nobody has to.
    Connection,
    Token(Secret),
    /// Rotated by the cluster: read anew for each request.
    TokenFile(PathBuf),
}

impl Cluster {
    /// As the settings say it: a context of a kubeconfig file, or the pod that this runs in.
    pub async fn find(context: Option<&str>, settings: &Settings) -> Result<Self, StoreError> {
        let given = settings.var("KUBECONFIG");
        if given.is_none()
            && context.is_none()
            && let Some(host) = settings.var("KUBERNETES_SERVICE_HOST")
        {
            return Self::of_pod(&host, &settings.var("KUBERNETES_SERVICE_PORT").unwrap_or_else(|| "443".to_owned()));
        }
        let usual = settings.home_dir().map(|home| home.join(".kube/config"));
        let paths: Vec<PathBuf> = match given {
            Some(list) => std::env::split_paths(&list).filter(|path| !path.as_os_str().is_empty()).collect(),
            None => usual.into_iter().collect(),
        };
        let mut all = Files::default();
        for path in &paths {
            all.add(path)?;
        }
        let name = context.map(str::to_owned).or_else(|| all.current.clone()).ok_or_else(|| {
            configuration("there is no Kubernetes cluster to talk to")
                .advise("set KUBECONFIG, or a current context (kubectl config use-context), or add ?context=NAME")
        })?;
        all.cluster(&name).await
    }

    fn of_pod(host: &str, port: &str) -> Result<Self, StoreError> {
        let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        let base = Url::parse(&format!("https://{host}:{port}/"))
            .map_err(|_| configuration("KUBERNETES_SERVICE_HOST is not a host"))?;
        let folder = Path::new(SERVICE_ACCOUNT);
        let trust = Trust { ca_files: vec![folder.join("ca.crt")], ..Trust::default() };
        Ok(Self { base, trust, identity: Identity::TokenFile(folder.join("token")) })
    }
}

/// What the files say together: of two entries of a name the first one counts.
#[derive(Default)]
struct Files {
    current: Option<String>,
    clusters: Vec<(String, PathBuf, ClusterEntry)>,
    users: Vec<(String, PathBuf, User)>,
    contexts: Vec<(String, Context)>,
}

impl Files {
    fn add(&mut self, path: &Path) -> Result<(), StoreError> {
        let Some(bytes) = crate::local::read_optional(path)? else { return Ok(()) };
        // The parser's message can quote the file: only the place is passed on.
        let file: File = serde_yaml::from_slice(&bytes).map_err(|error| {
            let place = error.location().map(|at| format!(" (line {})", at.line())).unwrap_or_default();
            configuration(format!("{} is not a kubeconfig file{place}", path.display()))
        })?;
        let folder = crate::local::parent(path).to_path_buf();
        self.current = self.current.take().or(file.current_context.filter(|name| !name.is_empty()));
        self.clusters.extend(file.clusters.into_iter().map(|entry| (entry.name, folder.clone(), entry.cluster)));
        self.users.extend(file.users.into_iter().map(|entry| (entry.name, folder.clone(), entry.user)));
        self.contexts.extend(file.contexts.into_iter().map(|entry| (entry.name, entry.context)));
        Ok(())
    }

    async fn cluster(mut self, name: &str) -> Result<Cluster, StoreError> {
        let missing = |what: &str, name: &str| configuration(format!("the kubeconfig has no {what} {name}"));
        let at = self.contexts.iter().position(|(known, _)| known == name).ok_or_else(|| missing("context", name))?;
        let context = self.contexts.swap_remove(at).1;
        let wanted = &context.cluster;
        let at =
            self.clusters.iter().position(|(known, ..)| known == wanted).ok_or_else(|| missing("cluster", wanted))?;
        let (_, folder, cluster) = self.clusters.swap_remove(at);
        if cluster.tls_server_name.is_some() || cluster.proxy_url.is_some() {
            return Err(configuration("tls-server-name and proxy-url of a kubeconfig are not supported")
                .advise("use the name in the server's certificate, and HTTPS_PROXY"));
        }
        let base = Url::parse(&format!("{}/", cluster.server.trim_end_matches('/')))
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https"))
            .ok_or_else(|| configuration(format!("the server of the cluster {wanted} is not a URL")))?;
        let mut trust = Trust { insecure: cluster.insecure_skip_tls_verify, ..Trust::default() };
        match (cluster.certificate_authority_data, cluster.certificate_authority) {
            (Some(data), _) => trust.ca_pem.push(decode(&data)?.to_vec()),
            (None, Some(path)) => trust.ca_files.push(folder.join(path)),
            (None, None) => {}
        }
        let wanted = &context.user;
        let user = self.users.iter().position(|(known, ..)| known == wanted);
        let Some(at) = user.filter(|_| !wanted.is_empty()) else {
            return Err(missing("user", wanted));
        };
        let (_, folder, user) = self.users.swap_remove(at);
        let identity = user.identity(&folder, &mut trust).await?;
        Ok(Cluster { base, trust, identity })
    }
}

impl User {
    async fn identity(self, folder: &Path, trust: &mut Trust) -> Result<Identity, StoreError> {
        let file = |path: PathBuf| -> Result<Zeroizing<Vec<u8>>, StoreError> {
            let path = folder.join(path);
            crate::local::read_optional(&path)?
                .ok_or_else(|| configuration(format!("{} does not exist", path.display())))
        };
        let either = |data: Option<String>, path: Option<PathBuf>| match (data, path) {
            (Some(data), _) => decode(&data).map(Some),
            (None, Some(path)) => file(path).map(Some),
            (None, None) => Ok(None),
        };
        let certificate = either(self.client_certificate_data, self.client_certificate)?;
        let key = either(self.client_key_data, self.client_key)?;
        if let (Some(certificate), Some(key)) = (certificate, key) {
            trust.client_pem = Some(joined(&certificate, &key));
        }
        if let Some(path) = self.token_file {
            return Ok(Identity::TokenFile(folder.join(path)));
        }
        if let Some(token) = self.token {
            return Ok(Identity::Token(Secret::new(token)));
        }
        if let Some(exec) = self.exec {
            return exec.run(folder, trust).await;
        }
        if self.username.is_some() || self.auth_provider.is_some() {
            return Err(configuration("passwords and auth-provider of a kubeconfig are not supported")
                .advise("use a token, a certificate or an exec plugin"));
        }
        Ok(Identity::Connection)
    }
}

impl Exec {
    /// Runs the plugin that the user's own kubeconfig names ("client-go credential plugins").
    async fn run(self, folder: &Path, trust: &mut Trust) -> Result<Identity, StoreError> {
        let name = self.command;
        let failed = |what: &str| {
            StoreError::new(ErrorKind::Denied, format!("the kubeconfig's program {name} {what}"))
                .advise("does `kubectl get secrets` work?")
        };
        let version = if self.api_version.is_empty() { "client.authentication.k8s.io/v1" } else { &self.api_version };
        let info = serde_json::json!({
            "apiVersion": version, "kind": "ExecCredential", "spec": { "interactive": false },
        });
        let program = if name.contains('/') { folder.join(&name) } else { PathBuf::from(&name) };
        let output = tokio::process::Command::new(program)
            .args(self.args.unwrap_or_default())
            .envs(self.env.unwrap_or_default().into_iter().map(|pair| (pair.name, pair.value)))
            .env("KUBERNETES_EXEC_INFO", info.to_string())
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await
            .map_err(|error| failed(&format!("cannot be run: {}", error.kind())))?;
        let bytes = Zeroizing::new(output.stdout);
        if !output.status.success() {
            return Err(failed("failed"));
        }
        let answer: serde_json::Value = serde_json::from_slice(&bytes).map_err(|_| failed("gave no credential"))?;
        let part = |name: &str| answer["status"][name].as_str();
        if let (Some(certificate), Some(key)) = (part("clientCertificateData"), part("clientKeyData")) {
            trust.client_pem = Some(joined(certificate.as_bytes(), key.as_bytes()));
        }
        match part("token") {
            Some(token) => Ok(Identity::Token(Secret::new(token))),
            None if trust.client_pem.is_some() => Ok(Identity::Connection),
            None => Err(failed("gave no credential")),
        }
    }
}

fn joined(certificate: &[u8], key: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut both = Zeroizing::new(certificate.to_vec());
    both.push(b'\n');
    both.extend_from_slice(key);
    both
}

fn decode(data: &str) -> Result<Zeroizing<Vec<u8>>, StoreError> {
    let bytes =
        STANDARD.decode(data.trim()).map_err(|_| configuration("a certificate in the kubeconfig is not base64"))?;
    Ok(Zeroizing::new(bytes))
}

pub(super) fn configuration(message: impl Into<String>) -> StoreError {
    StoreError::new(ErrorKind::Configuration, message)
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct File {
    current_context: Option<String>,
    #[serde(default)]
    clusters: Vec<NamedCluster>,
    #[serde(default)]
    users: Vec<NamedUser>,
    #[serde(default)]
    contexts: Vec<NamedContext>,
}

#[derive(Deserialize)]
struct NamedCluster {
    name: String,
    cluster: ClusterEntry,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct ClusterEntry {
    server: String,
    certificate_authority: Option<PathBuf>,
    certificate_authority_data: Option<String>,
    #[serde(default)]
    insecure_skip_tls_verify: bool,
    tls_server_name: Option<String>,
    proxy_url: Option<String>,
}

#[derive(Deserialize)]
struct NamedUser {
    name: String,
    user: User,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", default)]
struct User {
    token: Option<String>,
    #[serde(rename = "tokenFile")]
    token_file: Option<PathBuf>,
    client_certificate: Option<PathBuf>,
    client_certificate_data: Option<String>,
    client_key: Option<PathBuf>,
    client_key_data: Option<String>,
    username: Option<String>,
    exec: Option<Exec>,
    auth_provider: Option<serde_yaml::Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Exec {
    command: String,
    args: Option<Vec<String>>,
    env: Option<Vec<Pair>>,
    #[serde(default)]
    api_version: String,
}

#[derive(Deserialize)]
struct Pair {
    name: String,
    value: String,
}

#[derive(Deserialize)]
struct NamedContext {
    name: String,
    context: Context,
}

#[derive(Deserialize)]
struct Context {
    cluster: String,
    #[serde(default)]
    user: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(dir: &Path, text: &str) -> Settings {
        let path = dir.join("config");
        std::fs::write(&path, text).unwrap();
        Settings::with_vars(dir, [("KUBECONFIG", path.display().to_string())])
    }

    const CONFIG: &str = "apiVersion: v1\nkind: Config\ncurrent-context: one\n\
        clusters: [{name: c, cluster: {server: 'https://k.example.com:6443', certificate-authority: ca.pem}}]\n\
        contexts: [{name: one, context: {cluster: c, user: u}}, {name: two, context: {cluster: c, user: v}}]\n\
        users:\n- {name: u, user: {token: of-the-test}}\n- {name: v, user: {tokenFile: token}}\n";

    #[tokio::test]
    async fn a_context_names_cluster_and_user() {
        let dir = tempfile::tempdir().unwrap();
        let settings = settings(dir.path(), CONFIG);
        let cluster = Cluster::find(None, &settings).await.unwrap();
        assert_eq!(cluster.base.as_str(), "https://k.example.com:6443/");
        assert_eq!(cluster.trust.ca_files, [dir.path().join("ca.pem")]);
        assert!(matches!(&cluster.identity, Identity::Token(token) if token.expose() == b"of-the-test"));
        let other = Cluster::find(Some("two"), &settings).await.unwrap();
        assert!(matches!(other.identity, Identity::TokenFile(path) if path == dir.path().join("token")));
        assert!(Cluster::find(Some("three"), &settings).await.is_err());
    }

    #[tokio::test]
    async fn a_damaged_file_is_not_quoted() {
        let dir = tempfile::tempdir().unwrap();
        let error = Cluster::find(None, &settings(dir.path(), "users:\n- name: [of-the-test")).await.err().unwrap();
        assert_eq!(error.kind, ErrorKind::Configuration);
        assert!(!error.message.contains("of-the-test"), "{error}");
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn an_exec_plugin_gives_a_token() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let plugin = dir.path().join("plugin");
        std::fs::write(&plugin, "#!/bin/sh\necho \"{\\\"status\\\": {\\\"token\\\": \\\"$WHO-$1\\\"}}\"\n").unwrap();
        std::fs::set_permissions(&plugin, std::fs::Permissions::from_mode(0o755)).unwrap();
        let user = "{command: ./plugin, args: [x], env: [{name: WHO, value: me}]}";
        let text = CONFIG.replace("{token: of-the-test}", &format!("{{exec: {user}}}"));
        let cluster = Cluster::find(None, &settings(dir.path(), &text)).await.unwrap();
        assert!(matches!(&cluster.identity, Identity::Token(token) if token.expose() == b"me-x"));
    }
}
