//! What archives look like: by their first bytes, and by name.

use std::path::Path;

/// How many bytes tell: a tar says what it is at offset 257.
pub(super) const HEAD: usize = 512;

/// Kinds of archives and of compression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// zip, and jar, whl, nupkg, apk, docx…
    Zip,
    /// tar, and gem.
    Tar,
    /// gzip.
    Gzip,
    /// xz.
    Xz,
    /// Zstandard.
    Zstd,
    /// bzip2.
    Bzip2,
}

impl Kind {
    /// The kind of something by its first bytes.
    pub fn of(head: &[u8]) -> Option<Self> {
        // Magic numbers: APPNOTE.TXT 4.3.7 and 4.3.16 (zip, empty zip), RFC 1952 2.3.1 (gzip, deflate is the only
        // method), "The .xz File Format" 2.1.1.1, RFC 8878 3.1.1 and 3.1.2 (Zstandard, skippable frames), bzip2's
        // "BZh" with a block size and the number pi, POSIX pax "ustar".
        match head {
            [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Some(Self::Zip),
            [0x1f, 0x8b, 8, ..] => Some(Self::Gzip),
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some(Self::Xz),
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Self::Zstd),
            [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, 0x26, 0x53, 0x59, ..] => Some(Self::Bzip2),
            _ if head.get(257..262) == Some(b"ustar") || old_tar(head) => Some(Self::Tar),
            _ => None,
        }
    }
}

/// How much of a zip's end is looked at: the record with which it ends, and the longest comment in it.
pub(super) const TAIL: usize = 22 + 0xffff;

/// Whether bytes end as a zip does (APPNOTE.TXT 4.3.16): before it there may be anything, such as the script that starts an
/// executable jar or a `.pyz`.
pub fn ends_as_zip(bytes: &[u8]) -> bool {
    let tail = &bytes[bytes.len().saturating_sub(TAIL)..];
    let ends = |at: usize| {
        let comment = tail.get(at + 20..at + 22).map(|size| usize::from(u16::from_le_bytes([size[0], size[1]])));
        comment.is_some_and(|comment| at + 22 + comment == tail.len())
    };
    memchr::memmem::find_iter(tail, b"PK\x05\x06").any(ends)
}

/// A tar from before POSIX has no mark, but its first header sums up: the bytes of the header, those of the checksum
/// taken as blanks, give the number that stands there in octal.
fn old_tar(head: &[u8]) -> bool {
    let Some(field) = head.get(148..156).filter(|_| head.len() == HEAD && head[0] != 0) else { return false };
    let digits: String = field.iter().map(|b| char::from(*b)).filter(|c| !matches!(c, ' ' | '\0')).collect();
    let Ok(sum) = u32::from_str_radix(&digits, 8) else { return false };
    let real: u32 =
        head.iter().enumerate().map(|(at, b)| if (148..156).contains(&at) { 32 } else { u32::from(*b) }).sum();
    sum == real
}

/// Suffixes of names of archives and of compressed files.
const SUFFIXES: [&str; 37] = [
    "zip",
    "whl",
    "jar",
    "war",
    "ear",
    "aar",
    "apk",
    "ipa",
    "nupkg",
    "snupkg",
    "vsix",
    "xpi",
    "crx",
    "egg",
    "pyz",
    "docx",
    "xlsx",
    "pptx",
    "odt",
    "ods",
    "tar",
    "tgz",
    "txz",
    "tzst",
    "tbz",
    "tbz2",
    "taz",
    "gz",
    "xz",
    "zst",
    "bz2",
    "gem",
    "crate",
    "conda",
    "unitypackage",
    "love",
    "mcpack",
];

/// Whether a file is an archive by its name. Such a file is read piece by piece, however large it is.
pub fn named_like_an_archive(path: &Path) -> bool {
    path.extension()
        .and_then(|extension| extension.to_str())
        .is_some_and(|extension| SUFFIXES.iter().any(|suffix| suffix.eq_ignore_ascii_case(extension)))
}

/// A compressed file's name without what says so: `a.json` for `a.json.gz`.
pub(super) fn without_suffix(name: &str) -> &str {
    let compressed = |suffix: &str| ["gz", "xz", "zst", "bz2", "z"].iter().any(|one| one.eq_ignore_ascii_case(suffix));
    match name.rsplit_once('.') {
        Some((stem, suffix)) if compressed(suffix) && !stem.is_empty() => stem,
        _ => name,
    }
}
