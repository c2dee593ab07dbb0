#![no_main]
//! Importers: whatever a report says, a finding's value is what stands at its span, inside the folder.

use std::sync::LazyLock;

use keylift::rules::Engine;
use keylift::steps::sources::reports::{Tool, import};
use libfuzzer_sys::fuzz_target;

static FOLDER: LazyLock<std::path::PathBuf> = LazyLock::new(|| {
    let folder = std::env::temp_dir().join(format!("keylift-fuzz-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join("a.py"), "PASSWORD = 'made-up.4411x'\nother = 'thing'\n").expect("a file");
    folder
});

const TOOLS: [Tool; 6] =
    [Tool::Gitleaks, Tool::Trufflehog, Tool::Kingfisher, Tool::Betterleaks, Tool::DetectSecrets, Tool::Sarif];

fuzz_target!(|data: &[u8]| {
    let Some((which, report)) = data.split_first() else { return };
    let text = std::fs::read_to_string(FOLDER.join("a.py")).expect("the file");
    if let Ok(found) = import(TOOLS[usize::from(*which) % TOOLS.len()], report, &FOLDER, Engine::builtin()) {
        for finding in found.findings {
            assert_eq!(text.as_bytes().get(finding.span.clone()), Some(finding.secret.expose()));
        }
    }
});
