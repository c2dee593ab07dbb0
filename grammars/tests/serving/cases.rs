//! Programs that read a secret twice, in each language whose lookups call a generated accessor.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use keylift_grammars::{Parsed, Request, Style, apply, language};

/// A program that prints its password, waits for a line, prints it again, and lets in whoever gives it as argument.
pub struct Case<'a> {
    pub language: &'a str,
    pub file: &'a str,
    pub source: &'a str,
    /// Programs with arguments that make it runnable.
    pub build: &'a [&'a [&'a str]],
    pub run: &'a [&'a str],
}

pub const GO: Case<'static> = Case {
    language: "go",
    file: "main.go",
    source: "package main\n\nimport (\n\t\"bufio\"\n\t\"fmt\"\n\t\"os\"\n)\n\n// No file of the package may import what it declares.\nvar url, config, http = 1, 2, 3\n\nvar password = func() string { return \"hunter2x\" }\n\nfunc main() {\n\tfmt.Println(password())\n\tbufio.NewReader(os.Stdin).ReadString('\\n')\n\tfmt.Println(password())\n\tif os.Args[1] == password() {\n\t\tfmt.Println(\"let in\")\n\t}\n}\n",
    build: &[&["go", "build", "-o", "main", "main.go", "keylift_secrets.go"]],
    run: &["./main"],
};
pub const JAVA: Case<'static> = Case {
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
pub const KOTLIN: Case<'static> = Case {
    language: "kotlin",
    file: "Main.kt",
    source: "package shop.web\n\nimport java.io.PrintStream\n\nfun password(): String = \"hunter2x\"\n\nfun main(args: Array<String>) {\n    val out = PrintStream(System.out, true, \"UTF-8\")\n    out.println(password())\n    System.`in`.read()\n    out.println(password())\n    if (args[0] == password()) out.println(\"let in\")\n}\n",
    build: &[&["kotlinc", "-nowarn", "Main.kt", "KeyliftSecrets.kt", "-include-runtime", "-d", "main.jar"]],
    run: &["java", "-jar", "main.jar"],
};
pub const RUBY: Case<'static> = Case {
    language: "ruby",
    file: "main.rb",
    source: "# frozen_string_literal: true\n\ndef password\n  'hunter2x'\nend\n\n$stdout.sync = true\nputs password\n$stdin.gets\nputs password\nputs 'let in' if ARGV[0] == password\n",
    build: &[&["ruby", "-wc", "main.rb"], &["ruby", "-wc", "keylift_secrets.rb"]],
    run: &["ruby", "-w", "main.rb"],
};
pub const PHP: Case<'static> = Case {
    language: "php",
    file: "main.php",
    source: "<?php\nnamespace Shop;\n\nfunction password()\n{\n    return 'hunter2x';\n}\n\necho password(), \"\\n\";\nfgets(STDIN);\necho password(), \"\\n\";\nif ($argv[1] === password()) {\n    echo \"let in\\n\";\n}\n",
    build: &[&["php", "-l", "main.php"], &["php", "-l", "keylift_secrets.php"]],
    run: &["php", "main.php"],
};
pub const CSHARP: Case<'static> = Case {
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

/// `sh` is told by name: each shell is asked.
pub const SHELL: Case<'static> = Case {
    language: "shell",
    file: "main.sh",
    source: "#!/bin/sh\nset -eu\npassword() { printf '%s\\n' 'hunter2x'; }\npassword\nread -r line\npassword\nif [ \"$1\" = hunter2x ]; then echo \"let in$line\"; fi\n",
    build: &[&["sh", "-n", "main.sh"], &["sh", "-n", "keylift_secrets.sh"]],
    run: &["sh", "main.sh"],
};

pub const FISH: Case<'static> = Case {
    language: "fish",
    file: "main.fish",
    source: "#!/usr/bin/env fish\nfunction password; printf '%s\\n' 'hunter2x'; end\npassword\nread -l line\npassword\nif test \"$argv[1]\" = hunter2x\n    echo \"let in$line\"\nend\n",
    build: &[&["fish", "-n", "main.fish"], &["fish", "-n", "keylift_secrets.fish"]],
    run: &["fish", "--no-config", "main.fish"],
};

pub const RUST: Case<'static> = Case {
    language: "rust",
    file: "main.rs",
    source: "fn password() -> &'static str {\n    \"hunter2x\"\n}\n\nfn main() {\n    println!(\"{}\", password());\n    let _ = std::io::stdin().read_line(&mut String::new());\n    println!(\"{}\", password());\n    if std::env::args().nth(1).as_deref() == Some(password()) {\n        println!(\"let in\");\n    }\n}\n",
    build: &[],
    run: &["./main"],
};

pub const SCALA: Case<'static> = Case {
    language: "scala",
    file: "Main.scala",
    source: "package shop\npackage web\n\nimport java.io.PrintStream\n\nobject Main {\n  def password: String = \"hunter2x\"\n\n  def main(args: Array[String]): Unit = {\n    val out = new PrintStream(System.out, true, \"UTF-8\")\n    out.println(password)\n    System.in.read()\n    out.println(password)\n    if (args(0) == password) out.println(\"let in\")\n  }\n}\n",
    build: &[&["scalac", "-deprecation", "-d", "out", "Main.scala", "KeyliftSecrets.scala"]],
    run: &["scala", "-Dfile.encoding=UTF-8", "-Dsun.jnu.encoding=UTF-8", "-cp", "out", "shop.web.Main"],
};

pub const GROOVY: Case<'static> = Case {
    language: "groovy",
    file: "main.groovy",
    source: "def password() { return 'hunter2x' }\n\ndef out = new PrintStream(System.out, true, 'UTF-8')\nout.println(password())\nSystem.in.read()\nout.println(\"${password()}\")\nif (args[0] == password()) {\n    out.println('let in')\n}\n",
    build: &[],
    run: &["groovy", "main.groovy"],
};

pub const LUA: Case<'static> = Case {
    language: "lua",
    file: "main.lua",
    source: "#!/usr/bin/env lua\nlocal function password() return 'hunter2x' end\n\nprint(password())\nio.stdout:flush()\nio.read()\nprint(password())\nif arg[1] == 'hunter2x' then print 'let in' end\n",
    build: &[],
    run: &["lua5.4", "main.lua"],
};

/// Told to know the standard alone, and to let nothing pass.
pub const C: Case<'static> = Case {
    language: "c",
    file: "main.c",
    source: "#include <stdio.h>\n#include <string.h>\n\nstatic const char *password(void) { return \"hunter2x\"; }\n\nint main(int argc, char **argv) {\n    char line[8];\n    puts(password());\n    fflush(stdout);\n    if (fgets(line, sizeof line, stdin) == NULL) return 1;\n    puts(password());\n    if (argc > 1 && strcmp(argv[1], \"hunter2x\") == 0) puts(\"let in\");\n    return 0;\n}\n",
    build: &[&["gcc", "-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-o", "main", "main.c"]],
    run: &["./main"],
};

pub const CPP: Case<'static> = Case {
    language: "cpp",
    file: "main.cpp",
    source: "#include <iostream>\n#include <string>\n\nnamespace shop {\nconst std::string first = \"hunter2x\";\nconst char *again() { return \"hunter2x\"; }\n} // namespace shop\n\nint main(int argc, char **argv) {\n    std::string line;\n    std::cout << shop::first << std::endl;\n    std::getline(std::cin, line);\n    std::cout << shop::again() << std::endl;\n    if (argc > 1 && std::string(argv[1]) == \"hunter2x\") std::cout << \"let in\" << std::endl;\n}\n",
    build: &[&["g++", "-std=c++11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-o", "main", "main.cpp"]],
    run: &["./main"],
};

/// The rewritten program beside its accessor.
pub fn project(case: &Case<'_>, style: Style) -> tempfile::TempDir {
    let parsed = Parsed::new(language(case.language).expect("it is linked"), case.source).expect("it parses");
    let places = case.source.match_indices("hunter2x");
    let request = |(start, _)| Request { span: start..start + 8, name: "SHOP_PASSWORD".to_owned(), style };
    let rewrite = parsed.rewrite(&places.map(request).collect::<Vec<_>>());
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
    let path = folder.path().join(accessor.name);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    std::fs::write(path, text).expect("written");
    std::fs::write(folder.path().join(case.file), apply(case.source, &edits).expect("no overlap")).expect("written");
    folder
}

/// Runs the program with an argument; `between` happens after the first read.
pub fn ask(
    case: &Case<'_>,
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
