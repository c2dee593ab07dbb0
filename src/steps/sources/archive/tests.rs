use std::io::Write;

use proptest::prelude::*;

use super::*;
use crate::steps::sources::testing::Kept;

fn zip_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn tar_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        // The name goes in as it is: `set_path` would refuse the hostile ones.
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_cksum();
        builder.append(&header, *bytes).unwrap();
    }
    builder.into_inner().unwrap()
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn bz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A Zstandard frame whose one block is stored raw (RFC 8878 3.1.1).
fn zst(bytes: &[u8]) -> Vec<u8> {
    let size = u32::try_from(bytes.len()).unwrap();
    let mut out = vec![0x28, 0xb5, 0x2f, 0xfd, 0b1010_0000];
    out.extend(size.to_le_bytes());
    out.extend(&(1 | size << 3).to_le_bytes()[..3]);
    out.extend(bytes);
    out
}

/// `one`, as Python's lzma module compresses it.
const XZ: &[u8] = &[
    0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00, 0x00, 0x04, 0xe6, 0xd6, 0xb4, 0x46, 0x02, 0x00, 0x21, 0x01, 0x16, 0x00, 0x00,
    0x00, 0x74, 0x2f, 0xe5, 0xa3, 0x01, 0x00, 0x02, 0x6f, 0x6e, 0x65, 0x00, 0x00, 0x7e, 0xe5, 0x10, 0xc5, 0xd5, 0x6a,
    0x6c, 0x9a, 0x00, 0x01, 0x1b, 0x03, 0x0b, 0x2f, 0xb9, 0x10, 0x1f, 0xb6, 0xf3, 0x7d, 0x01, 0x00, 0x00, 0x00, 0x00,
    0x04, 0x59, 0x5a,
];

fn read_all(name: &str, bytes: &[u8], limits: &Limits) -> (Vec<(String, String)>, Vec<String>) {
    let kept = Kept::default();
    read(Path::new(name), Cursor::new(bytes), bytes.len() as u64, limits, &kept);
    let notices = kept.notices.lock().unwrap().iter().map(|n| format!("{}: {}", n.path.display(), n.reason)).collect();
    let files = kept
        .sorted()
        .into_iter()
        .map(|file| {
            let member = match &file.origin {
                Origin::Archive { member } => member.clone(),
                origin => format!("{origin:?}"),
            };
            assert_eq!(file.path, Path::new(name));
            (member, String::from_utf8_lossy(&file.bytes).into_owned())
        })
        .collect();
    (files, notices)
}

fn pair(member: &str, text: &str) -> (String, String) {
    (member.to_owned(), text.to_owned())
}

#[test]
fn members_come_out_of_every_kind() {
    let files: [(&str, &[u8]); 3] = [("pkg/a.py", b"one"), ("logo.png", b"\x89PNG\0\0"), ("empty", b"")];
    let tar = tar_of(&files);
    for (name, bytes) in [
        ("a.whl", zip_of(&files)),
        ("a.tar", tar.clone()),
        ("a.tgz", gz(&tar)),
        ("a.tar.bz2", bz(&tar)),
        ("a.tar.zst", zst(&tar)),
    ] {
        let (found, notices) = read_all(name, &bytes, &Limits::default());
        assert_eq!(found, [pair("pkg/a.py", "one")], "{name}");
        assert!(notices.is_empty(), "{name}: {notices:?}");
    }
    assert_eq!(read_all("a.json.gz", &gz(b"{}"), &Limits::default()).0, [pair("a.json", "{}")]);
    assert_eq!(read_all("a.txt.xz", XZ, &Limits::default()).0, [pair("a.txt", "one")]);
    let several = [zst(b"on"), vec![0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 9, 9], zst(b"e")].concat();
    assert_eq!(read_all("a.txt.zst", &several, &Limits::default()).0, [pair("a.txt", "one")]);
}

/// An executable archive begins with the program that starts it; a browser's with a header of its own.
#[test]
fn zips_behind_something_else_are_opened() {
    let zip = zip_of(&[("WEB-INF/classes/application.properties", b"one")]);
    let mut commented = zip.clone();
    let end = commented.len();
    commented[end - 2..].copy_from_slice(&4_u16.to_le_bytes());
    commented.extend(b"shop");
    let script = format!("#!/bin/sh\n{}", "# starts it\n".repeat(100)).into_bytes();
    let cases: [(&str, &[u8]); 3] = [("shop.war", &script), ("shop.ear", b"MZ\0\0"), ("shop", &script)];
    for (name, head) in cases {
        for body in [&zip, &commented] {
            let whole = [head, body].concat();
            assert!(is_archive(&whole), "{name}");
            let (found, notices) = read_all(name, &whole, &Limits::default());
            assert_eq!(found, [pair("WEB-INF/classes/application.properties", "one")], "{name}: {notices:?}");
        }
    }
    let image = tar_of(&[("app/shop.war", &[script.as_slice(), &zip].concat()), ("app/run.sh", &script)]);
    let (found, notices) = read_all("image.tar", &image, &Limits::default());
    assert!(notices.is_empty(), "{notices:?}");
    let names: Vec<&str> = found.iter().map(|(member, _)| member.as_str()).collect();
    assert_eq!(names, ["app/run.sh", "app/shop.war!/WEB-INF/classes/application.properties"]);
    // A text that speaks of a zip's end, and one that has it in its middle, are texts.
    assert!(!is_archive(b"it ends with PK\x05\x06") && !is_archive(&[zip.as_slice(), b"\nand more"].concat()[1..]));
}

#[test]
fn archives_nest_as_in_images_and_gems() {
    let layer = gz(&tar_of(&[("etc/app.conf", b"two")]));
    let wheel = zip_of(&[("lib/c.py", b"three")]);
    let image =
        tar_of(&[("manifest.json", b"[]"), ("blobs/sha256/abc", &layer), ("data.tar.gz", &layer), ("d/x.whl", &wheel)]);
    let (found, notices) = read_all("image.tar", &image, &Limits::default());
    assert!(notices.is_empty(), "{notices:?}");
    assert_eq!(
        found,
        [
            pair("blobs/sha256/abc!/etc/app.conf", "two"),
            pair("d/x.whl!/lib/c.py", "three"),
            pair("data.tar.gz!/etc/app.conf", "two"),
            pair("manifest.json", "[]"),
        ]
    );
}

#[test]
fn bombs_are_stopped_and_told() {
    let limits = Limits { floor: 1 << 20, ratio: 10, ..Limits::default() };
    let bomb = zip_of(&[("a.txt", &vec![b' '; 3 << 20]), ("b.txt", b"never reached")]);
    let (found, notices) = read_all("bomb.zip", &bomb, &limits);
    assert!(found.is_empty() && notices.len() == 1 && notices[0].contains("the limit for its size"), "{notices:?}");

    // The whole is counted at every level, so that a bomb in a bomb costs no more than one.
    let nested = gz(&gz(&vec![b' '; 30 << 20]));
    let (found, notices) = read_all("bomb.gz", &nested, &limits);
    assert!(found.is_empty() && notices.iter().any(|n| n.contains("the limit")), "{notices:?}");

    let mut deep = b"x".to_vec();
    for _ in 0..20 {
        deep = gz(&deep);
    }
    let (found, notices) = read_all("deep.gz", &deep, &Limits::default());
    assert!(found.is_empty() && notices[0].contains("nested more than 8 deep"), "{notices:?}");

    let large = Limits { member: 10, ..Limits::default() };
    let (found, notices) = read_all("a.zip", &zip_of(&[("big", &[b'x'; 11]), ("small", b"ok")]), &large);
    assert_eq!(found, [pair("small", "ok")]);
    assert!(notices[0].starts_with("a.zip!/big: larger than"), "{notices:?}");

    let many = Limits { members: 2, ..Limits::default() };
    let (found, notices) = read_all("a.tar", &tar_of(&[("1", b"1"), ("2", b"2"), ("3", b"3")]), &many);
    assert!(found.len() == 2 && notices[0].contains("more members"), "{notices:?}");
}

#[test]
fn hostile_names_point_nowhere() {
    let (found, _) =
        read_all("a.tar", &tar_of(&[("../../etc/x", b"1"), ("/abs", b"2"), ("..", b"3")]), &Limits::default());
    let names: Vec<&str> = found.iter().map(|(name, _)| &**name).collect();
    assert_eq!(names, ["(no name)", "abs", "etc/x"]);
    assert_eq!(harmless_path(r"..\..\windows\x"), "windows/x");
}

#[test]
fn what_is_cut_off_is_told_and_the_rest_is_read() {
    let whole = tar_of(&[("a", b"one"), ("b", &[b'x'; 2000])]);
    let (found, notices) = read_all("a.tar", &whole[..1800], &Limits::default());
    // Of the member that is cut, what is there.
    assert_eq!(found.iter().map(|(name, _)| &**name).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(notices.len(), 1, "{notices:?}");
    let (found, notices) = read_all("a.tgz", &gz(&whole)[..30], &Limits::default());
    assert!(found.is_empty() && notices.len() == 1, "{notices:?}");
    let cut = zip_of(&[("a", b"one")]);
    assert_eq!(read_all("a.zip", &cut[..cut.len() - 4], &Limits::default()).1.len(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// Whatever is done to an archive, reading it ends, and in no panic that gets out.
    #[test]
    fn damaged_archives_do_no_harm(which in 0..6_usize, cut in 0..4000_usize, flips in prop::collection::vec((0..4000_usize, any::<u8>()), 0..8)) {
        let files: [(&str, &[u8]); 2] = [("a.py", b"PASSWORD = 'x'"), ("b/c.txt", &[b'y'; 900])];
        let tar = tar_of(&files);
        let mut bytes = match which {
            0 => zip_of(&files),
            1 => gz(&tar),
            2 => bz(&tar),
            3 => zst(&tar),
            4 => zip_of(&[("in.tgz", &gz(&tar))]),
            _ => tar,
        };
        bytes.truncate(bytes.len().saturating_sub(cut % 64));
        for (at, byte) in flips {
            let length = bytes.len().max(1);
            if let Some(slot) = bytes.get_mut(at % length) {
                *slot = byte;
            }
        }
        let limits = Limits { floor: 4 << 20, total: 8 << 20, ..Limits::default() };
        read_all("a.bin", &bytes, &limits);
    }

    #[test]
    fn any_bytes_do_no_harm(head in prop::sample::select(vec![&b"PK\x03\x04"[..], b"\x1f\x8b\x08", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd", b"BZh91AY&SY", b""]), rest in prop::collection::vec(any::<u8>(), 0..3000)) {
        read_all("a.bin", &[head, &rest].concat(), &Limits { floor: 4 << 20, total: 8 << 20, ..Limits::default() });
    }
}
