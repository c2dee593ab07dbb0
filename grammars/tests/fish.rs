//! Scripts of fish, before and after: each rewrite is run by fish, and gives back its original bytes.

use crate::lifting::{lift, missing, refused, run};

/// A shape in each function.
const SHAPES: &str = r#"#!/usr/bin/env fish
function show; printf '<%s>' $argv; echo; end
set user admin
function s00; set v00 value-00; show $v00; end
function s01; set -gx V01 "value-01"; sh -c 'echo "$V01"'; end
function s02; set --local v02 'value-02'; show $v02; end
function s03; show -u "$user:value-03" plain; end
function s04; show -u admin:value-04 https://x:y@host/; end
function s05; show '{"password": "value-05", "x": 1}'; end
function s06; show "Bearer value-06"; end
function s07; V07_CMD=value-07 sh -c 'echo "$V07_CMD"'; end
function s08; show "value-08$user" "value-08x"; end
function s09; show pre"value-09"$user.suf; end
function s10; show --password=value-10 --other; end
function s11; show it\'s\ value-11; end
function s12; show 'it\'s value-12 \ \n'; end
function s13; show "quo\"te value-13 \$x \\ \n"; end
function s14; if test "$user" = "value-14"; show equal; else; show different; end; end
function s15; if [ value-15 != $user ]; show different; else; show equal; end; end
function s16; test $user = value-16 && show equal || show different; end
function s17; for pass in value-17 other; show $pass; end; end
function s18; show (printf %s value-18) "$(printf %s value-18b)"; end
function s19; printf '%s\n' value-19 | cat; end
function s20; set list one value-20 "three"; show $list; end
function s21; show {value-21,b}c; end
function s22; show "a
value-22
b"; end
function s23; show "é value-23 ü"; end
function s24; show pa#value-24%x; end
function s25; set PIN 48151625; show $PIN; end
function s26; set -q V26; or set V26 value-26; show $V26; end
function s27; env V27X=value-27 sh -c 'echo "$V27X"'; end
function s28; begin; echo value-28; end | cat; end
function s29; while true; show value-29; break; end; end
function s30; show "value-30["; end
if set -q argv[1]; $argv[1]; end
"#;

fn values() -> Vec<(String, String, String)> {
    let value = |index: usize| match index {
        11 => ("it\\'s\\ value-11".to_owned(), "it's value-11".to_owned()),
        12 => ("it\\'s value-12 \\ \\n".to_owned(), "it's value-12 \\ \\n".to_owned()),
        13 => ("quo\\\"te value-13 \\$x \\\\ \\n".to_owned(), "quo\"te value-13 $x \\ \\n".to_owned()),
        25 => ("48151625".to_owned(), "48151625".to_owned()),
        _ => (format!("value-{index:02}"), format!("value-{index:02}")),
    };
    (0..31).map(|index| (value(index).0, format!("V{index:02}"), value(index).1)).collect()
}

#[test]
fn rewritten_scripts_mean_the_same() {
    let values = values();
    let pairs: Vec<(&str, &str)> = values.iter().map(|(value, name, _)| (value.as_str(), name.as_str())).collect();
    let set: Vec<(&str, &str)> = values.iter().map(|(_, name, means)| (name.as_str(), means.as_str())).collect();
    let after = lift("fish", SHAPES, &pairs).expect("every shape can be lifted");
    let folder = tempfile::tempdir().expect("a folder");
    let write = |file: &str, text: &str| std::fs::write(folder.path().join(file), text).expect("written");
    write("before", SHAPES);
    write("after", &after);
    let ask = |file: &str, shape: &str, variables: &[(&str, &str)]| {
        run(folder.path(), "fish", &["--no-config", file, shape], variables)
    };
    for (index, pair) in pairs.iter().enumerate() {
        let shape = format!("s{index:02}");
        let Some(original) = ask("before", &shape, &[]) else { return missing("fish") };
        assert!(original.0, "{shape}: {}", original.1);
        assert_eq!(ask("after", &shape, &set).as_ref(), Some(&original), "{shape}: {after}");
        let own = lift("fish", SHAPES, &[*pair]).expect("it can be lifted alone");
        write("own", &own);
        assert_eq!(ask("own", &shape, &set[index..=index]).as_ref(), Some(&original), "{shape}: {own}");
        for wrong in [&[][..], &[(pair.1, "")]] {
            let (worked, text) = ask("own", &shape, wrong).expect("it is there");
            assert!(!worked && text.contains(&format!("{} is not set", pair.1)), "{shape} fails loudly: {text}");
            assert!(!text.contains("equal") && !text.contains("different"), "no branch is taken: {text}");
        }
    }
}

#[test]
fn a_script_s_own_variables_are_told_from_the_environment() {
    let lifted = |source: &str| lift("fish", source, &[("hunter2x", "A")]);
    for (source, line) in [
        ("set A hunter2x\n", "set A \"$A\"\n"),
        ("set -gx A 'hunter2x'\ncurl -u u:$A\n", "set -gx A \"$A\"\n"),
        ("A=hunter2x cmd\n", "A=\"$A\" cmd\n"),
        ("curl -u \"u:hunter2x\"\n", "curl -u \"u:$A\"\n"),
        ("curl -u \"hunter2x:u\"\n", "curl -u \"$A:u\"\n"),
        ("curl \"hunter2xyz\"\n", "curl \"$A\"\"yz\"\n"),
    ] {
        let after = lifted(source).expect("it can be lifted");
        assert!(after.starts_with("for variable in A\n") && after.contains(line), "{after}");
    }
    for source in ["set A $argv\ncurl -u u:hunter2x\n", "read -l A\ntest $A = hunter2x\n", "test $A = hunter2x\n"] {
        assert_eq!(lifted(source), Err(vec!["shadowed-name".to_owned()]), "{source}");
    }
}

#[test]
fn a_lookup_cannot_stand_everywhere() {
    for (source, value, code) in [
        ("switch $x\n    case hunter2x\n        echo equal\nend\n", "hunter2x", "pattern"),
        ("string match -q -- hunter2x $x\n", "hunter2x", "pattern"),
        ("echo hunter?x\n", "hunter?x", "wildcard"),
        ("hunter2x --now\n", "hunter2x", "mapping-key"),
        ("function hunter2x; end\n", "hunter2x", "mapping-key"),
        ("echo \"hunter2x $y\"\n", "hunter2x $y", "crosses-interpolation"),
        ("echo hunter\\cAx\n", "hunter\\cAx", "not-reversible"),
        ("if test (\necho hunter2x\n", "hunter2x", "syntax-error-nearby"),
    ] {
        assert_eq!(refused("fish", source, value), code, "{source}");
    }
}
