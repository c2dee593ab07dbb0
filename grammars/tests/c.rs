//! C and C++, before and after: each rewrite is compiled and run, and gives back its original bytes.

use crate::lifting::{lift, missing, refused, run};

const C: &str = r#"#define _GNU_SOURCE
#include <stdio.h>
/* For strcmp. */
#include <string.h>

struct config {
    const char *user, *password;
};

static const char *answer(void) { return "value-00"; }

static void show(const char *text) { puts(text); }

int main(int argc, char **argv) {
    switch (argv[1][0]) {
    case 'a':
        show(answer());
        break;
    case 'b': {
        const char *password = "value-01"; // note
        show(password);
        break;
    }
    case 'c': {
        struct config config = {.user = "u", .password = "value-02"};
        show(config.password);
        break;
    }
    case 'd':
        show(strcmp(argv[1], "value-03") == 0 ? "equal" : "different");
        break;
    case 'e':
        show("value-"
             "04");
        break;
    case 'f': {
        struct config config;
        config.password = "value-05";
        char *plain = "value-06";
        show(config.password);
        show(plain);
        break;
    }
    }
    return argc > 5;
}
"#;

const CPP: &str = r#"#include <iostream>
#include <map>
#include <string>

namespace shop {
const std::string password = "value-00";
const char *const token = "value-01";

class Config {
  public:
    std::string secret = "value-02";
    void set(const std::string &name = "value-03") { secret = name; }
};
} // namespace shop

int main() {
    std::map<std::string, std::string> map{{"password", "value-04"}};
    map["token"] = "value-05";
    shop::Config config;
    std::cout << shop::password << shop::token << config.secret << map["password"] << map["token"] << "\n";
    config.set();
    std::string raw = R"(value-06)";
    std::cout << config.secret << raw << ("a" + std::string("value-07")) << "\n";
    if (raw == "value-08") std::cout << "equal\n";
    return 0;
}
"#;

/// Compiles a program; none without the compiler.
fn build(folder: &std::path::Path, compiler: &str, name: &str, source: &str) -> Option<()> {
    let file = format!("{name}.{}", if compiler == "gcc" { "c" } else { "cpp" });
    std::fs::write(folder.join(&file), source).expect("the folder is there");
    let built = run(folder, compiler, &["-Wall", "-Werror", "-o", name, &file], &[])?;
    assert!(built.0, "{file} compiles: {}\n{source}", built.1);
    Some(())
}

#[test]
fn rewritten_c_means_the_same() {
    let values: Vec<(String, String)> = (0..7).map(|at| (format!("value-{at:02}"), format!("V{at:02}"))).collect();
    let mut pairs: Vec<(&str, &str)> = values.iter().map(|(value, name)| (value.as_str(), name.as_str())).collect();
    pairs[4] = ("value-\"\n             \"04", "V04");
    let after = lift("c", C, &pairs).expect("every shape can be lifted");
    assert_eq!(after.matches("#include").count(), 3, "what is there is not included again: {after}");
    let folder = tempfile::tempdir().expect("a folder");
    if build(folder.path(), "gcc", "before", C).is_none() {
        return missing("gcc");
    }
    build(folder.path(), "gcc", "after", &after);
    let set: Vec<(&str, &str)> = values.iter().map(|(value, name)| (name.as_str(), value.as_str())).collect();
    for case in ["a", "b", "c", "d", "e", "f"] {
        let original = run(folder.path(), "./before", &[case], &[]).expect("it is built");
        assert!(original.0 && !original.1.is_empty());
        assert_eq!(run(folder.path(), "./after", &[case], &set), Some(original));
        let unset = run(folder.path(), "./after", &[case], &[]).expect("it is built");
        assert!(!unset.0 && unset.1.contains(" is not set") && !unset.1.contains("equal"), "{}", unset.1);
    }
}

#[test]
fn rewritten_cpp_means_the_same() {
    let values: Vec<(String, String)> = (0..9).map(|at| (format!("value-{at:02}"), format!("V{at:02}"))).collect();
    let pairs: Vec<(&str, &str)> = values.iter().map(|(value, name)| (value.as_str(), name.as_str())).collect();
    let after = lift("cpp", CPP, &pairs).expect("every shape can be lifted");
    let folder = tempfile::tempdir().expect("a folder");
    if build(folder.path(), "g++", "before", CPP).is_none() {
        return missing("g++");
    }
    build(folder.path(), "g++", "after", &after);
    let set: Vec<(&str, &str)> = values.iter().map(|(value, name)| (name.as_str(), value.as_str())).collect();
    let original = run(folder.path(), "./before", &[], &[]).expect("it is built");
    assert!(original.0);
    assert_eq!(run(folder.path(), "./after", &[], &set), Some(original));
    for (index, (_, name)) in values.iter().enumerate() {
        let mut rest = set.clone();
        rest.remove(index);
        let unset = run(folder.path(), "./after", &[], &rest).expect("it is built");
        assert!(!unset.0 && unset.1.contains(&format!("{name} is not set")) && !unset.1.contains("equal"));
    }
}

#[test]
fn a_lookup_cannot_stand_everywhere() {
    for (language, source, code) in [
        ("c", "const char *p = \"hunter2x\";\n", "file-scope"),
        ("c", "struct c c = {.password = \"hunter2x\"};\n", "file-scope"),
        ("c", "void f(void) { static const char *p = \"hunter2x\"; }\n", "file-scope"),
        ("c", "void f(void) { char p[] = \"hunter2x\"; }\n", "array"),
        ("c", "#define PASSWORD \"hunter2x\"\n", "macro"),
        ("c", "void f(void) { g(\"hunter2x\" PRIu64); }\n", "beside-macro"),
        ("c", "void f(void) { g(sizeof(\"hunter2x\")); }\n", "constant-expression"),
        ("c", "void f(void) { g(\"user:hunter2x@db\"); }\n", "part-of-literal"),
        ("c", "void f(void) { g(L\"hunter2x\"); }\n", "not-a-literal"),
        ("c", "/* DO NOT EDIT */\nvoid f(void) { g(\"hunter2x\"); }\n", "generated"),
        ("c", "void must_getenv(void) { g(\"hunter2x\"); }\n", "shadowed-module"),
        ("cpp", "constexpr const char *p = \"hunter2x\";\n", "constexpr"),
        ("cpp", "class A { static constexpr auto p = \"hunter2x\"; };\n", "constexpr"),
        ("cpp", "auto p = \"hunter2x\"s;\n", "literal-suffix"),
        ("cpp", "const char p[] = \"hunter2x\";\n", "array"),
        ("cpp", "static_assert(true, \"hunter2x\");\n", "constant-expression"),
        ("cpp", "extern \"hunter2x\" {}\n", "mapping-key"),
    ] {
        assert_eq!(refused(language, source, "hunter2x"), code, "{source}");
    }
    let header = keylift_grammars::language("c").expect("it is linked");
    let source = "static inline void f(void) { g(\"hunter2x\"); }\n";
    let parsed = keylift_grammars::Parsed::at(header, "include/a.h".as_ref(), source).expect("it parses");
    let start = source.find("hunter2x").expect("it is there");
    assert_eq!(parsed.place(&(start..start + 8)).map_err(|refusal| refusal.code), Err("header".to_owned()));
    assert_eq!(refused("c", "void f(void) { g(\"\\x41hunter\"); }\n", "\\x41hunter"), "not-reversible");
}

#[test]
fn a_file_without_includes_gets_them_in_order() {
    let source = "void f(void) { g(\"hunter2x\"); }\r\n";
    let after = lift("c", source, &[("hunter2x", "X")]).expect("it can be lifted");
    let at = |text: &str| after.find(text).unwrap_or_else(|| panic!("{text} is in {after}"));
    assert!(at("#include <stdlib.h>") < at("static char *must_getenv("), "{after}");
    assert!(at("static char *must_getenv(") < at("void f("), "{after}");
}
