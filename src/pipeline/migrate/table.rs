//! A table of digests that takes no more memory for a million rows than for ten thousand: what goes beyond its buffer lies,
//! sorted, in a temporary file without a name.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek as _, SeekFrom, Write as _};
use std::sync::{Mutex, PoisonError};

use crate::model::Failure;

/// Rows that are kept in memory.
const ROOM: usize = 1 << 13;
/// Rows of which the first one's key is kept in memory.
const BLOCK: usize = 128;
/// Bytes of a row in the file: key and value.
const WIDTH: usize = 32;

type Row = (u128, u128);

/// Rows are put in, then the table is sealed, then it is asked.
#[derive(Debug)]
pub(super) struct Table {
    room: usize,
    /// What is not in the file; sorted once the table is sealed.
    rows: Vec<Row>,
    /// Rows in the file, sorted within each stretch of `room`, and as a whole once the table is sealed.
    filed: usize,
    file: Option<Mutex<File>>,
    /// The first key of each block in the file.
    index: Vec<u128>,
}

impl Default for Table {
    fn default() -> Self {
        Self::of(ROOM)
    }
}

impl Table {
    fn of(room: usize) -> Self {
        Self { room, rows: Vec::new(), filed: 0, file: None, index: Vec::new() }
    }

    /// Whether nothing was put in.
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.filed == 0
    }

    /// How many keys there are, once the table is sealed.
    pub(super) fn len(&self) -> usize {
        self.rows.len() + self.filed
    }

    /// Puts a row in. Of several with one key the last counts.
    ///
    /// # Errors
    /// Where the disk does not take it.
    pub(super) fn put(&mut self, key: u128, value: u128) -> Result<(), Failure> {
        self.rows.push((key, value));
        if self.rows.len() < self.room {
            return Ok(());
        }
        // Stable: of one key the last one stays the last.
        self.rows.sort_by_key(|(key, _)| *key);
        let file = match self.file.take() {
            Some(file) => file.into_inner().unwrap_or_else(PoisonError::into_inner),
            None => tempfile::tempfile().map_err(|error| unkept(&error))?,
        };
        let mut writer = BufWriter::new(&file);
        self.rows.iter().try_for_each(|row| write(&mut writer, *row)).map_err(|error| unkept(&error))?;
        writer.flush().map_err(|error| unkept(&error))?;
        drop(writer);
        self.file = Some(Mutex::new(file));
        self.filed += self.rows.len();
        self.rows.clear();
        Ok(())
    }

    /// Makes the table ready to be asked, and tells every key that has rows of different values.
    ///
    /// # Errors
    /// Where the disk does not take it.
    pub(super) fn seal(&mut self) -> Result<Vec<u128>, Failure> {
        self.rows.sort_by_key(|(key, _)| *key);
        let mut seen = Seen::default();
        let Some(file) = self.file.take() else {
            let mut kept = Vec::with_capacity(self.rows.len());
            for row in self.rows.drain(..) {
                kept.extend(seen.next(row));
            }
            kept.extend(seen.last);
            self.rows = kept;
            return Ok(seen.twice);
        };
        let file = file.into_inner().unwrap_or_else(PoisonError::into_inner);
        let merged = self.merge(&file, &mut seen).map_err(|error| unkept(&error))?;
        self.file = Some(Mutex::new(merged));
        self.rows = Vec::new();
        Ok(seen.twice)
    }

    /// All rows in one order, in a new file.
    fn merge(&mut self, file: &File, seen: &mut Seen) -> io::Result<File> {
        let mut runs = Vec::new();
        let mut start = 0;
        while start < self.filed {
            let end = (start + self.room).min(self.filed);
            runs.push(Run { next: start, end, ready: Vec::new() });
            start = end;
        }
        let mut heads: Vec<Option<Row>> = Vec::with_capacity(runs.len() + 1);
        for run in &mut runs {
            heads.push(run.row(file)?);
        }
        let mut rest = self.rows.drain(..);
        heads.push(rest.next());
        let merged = tempfile::tempfile()?;
        let mut writer = BufWriter::new(&merged);
        let (index, mut count) = (&mut self.index, 0);
        let mut keep = |row: Row| {
            if count % BLOCK == 0 {
                index.push(row.0);
            }
            count += 1;
            write(&mut writer, row)
        };
        // Of equal keys the run that was written first goes first.
        while let Some((at, row)) =
            heads.iter().enumerate().filter_map(|(at, row)| Some((at, (*row)?))).min_by_key(|(at, row)| (row.0, *at))
        {
            heads[at] = match runs.get_mut(at) {
                Some(run) => run.row(file)?,
                None => rest.next(),
            };
            if let Some(row) = seen.next(row) {
                keep(row)?;
            }
        }
        if let Some(row) = seen.last.take() {
            keep(row)?;
        }
        self.filed = count;
        writer.flush()?;
        drop(writer);
        Ok(merged)
    }

    /// The value of a key, once the table is sealed. What the disk does not give back counts as not there: whoever asks errs
    /// on the safe side then.
    pub(super) fn get(&self, key: u128) -> Option<u128> {
        if let Ok(at) = self.rows.binary_search_by_key(&key, |(key, _)| *key) {
            return Some(self.rows[at].1);
        }
        let block = self.index.partition_point(|first| *first <= key).checked_sub(1)?;
        let mut rows = Vec::new();
        {
            let file = self.file.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner);
            let end = ((block + 1) * BLOCK).min(self.filed);
            read(&file, block * BLOCK, end, &mut rows).ok()?;
        }
        let at = rows.binary_search_by_key(&key, |(key, _)| *key).ok()?;
        Some(rows[at].1)
    }

    /// Whether there is a row of a key.
    pub(super) fn has(&self, key: u128) -> bool {
        self.get(key).is_some()
    }
}

/// A sorted stretch of the file, read in parts.
struct Run {
    next: usize,
    end: usize,
    /// Rows that were read and not handed out, the next one at the end.
    ready: Vec<Row>,
}

impl Run {
    fn row(&mut self, file: &File) -> io::Result<Option<Row>> {
        if self.ready.is_empty() && self.next < self.end {
            let to = (self.next + BLOCK).min(self.end);
            read(file, self.next, to, &mut self.ready)?;
            self.ready.reverse();
            self.next = to;
        }
        Ok(self.ready.pop())
    }
}

/// Rows in order, of which the last of each key is let through.
#[derive(Default)]
struct Seen {
    last: Option<Row>,
    /// Keys that had another value before.
    twice: Vec<u128>,
}

impl Seen {
    fn next(&mut self, row: Row) -> Option<Row> {
        let last = self.last.replace(row)?;
        if last.0 != row.0 {
            return Some(last);
        }
        if last.1 != row.1 && self.twice.last() != Some(&row.0) {
            self.twice.push(row.0);
        }
        None
    }
}

fn write(out: &mut impl io::Write, (key, value): Row) -> io::Result<()> {
    out.write_all(&key.to_be_bytes())?;
    out.write_all(&value.to_be_bytes())
}

fn read(mut file: &File, from: usize, to: usize, rows: &mut Vec<Row>) -> io::Result<()> {
    file.seek(SeekFrom::Start((from * WIDTH) as u64))?;
    let mut reader = BufReader::with_capacity((to - from) * WIDTH, file);
    for _ in from..to {
        let (mut key, mut value) = ([0; 16], [0; 16]);
        reader.read_exact(&mut key)?;
        reader.read_exact(&mut value)?;
        rows.push((u128::from_be_bytes(key), u128::from_be_bytes(value)));
    }
    Ok(())
}

fn unkept(error: &io::Error) -> Failure {
    Failure::usage(format!("could not keep a list in a temporary file: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_in_a_file_is_the_table_in_memory() {
        for (count, room) in [(0, 10), (9, 10), (10, 10), (1234, 10), (1234, 100), (1234, 10_000), (640, 64)] {
            let mut table = Table::of(room);
            assert!(table.is_empty());
            let key = |number: u128| number.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
            for number in 0..count {
                table.put(key(number), number).unwrap();
            }
            // Written once more: as it was, and with another value.
            for number in (0..count).step_by(7) {
                table.put(key(number), number).unwrap();
            }
            for number in (0..count).step_by(5) {
                table.put(key(number), number + 1).unwrap();
            }
            let mut twice = table.seal().unwrap();
            twice.sort_unstable();
            let mut expected: Vec<u128> = (0..count).step_by(5).map(key).collect();
            expected.sort_unstable();
            assert_eq!(twice, expected, "{count} {room}");
            assert_eq!(table.is_empty(), count == 0);
            assert_eq!(table.len(), usize::try_from(count).unwrap());
            for number in 0..count {
                let value = if number % 5 == 0 { number + 1 } else { number };
                assert_eq!(table.get(key(number)), Some(value), "{number} of {count}, {room}");
                assert_eq!(table.get(key(number) ^ 1), None);
            }
            assert!(table.rows.len() < room.max(1), "no more than the buffer is in memory");
        }
    }
}
