//! The accessors of languages other than Python: each is compiled with a rewritten program, and reads from a real Vault.

#[path = "../../providers/tests/support/servers.rs"]
#[allow(dead_code, reason = "the half that speaks to AWS is for other tests")]
mod servers;

mod serving;

mod lifting;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use keylift_grammars::{Parsed, Request, Style, apply, language};
use lifting::{missing, run};
use serving::{program, skip};

/// A program that prints its password, waits for a line, prints it again, and lets in whoever gives it as argument.
struct Case {
    language: &'static str,
    file: &'static str,
    source: &'static str,
    /// Programs with arguments that make it runnable.
    build: &'static [&'static [&'static str]],
    run: &'static [&'static str],
}

const GO: Case = Case {
    language: "go",
    file: "main.go",
    source: "package main\n\nimport (\n\t\"bufio\"\n\t\"fmt\"\n\t\"os\"\n)\n\n// No file of the package may import what it declares.\nvar url, config, http = 1, 2, 3\n\nvar password = func() string { return \"hunter2x\" }\n\nfunc main() {\n\tfmt.Println(password())\n\tbufio.NewReader(os.Stdin).ReadString('\\n')\n\tfmt.Println(password())\n\tif os.Args[1] == password() {\n\t\tfmt.Println(\"let in\")\n\t}\n}\n",
    build: &[&["go", "build", "-o", "main", "main.go", "keylift_secrets.go"]],
    run: &["./main"],
};
const JAVA: Case = Case {
    language: "java",
    file: "Main.java",
    source: "package shop.web;\n\nimport java.io.PrintStream;\n\npublic class Main {\n    static String password() {\n        return \"hunter2x\";\n    }\n\n    public static void main(String[] args) throws Exception {\n        PrintStream out = new PrintStream(System.out, true, \"UTF-8\");\n        out.println(password());\n        System.in.read();\n        out.println(password());\n        if (args[0].equals(password())) {\n            out.println(\"let in\");\n        }\n    }\n}\n",
    build: &[&[
        "javac",
        "-Xlint:-options",
        "--release",
        "8",
        "-encoding",
        "UTF-8",
        "-d",
        "out",
        "Main.java",
        "KeyliftSecrets.java",
    ]],
    run: &["java", "-cp", "out", "-Dsun.jnu.encoding=UTF-8", "-Dfile.encoding=UTF-8", "shop.web.Main"],
};
const KOTLIN: Case = Case {
    language: "kotlin",
    file: "Main.kt",
    source: "package shop.web\n\nimport java.io.PrintStream\n\nfun password(): String = \"hunter2x\"\n\nfun main(args: Array<String>) {\n    val out = PrintStream(System.out, true, \"UTF-8\")\n    out.println(password())\n    System.`in`.read()\n    out.println(password())\n    if (args[0] == password()) out.println(\"let in\")\n}\n",
    build: &[&["kotlinc", "-nowarn", "Main.kt", "KeyliftSecrets.kt", "-include-runtime", "-d", "main.jar"]],
    run: &["java", "-jar", "main.jar"],
};
const RUBY: Case = Case {
    language: "ruby",
    file: "main.rb",
    source: "# frozen_string_literal: true\n\ndef password\n  'hunter2x'\nend\n\n$stdout.sync = true\nputs password\n$stdin.gets\nputs password\nputs 'let in' if ARGV[0] == password\n",
    build: &[&["ruby", "-wc", "main.rb"], &["ruby", "-wc", "keylift_secrets.rb"]],
    run: &["ruby", "-w", "main.rb"],
};
const PHP: Case = Case {
    language: "php",
    file: "main.php",
    source: "<?php\nnamespace Shop;\n\nfunction password()\n{\n    return 'hunter2x';\n}\n\necho password(), \"\\n\";\nfgets(STDIN);\necho password(), \"\\n\";\nif ($argv[1] === password()) {\n    echo \"let in\\n\";\n}\n",
    build: &[&["php", "-l", "main.php"], &["php", "-l", "keylift_secrets.php"]],
    run: &["php", "main.php"],
};
const CSHARP: Case = Case {
    language: "csharp",
    file: "Main.cs",
    source: "using System;\n\nnamespace Shop\n{\n    class Program\n    {\n        static string Password() { return \"hunter2x\"; }\n\n        static void Main(string[] args)\n        {\n            Console.OutputEncoding = new System.Text.UTF8Encoding(false);\n            Console.WriteLine(Password());\n            Console.ReadLine();\n            Console.WriteLine(Password());\n            if (args[0] == Password()) { Console.WriteLine(\"let in\"); }\n        }\n    }\n}\n",
    build: &[&[
        "mcs",
        "-r:System.Net.Http.dll",
        "-r:System.Runtime.Serialization.dll",
        "-r:System.Xml.dll",
        "-r:System.Xml.Linq.dll",
        "-out:main.exe",
        "Main.cs",
        "KeyliftSecrets.cs",
    ]],
    run: &["mono", "main.exe"],
};

/// The rewritten program beside its accessor.
fn project(case: &Case, style: Style) -> tempfile::TempDir {
    let parsed = Parsed::new(language(case.language).expect("it is linked"), case.source).expect("it parses");
    let start = case.source.find("hunter2x").expect("it is there");
    let rewrite = parsed.rewrite(&[Request { span: start..start + 8, name: "SHOP_PASSWORD".to_owned(), style }]);
    let mut edits = rewrite.shared;
    edits.extend(rewrite.outcomes.into_iter().flat_map(|outcome| outcome.expect("it can be lifted")));
    let accessor = rewrite.accessor.expect("the style has an accessor");
    let fill = [
        ("@KEYLIFT_MOUNT@", "secret"),
        ("@KEYLIFT_PREFIX@", "shop/"),
        ("@KEYLIFT_FIELD@", "value"),
        ("@KEYLIFT_KV@", "2"),
    ];
    let text = fill.iter().fold(accessor.text, |text, (from, to)| text.replace(from, to));
    assert!(!text.contains("@KEYLIFT"), "every place is filled: {text}");
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join(accessor.name), text).expect("written");
    std::fs::write(folder.path().join(case.file), apply(case.source, &edits).expect("no overlap")).expect("written");
    folder
}

/// Runs the program with an argument; `between` happens after the first read.
fn ask(
    case: &Case,
    folder: &Path,
    argument: &str,
    variables: &[(&str, String)],
    between: impl FnOnce(),
) -> (bool, String) {
    let mut child = Command::new(case.run[0])
        .args(&case.run[1..])
        .arg(argument)
        .current_dir(folder)
        .env_clear()
        .env("HOME", folder)
        .env("LANG", "C.UTF-8")
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .envs(variables.iter().cloned())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut text = String::new();
    out.read_line(&mut text).expect("readable");
    between();
    let _ = child.stdin.take().expect("a pipe").write_all(b"\n");
    out.read_to_string(&mut text).expect("readable");
    let mut errors = String::new();
    child.stderr.take().expect("a pipe").read_to_string(&mut errors).expect("readable");
    (child.wait().expect("it ends").success(), text.replace("\r\n", "\n") + &errors)
}

fn vault(case: &Case) {
    let folder = project(case, Style::Vault);
    let _ = std::fs::create_dir(folder.path().join("out"));
    for step in case.build {
        let Some((worked, text)) = run(folder.path(), step[0], &step[1..], &[]) else { return missing(step[0]) };
        // A library that the toolchain comes without, in Debian's parts of mono.
        if text.contains("error CS0006") {
            return missing("a library of mono");
        }
        assert!(worked, "{step:?}: {text}");
        assert!(!text.contains("warning"), "{step:?}: {text}");
    }
    if program("bao").is_none() {
        return skip("bao");
    }
    let Some(server) = servers::bao() else { return };
    let variables = |token: &str| vec![("VAULT_ADDR", server.url()), ("VAULT_TOKEN", token.to_owned())];
    let put = |path: &str, body: serde_json::Value| assert!(server.vault("POST", path, &body.to_string()).0 < 300);
    let versioned = "secret/data/shop/SHOP_PASSWORD";
    let root = variables(servers::ROOT);
    // Nothing there, no server, another's token, another field: it fails loudly, and lets nobody in.
    let fails = |variables: &[(&str, String)]| {
        let (worked, text) = ask(case, folder.path(), "", variables, || ());
        assert!(!worked && !text.contains("let in"), "{text}");
        assert!(text.contains("SHOP_PASSWORD") || text.contains("VAULT_ADDR"), "{text}");
    };
    fails(&root);
    fails(&[]);
    put(versioned, serde_json::json!({"data": {"another": "x"}}));
    fails(&root);
    let value = "h\u{fc}nter \"2x\" $\\ \u{1f511}";
    put(versioned, serde_json::json!({"data": {"first": [1, {"value": "no"}], "value": value, "last": true}}));
    fails(&variables("wrong"));
    let again = || put(versioned, serde_json::json!({"data": {"value": "another"}}));
    let (worked, text) = ask(case, folder.path(), value, &root, again);
    assert!(worked, "{text}");
    assert_eq!(text, format!("{value}\n{value}\nlet in\n"), "a secret is read once");
    assert_eq!(
        ask(case, folder.path(), "", &root, || ()),
        (true, "another\nanother\n".into()),
        "and anew by a new process"
    );
    // Without versions, from a token file.
    put("kv1/shop/SHOP_PASSWORD", serde_json::json!({"value": "plain"}));
    std::fs::write(folder.path().join(".vault-token"), servers::ROOT).expect("written");
    let mut plain =
        vec![("VAULT_ADDR", server.url()), ("KEYLIFT_VAULT_MOUNT", "kv1".into()), ("KEYLIFT_VAULT_KV", "1".into())];
    if case.run[0] == "java" {
        plain.push(("JAVA_TOOL_OPTIONS", format!("-Duser.home={}", folder.path().display())));
    }
    let (worked, text) = ask(case, folder.path(), "plain", &plain, || ());
    assert!(worked && text.starts_with("plain\nplain\nlet in\n"), "{text}");
}

#[test]
fn go_reads_from_vault() {
    vault(&GO);
}

/// Debian's SDK is older than `AWS_ENDPOINT_URL`: what can be told is that it compiles, and fails loudly.
#[test]
fn go_compiles_with_the_aws_sdk() {
    const SDK: &str = "/usr/share/gocode/src/github.com/aws/aws-sdk-go-v2/service/secretsmanager";
    if !Path::new(SDK).is_dir() {
        return missing("Debian's golang-github-aws-aws-sdk-go-v2-dev");
    }
    let folder = project(&GO, Style::AwsSecretsManager);
    let old = [("GO111MODULE", "off"), ("GOPATH", "/usr/share/gocode")];
    for step in GO.build {
        let Some((worked, text)) = run(folder.path(), step[0], &step[1..], &old) else { return missing(step[0]) };
        assert!(worked, "{text}");
    }
    let offline = [("AWS_EC2_METADATA_DISABLED", "true".to_owned())];
    let (worked, text) = ask(&GO, folder.path(), "", &offline, || ());
    assert!(!worked && text.contains("the secret SHOP_PASSWORD could not be read"), "{text}");
    assert!(!text.contains("let in"), "{text}");
}

#[test]
fn java_reads_from_vault() {
    vault(&JAVA);
}

#[test]
fn kotlin_reads_from_vault() {
    vault(&KOTLIN);
}

#[test]
fn ruby_reads_from_vault() {
    vault(&RUBY);
}

#[test]
fn php_reads_from_vault() {
    vault(&PHP);
}

#[test]
fn csharp_reads_from_vault() {
    vault(&CSHARP);
}
