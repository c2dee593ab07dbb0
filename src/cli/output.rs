//! The forms in which findings are printed.

use clap::ValueEnum;

use super::Context;
use crate::model::{Failure, Finding};
use crate::render::findings::{self, Row};
use crate::rules::Engine;

/// How findings are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Output {
    /// For people, grouped by secret
    Text,
    /// One JSON array, in the documented schema
    Json,
    /// The same, one object a line
    Jsonl,
    /// SARIF 2.1.0, for code hosts and editors
    Sarif,
    /// For spreadsheets
    Csv,
    /// For CI servers
    Junit,
    /// GitHub Actions annotations
    Github,
}

impl Output {
    /// Whether the lines around findings are shown.
    pub(super) fn shows_lines(self) -> bool {
        matches!(self, Self::Text | Self::Sarif)
    }

    /// The findings in this form.
    pub(super) fn render(self, found: &[Finding], engine: &Engine, context: &Context) -> Result<String, Failure> {
        if self == Self::Text {
            return Ok(findings::text(found, engine, context.color));
        }
        let key = context.fingerprint_key()?;
        let rows: Vec<Row<'_>> = found.iter().map(|finding| Row::new(finding, &key)).collect();
        let lines = || -> Result<Vec<String>, Failure> {
            rows.iter()
                .map(serde_json::to_string)
                .collect::<Result<_, _>>()
                .map_err(|error| Failure::usage(format!("could not write the findings: {error}")))
        };
        Ok(match self {
            Self::Text => String::new(),
            Self::Json => format!("[{}]\n", lines()?.join(",\n")),
            Self::Jsonl => lines()?.into_iter().fold(String::new(), |out, line| out + &line + "\n"),
            Self::Sarif => findings::sarif(found, &rows, engine),
            Self::Csv => findings::csv(&rows),
            Self::Junit => findings::junit(&rows, engine),
            Self::Github => findings::github(&rows, engine),
        })
    }
}
