//! Groovy, before and after: a rewritten script is run by a real Groovy, and gives back its original bytes. The parser
//! takes much of Groovy's looser syntax for errors, and what stands near those is refused: the script keeps to what it knows.

use std::path::Path;

use crate::lifting::{Ran, java_home, lift, missing, run};

/// One script with a shape in each line; the last decides.
const SHAPES: &str = r#"def user = "admin"
def password = 'value-00'
println(password)
String key = "value-01"
println(key)
def config = [user: user, password: "value-02", "token": 'value-03']
println(config.password + config.token)
println("jdbc:mysql://root:value-04@db/${user}")
println('Bearer value-05 and $user')
println("tab\tvalue-06\$5 \"q\"")
println('a' + 'value-07' + "b")
println("value-08".toUpperCase())
println(48151623 + 1)
def connect(Map options, String url) { return options.password + "@" + url }
println(connect("db", password: 'value-10'))
if (user == "value-11") {
    println("equal")
} else {
    println("different")
}
"#;

/// What stands in the source, and what it means; in order of the script.
fn values() -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> =
        (0..12).map(|index| format!("value-{index:02}")).map(|text| (text.clone(), text)).collect();
    all[6] = ("tab\\tvalue-06\\$5 \\\"q\\\"".into(), "tab\tvalue-06$5 \"q\"".into());
    all[9] = ("48151623".into(), "48151623".into());
    all
}

/// Runs a script; Debian's Groovy wants to be told where Java is.
fn groovy(folder: &Path, variables: &[(&str, &str)]) -> Option<Ran> {
    let home = java_home()?;
    let mut all = vec![("JAVA_HOME", home.as_str()), ("LANG", "C.UTF-8")];
    all.extend(variables);
    run(folder, "groovy", &["-Dfile.encoding=UTF-8", "script.groovy"], &all)
}

#[test]
fn rewritten_scripts_mean_the_same() {
    let values = values();
    let names: Vec<String> = (0..values.len()).map(|index| format!("V{index:02}")).collect();
    let pairs: Vec<(&str, &str)> = values.iter().zip(&names).map(|((text, _), name)| (&**text, &**name)).collect();
    let after = lift("groovy", SHAPES, &pairs).expect("every shape can be lifted");
    let set: Vec<(&str, &str)> = values.iter().zip(&names).map(|((_, value), name)| (&**name, &**value)).collect();
    let folder = tempfile::tempdir().expect("a folder");
    let runs = |text: &str, variables: &[(&str, &str)]| {
        std::fs::write(folder.path().join("script.groovy"), text).expect("the folder is there");
        groovy(folder.path(), variables)
    };
    let Some(original) = runs(SHAPES, &[]) else { return missing("groovy") };
    assert!(original.0 && original.1.ends_with("different\n"), "the original works: {}", original.1);
    assert_eq!(runs(&after, &set), Some(original), "the same from {after}");
    let (worked, text) = runs(&after, &set[..set.len() - 1]).expect("Groovy is there");
    assert!(!worked && text.contains("V11 is not set"), "{text}");
    assert!(!text.contains("equal") && !text.contains("different"), "no branch is taken: {text}");
}
