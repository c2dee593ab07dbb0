//! Lookups through the generated accessor, from Vault and AWS.

use super::*;

/// The code for a style, with the accessor it calls, both as files.
fn accessed(path: &str, source: &str, style: Style) -> (String, String, String) {
    let language = detect(Path::new(path), source.as_bytes()).expect("a known kind of file");
    let parsed = Parsed::at(language, Path::new(path), source).expect("it parses");
    let start = source.find("hunter2x").expect("the value stands in the source");
    let rewrite = parsed.rewrite(&[Request { span: start..start + 8, name: "DB_PASSWORD".into(), style }]);
    let own = rewrite.outcomes[0].as_ref().expect("it can be lifted");
    let edits: Vec<_> = rewrite.shared.iter().chain(own).cloned().collect();
    let accessor = rewrite.accessor.expect("an accessor");
    (apply(source, &edits).expect("edits do not overlap"), accessor.name, accessor.text)
}

/// A server that answers every request as Vault's KV version 2 does, as long as the token and the path are right.
fn vault() -> String {
    use std::io::{Read as _, Write as _};
    let server = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = format!("http://{}", server.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for connection in server.incoming() {
            let Ok(mut connection) = connection else { return };
            let mut request = Vec::new();
            let mut part = [0; 1024];
            while !request.windows(4).any(|end| end == b"\r\n\r\n") {
                let Ok(read @ 1..) = connection.read(&mut part) else { break };
                request.extend_from_slice(&part[..read]);
            }
            let request = String::from_utf8_lossy(&request).to_ascii_lowercase();
            let right = request.starts_with("get /v1/secret/data/shop/app/db_password ")
                && request.contains("x-vault-token: opensesame");
            let body = r#"{"data":{"data":{"value":"hunter2x"},"metadata":{"version":1}}}"#;
            let head = if right { "200 OK" } else { "403 Forbidden" };
            let answer =
                format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
            let _ = connection.write_all(answer.as_bytes());
        }
    });
    address
}

#[test]
fn the_accessor_reads_vault_and_fails_loudly() {
    if absent("node") {
        return;
    }
    let address = vault();
    let fill = |text: &str| {
        text.replace("@KEYLIFT_MOUNT@", "secret")
            .replace("@KEYLIFT_PREFIX@", "shop/app")
            .replace("@KEYLIFT_FIELD@", "value")
            .replace("@KEYLIFT_KV@", "2")
    };
    for (path, source, wanted) in [
        (
            "a.js",
            "'use strict'\nconst password = 'hunter2x'\nconsole.log(password)\n",
            "const password = require('./keylift-secrets.cjs').keyliftSecret('DB_PASSWORD')",
        ),
        (
            "b.mjs",
            "#!/usr/bin/env node\nimport fs from 'fs'\nimport process from 'node:process'\n\nfor (const n of [1, 2]) console.log(`${n}:hunter2x`)\n",
            "import process from 'node:process'\nimport { keyliftSecret } from \"./keylift-secrets.cjs\";\n\n",
        ),
        ("c.mjs", "#!/usr/bin/env node\nconsole.log('hunter2x')\n", "node\nimport { keyliftSecret }"),
    ] {
        let (after, name, accessor) = accessed(path, source, Style::Vault);
        assert!(after.contains(wanted), "{after}");
        let script = Script::new(path, &after);
        std::fs::write(script.0.with_file_name(&name), fill(&accessor)).expect("the accessor is written");
        let run = |token: &str| {
            let mut command = Command::new("node");
            command.arg(&script.0).env_clear().env("VAULT_ADDR", &address).env("VAULT_TOKEN", token);
            command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).output().expect("node starts")
        };
        let right = run("opensesame");
        assert!(right.status.success(), "{}", String::from_utf8_lossy(&right.stderr));
        assert!(String::from_utf8_lossy(&right.stdout).contains("hunter2x"));
        let wrong = run("other");
        let error = String::from_utf8_lossy(&wrong.stderr);
        assert!(
            !wrong.status.success() && error.contains("DB_PASSWORD could not be read: the server answered 403"),
            "{error}"
        );
        assert!(!error.contains("hunter2x"));
    }
}

#[test]
fn the_accessor_asks_the_aws_sdk_of_the_project() {
    if absent("node") {
        return;
    }
    let (after, name, accessor) = accessed("a.js", "console.log('hunter2x')\n", Style::AwsSecretsManager);
    let script = Script::new("a.js", &after);
    std::fs::write(script.0.with_file_name(&name), accessor.replace("@KEYLIFT_PREFIX@", "shop/")).expect("written");
    let package = script.0.with_file_name("node_modules/@aws-sdk/client-secrets-manager");
    std::fs::create_dir_all(&package).expect("a folder");
    let stub = "exports.GetSecretValueCommand = class { constructor(input) { this.input = input } }
exports.SecretsManagerClient = class {
  async send({ input }) {
    if (process.env.AWS_DENY) throw Object.assign(new Error('denied'), { name: 'AccessDeniedException' })
    return { SecretString: input.SecretId === 'shop/DB_PASSWORD' ? 'hunter2x' : undefined }
  }
}
";
    std::fs::write(package.join("index.js"), stub).expect("written");
    let run = |deny: &[(&str, &str)]| {
        let mut command = Command::new("node");
        command.arg(&script.0).env_clear().envs(deny.iter().copied());
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).output().expect("node starts")
    };
    let right = run(&[]);
    assert_eq!(String::from_utf8_lossy(&right.stdout), "hunter2x\n", "{}", String::from_utf8_lossy(&right.stderr));
    let wrong = run(&[("AWS_DENY", "1")]);
    let error = String::from_utf8_lossy(&wrong.stderr);
    assert!(!wrong.status.success() && error.contains("could not be read: AccessDeniedException: denied"), "{error}");
}

#[test]
fn typescript_imports_its_accessor_as_the_file_imports_others() {
    for (head, wanted) in [
        (
            "import { a } from './a'\n",
            "import { a } from './a'\nimport { keyliftSecret } from \"./keylift-secrets\";\n",
        ),
        ("import { a } from './a.js'\n", "import { keyliftSecret } from \"./keylift-secrets.js\";\n"),
        ("", "import { keyliftSecret } from \"./keylift-secrets\";\n"),
    ] {
        let (after, name, _) = accessed("a.ts", &format!("{head}const b = 'hunter2x'\n"), Style::Vault);
        assert!(after.contains(wanted) && name == "keylift-secrets.ts", "{after}");
    }
    let (after, ..) = accessed("a.astro", "---\nconst b = 'hunter2x'\n---\n<b/>\n", Style::Vault);
    assert!(after.starts_with("---\nimport { keyliftSecret }"), "{after}");
}
