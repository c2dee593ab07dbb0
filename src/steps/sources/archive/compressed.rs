//! One reader for each kind of compression.

use std::io::{self, BufRead, BufReader, Read};

use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::Kind;

/// Memory that a decoder may take because the file says so, in KiB: xz's highest preset needs 65 MiB.
const MEMORY: u32 = 96 << 10;

/// The uncompressed bytes; those of all parts where several were put one behind the other.
pub(super) fn decoder<'a>(kind: Kind, input: &'a mut dyn Read) -> io::Result<Box<dyn Read + 'a>> {
    Ok(match kind {
        Kind::Gzip => Box::new(flate2::read::MultiGzDecoder::new(input)),
        Kind::Bzip2 => Box::new(bzip2::read::MultiBzDecoder::new(input)),
        Kind::Xz => Box::new(lzma_rust2::XzReader::new_mem_limit(input, true, MEMORY)),
        Kind::Zstd => Box::new(Zstd::new(input)),
        Kind::Zip | Kind::Tar => return Err(io::Error::other("not compressed")),
    })
}

/// Zstandard, frame after frame (RFC 8878 3.1: a file may have several, and some to skip).
struct Zstd<R: Read> {
    input: BufReader<R>,
    decoder: FrameDecoder,
    open: bool,
}

impl<R: Read> Zstd<R> {
    fn new(input: R) -> Self {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(u64::from(MEMORY) << 10);
        Self { input: BufReader::new(input), decoder, open: false }
    }
}

impl<R: Read> Read for Zstd<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            if !self.open {
                if self.input.fill_buf()?.is_empty() {
                    return Ok(0);
                }
                match self.decoder.reset(&mut self.input) {
                    Ok(()) => self.open = true,
                    Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                        length, ..
                    })) => {
                        io::copy(&mut self.input.by_ref().take(u64::from(length)), &mut io::sink())?;
                        continue;
                    }
                    Err(error) => return Err(io::Error::other(error)),
                }
            }
            let count = self.decoder.read(buffer)?;
            if count > 0 {
                return Ok(count);
            }
            if self.decoder.is_finished() {
                self.open = false;
                continue;
            }
            self.decoder
                .decode_blocks(&mut self.input, BlockDecodingStrategy::UptoBlocks(1))
                .map_err(io::Error::other)?;
        }
    }
}
