//! Embeds the language folders, and makes a table of what each says about detection, so that start-up parses nothing.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

use serde::Deserialize;

#[derive(Deserialize)]
struct Head {
    #[serde(default)]
    detect: Detect,
    extends: Option<String>,
    embedded: Option<serde_yaml::Value>,
    docstrings: Option<Docstrings>,
    excerpts: Option<Excerpts>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Docstrings {
    fences: Vec<String>,
    quotes: String,
    comment: String,
    #[serde(default)]
    block: Option<[String; 2]>,
}

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
#[derive(Default)]
struct Excerpts {
    columns: Option<String>,
    functions: Vec<String>,
    #[serde(default)]
    braces: bool,
    objects: bool,
    directives: Option<String>,
    ends: String,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Detect {
    extensions: Vec<String>,
    files: Vec<String>,
    globs: Vec<String>,
    open_globs: Vec<String>,
    shebangs: Vec<String>,
    requires: Vec<Vec<String>>,
    priority: i32,
    contested: Contested,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Contested {
    extensions: Vec<String>,
    files: Vec<String>,
    proof: String,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("languages");
    println!("cargo:rerun-if-changed={}", root.display());
    let mut names: Vec<String> = Vec::new();
    for entry in fs::read_dir(&root)? {
        let entry = entry?;
        if entry.path().join("recipe.yaml").exists() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    let mut out = String::from("pub(crate) static EMBEDDED: &[Embedded] = &[\n");
    for name in &names {
        let folder = root.join(name);
        println!("cargo:rerun-if-changed={}", folder.display());
        let mut files: Vec<String> = Vec::new();
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_file() {
                println!("cargo:rerun-if-changed={}", path.display());
                files.push(path.file_name().ok_or("no file name")?.to_string_lossy().into_owned());
            }
        }
        files.sort();
        let recipe = fs::read_to_string(folder.join("recipe.yaml"))?;
        let head: Head = serde_yaml::from_str(&recipe).map_err(|error| format!("{name}/recipe.yaml: {error}"))?;
        let mut detect = head.detect;
        let contested = &mut detect.contested;
        for list in [
            &mut detect.extensions,
            &mut detect.files,
            &mut detect.globs,
            &mut contested.extensions,
            &mut contested.files,
        ] {
            for text in list.iter_mut() {
                text.make_ascii_lowercase();
            }
        }
        let docstrings = head.docstrings.map(|Docstrings { fences, quotes, comment, block }| {
            format!("Docstrings {{ fences: &{fences:?}, quotes: {quotes:?}, comment: {comment:?}, block: {block:?} }}")
        });
        let excerpts = head.excerpts.map(|Excerpts { columns, functions, braces, objects, directives, ends }| {
            format!(
                "Excerpts {{ columns: {columns:?}, functions: &{functions:?}, braces: {braces}, objects: {objects}, directives: {directives:?}, ends: {ends:?} }}"
            )
        });
        let optional = |text: Option<String>| text.map_or_else(|| "None".to_owned(), |text| format!("Some({text})"));
        write!(
            out,
            "Embedded {{ name: {name:?}, extends: {:?}, embeds: {}, docstrings: {}, excerpts: {}, detect: Detect {{ extensions: &{:?}, files: &{:?}, globs: &{:?}, open_globs: &{:?}, ",
            head.extends,
            head.embedded.is_some(),
            optional(docstrings),
            optional(excerpts),
            detect.extensions,
            detect.files,
            detect.globs,
            detect.open_globs
        )?;
        let requires: Vec<String> = detect.requires.iter().map(|group| format!("&{group:?}")).collect();
        write!(
            out,
            "shebangs: &{:?}, requires: &[{}], priority: {}, contested: Contested {{ extensions: &{:?}, files: &{:?}, proof: {:?} }} }}, files: &[",
            detect.shebangs,
            requires.join(", "),
            detect.priority,
            detect.contested.extensions,
            detect.contested.files,
            detect.contested.proof
        )?;
        for file in files {
            let path = folder.join(&file);
            let path = path.to_str().ok_or("the folder's path is not UTF-8")?;
            write!(out, "({file:?}, include_str!({path:?})), ")?;
        }
        out.push_str("] },\n");
    }
    out.push_str("];\n");
    fs::write(Path::new(&env::var("OUT_DIR")?).join("embedded.rs"), out)?;
    Ok(())
}
