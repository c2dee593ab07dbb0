//! Rust, before and after: each rewrite is compiled and run by a real Rust, and gives back its original bytes.

use crate::lifting::{lift, missing, refused, run};

/// One program with a shape in each arm of its match, so that each can be run by itself.
#[allow(clippy::needless_raw_string_hashes, reason = "a raw string of the program ends in one hash")]
const SHAPES: &str = r##"//! A program.
use std::collections::HashMap;
use std::env;

const FIRST: &str = "value-00";
static SECOND: &'static str = "value-01"; // note

#[derive(Debug)]
struct Config {
    user: String,
    password: String,
    token: &'static str,
}

#[derive(Debug)]
struct Wrapper<'a>(&'a str);

mod inner {
    const THIRD: &str = r"raw \ value-02";

    pub fn third() -> &'static str {
        THIRD
    }
}

impl Config {
    fn password(mut self, password: impl Into<String>) -> Self {
        self.password = password.into();
        self
    }
}

fn named(password: &str) -> String {
    format!("{password}!")
}

fn answer() -> &'static str {
    "value-03"
}

fn key(bytes: &[u8]) -> usize {
    bytes.len()
}

fn shape(number: u32, argument: &str) -> String {
    match number {
        0 => format!("{}{}{}", FIRST, FIRST.len(), named(FIRST)),
        1 => {
            let copy: &'static str = SECOND;
            format!("{copy} {}", crate::SECOND)
        }
        2 => inner::third().to_string(),
        3 => answer().into(),
        4 => {
            let password = "value-04";
            password.repeat(2)
        }
        5 => {
            let config = Config { user: "u".into(), password: "value-05".to_string(), token: "t" };
            format!("{config:?} {}{}", config.user, config.token)
        }
        6 => {
            let config = Config { user: String::new(), password: String::from("value-06"), token: "t" };
            config.password
        }
        7 => {
            let config = Config { user: String::new(), password: String::new(), token: "value-07" };
            config.token.to_owned()
        }
        8 => named("value-08"),
        9 => format!("{:?}", Wrapper("value-09")),
        10 => {
            if argument == "value-10" {
                return "equal".to_owned();
            }
            "different".to_owned()
        }
        11 => env::var("V11").unwrap_or("value-11".to_string()),
        12 => std::env::var("V12").unwrap_or_else(|_| String::from("value-12")),
        13 => env::var("V13").unwrap_or_else(|_| "value-13".into()),
        14 => {
            let mut map = HashMap::new();
            map.insert("password", "value-14");
            format!("{map:?}")
        }
        15 => vec!["x", "value-15"].join(","),
        16 => format!("{}:{}", "user", "value-16"),
        17 => "postgres://u:value-17@db/shop".to_string(),
        18 => {
            let url = "postgres://u:value-18@db/shop";
            url.to_string()
        }
        19 => key(b"value-19").to_string(),
        20 => "tab\tvalue-20\u{e9}\x41\"".to_string(),
        21 => r#"raw "value-21""#.to_string(),
        22 => {
            let config = Config { user: String::new(), password: String::new(), token: "" };
            config.password("value-22").password
        }
        23 => Some("value-23").unwrap_or_default().to_string(),
        24 => {
            const LOCAL: &str = "pre value-24";
            LOCAL.to_string()
        }
        25 => {
            let all = ["a", "value-25"];
            all.concat()
        }
        26 => {
            let found: &str = match argument {
                "never" => "x",
                _ => "value-26",
            };
            found.to_string()
        }
        27 => (|| "value-27".to_owned())(),
        28 => std::thread::spawn(|| named("value-28")).join().unwrap(),
        29 => {
            assert_eq!(argument, "29", "{}", "value-29");
            assert_ne!(argument, "value-29b");
            "fine".to_owned()
        }
        _ => unreachable!(),
    }
}

fn main() {
    for number in env::args().skip(1) {
        println!("case {number}");
        let number = number.clone();
        match std::panic::catch_unwind(|| shape(number.parse().unwrap(), &number)) {
            Ok(text) => println!("{text}"),
            Err(_) => println!("failed"),
        }
    }
}
"##;

const COUNT: usize = 29;

#[test]
fn rewritten_programs_mean_the_same() {
    let values: Vec<(String, String)> =
        (0..COUNT).map(|index| (format!("value-{index:02}"), format!("V{index:02}"))).collect();
    let mut pairs: Vec<(&str, &str)> = values.iter().map(|(value, name)| (value.as_str(), name.as_str())).collect();
    pairs.push(("value-29b", "V29B"));
    let after = lift("rust", SHAPES, &pairs).expect("every shape can be lifted");
    let folder = tempfile::tempdir().expect("a folder");
    for (name, source) in [("before", SHAPES), ("after", after.as_str())] {
        let file = format!("{name}.rs");
        std::fs::write(folder.path().join(&file), source).expect("the folder is there");
        let options = ["--edition", "2021", "-A", "warnings", "-C", "debuginfo=0", "-o", name, &file];
        let Some(built) = run(folder.path(), "rustc", &options, &[]) else {
            return missing("rustc");
        };
        assert!(built.0, "{name} compiles: {}\n{source}", built.1);
    }
    let cases: Vec<String> = (0..=COUNT).map(|index| index.to_string()).collect();
    let arguments: Vec<&str> = cases.iter().map(String::as_str).collect();
    let program = |name: &str, variables: &[(&str, &str)]| {
        let (worked, text) = run(folder.path(), &format!("./{name}"), &arguments, variables).expect("it is built");
        assert!(worked, "{text}");
        text.split("case ").skip(1).map(str::to_owned).collect::<Vec<_>>()
    };
    let all: Vec<(&str, &str)> = pairs.iter().map(|(value, name)| (*name, *value)).collect();
    let original = program("before", &[]);
    assert_eq!(original.len(), COUNT + 1);
    assert!(original.iter().all(|case| case.lines().count() > 1 && !case.contains("failed")), "{original:?}");
    assert_eq!(program("after", &all), original, "the same with the variables set");
    for case in program("after", &[]) {
        assert!(case.ends_with("\nfailed\n") && case.lines().count() == 2, "fails loudly, takes no branch: {case}");
    }
}

#[test]
fn a_lookup_cannot_stand_everywhere() {
    for (source, code) in [
        ("fn f(x: &str) { match x { \"hunter2x\" => {}, _ => {} } }", "pattern"),
        ("fn f(x: Option<&str>) { if let Some(\"hunter2x\") = x {} }", "pattern"),
        ("#[doc = \"hunter2x\"]\nfn f() {}", "attribute"),
        ("fn f() { sqlx::query!(\"hunter2x\"); }", "macro-argument"),
        ("const A: &str = concat!(\"hunter2x\", \"b\");", "macro-argument"),
        ("fn f() { println!(\"hunter2x {}\", 1); }", "format-string"),
        ("fn f() { let _ = write!(x, \"hunter2x {}\", 1); }", "format-string"),
        ("pub const A: &str = \"hunter2x\";", "public-item"),
        ("const A: [&str; 1] = [\"hunter2x\"];", "const-item"),
        ("static C: Config = Config { password: \"hunter2x\" };", "const-item"),
        ("impl A { const B: &'static str = \"hunter2x\"; }", "const-item"),
        ("const fn f() -> &'static str { \"hunter2x\" }", "const-item"),
        ("const A: &str = \"hunter2x\";\nconst B: &str = A;", "used-as-constant"),
        ("const A: &str = \"hunter2x\";\nfn f(x: &str) { match x { A => {}, _ => {} } }", "used-as-constant"),
        ("const A: &str = \"hunter2x\";\nfn f() { println!(\"{A}\"); }", "used-as-constant"),
        ("const A: &str = \"hunter2x\";\nmod b { const A: &str = \"\"; }", "ambiguous-name"),
        ("const A: &str = \"hunter2x\";\nfn f() { foreign!(A); }", "used-as-constant"),
        ("fn f() { let a: &[u8; 8] = b\"hunter2x\"; }", "no-such-type"),
        ("fn f() { let a = c\"hunter2x\"; }", "not-a-literal"),
        ("macro_rules! a { () => { \"hunter2x\" } }", "macro-definition"),
        ("#![no_std]\nfn f() { g(\"hunter2x\"); }", "no-std"),
        ("fn f() { let m = json!({\"hunter2x\": 1}); }", "mapping-key"),
        ("extern \"hunter2x\" {}", "mapping-key"),
    ] {
        assert_eq!(refused("rust", source, "hunter2x"), code, "{source}");
    }
    let source = "fn f() { g(\"postgres://alpha-1:beta-2@h\"); }";
    assert!(lift("rust", source, &[("alpha-1", "A"), ("beta-2", "B")]).is_err(), "one value of a literal at a time");
    assert_eq!(refused("rust", "fn f() { g(\"one\r\ntwo\"); }", "one\r\ntwo"), "not-reversible");
}

#[test]
fn macros_that_take_expressions() {
    let source = "fn f() {\r\n    let m = json!({\"password\": \"hunter2x\"});\r\n}\r\n";
    let after = lift("rust", source, &[("hunter2x", "X")]).expect("it can be lifted");
    assert!(after.contains("{\"password\": ({\r\n        static X: std::sync::LazyLock<String> =\r\n"), "{after}");
}
