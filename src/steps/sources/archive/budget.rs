//! What an archive may give out before it is taken for a bomb.

use std::cell::Cell;
use std::io::{self, Read};

use super::Limits;

/// Counts what comes out of all decoders of one archive together, whatever nests in what.
#[derive(Debug)]
pub(super) struct Budget {
    left: Cell<u64>,
    members: Cell<usize>,
    allowed: u64,
}

impl Budget {
    pub(super) fn new(size: u64, limits: &Limits) -> Self {
        let allowed = size.saturating_mul(limits.ratio).max(limits.floor).min(limits.total);
        Self { left: Cell::new(allowed), members: Cell::new(limits.members), allowed }
    }

    /// Counts a member. An error where there are too many.
    pub(super) fn member(&self) -> io::Result<bool> {
        let left = self.members.get();
        if left == 0 {
            self.left.set(0);
            return Err(io::Error::other("more members than the limit; the rest was left out"));
        }
        self.members.set(left - 1);
        Ok(true)
    }

    pub(super) fn is_spent(&self) -> bool {
        self.left.get() == 0
    }

    fn take(&self, count: usize) -> io::Result<()> {
        let left = self.left.get().saturating_sub(count as u64);
        self.left.set(left);
        if left == 0 {
            return Err(io::Error::other(format!(
                "more than {} MiB come out of it, the limit for its size; the rest was left out",
                self.allowed >> 20
            )));
        }
        Ok(())
    }
}

/// A reader whose bytes are counted.
pub(super) struct Counted<'a, R> {
    inner: R,
    budget: &'a Budget,
}

impl<'a, R: Read> Counted<'a, R> {
    pub(super) fn new(inner: R, budget: &'a Budget) -> Self {
        Self { inner, budget }
    }
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        if count > 0 {
            self.budget.take(count)?;
        }
        Ok(count)
    }
}
