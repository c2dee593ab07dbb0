//! The fixtures of HOCON, before and after, through the library that Play and Akka read it with.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::lifting::{missing, run};
use serde_yaml::Value;

/// Where Debian's libtypesafe-config-java is.
const LIBRARY: &str = "/usr/share/java/typesafe-config.jar";

const READER: &str = r#"
import com.typesafe.config.*;
import java.io.*;
public class Reader {
    public static void main(String[] files) throws Exception {
        PrintStream out = new PrintStream(System.out, true, "UTF-8");
        for (String file : files) {
            try {
                Config config = ConfigFactory.parseFile(new File(file)).resolve();
                out.println(config.root().render(ConfigRenderOptions.concise()));
            } catch (ConfigException.UnresolvedSubstitution error) {
                out.println("unresolved " + error.getMessage());
            }
        }
    }
}
"#;

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The variables of a case, with what the store holds.
fn variables(case: &Path) -> BTreeMap<String, String> {
    let case: Value = serde_yaml::from_str(&read(&case.join("case.yaml"))).expect("a case");
    let values = case["values"].as_sequence().expect("values").iter();
    let text = |value: &Value, key: &str| value[key].as_str().map(str::to_owned);
    values.filter_map(|one| Some((text(one, "name")?, text(one, "means").or(text(one, "text"))?))).collect()
}

#[test]
fn fixtures_mean_the_same_to_the_library() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("languages/hocon/fixtures");
    let entries = std::fs::read_dir(fixtures).expect("a folder").flatten().map(|entry| entry.path());
    let cases: Vec<PathBuf> = entries.filter(|case| case.join("after.conf").is_file()).collect();
    assert!(cases.len() >= 8, "{} fixtures", cases.len());
    if !Path::new(LIBRARY).is_file() {
        return missing("libtypesafe-config-java");
    }
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("Reader.java"), READER).expect("written");
    let Some(built) = run(folder.path(), "javac", &["-cp", LIBRARY, "Reader.java"], &[]) else {
        return missing("javac");
    };
    assert!(built.0, "{}", built.1);
    let java = |files: &[&str], variables: &[(&str, &str)]| {
        let path = format!("{LIBRARY}:{}", folder.path().display());
        // What a variable's bytes mean is what the locale says.
        let locale = ["-Dsun.jnu.encoding=UTF-8", "-Dfile.encoding=UTF-8"];
        let arguments = [&locale[..], &["-cp", &path, "Reader"], files].concat();
        let variables = [&[("LC_ALL", "C.UTF-8")], variables].concat();
        let (worked, text) = run(folder.path(), "java", &arguments, &variables).expect("java is there");
        assert!(worked, "{files:?}: {text}");
        text
    };
    for case in cases {
        let (before, after) = (case.join("before.conf"), case.join("after.conf"));
        let files = [before.to_str().expect("a path"), after.to_str().expect("a path")];
        let stored = variables(&case);
        let set: Vec<(&str, &str)> = stored.iter().map(|(name, value)| (&**name, &**value)).collect();
        let original = java(&files[..1], &[]);
        assert!(!original.starts_with("unresolved"), "{files:?}: {original}");
        assert_eq!(java(&files[1..], &set), original, "{files:?}");
        for index in 0..set.len() {
            let mut rest = set.clone();
            let (name, _) = rest.remove(index);
            let text = java(&files[1..], &rest);
            assert!(text.starts_with("unresolved") && text.contains(name), "{files:?} without {name}: {text}");
        }
    }
}
