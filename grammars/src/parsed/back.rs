//! The way back: what stood where edits are made, with the values left out.

use std::ops::Range;

use super::Parsed;
use crate::edit::{Edit, Request};
use crate::select;
use crate::undo::{self, Chunk, Original, Undo};

impl Parsed {
    /// How to take edits back: for the edits of `requests` that are going to be made (shared ones included), all of this
    /// file at once. The values of the requests are left out, and are named by their index in `requests`.
    ///
    /// None where edits overlap, or where the original spelling of a value cannot be told (`place` refuses such a value
    /// as `not-reversible` beforehand).
    pub fn undo(&self, requests: &[Request], edits: &[Edit]) -> Option<Vec<Undo>> {
        let mut stretches: Vec<(usize, usize, select::Stretch)> = Vec::new();
        for (index, request) in requests.iter().enumerate() {
            let Ok(selection) = self.inward(&request.span).and_then(|span| select::select(self, &span, request.style))
            else {
                continue;
            };
            let own = match &self.host {
                Some((host, _)) => host.stretches(&selection)?,
                None => selection.stretches,
            };
            let mut at = 0;
            for stretch in own {
                let length = stretch.length;
                stretches.push((index, at, stretch));
                at += length;
            }
        }
        stretches.sort_by_key(|(_, _, stretch)| stretch.source.start);
        undo::records(edits, |edit| self.original(&edit.span, &stretches))
    }

    fn original(&self, span: &Range<usize>, stretches: &[(usize, usize, select::Stretch)]) -> Option<Original> {
        let mut chunks = Vec::new();
        let mut at = span.start;
        let text = |from: usize, to: usize, chunks: &mut Vec<Chunk>| -> Option<()> {
            if from < to {
                let file = self.host.as_ref().map_or(&self.text, |(host, _)| &host.text);
                chunks.push(Chunk::Text(file.get(from..to)?.to_owned()));
            }
            Some(())
        };
        for (request, offset, stretch) in stretches {
            if stretch.source.end <= span.start || stretch.source.start >= span.end {
                continue;
            }
            if stretch.source.start < at || stretch.source.end > span.end {
                return None;
            }
            text(at, stretch.source.start, &mut chunks)?;
            chunks.push(Chunk::Value {
                request: *request,
                range: *offset..offset + stretch.length,
                spelling: stretch.spelling.clone()?,
            });
            at = stretch.source.end;
        }
        text(at, span.end, &mut chunks)?;
        Some(Original { chunks })
    }
}
