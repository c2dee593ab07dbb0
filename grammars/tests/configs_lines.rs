//! Formats of lines, before and after, through python-dotenv and Java.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::Command;

use crate::configs::{Dice, entry, judge, lift};
use crate::lifting::missing;
use serde_yaml::Value;

/// What python-dotenv reads from the file before is what the store holds, and it reads nothing of it afterwards.
const DOTENV_READER: &str = r"
import io, sys, yaml, dotenv
for one in yaml.safe_load(open(sys.argv[1], encoding='utf-8')):
    before = dotenv.dotenv_values(stream=io.StringIO(one['before']))
    after = dotenv.dotenv_values(stream=io.StringIO(one['after']))
    for name, value in one['env'].items():
        if before.pop(name) != value: print('DIFFERS', one)
        if name in after: print('STAYS', one)
    if before != after: print('COLLATERAL', before, after)
print('done')
";

#[test]
fn what_a_dotenv_loader_reads_is_what_is_stored() {
    let mut dice = Dice(11);
    let (mut input, mut taken) = (Vec::new(), 0);
    for round in 0..300 {
        let value = dice.value();
        let spelled = match round % 3 {
            0 => format!("'{value}'"),
            1 => format!("\"{value}\""),
            _ => value.clone(),
        };
        let before = format!("OTHER=1\nexport KEY={spelled}\nLAST=\"x y\"\n");
        if let Ok(lifted) = lift(".env", &before, &[(&value, "KEY")]) {
            taken += 1;
            input.push(entry("dotenv", &before, &lifted));
        }
    }
    assert!(taken > 100, "only {taken} of 300 were taken");
    judge(DOTENV_READER, &Value::Sequence(input));
}

#[test]
fn java_reads_the_properties_that_are_stored() {
    if Command::new("java").arg("-version").output().is_err() {
        return missing("java");
    }
    let mut dice = Dice(23);
    let (mut text, mut wanted) = (String::new(), Vec::new());
    for round in 0..200 {
        let value = dice.value().replace(['$', '#'], "s");
        let mut spelled = String::new();
        for character in value.chars() {
            match character {
                '\\' => spelled.push_str("\\\\"),
                'a' if round % 3 == 0 => spelled.push_str("\\\n    a"),
                ':' if round % 2 == 0 => spelled.push_str("\\:"),
                other if other.is_ascii() => spelled.push(other),
                other => {
                    for unit in other.encode_utf16(&mut [0; 2]) {
                        let _ = write!(spelled, "\\u{unit:04x}");
                    }
                }
            }
        }
        let line = format!("key.{round}{}{spelled}\n", [" = ", ":", " ", "="][round % 4]);
        match lift("application.properties", &line, &[(&spelled, "LIFTED")]) {
            Ok(lifted) => wanted.push((format!("key.{round}"), lifted.stored["LIFTED"].clone())),
            Err(code) => panic!("{code}: {line}"),
        }
        text.push_str(&line);
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let program = "import java.util.*; import java.nio.file.*; class P { public static void main(String[] a) throws Exception { Properties p = new Properties(); p.load(Files.newInputStream(Path.of(a[0]))); for (String k : p.stringPropertyNames()) System.out.println(k + \" \" + Base64.getEncoder().encodeToString(p.getProperty(k).getBytes(\"UTF-8\"))); } }";
    let (source, file) = (folder.path().join("P.java"), folder.path().join("x.properties"));
    std::fs::write(&source, program).expect("it is written");
    std::fs::write(&file, text).expect("it is written");
    let output = Command::new("java").arg(&source).arg(&file).output().expect("java runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let read: BTreeMap<&str, &str> = said.lines().filter_map(|line| line.split_once(' ')).collect();
    assert_eq!(read.len(), wanted.len(), "{}", String::from_utf8_lossy(&output.stderr));
    for (key, value) in wanted {
        assert_eq!(read[key.as_str()], base64(value.as_bytes()), "{key}");
    }
}

/// Standard base64.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().fold(0_u32, |sum, byte| (sum << 8) | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for index in 0..=chunk.len() {
            out.push(char::from(ALPHABET[(group >> (18 - 6 * index)) as usize & 63]));
        }
        out.extend(std::iter::repeat_n('=', 3 - chunk.len()));
    }
    out
}
