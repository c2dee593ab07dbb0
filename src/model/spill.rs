//! A list that is short nearly always and may be very long: what goes beyond its head waits in a file, so that a report of
//! a hundred thousand names takes no more memory than one of a hundred.

use std::fs::File;
use std::io::{BufRead as _, BufReader, BufWriter, Seek as _, SeekFrom, Write as _};
use std::sync::{Mutex, PoisonError};

use serde::de::DeserializeOwned;
use serde::ser::{Error as _, SerializeSeq as _};
use serde::{Serialize, Serializer};

use super::failure::Failure;

/// How many are kept in memory.
const HEAD: usize = 256;

/// A list of names and reasons, never of values: its end may lie in a temporary file without a name.
#[derive(Debug)]
pub struct Spill<T> {
    head: Vec<T>,
    tail: Option<Mutex<BufWriter<File>>>,
    len: usize,
}

impl<T> Default for Spill<T> {
    fn default() -> Self {
        Self { head: Vec::new(), tail: None, len: 0 }
    }
}

impl<T> Spill<T> {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

impl<T: Serialize + DeserializeOwned> Spill<T> {
    /// Adds one.
    ///
    /// # Errors
    /// Where the disk does not take it.
    pub fn push(&mut self, one: T) -> Result<(), Failure> {
        if self.head.len() < HEAD {
            self.head.push(one);
            self.len += 1;
            return Ok(());
        }
        if self.tail.is_none() {
            self.tail = Some(Mutex::new(BufWriter::new(tempfile::tempfile().map_err(|error| unkept(&error))?)));
        }
        if let Some(tail) = &mut self.tail {
            let tail = tail.get_mut().unwrap_or_else(PoisonError::into_inner);
            serde_json::to_writer(&mut *tail, &one).map_err(|error| unkept(&error))?;
            tail.write_all(b"\n").map_err(|error| unkept(&error))?;
        }
        self.len += 1;
        Ok(())
    }

    /// Looks at each, in the order in which they were added.
    ///
    /// # Errors
    /// The first that `look` gives, or that of the disk.
    pub fn each(&self, mut look: impl FnMut(&T) -> Result<(), Failure>) -> Result<(), Failure> {
        self.head.iter().try_for_each(&mut look)?;
        let Some(tail) = &self.tail else { return Ok(()) };
        let mut tail = tail.lock().unwrap_or_else(PoisonError::into_inner);
        tail.flush().map_err(|error| unkept(&error))?;
        let file = tail.get_mut();
        file.seek(SeekFrom::Start(0)).map_err(|error| unkept(&error))?;
        for line in BufReader::new(&mut *file).lines() {
            let line = line.map_err(|error| unkept(&error))?;
            look(&serde_json::from_str(&line).map_err(|error| unkept(&error))?)?;
        }
        file.seek(SeekFrom::End(0)).map_err(|error| unkept(&error))?;
        Ok(())
    }
}

impl<T: Serialize + DeserializeOwned> Serialize for Spill<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.len))?;
        let mut refused = None;
        let read = self.each(|one| {
            if refused.is_none() {
                refused = list.serialize_element(one).err();
            }
            Ok(())
        });
        if let Some(error) = refused {
            return Err(error);
        }
        read.map_err(|failure| S::Error::custom(failure.message))?;
        list.end()
    }
}

fn unkept(error: &dyn std::fmt::Display) -> Failure {
    Failure::usage(format!("could not keep the report in a temporary file: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_list_comes_back_in_order_and_grows_further() {
        let mut spill = Spill::default();
        let expected: Vec<u32> = (0..1000).collect();
        for one in 0..900 {
            spill.push(one).unwrap();
        }
        assert_eq!(serde_json::to_value(&spill).unwrap().as_array().unwrap().len(), 900);
        for one in 900..1000 {
            spill.push(one).unwrap();
        }
        assert_eq!(spill.len(), 1000);
        assert_eq!(serde_json::from_value::<Vec<u32>>(serde_json::to_value(&spill).unwrap()).unwrap(), expected);
        assert_eq!(spill.head.len(), HEAD, "no more than the head is in memory");
    }
}
