//! Go, before and after: each rewrite is compiled and run by a real Go, and gives back its original bytes.

use crate::lifting::{lift, missing, refused, run};

/// One program with a shape in each case of its switch, so that each can be run by itself.
const SHAPES: &str = r#"// Package doc.
package main

import (
	"fmt"
	"strconv"
	xos "os"
)

type Config struct {
	User, Password string
	Tags           map[string]string
	Nested         *Config
}

const local = "elsewhere"

func connect(user, password string) string { return user + "/" + password }

func envOr(key, fallback string) string {
	if value, ok := xos.LookupEnv(key); ok {
		return value
	}
	return fallback
}

func show(value any) { fmt.Printf("%T %q\n", value, value) }

func main() {
	n, _ := strconv.Atoi(xos.Args[1])
	switch n {
	case 0:
		password := "value-00"
		show(password)
	case 1:
		var password string = "value-01" // trailing
		show(password)
	case 2:
		cfg := &Config{User: "admin", Password: "value-02", Nested: &Config{"root", "x", nil, nil}}
		show(cfg.Password)
	case 3:
		show(map[string]string{"password": "value-03"}["password"])
	case 4:
		show([]byte("value-04"))
	case 5:
		show(connect("admin", "value-05"))
	case 6:
		show("postgres://admin:value-06@db/shop")
	case 7:
		show(`raw \n value-07 tail`)
	case 8:
		show(fmt.Sprintf("%s:value-08@%d%%", "user", 3))
	case 9:
		show("a" + "value-09" + "b")
	case 10:
		if len(xos.Args) > 1 && xos.Args[0] == "value-10" {
			show("equal")
		}
		show("different")
	case 11:
		const token = "value-11"
		show(token)
	case 12:
		const (
			one = iota
			// The password.
			password = "value-12" // of the shop
			two      = iota
		)
		show(fmt.Sprint(one, password, two))
	case 13:
		show(envOr("V13", "value-13"))
	case 14:
		a, b := "left", "value-14"
		show(a + b)
	case 15:
		show(func() string { return "value-15" }())
	case 16:
		show([]string{"x", "value-16"}[1:])
	case 17:
		show("tab\tvalue-17\"quoted\"")
	case 18:
		show("value-18"[2:])
	case 19:
		show(len("prefix value-19"))
	case 20:
		var (
			x = 1
			y = "value-20"
		)
		show(fmt.Sprint(x, y))
	case 21:
		for _, password := range []string{"value-21"} {
			show(password)
		}
	case 22:
		defer show("value-22")
	case 23:
		ch := make(chan string, 1)
		ch <- "value-23"
		show(<-ch)
	case 24:
		show(template("value-24"))
	case 25:
		if password := "value-25"; password != "" {
			show(password)
		}
	}
}

type template string
"#;

const COUNT: usize = 26;

fn value(index: usize) -> String {
    format!("value-{index:02}")
}

fn name(index: usize) -> String {
    format!("V{index:02}")
}

/// Compiles a program; none without a Go.
fn build(folder: &std::path::Path, file: &str, source: &str) -> Option<()> {
    std::fs::write(folder.join(file), source).expect("the folder is there");
    let program = file.trim_end_matches(".go");
    let built = run(folder, "go", &["build", "-o", program, file], &[])?;
    assert!(built.0, "{file} compiles: {}\n{source}", built.1);
    Some(())
}

#[test]
fn rewritten_programs_mean_the_same() {
    let values: Vec<(String, String)> = (0..COUNT).map(|index| (value(index), name(index))).collect();
    let pairs: Vec<(&str, &str)> = values.iter().map(|(value, name)| (value.as_str(), name.as_str())).collect();
    let after = lift("go", SHAPES, &pairs).expect("every shape can be lifted");
    assert_eq!(after.matches("\"os\"").count(), 1, "the alias that is there is used: {after}");
    let folder = tempfile::tempdir().expect("a folder");
    if build(folder.path(), "before.go", SHAPES).is_none() {
        return missing("go");
    }
    build(folder.path(), "after.go", &after);
    let set: Vec<(&str, &str)> = pairs.iter().map(|(value, name)| (*name, *value)).collect();
    for (index, (_, name)) in pairs.iter().enumerate() {
        let argument = index.to_string();
        let original = run(folder.path(), "./before", &[&argument], &[]).expect("it is built");
        assert!(original.0 && !original.1.is_empty(), "case {index} prints something");
        let rewritten = run(folder.path(), "./after", &[&argument], &set).expect("it is built");
        assert_eq!(rewritten, original, "case {index} means the same");
        for wrong in [&[][..], &[(*name, "")]] {
            let unset = run(folder.path(), "./after", &[&argument], wrong).expect("it is built");
            assert!(!unset.0, "case {index} fails loudly when unset");
            assert!(unset.1.contains(&format!("{name} is not set")), "and says why: {}", unset.1);
            assert!(!unset.1.contains("equal"), "and takes no branch");
        }
    }
}
const GROUPED: &str = r#"package main

import "fmt"

const (
	// User of the shop.
	User = "admin"
	// Secret of the shop.
	Secret   = "hunter2x" // never commit
	Port     = 5432
	Greeting = "hello"
)

var _ = [Port]int{}

func main() { fmt.Println(User, Secret, Port, Greeting) }
"#;

/// Declarations of a package, imports in each form, and what stands beside them.
#[test]
fn packages_keep_their_meaning() {
    let programs = [
        "package main\n\nimport \"fmt\"\n\nconst Secret = \"hunter2x\"\n\nfunc main() { fmt.Println(Secret) }\n",
        "package main\n\nimport (\n\t\"fmt\"\n\t\"sync\"\n)\n\nvar Secret, User = \"hunter2x\", \"u\"\n\nfunc main() { fmt.Println(Secret, User, new(sync.Once) != nil) }\n",
        "package main\n\nconst Secret, User = \"hunter2x\", \"u\"\n\nfunc main() { println(Secret + User) }\n",
        "package main\n\nimport (\"fmt\"; \"sync\")\n\nvar Secret = \"hunter2x\"\n\nfunc main() { fmt.Println(Secret, new(sync.Once) != nil) }\n",
        "package main\n\nimport (\"sync\")\n\nvar Secret = \"hunter2x\"\nvar _ sync.Once\n\nfunc main() { println(Secret) }\n",
        "package main\r\n\r\nimport \"fmt\"\r\n\r\nconst (\r\n\tSecret = \"hunter2x\"\r\n\tUser = \"u\"\r\n)\r\n\r\nfunc main() { fmt.Println(Secret, User) }\r\n",
        "package main\n\nimport _ \"os\"\n\nconst (\n\tSecret string = \"hunter2x\"\n)\n\nfunc main() { println(Secret) }\n",
        "package main\n\nconst ( A = 1; Secret = \"hunter2x\"; B = 2; )\n\nfunc main() { println(Secret, A, B) }\n",
        "package main\n\nconst (\n\tA = iota\n\t// Why.\n\tSecret = \"hunter2x\"\n\tB = iota\n\tC\n)\n\nfunc main() { println(Secret, A, B, C) }\n",
        "package main\n\nconst ( A = iota; Secret = \"hunter2x\"; B = iota; )\n\nfunc main() { println(Secret, A, B) }\n",
        "//go:build !never\n\npackage main\n\nfunc init() { println(secret) }\n\nvar secret string = /* note */ \"hunter2x\"\n\nfunc main() {}\n",
        "package main\n\ntype T struct{ Secret string `json:\"secret\"` }\n\nvar all = []T{{\"hunter2x\"}, {Secret: \"b\"}}\n\nfunc main() { println(all[0].Secret) }\n",
        "package main\n\nfunc main() {\n\tconst /* why */ secret = \"a\" + \"hunter2x\" + \"b\"\n\tprintln(secret)\n}\n",
        GROUPED,
    ];
    let folder = tempfile::tempdir().expect("a folder");
    let mut there = true;
    for (index, source) in programs.iter().enumerate() {
        let after = lift("go", source, &[("hunter2x", "LIFTED")]).unwrap_or_else(|why| panic!("{why:?} {source}"));
        assert_eq!(after.matches("\r\n").count() > 0, source.contains("\r\n"));
        assert_eq!(after.replace("\r\n", "").contains('\n'), source.replace("\r\n", "").contains('\n'), "{after:?}");
        there = there && build(folder.path(), &format!("before{index}.go"), source).is_some();
        if !there {
            continue;
        }
        build(folder.path(), &format!("after{index}.go"), &after);
        let both = |program: &str, variables: &[(&str, &str)]| {
            run(folder.path(), "sh", &["-c", &format!("./{program}{index} 2>&1")], variables).expect("it is built")
        };
        assert_eq!(both("after", &[("LIFTED", "hunter2x")]), both("before", &[]), "the same from {after}");
        let unset = both("after", &[]);
        assert!(!unset.0 && unset.1.contains("LIFTED is not set"), "fails loudly: {after}");
    }
    if !there {
        missing("go");
    }
    let after = lift("go", GROUPED, &[("hunter2x", "LIFTED")]).expect("it can be lifted");
    assert!(
        after.contains("\n\n// Secret of the shop.\nvar Secret   = mustGetenv(\"LIFTED\") // never commit\n"),
        "comments go along: {after}"
    );
}

#[test]
fn values_of_one_group_leave_it_together() {
    let source = "package p\n\nconst (\n\tA = \"first-1\"\n\tB, C = \"second-2\", \"third-3\"\n\tD = 4\n)\n";
    let after = lift("go", source, &[("first-1", "A"), ("second-2", "B"), ("third-3", "C")]).expect("all three");
    assert!(after.contains("const (\n\tD = 4\n)\n\nvar A = mustGetenv(\"A\")\n\nvar B, C = "), "{after}");
    assert_eq!(after.matches("\nvar ").count(), 2, "{after}");
}

#[test]
fn cgo_keeps_its_preamble() {
    let source = "package p\n\n/*\n#include <stdio.h>\n*/\nimport \"C\"\n\nvar key = \"hunter2x\"\n";
    let after = lift("go", source, &[("hunter2x", "KEY")]).expect("it can be lifted");
    assert!(after.contains("*/\nimport \"C\"\nimport \"os\"\n"), "{after}");
}

#[test]
fn a_lookup_cannot_stand_everywhere() {
    for (source, code) in [
        (
            "package p\nfunc f(x string) bool {\n\tswitch x {\n\tcase \"hunter2x\":\n\t\treturn true\n\t}\n\treturn false\n}\n",
            "switch-case",
        ),
        ("package p\ntype T struct {\n\tA string `default:\"hunter2x\"`\n}\n", "struct-tag"),
        ("package p\nimport \"hunter2x\"\n", "import-path"),
        ("package p\nimport x \"example.com/hunter2x\"\n", "import-path"),
        ("package p\nconst a = \"hunter2x\"\nconst b = \"x\" + a\n", "used-as-constant"),
        ("package p\nconst a = \"hunter2x\"\nvar b [len(a)]int\n", "used-as-constant"),
        ("package p\nconst (\n\ta = \"hunter2x\"\n\tb = a + \"x\"\n)\n", "used-as-constant"),
        ("package p\nconst (\n\ta = \"hunter2x\"\n\tb\n)\n", "const-iota"),
        ("package p\ntype S string\nconst a S = \"hunter2x\"\n", "const-typed"),
        ("package p\ntype S string\nvar a S = \"hunter2x\"\n", "const-typed"),
        ("package p\nvar a [len(\"hunter2x\")]int\n", "const-size"),
        ("package p\nfunc f() {\n\tconst a = \"hunter2x\"\n}\n", "unused-variable"),
        ("package p\nfunc mustGetenv() {}\nvar a = \"hunter2x\"\n", "shadowed-module"),
        ("package p\nimport \"example.com/x/os\"\nvar a = os.F(\"hunter2x\")\n", "shadowed-module"),
        ("// Code generated by protoc. DO NOT EDIT.\n\npackage p\nvar a = \"hunter2x\"\n", "generated"),
        ("package p\nvar a = map[string]int{\"hunter2x\": 1}\n", "mapping-key"),
        ("package p\nvar a = (\"hunter2x\"\nvar b = (\n", "syntax-error-nearby"),
    ] {
        assert_eq!(refused("go", source, "hunter2x"), code, "{source}");
    }
    assert_eq!(refused("go", "package p\nvar pin = 48151623\n", "48151623"), "no-such-type");
    assert_eq!(refused("go", "package p\nvar a = \"\\xff\\xfehunter\"\n", "\\xff\\xfehunter"), "not-text");
    assert_eq!(refused("go", "package p\nvar a = `one\r\ntwo`\n", "one\r\ntwo"), "not-reversible");
}

#[test]
fn a_shadow_elsewhere_does_not_matter() {
    for source in [
        "package p\nfunc f(os string) string {\n\treturn os + \"hunter2x\"\n}\n",
        "package p\nfunc f(os string) {}\nvar a = \"hunter2x\"\n",
        "package p\nfunc f() string {\n\tif os := 1; os > 0 {\n\t}\n\treturn \"hunter2x\"\n}\n",
    ] {
        lift("go", source, &[("hunter2x", "A")]).expect("it can be lifted");
    }
}

/// Two files of a package must not declare one name; a file that has its helper already gets no second one.
#[test]
fn each_file_has_one_helper_of_its_own() {
    let grammar = keylift_grammars::language("go").expect("the language is linked");
    let lift_at = |path: &str, source: &str| {
        let parsed = keylift_grammars::Parsed::at(grammar, path.as_ref(), source).expect("it parses");
        let start = source.find("hunter2x").expect("the value is there");
        let span = start..start + 8;
        let request = keylift_grammars::Request { span, name: "X".into(), style: keylift_grammars::Style::Env };
        let rewrite = parsed.rewrite(&[request]);
        let mut edits = rewrite.shared;
        edits.extend(rewrite.outcomes.into_iter().flat_map(|outcome| outcome.expect("it can be lifted")));
        keylift_grammars::apply(source, &edits).expect("edits do not overlap")
    };
    let once = lift_at("shop/user_store.go", "package p\n\nvar a = \"hunter2x\"\n");
    assert!(once.contains("var a = mustGetenvUserStore(\"X\")\n"), "{once}");
    assert!(once.contains("\nfunc mustGetenvUserStore(name string) string {\n"), "{once}");
    let twice = lift_at("shop/user_store.go", &once.replace("\n\n//", "\n\nvar b = \"hunter2x\"\n\n//"));
    assert_eq!(twice.matches("func mustGetenv").count(), 1, "{twice}");
    assert_eq!(twice.matches("import \"os\"").count(), 1, "{twice}");
}
