//! The contract against a real Kubernetes API server, where the programs `etcd` and `kube-apiserver` are to be had. No
//! registry that tests install from has them: without them this skips, also in CI, and `contract_k8s.rs` has the double.

#![cfg(all(feature = "k8s", unix))]

mod support;

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use keylift_providers::{ErrorKind, Expect, Job, Settings, Store, Written, open};
use serde_json::{Value, json};
use support::contract::Contract;

const ADMIN: &str = "admin-of-the-test";
const MIGRATOR: &str = "migrator-of-the-test";
const APP: &str = "app-of-the-test";

struct Cluster {
    children: Vec<Child>,
    home: tempfile::TempDir,
    url: String,
    http: reqwest::Client,
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for child in &mut self.children {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port()
}

fn start(program: &Path, home: &Path, arguments: &[String]) -> Child {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(home).env("HOME", home).stdin(Stdio::null());
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts")
}

impl Cluster {
    #[allow(clippy::print_stderr, reason = "a test has no other way to say that it skips")]
    async fn new() -> Option<Self> {
        let (Some(etcd), Some(server), Some(openssl)) =
            (support::program("etcd"), support::program("kube-apiserver"), support::program("openssl"))
        else {
            eprintln!("skipped: etcd, kube-apiserver or openssl is not here");
            return None;
        };
        let _ = rustls::crypto::ring::default_provider().install_default();
        let home = tempfile::tempdir().expect("a folder");
        let at = |name: &str| home.path().join(name);
        let made = Command::new(openssl).args(["genrsa", "-out"]).arg(at("accounts.key")).output().expect("openssl");
        assert!(made.status.success());
        let tokens = format!("{ADMIN},admin,1,system:masters\n{MIGRATOR},migrator,2\n{APP},app,3\n");
        std::fs::write(at("tokens.csv"), tokens).expect("written");
        let (client, peer, port) = (free_port(), free_port(), free_port());
        let urls = |port: u16| format!("http://127.0.0.1:{port}");
        let mut arguments: Vec<String> = vec!["--data-dir".into(), at("etcd").display().to_string()];
        for (name, port) in [
            ("--listen-client-urls", client),
            ("--advertise-client-urls", client),
            ("--listen-peer-urls", peer),
            ("--initial-advertise-peer-urls", peer),
        ] {
            arguments.extend([name.to_owned(), urls(port)]);
        }
        arguments.extend(["--initial-cluster".to_owned(), format!("default={}", urls(peer))]);
        let mut children = vec![start(&etcd, home.path(), &arguments)];
        let key = at("accounts.key").display().to_string();
        let arguments = [
            format!("--etcd-servers={}", urls(client)),
            format!("--secure-port={port}"),
            "--bind-address=127.0.0.1".to_owned(),
            format!("--cert-dir={}", at("certs").display()),
            format!("--token-auth-file={}", at("tokens.csv").display()),
            format!("--service-account-key-file={key}"),
            format!("--service-account-signing-key-file={key}"),
            "--service-account-issuer=https://test.invalid".to_owned(),
            "--service-cluster-ip-range=10.0.0.0/24".to_owned(),
            "--authorization-mode=RBAC".to_owned(),
            "--disable-admission-plugins=ServiceAccount".to_owned(),
        ];
        children.push(start(&server, home.path(), &arguments));
        let http = reqwest::Client::builder().tls_danger_accept_invalid_certs(true).build().expect("a client");
        let cluster = Self { children, home, url: format!("https://127.0.0.1:{port}"), http };
        let deadline = Instant::now() + Duration::from_mins(2);
        while cluster.ask("GET", "readyz", None).await.is_none_or(|(status, _)| status != 200) {
            assert!(Instant::now() < deadline, "the API server does not get ready");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        let shop = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}});
        cluster.make("api/v1/namespaces", &shop).await;
        Some(cluster)
    }

    async fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Option<(u16, Value)> {
        let method = method.parse().expect("a method");
        let mut request = self.http.request(method, format!("{}/{path}", self.url)).bearer_auth(ADMIN);
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let answer = request.send().await.ok()?;
        let status = answer.status().as_u16();
        Some((status, serde_json::from_slice(&answer.bytes().await.ok()?).unwrap_or_default()))
    }

    async fn make(&self, path: &str, body: &Value) {
        let (status, answer) = self.ask("POST", path, Some(body)).await.expect("an answer");
        assert_eq!(status, 201, "{answer}");
    }

    async fn secret(&self, name: &str, kind: &str, data: &Value) {
        let about = json!({"name": name, "annotations": {"team": "shop"}});
        let body = json!({"apiVersion": "v1", "kind": "Secret", "type": kind, "metadata": about, "data": data});
        self.make("api/v1/namespaces/shop/secrets", &body).await;
    }

    /// The server's certificate is checked against the authority that it made for itself.
    fn store(&self, token: &str, uri: &str) -> Box<dyn Store> {
        let authority: PathBuf = self.home.path().join("certs/apiserver.crt");
        let config = json!({
            "current-context": "test",
            "clusters": [{"name": "c", "cluster": {"server": self.url, "certificate-authority": authority}}],
            "users": [{"name": "u", "user": {"token": token}}],
            "contexts": [{"name": "test", "context": {"cluster": "c", "user": "u"}}],
        });
        let path = self.home.path().join(format!("kubeconfig-{token}"));
        std::fs::write(&path, config.to_string()).expect("written");
        let vars = [("KUBECONFIG", path.display().to_string())];
        open(uri, &Settings::with_vars(self.home.path().join("keylift"), vars)).expect("a store")
    }

    /// Makes what `policy` prints, and gives it to a user.
    async fn grant(&self, store: &dyn Store, job: Job, user: &str) {
        let policy = store.policy(job).expect("a policy").text;
        let role: Value = serde_yaml::from_str(&policy).expect("YAML");
        let name = role["metadata"]["name"].clone();
        self.make("apis/rbac.authorization.k8s.io/v1/namespaces/shop/roles", &role).await;
        let binding = json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": user},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}],
        });
        self.make("apis/rbac.authorization.k8s.io/v1/namespaces/shop/rolebindings", &binding).await;
    }
}

#[tokio::test]
async fn a_real_api_server_keeps_the_contract() {
    let Some(cluster) = Cluster::new().await else { return };
    // With the rights that `policy` prints, and no others.
    let admin = cluster.store(ADMIN, "k8s://shop/app");
    cluster.grant(&*admin, Job::Migrator, "migrator").await;
    let store = cluster.store(MIGRATOR, "k8s://shop/app");
    Contract::new(&*store).check().await;
    cluster.grant(&*admin, Job::App, "app").await;
    let app = cluster.store(APP, "k8s://shop/app");
    assert!(Contract::new(&*app).get("FIRST").await.is_some(), "the app's role reads");
    let error = Contract::new(&*app).put("NEW", b"x", Expect::Absent).await.expect_err("and does not write");
    assert_eq!(error.kind, ErrorKind::Denied, "{error}");
    let error = app.preflight(&[app.address("A").expect("a name")]).await.expect_err("no right to write");
    assert_eq!(error.kind, ErrorKind::Denied, "{error}");
    let error = cluster.store("no-such-token", "k8s://shop/app").preflight(&[]).await.expect_err("no login");
    assert_eq!(error.kind, ErrorKind::Denied, "{error}");
    // A namespace that is not there is said to be missing, not taken for a busy object.
    let nowhere = cluster.store(ADMIN, "k8s://nowhere/app");
    let error = Contract::new(&*nowhere).put("A", b"x", Expect::Absent).await.expect_err("no namespace");
    assert_eq!(error.kind, ErrorKind::Configuration, "{error}");

    // Other keys, other people's objects.
    for (name, kind) in [("more", "Opaque"), ("cert", "kubernetes.io/tls")] {
        let data = json!({"user": "c2hvcA==", "tls.crt": "", "tls.key": ""});
        cluster.secret(name, kind, &data).await;
    }
    let all = cluster.store(ADMIN, "k8s://shop");
    let contract = Contract::new(&*all);
    let receipt = contract.put("more/DB", b"pw", Expect::Absent).await.expect("a free key");
    assert_eq!(receipt.written, Written::Created);
    let path = "api/v1/namespaces/shop/secrets/more";
    let (_, now) = cluster.ask("GET", path, None).await.expect("an answer");
    assert_eq!((&now["data"]["user"], &now["metadata"]["annotations"]["team"]), (&json!("c2hvcA=="), &json!("shop")));
    let error = contract.put("cert/DB", b"pw", Expect::Absent).await.expect_err("not for people");
    assert_eq!(error.kind, ErrorKind::Rejected, "{error}");
    assert!(all.remove(&receipt).await.expect("removed"));
    let fixed = json!({"apiVersion": "v1", "kind": "Secret", "immutable": true, "metadata": {"name": "fixed"}});
    cluster.make("api/v1/namespaces/shop/secrets", &fixed).await;
    let error = contract.put("fixed/A", b"pw", Expect::Absent).await.expect_err("immutable");
    assert_eq!(error.kind, ErrorKind::Rejected, "{error}");

    // What one object cannot hold is refused before it is sent; values of the largest size are kept.
    let large = vec![b'x'; (1 << 20) - 100];
    contract.put("large/A", &large, Expect::Absent).await.expect("it fits");
    assert!(contract.get("large/A").await.is_some_and(|found| found == large));
    let error = contract.put("large/B", &[b'x'; 200], Expect::Absent).await.expect_err("too much together");
    assert_eq!(error.kind, ErrorKind::Rejected, "{error}");

    // More objects than a page has.
    for number in 0..230 {
        cluster.secret(&format!("n{number:03}"), "Opaque", &json!({"A": "eA=="})).await;
    }
    let (mut listed, mut from) = (Vec::new(), None);
    loop {
        let page = all.list(from).await.expect("a page");
        listed.extend(page.addresses.into_iter().map(|address| address.path));
        from = page.next;
        if from.is_none() {
            break;
        }
    }
    let many: Vec<&String> = listed.iter().filter(|path| path.starts_with('n')).collect();
    assert_eq!((many.len(), many[0].as_str(), many[229].as_str()), (230, "n000/A", "n229/A"));
    assert!(listed.contains(&"more/user".to_owned()) && !listed.iter().any(|path| path.starts_with("cert/")));
}
