//! Counts how often three characters follow each other in the words and identifiers of source code.
//!
//! The text is whatever folders are given; the table in the repository was made from the sources of permissively licensed
//! crates. It holds frequencies of character triples alone, nothing of the text.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Letters, then the classes of other characters. The same as in `src/rules/words.rs`.
const DIGIT: u8 = 26;
const SEPARATOR: u8 = 27;
const PATH: u8 = 28;
const OTHER: u8 = 29;
const SHIFT: u8 = 30;
const EDGE: u8 = 31;
const SYMBOLS: usize = 32;
/// Steps of the stored costs, a bit.
const STEPS: f64 = 16.0;
/// Words that stand in fewer files are left out: keys and sums of fixtures are among them.
const FILES: usize = 3;

pub fn train(folders: &[PathBuf], out: &Path) -> Result<(), String> {
    let mut files = Vec::new();
    for folder in folders {
        list(folder, &mut files).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    let mut words: HashMap<String, usize> = HashMap::new();
    for file in &files {
        let Ok(text) = fs::read_to_string(file) else { continue };
        let own: HashSet<&str> = text
            .split(|c: char| !(c.is_ascii_alphanumeric() || "_-./".contains(c)))
            .map(|word| word.trim_matches(['.', '-', '/']))
            .filter(|word| (3..=40).contains(&word.len()) && word.bytes().filter(u8::is_ascii_alphabetic).count() > 2)
            .collect();
        for word in own {
            *words.entry(word.to_owned()).or_default() += 1;
        }
    }
    words.retain(|_, files| *files >= FILES);
    let mut counts = vec![0.0_f64; SYMBOLS * SYMBOLS * SYMBOLS];
    for (word, files) in &words {
        // A word that is everywhere weighs more than a rare one, but not by as much.
        #[allow(clippy::cast_precision_loss, reason = "counts of files")]
        let weight = (1.0 + *files as f64).log2();
        let symbols = symbols(word);
        for three in symbols.windows(3) {
            counts[index(three)] += weight;
        }
    }
    let table: Vec<u8> = (0..SYMBOLS * SYMBOLS)
        .flat_map(|pair| {
            let row = &counts[pair * SYMBOLS..(pair + 1) * SYMBOLS];
            let total: f64 = row.iter().sum::<f64>() + 0.5 * 32.0;
            row.iter().map(move |count| cost((count + 0.5) / total)).collect::<Vec<u8>>()
        })
        .collect();
    fs::write(out, table).map_err(|error| format!("{}: {error}", out.display()))?;
    println(&format!("{} files, {} words", files.len(), words.len()));
    Ok(())
}

fn println(text: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stdout(), "{text}");
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a byte")]
fn cost(share: f64) -> u8 {
    (-share.log2() * STEPS).round().clamp(0.0, 255.0) as u8
}

fn index(three: &[u8]) -> usize {
    three.iter().fold(0, |at, symbol| at * SYMBOLS + usize::from(*symbol))
}

fn symbols(word: &str) -> Vec<u8> {
    let fold = !word.bytes().any(|b| b.is_ascii_lowercase());
    let mut out = vec![EDGE, EDGE];
    let mut upper = false;
    for byte in word.bytes() {
        let is_upper = byte.is_ascii_uppercase() && !fold;
        if is_upper && !upper {
            out.push(SHIFT);
        }
        upper = is_upper;
        out.push(match byte.to_ascii_lowercase() {
            letter @ b'a'..=b'z' => letter - b'a',
            b'0'..=b'9' => DIGIT,
            b'_' | b'-' | b' ' => SEPARATOR,
            b'.' | b'/' | b':' => PATH,
            _ => OTHER,
        });
    }
    out.push(EDGE);
    out
}

fn list(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            list(&path, files)?;
        } else if path
            .extension()
            .and_then(|ext| ext.to_str())
            .is_some_and(|ext| ["rs", "md", "toml", "py", "js", "go", "java", "txt", "c", "h"].contains(&ext))
        {
            files.push(path);
        }
    }
    Ok(())
}
