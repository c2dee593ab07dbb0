//! Every way to a Vault: logins, namespaces, certificates, sockets, tokens that end.

#![cfg(feature = "vault")]

mod support;

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use keylift_providers::{ErrorKind, Expect, Job, Settings, Store, open};
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};
use support::contract::Contract;
use support::servers::{ROOT, Server, bao};

fn store_at(uri: &str, vars: &[(&str, &str)]) -> Box<dyn Store> {
    let config = std::env::temp_dir().join(format!("keylift-test-{}", std::process::id()));
    open(uri, &Settings::with_vars(config, vars.iter().copied())).expect("a store")
}

fn store(server: &Server, vars: &[(&str, &str)]) -> Box<dyn Store> {
    let url = server.url();
    let all: Vec<(&str, &str)> = [("VAULT_ADDR", url.as_str())].into_iter().chain(vars.iter().copied()).collect();
    store_at("vault://secret/app", &all)
}

/// Writes keylift's own policy for `secret/app` as `app`.
fn policy(server: &Server) {
    let policy = store(server, &[("VAULT_TOKEN", ROOT)]).policy(Job::Migrator).expect("a policy").text;
    assert!(server.vault("POST", "sys/policies/acl/app", &json!({ "policy": policy }).to_string()).0 < 300);
}

fn ok((status, body): (u16, String)) -> Value {
    assert!(status < 300, "{status}: {body}");
    serde_json::from_str(&body).unwrap_or_default()
}

/// Writes, reads, and ends: the token that a login made is gone afterwards.
async fn works(server: &Server, store: &dyn Store) {
    let contract = Contract::new(store);
    store.preflight(&[contract.address("A")]).await.expect("the rights are there");
    contract.put("A", b"value", Expect::Absent).await.expect("written");
    let tokens = || server.vault("LIST", "auth/token/accessors", "").1.matches('"').count();
    let before = tokens();
    store.close().await.expect("closed");
    assert!(tokens() < before, "the token is revoked");
}

#[tokio::test]
async fn a_user_logs_in_with_a_password() {
    let Some(server) = bao() else { return };
    policy(&server);
    ok(server.vault("POST", "sys/auth/people", r#"{"type": "userpass"}"#));
    ok(server.vault("POST", "auth/people/users/ada", r#"{"password": "of the test", "token_policies": ["app"]}"#));
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("password");
    std::fs::write(&file, "of the test\n").expect("written");
    let file = file.display().to_string();
    let mut vars = vec![
        ("VAULT_AUTH_METHOD", "userpass"),
        ("VAULT_AUTH_MOUNT", "people"),
        ("VAULT_USERNAME", "ada"),
        ("VAULT_PASSWORD_FILE", file.as_str()),
    ];
    works(&server, &*store(&server, &vars)).await;
    vars[3] = ("VAULT_PASSWORD", "not it");
    let error = store(&server, &vars).preflight(&[]).await.expect_err("a wrong password");
    assert_eq!(error.kind, ErrorKind::Denied, "{error}");
    assert!(!format!("{error:?}").contains("not it"));
}

/// A key pair: a signer of tokens, and the public key in PEM.
fn key_pair() -> (impl Fn(&Value) -> String, String) {
    let random = ring::rand::SystemRandom::new();
    let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).expect("a key");
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref(), &random).expect("a key");
    // SubjectPublicKeyInfo of a P-256 key (RFC 5480): a fixed head, then the point.
    let mut spki = vec![
        0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
        0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
    ];
    spki.extend_from_slice(pair.public_key().as_ref());
    let pem = format!("-----BEGIN {0}-----\n{1}\n-----END {0}-----\n", "PUBLIC KEY", STANDARD.encode(spki));
    let sign = move |claims: &Value| {
        let head = URL_SAFE_NO_PAD.encode(r#"{"alg":"ES256","typ":"JWT"}"#);
        let text = format!("{head}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
        let signature = pair.sign(&random, text.as_bytes()).expect("signed");
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
    };
    (sign, pem)
}

#[tokio::test]
async fn a_job_logs_in_with_a_jwt() {
    let Some(server) = bao() else { return };
    policy(&server);
    let (sign, public) = key_pair();
    ok(server.vault("POST", "sys/auth/jwt", r#"{"type": "jwt"}"#));
    ok(server.vault("POST", "auth/jwt/config", &json!({ "jwt_validation_pubkeys": [public] }).to_string()));
    let role = json!({
        "role_type": "jwt", "user_claim": "sub", "bound_audiences": ["keylift"], "token_policies": ["app"],
    });
    ok(server.vault("POST", "auth/jwt/role/ci", &role.to_string()));
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a clock").as_secs();
    let claims = |audience: &str| json!({ "sub": "job", "aud": audience, "iat": now - 5, "exp": now + 300 });
    let good = sign(&claims("keylift"));
    works(&server, &*store(&server, &[("VAULT_JWT", &good), ("VAULT_ROLE", "ci")])).await;
    let other = sign(&claims("somebody else"));
    let error = store(&server, &[("VAULT_JWT", &other), ("VAULT_ROLE", "ci")]).preflight(&[]).await;
    let error = error.expect_err("another audience");
    assert_eq!(error.kind, ErrorKind::Denied, "{error}");
    assert!(!format!("{error:?}").contains(&other));
}

#[tokio::test]
async fn namespaces_are_kept_apart() {
    let Some(server) = bao() else { return };
    ok(server.vault("POST", "sys/namespaces/team", "{}"));
    let inside = format!("X-Vault-Token: {ROOT}\r\nX-Vault-Namespace: team\r\n");
    let mount = r#"{"type": "kv", "options": {"version": "2"}}"#;
    ok(server.request("POST", "/v1/sys/mounts/secret", &inside, mount));
    let url = server.url();
    let vars = [("VAULT_ADDR", url.as_str()), ("VAULT_TOKEN", ROOT)];
    let named = store_at("vault://secret/app?namespace=team", &vars);
    Contract::new(&*named).put("A", b"inside", Expect::Absent).await.expect("written");
    let outside = store_at("vault://secret/app", &vars);
    assert_eq!(Contract::new(&*outside).get("A").await, None);
    let by_variable = store_at("vault://secret/app", &[vars[0], vars[1], ("VAULT_NAMESPACE", "team")]);
    assert_eq!(Contract::new(&*by_variable).get("A").await.as_deref(), Some(&b"inside"[..]));
}

#[tokio::test]
async fn a_token_is_renewed_before_it_ends_and_its_end_is_told() {
    let Some(server) = bao() else { return };
    policy(&server);
    let token = |body: Value| {
        let answer = ok(server.vault("POST", "auth/token/create", &body.to_string()));
        answer["auth"]["client_token"].as_str().expect("a token").to_owned()
    };
    let ttl = |token: &str| {
        let answer = ok(server.vault("POST", "auth/token/lookup", &json!({ "token": token }).to_string()));
        answer["data"]["ttl"].as_u64().expect("a number")
    };
    let renewable = token(json!({ "policies": ["app"], "ttl": "90s", "renewable": true }));
    let long = store(&server, &[("VAULT_TOKEN", &renewable)]);
    long.preflight(&[]).await.expect("it works");
    tokio::time::sleep(Duration::from_millis(2100)).await;
    assert!(ttl(&renewable) <= 88);
    long.keep_alive().await.expect("renewed");
    assert!(ttl(&renewable) >= 89, "it lasts as long as at first");
    let short = token(json!({ "policies": ["app"], "ttl": "3s", "renewable": false }));
    let ending = store(&server, &[("VAULT_TOKEN", &short)]);
    ending.preflight(&[]).await.expect("it still works");
    ending.keep_alive().await.expect("nothing can be done, and nothing has failed");
    tokio::time::sleep(Duration::from_millis(3500)).await;
    let error = ending.keep_alive().await.expect_err("it has ended");
    assert_eq!(error.kind, ErrorKind::Denied);
    assert!(error.advice.is_some_and(|advice| advice.contains("log in again")));
}

#[tokio::test]
async fn a_login_of_two_seconds_outlasts_a_long_wait() {
    let Some(server) = bao() else { return };
    policy(&server);
    let body = json!({ "policies": ["app"], "period": "2s" }).to_string();
    let periodic = ok(server.vault("POST", "auth/token/create", &body));
    let periodic = periodic["auth"]["client_token"].as_str().expect("a token").to_owned();
    ok(server.vault("POST", "sys/auth/approle", r#"{"type": "approle"}"#));
    // Cannot be renewed beyond three seconds: the login is made anew.
    let role = r#"{"token_policies": "app", "token_ttl": "2s", "token_max_ttl": "3s"}"#;
    ok(server.vault("POST", "auth/approle/role/job", role));
    let role_id = ok(server.vault("GET", "auth/approle/role/job/role-id", ""));
    let secret_id = ok(server.vault("POST", "auth/approle/role/job/secret-id", ""));
    let role_id = role_id["data"]["role_id"].as_str().expect("an id");
    let secret_id = secret_id["data"]["secret_id"].as_str().expect("an id");
    let given = store(&server, &[("VAULT_TOKEN", &periodic)]);
    let minted =
        store(&server, &[("VAULT_AUTH_METHOD", "approle"), ("VAULT_ROLE_ID", role_id), ("VAULT_SECRET_ID", secret_id)]);
    for (store, name) in [(&given, "A"), (&minted, "B")] {
        Contract::new(&**store).put(name, b"before", Expect::Absent).await.expect("written");
    }
    // Nobody asks the store anything meanwhile, as when the other store of a migration is slow.
    tokio::time::sleep(Duration::from_secs(6)).await;
    for (store, name) in [(&given, "C"), (&minted, "D")] {
        let receipt = Contract::new(&**store).put(name, b"after", Expect::Absent).await;
        receipt.unwrap_or_else(|error| panic!("{name}: {error}"));
        store.close().await.expect("closed");
    }
    // The token that keylift was given is not revoked.
    let alive = server.request("GET", "/v1/auth/token/lookup-self", &format!("X-Vault-Token: {periodic}\r\n"), "");
    assert_eq!(alive.0, 200, "{}", alive.1);
    // Its own logins are gone: the last one by keylift, earlier ones by their age, which the server sees to in its time.
    let left = || {
        let accessors = server.vault("LIST", "auth/token/accessors", "").1;
        let list: Value = serde_json::from_str(&accessors).expect("JSON");
        list["data"]["keys"].as_array().expect("accessors").iter().any(|accessor| {
            let body = json!({ "accessor": accessor }).to_string();
            server.vault("POST", "auth/token/lookup-accessor", &body).1.contains("auth/approle/login")
        })
    };
    for _ in 0..50 {
        if !left() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    panic!("keylift's login is still there");
}

/// A program that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn run(arguments: &[&str], home: &Path) -> Option<Running> {
    let Some(program) = support::program("bao") else {
        support::skip("bao");
        return None;
    };
    let child = Command::new(program)
        .args(arguments)
        .env_clear()
        .env("HOME", home)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    Some(Running(child.expect("it starts")))
}

fn wait_for(what: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_mins(1);
    while !what() {
        assert!(Instant::now() < deadline, "it does not get ready");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_proxy_on_a_socket_logs_in_for_us() {
    let Some(server) = bao() else { return };
    let dir = tempfile::tempdir().expect("a folder");
    let (token, socket, config) =
        (dir.path().join("token"), dir.path().join("proxy.sock"), dir.path().join("proxy.hcl"));
    std::fs::write(&token, ROOT).expect("written");
    let text = format!(
        "vault {{ address = \"{}\" }}\n\
         auto_auth {{ method \"token_file\" {{ config = {{ token_file_path = \"{}\" }} }} }}\n\
         api_proxy {{ use_auto_auth_token = true }}\n\
         listener \"unix\" {{ address = \"{}\"\n tls_disable = true }}\n",
        server.url(),
        token.display(),
        socket.display()
    );
    std::fs::write(&config, text).expect("written");
    let Some(_proxy) = run(&["proxy", &format!("-config={}", config.display())], dir.path()) else { return };
    wait_for(|| socket.exists());
    let address = format!("unix://{}", socket.display());
    let through = store_at("vault://secret/app", &[("VAULT_AGENT_ADDR", &address)]);
    let contract = Contract::new(&*through);
    let deadline = Instant::now() + Duration::from_secs(30);
    // The socket is there a moment before the proxy has its token.
    while through.preflight(&[contract.address("A")]).await.is_err() && Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    contract.put("A", b"value", Expect::Absent).await.expect("written without a token of ours");
    through.close().await.expect("closed");
    let direct = store(&server, &[("VAULT_TOKEN", ROOT)]);
    assert_eq!(Contract::new(&*direct).get("A").await.as_deref(), Some(&b"value"[..]));
}

#[tokio::test]
async fn certificates_are_checked_and_log_in() {
    let dir = tempfile::tempdir().expect("a folder");
    let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|bound| bound.local_addr()).expect("free").port();
    let arguments = [
        "server",
        "-dev",
        "-dev-tls",
        "-dev-no-store-token",
        &format!("-dev-tls-cert-dir={}", dir.path().display()),
        &format!("-dev-root-token-id={ROOT}"),
        &format!("-dev-listen-address=127.0.0.1:{port}"),
    ];
    let Some(_server) = run(&arguments, dir.path()) else { return };
    wait_for(|| std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
    let file = |end: &str| {
        let found = std::fs::read_dir(dir.path()).expect("a folder").filter_map(Result::ok).map(|entry| entry.path());
        let found = found.into_iter().find(|path| path.to_string_lossy().ends_with(end));
        found.unwrap_or_else(|| panic!("no {end}")).display().to_string()
    };
    let (address, ca) = (format!("https://127.0.0.1:{port}"), file("-ca.pem"));
    let base = [("VAULT_ADDR", address.as_str()), ("VAULT_TOKEN", ROOT)];
    let error = store_at("vault://secret/app", &base).preflight(&[]).await.expect_err("nobody knows this authority");
    assert_eq!(error.kind, ErrorKind::Unreachable, "{error}");
    assert!(error.message.contains("not trusted"), "{error}");
    let trusting = store_at("vault://secret/app", &[base[0], base[1], ("VAULT_CACERT", &ca)]);
    let deadline = Instant::now() + Duration::from_secs(30);
    while trusting.preflight(&[]).await.is_err() && Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Contract::new(&*trusting).put("A", b"value", Expect::Absent).await.expect("written");
    let insecure = store_at("vault://secret/app", &[base[0], base[1], ("VAULT_SKIP_VERIFY", "true")]);
    assert_eq!(Contract::new(&*insecure).get("A").await.as_deref(), Some(&b"value"[..]));
    assert!(insecure.notices()[0].contains("SKIP_VERIFY"));
    // The server's own certificate is good for a client as well, and logs in.
    let program = support::program("bao").expect("it was there");
    let bao = |arguments: &[&str]| {
        let mut command = Command::new(&program);
        command.args(arguments).env("BAO_ADDR", &address).env("BAO_CACERT", &ca).env("BAO_TOKEN", ROOT);
        assert!(command.env("HOME", dir.path()).output().expect("it runs").status.success(), "{arguments:?}");
    };
    let policy = dir.path().join("app.hcl");
    std::fs::write(&policy, trusting.policy(Job::Migrator).expect("a policy").text).expect("written");
    bao(&["policy", "write", "app", &policy.display().to_string()]);
    bao(&["auth", "enable", "cert"]);
    bao(&["write", "auth/cert/certs/shop", &format!("certificate=@{ca}"), "token_policies=app"]);
    let (cert, key) = (file("-cert.pem"), file("-key.pem"));
    let vars = [
        base[0],
        ("VAULT_CACERT", &ca),
        ("VAULT_AUTH_METHOD", "cert"),
        ("VAULT_CLIENT_CERT", &cert),
        ("VAULT_CLIENT_KEY", &key),
    ];
    let by_cert = store_at("vault://secret/app", &vars);
    Contract::new(&*by_cert).put("B", b"value", Expect::Absent).await.expect("written");
    by_cert.close().await.expect("closed");
}

/// A server that sends everybody elsewhere, and counts.
#[tokio::test]
async fn a_redirect_to_another_server_is_not_followed() {
    use std::io::{Read as _, Write as _};
    let elsewhere = std::net::TcpListener::bind("127.0.0.1:0").expect("free");
    let target = elsewhere.local_addr().expect("an address");
    elsewhere.set_nonblocking(true).expect("set");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("free");
    let here = format!("http://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        while let Ok((mut client, _)) = listener.accept() {
            let _ = client.read(&mut [0; 4096]);
            let _ = write!(
                client,
                "HTTP/1.1 307 Temporary Redirect\r\nLocation: http://{target}/v1/x\r\nContent-Length: 0\r\n\
                 Connection: close\r\n\r\n"
            );
        }
    });
    let store = store_at("vault://secret/app", &[("VAULT_ADDR", &here), ("VAULT_TOKEN", "t")]);
    let error = store.preflight(&[]).await.expect_err("refused");
    assert!(error.message.contains("redirects"), "{error}");
    assert!(elsewhere.accept().is_err(), "nobody came");
}
