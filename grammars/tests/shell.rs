//! Shell scripts, before and after: each rewrite is run by bash and by dash, and gives back its original bytes.

use crate::lifting::{lift, missing, refused, run};

/// One script with a shape in each function. dash runs it too.
const SHAPES: &str = r#"#!/bin/sh
show() { printf '<%s>' "$@"; echo; }
user=admin
s00() { V00=value-00; show "$V00"; }
s01() { export V01="value-01"; sh -c 'echo "$V01"'; }
s02() { readonly v02='value-02'; show "$v02"; }
s03() { show -u "$user:value-03" plain; }
s04() { show -u admin:value-04 https://x:y@host/; }
s05() { show '{"password": "value-05", "x": 1}'; }
s06() { show "Bearer value-06"; }
s07() { V07_CMD=value-07 sh -c 'echo "$V07_CMD"'; }
s08() {
	cat <<EOF
user $user, password value-08, cost \$5, \\ and "quotes"
EOF
}
s09() {
	cat <<-EOF
		password: value-09
	EOF
}
s10() { show "${V10:-value-10}"; }
s11() { show ${V11:-value-11}; }
s12() { : "${V12:=value-12}"; show "$V12"; }
s13() { show "${V13-value-13}"; }
s14() { if [ "$user" = "value-14" ]; then show equal; else show different; fi; }
s15() { if [ value-15 != "$user" ]; then show different; else show equal; fi; }
s16() { case "$user" in value-16) show equal ;; *) show different ;; esac; }
s17() { case $user in other|"value-17") show equal ;; *) show different ;; esac; }
s18() { show $(printf %s value-18); }
s19() { show "$(printf '%s' "value-19")"; }
s20() { show --password=value-20 --other; }
s21() { show --password='value-21' x"value-21b"; }
s22() { show it\'s\ value-22; }
s23() { show 'it'\''s value-23'; }
s24() { show "quo\"te value-24 \$x \\"; }
s25() { for pass in value-25 other; do show "$pass"; done; }
s26() { printf '%s\n' value-26 | cat; }
s27() { eval "V27X=value-27"; show "$V27X"; }
s28() { sh -c 'echo "value-28"'; }
s29() { set -- value-29 "$user"; show "$@"; }
s30() { show "${1:-value-30}"; }
s31() { v31="a
value-31
b"; show "$v31"; }
s32() { show "`printf %s value-32`"; }
s33() { V33="${V33:-value-33}"; show "$V33"; }
s34() { test "$user" = 'value-34' && show equal || show different; }
s35() { show "é value-35 ü"; }
s36() { show pa#value-36%x; }
s37() { v37="prefix-value-37-$user"; show "$v37"; }
s38() { show "${V38:-my-value-38}"; }
s39() { PIN=48151623; show "$PIN"; }
if [ $# = 1 ]; then "$1"; fi
"#;

/// What only bash has.
const BASH: &str = r#"#!/usr/bin/env bash
show() { printf '<%s>' "$@"; echo; }
user=admin
s00() { local password=value-00; show "$password"; }
s01() { list=(one value-01 "three"); show "${list[@]}"; }
s02() { declare -A map=([user]=x [password]=value-02); show "${map[password]}"; }
s03() { cat <<< "value-03"; }
s04() { cat <<< value-04; }
s05() { [[ $user == value-05 ]] && show equal || show different; }
s06() { [[ "value-06" != "$user" ]] && show different || show equal; }
s07() { show $'tab\tvalue-07 \'quoted\' \x41'; }
s08() { declare -r V08="value-08"; show "$V08"; }
s09() { list+=(value-09); show "${list[@]}"; }
s10() { map10[1]=value-10; show "${map10[1]}"; }
s11() { read -r x y <<< "left value-11"; show "$y"; }
s12() { cat < <(echo value-12); }
s13() { show "${user/admin/x}" "value-13"; }
s14() { v14=start; v14+=value-14; show "$v14"; }
s15() { (( PIN15 == 48151615 )) && show equal || show different; }
if [[ $# == 1 ]]; then "$1"; fi
"#;

fn values(count: usize, prefix: &str) -> Vec<(String, String)> {
    let value = |index: usize| match (prefix, index) {
        ("V", 22) => "it\\'s\\ value-22".to_owned(),
        ("V", 23) => "'it'\\''s value-23'".to_owned(),
        ("V", 24) => "quo\\\"te value-24 \\$x \\\\".to_owned(),
        ("V", 38) => "my-value-38".to_owned(),
        ("V", 39) => "48151623".to_owned(),
        ("B", 7) => "tab\\tvalue-07 \\'quoted\\' \\x41".to_owned(),
        ("B", 15) => "48151615".to_owned(),
        _ => format!("value-{index:02}"),
    };
    (0..count).map(|index| (value(index), format!("{prefix}{index:02}"))).collect()
}

/// What a value means: what the store has.
fn stored(prefix: &str, index: usize, value: &str) -> String {
    match (prefix, index) {
        ("V", 22) => "it's value-22".to_owned(),
        ("V", 23) => "it's value-23".to_owned(),
        ("V", 24) => "quo\"te value-24 $x \\".to_owned(),
        ("B", 7) => "tab\tvalue-07 'quoted' A".to_owned(),
        _ => value.to_owned(),
    }
}

fn same(script: &str, prefix: &str, count: usize, shells: &[&str]) {
    let values = values(count, prefix);
    let pairs: Vec<(&str, &str)> = values.iter().map(|(value, name)| (value.as_str(), name.as_str())).collect();
    for pair in &pairs {
        let one = lift("shell", script, &[*pair]);
        assert!(one.is_ok(), "{pair:?} {one:?}");
    }
    let after = lift("shell", script, &pairs).expect("every shape can be lifted");
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("before"), script).expect("the folder is there");
    std::fs::write(folder.path().join("after"), &after).expect("the folder is there");
    for shell in shells {
        // All in one process, each in a subshell: a lookup that fails ends that alone.
        let all = |file: &str, variables: &[(&str, &str)]| {
            let calls: Vec<String> =
                (0..count).map(|index| format!("echo 'case {index}'; (s{index:02}) 2>&1; ")).collect();
            let calls = calls.concat();
            run(folder.path(), shell, &["-c", &format!(". ./{file} none none; {calls} true")], variables)
        };
        let Some((_, original)) = all("before", &[]) else { return missing(shell) };
        let stored: Vec<String> =
            values.iter().enumerate().map(|(index, (value, _))| stored(prefix, index, value)).collect();
        let set: Vec<(&str, &str)> =
            pairs.iter().zip(&stored).map(|((_, name), value)| (*name, value.as_str())).collect();
        let (_, rewritten) = all("after", &set).expect("it is there");
        assert_eq!(rewritten, original, "{shell}: the same from {after}");
        let empty: Vec<(&str, &str)> = pairs.iter().map(|(_, name)| (*name, "")).collect();
        for wrong in [&[][..], &empty] {
            let (_, unset) = all("after", wrong).expect("it is there");
            let cases: Vec<&str> = unset.split("case ").skip(1).collect();
            for (case, (_, name)) in cases.iter().zip(&pairs) {
                assert!(case.contains(&format!("{name}: ")), "{shell} says that {name} is not set: {case}\n{after}");
                assert!(!case.contains("equal") && !case.contains("different"), "no branch is taken: {case}");
            }
        }
    }
}

#[test]
fn rewritten_scripts_mean_the_same() {
    same(SHAPES, "V", 40, &["dash", "bash"]);
}

#[test]
fn rewritten_bash_means_the_same() {
    same(BASH, "B", 16, &["bash"]);
}

/// The lookup of a variable by its own name, and names that a script uses for something else.
#[test]
fn a_script_s_own_variables_are_told_from_the_environment() {
    for (source, name, after) in [
        ("DB_PASSWORD=hunter2x\n", "DB_PASSWORD", "DB_PASSWORD=\"${DB_PASSWORD:?}\"\n"),
        ("PGPASSWORD='hunter2x' psql -U u\n", "PGPASSWORD", "PGPASSWORD=\"${PGPASSWORD:?}\" psql -U u\n"),
        ("export A=hunter2x\ncurl -u u:$A\n", "A", "export A=\"${A:?}\"\ncurl -u u:$A\n"),
        ("A=hunter2x\nA=$1\n", "A", "A=\"${A:?}\"\nA=$1\n"),
        ("A=${A:-hunter2x}\nA=$1\n", "A", "A=${A:?}\nA=$1\n"),
        ("A=$1\nB=${A:-hunter2x}\n", "B", "A=$1\nB=${A:-${B:?}}\n"),
        ("B=x cmd\ncurl -u \"u:hunter2x\"\n", "B", "B=x cmd\ncurl -u \"u:${B:?}\"\n"),
        ("PASS=\"a:${PASS:-hunter2x}\"\n", "PASS", "PASS=\"a:${PASS:?}\"\n"),
    ] {
        assert_eq!(lift("shell", source, &[("hunter2x", name)]).as_deref(), Ok(after), "{source}");
    }
    let twice = "A=hunter2x\ncurl -u u:hunter2y\n".replace("hunter2y", "hunter2x");
    let second = lift("shell", &twice.replacen("hunter2x", "'hunter2x'", 1), &[("'hunter2x'", "A")]);
    assert!(second.is_ok(), "{second:?}");
    for source in [
        "A=$1\ncurl -u u:hunter2x\n",
        "A=$1\nA=hunter2x\n",
        "read -r A\n[ \"$A\" = hunter2x ]\n",
        "[ \"$A\" = hunter2x ]\n",
        "f() { A=hunter2x; A=other; }\nf; f\n",
        "while true; do A=hunter2x; A=other; done\n",
        "for A in x y; do :; done\necho hunter2x\n",
        "A=x\necho hunter2x \"${B:-$A}\"\n",
        "case \"$A\" in hunter2x) echo equal ;; esac\n",
        "printf -v A x\necho hunter2x\n",
        "if true; then A=x; fi\necho hunter2x\n",
    ] {
        assert_eq!(lift("shell", source, &[("hunter2x", "A")]), Err(vec!["shadowed-name".to_owned()]), "{source}");
    }
}

#[test]
fn a_lookup_cannot_stand_everywhere() {
    for (source, value, code) in [
        ("cat <<'EOF'\npassword hunter2x\nEOF\n", "hunter2x", "quoted-here-document"),
        ("cat <<\\EOF\npassword hunter2x\nEOF\n", "hunter2x", "quoted-here-document"),
        ("x=\"`echo \\\"hunter2x\\\"`\"\n", "hunter2x", "backquotes"),
        ("x=\"${Y:-'hunter2x'}\"\n", "hunter2x", "nested-quotes"),
        ("cat <<EOF\n${Y:-\"hunter2x\"}\nEOF\n", "hunter2x", "nested-quotes"),
        ("[[ $x =~ hunter2x ]]\n", "hunter2x", "pattern"),
        ("case $x in hunter?x) : ;; esac\n", "hunter?x", "pattern"),
        ("[[ $x == hunter2x-* ]]\n", "hunter2x-*", "pattern"),
        ("hunter2x --now\n", "hunter2x", "mapping-key"),
        ("hunter2x() { :; }\n", "hunter2x", "mapping-key"),
        ("echo ~hunter2x\n", "hunter2x", "tilde"),
        ("#!/bin/sh\necho $'hunter2x'\n", "hunter2x", "ansi-in-sh"),
        ("echo $'hunter2x\\cA'\n", "hunter2x\\cA", "not-reversible"),
        ("echo \"hunter2x $y\"\n", "hunter2x $y", "crosses-interpolation"),
        ("if then hunter2x fi (\n", "hunter2x", "syntax-error-nearby"),
    ] {
        assert_eq!(refused("shell", source, value), code, "{source}");
    }
}

/// A subshell that fails does not end the script: the variable is demanded before it.
#[test]
fn a_script_ends_where_a_subshell_s_variable_is_unset() {
    let script = "#!/bin/sh\nif [ \"$(printf %s \"$1\" | cksum)\" = \"$(printf %s 'value-1' | cksum)\" ]; then\n\techo equal\nfi\nfor x in 1; do\n\tif true; then\n\t\ty=$(printf %s value-2)\n\tfi\ndone\n(\n\techo value-3\n) | cat\nf() {\n  echo value-4 | cat\n}\nf\nif false; then :; elif echo value-5 | cat; then :; fi\necho end $y\n";
    let pairs = [("value-1", "A"), ("value-2", "B"), ("value-3", "C"), ("value-4", "D"), ("value-5", "E")];
    let after = lift("shell", script, &pairs).expect("all can be lifted");
    for line in
        ["\n: \"${A:?}\"\nif [", "\n\t\t: \"${B:?}\"\n\t\ty=$(", "\n: \"${C:?}\"\n(\n", "{\n  : \"${D:?}\"\n  echo"]
    {
        assert!(after.contains(line), "{line} in {after}");
    }
    assert!(!after.contains(": \"${E:?}\""), "nothing can be put before another condition: {after}");
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("before"), script).expect("written");
    std::fs::write(folder.path().join("after"), &after).expect("written");
    let set = pairs.map(|(value, name)| (name, value));
    for shell in ["dash", "bash"] {
        let run = |file: &str, variables: &[(&str, &str)]| run(folder.path(), shell, &[file, ""], variables);
        let Some(original) = run("before", &[]) else { return missing(shell) };
        assert!(original.0 && original.1.ends_with("end value-2\n"), "{}", original.1);
        assert_eq!(run("after", &set), Some(original), "{shell}: {after}");
        for index in 0..4 {
            let without: Vec<(&str, &str)> = set.iter().filter(|(name, _)| *name != set[index].0).copied().collect();
            let unset = run("after", &without).expect("it is there");
            assert!(!unset.0 && !unset.1.contains("end") && !unset.1.contains("equal"), "{shell} stops: {}", unset.1);
        }
    }
}

#[test]
fn start_up_files_are_left_alone() {
    use keylift_grammars::{Parsed, language};
    let source = "export TOKEN=hunter2x\n";
    let start = source.find("hunter2x").expect("it is there");
    let parsed = |path: &str| {
        Parsed::at(language("shell").expect("it is linked"), std::path::Path::new(path), source).expect("it parses")
    };
    let code = parsed("home/.bashrc").place(&(start..start + 8)).map_err(|refusal| refusal.code);
    assert_eq!(code.map(|place| place.names), Err("start-up".to_owned()));
    assert_eq!(parsed("deploy.sh").place(&(start..start + 8)).map(|place| place.names), Ok(vec!["TOKEN".to_owned()]));
}
