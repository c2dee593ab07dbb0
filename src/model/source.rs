//! A file as it was read: its bytes, its text, and the way back from one to the other.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// Where a file came from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// A file of the working tree: the only origin that can be rewritten.
    Disk,
    /// Standard input, under the path that the user gave it.
    Stdin,
    /// A blob of the repository's history or index.
    Git {
        /// The commit that first held the blob, in hexadecimal; none for the index.
        commit: Option<String>,
        /// Its author's date, seconds since 1970.
        time: Option<i64>,
        /// Whether HEAD still has the blob at this path.
        in_head: bool,
        /// Path within the archive, where the blob is one; nested archives are joined by `!/`.
        member: Option<String>,
    },
    /// A member of an archive.
    Archive {
        /// Path within the archive; nested archives are joined by `!/`.
        member: String,
    },
}

/// A file to scan.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// Path relative to the scanned root, with `/` between components.
    pub path: PathBuf,
    /// Where it came from.
    pub origin: Origin,
    /// Its bytes, as they were read: a slice of its own would be a copy.
    pub bytes: Arc<Vec<u8>>,
    /// Where it is scanned in part (added lines of a diff): the byte ranges that count; empty means all of it.
    pub only: Vec<Range<usize>>,
}

impl SourceFile {
    /// A whole file of the working tree.
    pub fn disk(path: impl Into<PathBuf>, bytes: impl Into<Vec<u8>>) -> Self {
        Self { path: path.into(), origin: Origin::Disk, bytes: Arc::new(bytes.into()), only: Vec::new() }
    }

    /// The path, for detection of its language.
    pub fn path(&self) -> &Path {
        match &self.origin {
            Origin::Archive { member } | Origin::Git { member: Some(member), .. } => Path::new(member),
            _ => &self.path,
        }
    }
}

/// A path that was not read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Skipped {
    /// The path.
    pub path: PathBuf,
    /// One sentence.
    pub reason: String,
}

impl Skipped {
    /// A notice about a path.
    pub fn new(path: impl Into<PathBuf>, reason: impl Into<String>) -> Self {
        Self { path: path.into(), reason: reason.into() }
    }
}

/// A file's text, decoded so that it can be put back byte for byte.
#[derive(Debug)]
pub struct Text {
    /// The text without its byte order mark.
    pub text: String,
    encoding: &'static Encoding,
    bom: usize,
}

impl Text {
    /// Decodes bytes: UTF-8 (with or without byte order mark), UTF-16 (without a mark where it is plain that every other
    /// byte is the upper half of a character), or the encoding that a coding line
    /// names (Python's PEP 263), else Windows-1252, in which every byte means something.
    ///
    /// None for bytes that are not text (a NUL in the first 8 KiB of what is not UTF-16), or that do not encode back to
    /// the very same bytes.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (encoding, bom) = match Encoding::for_bom(bytes) {
            Some(found) => found,
            None if let Some(encoding) = unmarked_utf16(bytes) => (encoding, 0),
            None if std::str::from_utf8(bytes).is_ok() => (UTF_8, 0),
            None => (coding_line(bytes).unwrap_or(WINDOWS_1252), 0),
        };
        Self::decode_with(bytes, encoding, bom)
    }

    /// Decodes bytes in the encoding of a name that [`Text::encoding`] gave. None where they are not of that encoding.
    pub fn decode_as(bytes: &[u8], encoding: &str) -> Option<Self> {
        let bom = Encoding::for_bom(bytes).map_or(0, |(_, bom)| bom);
        Self::decode_with(bytes, Encoding::for_label(encoding.as_bytes())?, bom)
    }

    fn decode_with(bytes: &[u8], encoding: &'static Encoding, bom: usize) -> Option<Self> {
        let body = &bytes[bom..];
        if encoding != UTF_16LE && encoding != UTF_16BE && memchr::memchr(0, &body[..body.len().min(8192)]).is_some() {
            return None;
        }
        let text = encoding.decode_without_bom_handling_and_without_replacement(body)?.into_owned();
        let decoded = Self { text, encoding, bom };
        (decoded.encoding == UTF_8 || decoded.encode(&decoded.text).as_deref() == Some(bytes)).then_some(decoded)
    }

    /// The encoding's name, as the WHATWG Encoding Standard has it.
    pub fn encoding(&self) -> &'static str {
        self.encoding.name()
    }

    /// The bytes of an edited text, in the encoding and with the byte order mark that the file had. None where the new
    /// text has a character that the encoding lacks.
    pub fn encode(&self, text: &str) -> Option<Vec<u8>> {
        let mut out = Vec::with_capacity(text.len() + self.bom);
        if self.encoding == UTF_16LE || self.encoding == UTF_16BE {
            let units = std::iter::once(0xFEFF).filter(|_| self.bom > 0).chain(text.encode_utf16());
            let little = self.encoding == UTF_16LE;
            units.for_each(|unit| out.extend(if little { unit.to_le_bytes() } else { unit.to_be_bytes() }));
            return Some(out);
        }
        if self.bom > 0 {
            out.extend_from_slice(b"\xEF\xBB\xBF");
        }
        let (encoded, _, unmappable) = self.encoding.encode(text);
        out.extend_from_slice(&encoded);
        (!unmappable).then_some(out)
    }

    /// The span in the file's bytes of a span in the text.
    pub fn to_bytes(&self, span: &Range<usize>) -> Range<usize> {
        if self.encoding == UTF_8 {
            return span.start + self.bom..span.end + self.bom;
        }
        let width = |text: &str| {
            if self.encoding == UTF_16LE || self.encoding == UTF_16BE {
                text.encode_utf16().count() * 2
            } else {
                self.encoding.encode(text).0.len()
            }
        };
        let start = self.bom + self.text.get(..span.start).map_or(0, width);
        start..start + self.text.get(span.clone()).map_or(0, width)
    }
}

/// Whether the beginning of a file, of 8 KiB at least or all of it, tells that the file is no text.
pub fn is_binary(head: &[u8]) -> bool {
    let head = &head[..head.len().min(8192)];
    memchr::memchr(0, head).is_some()
        && Encoding::for_bom(head).is_none()
        && unmarked_utf16(&head[..head.len() / 2 * 2]).is_none()
}

/// UTF-16 without a byte order mark: in the beginning, one of each two bytes is never NUL and the other nearly always is.
pub fn unmarked_utf16(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = &bytes[..bytes.len().min(1024) / 2 * 2];
    let units = head.len() / 2;
    if units < 8 || bytes.len() % 2 == 1 || memchr::memchr(0, &head[..16]).is_none() {
        return None;
    }
    let nuls = |from: usize| head.iter().skip(from).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (nuls(0), nuls(1));
    match (even, odd) {
        (0, odd) if odd * 4 >= units * 3 => Some(UTF_16LE),
        (even, 0) if even * 4 >= units * 3 => Some(UTF_16BE),
        _ => None,
    }
}

/// The encoding named by a comment in the first two lines, as Python's PEP 263 defines it (Emacs and Vim read the same).
fn coding_line(bytes: &[u8]) -> Option<&'static Encoding> {
    bytes.split(|byte| *byte == b'\n').take(2).filter(|line| line.trim_ascii_start().starts_with(b"#")).find_map(
        |line| {
            let at = memchr::memmem::find(line, b"coding")? + b"coding".len();
            let rest = line.get(at..)?.trim_ascii_start();
            let label = rest.strip_prefix(b":").or_else(|| rest.strip_prefix(b"="))?.trim_ascii_start();
            let end =
                label.iter().position(|b| !(b.is_ascii_alphanumeric() || b"-_.".contains(b))).unwrap_or(label.len());
            Encoding::for_label(&label[..end])
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_encoding_comes_back_byte_for_byte() {
        let utf16: Vec<u8> = [0xFEFF_u16, 0x70, 0xE9].iter().flat_map(|unit| unit.to_le_bytes()).collect();
        for bytes in [
            b"plain\r\nlines".to_vec(),
            b"\xEF\xBB\xBFwith mark".to_vec(),
            b"# -*- coding: latin-1 -*-\nname = 'caf\xE9'\n".to_vec(),
            b"no coding line, caf\xE9 \x81".to_vec(),
            b"# coding: koi8-r\n'\xF0'".to_vec(),
            utf16,
            "no mark = 'x'\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect(),
            "no mark = 'x'\r\n".encode_utf16().flat_map(u16::to_be_bytes).collect(),
        ] {
            let text = Text::decode(&bytes).unwrap();
            assert_eq!(text.encode(&text.text).unwrap(), bytes);
        }
    }

    #[test]
    fn spans_point_at_the_bytes() {
        let bytes = b"# coding: latin-1\nx = '\xE9\xE9secret'".to_vec();
        let text = Text::decode(&bytes).unwrap();
        let at = text.text.find("secret").unwrap();
        assert_eq!(&bytes[text.to_bytes(&(at..at + 6))], b"secret");
    }

    #[test]
    fn binary_is_not_text() {
        assert!(Text::decode(b"\x7FELF\0\0\xff").is_none());
    }
}
