//! Batches in a flow: while one is read back, the next one is written, and the one after that is read, decided on and
//! journalled. No more than these three are in memory, and nobody waits for the disk that the journal is on.

use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::future::join3;
use tokio::sync::mpsc;

use super::Migration;
use super::batch::Decided;
use super::log::{Known, Log};
use super::survey::Survey;
use crate::model::{Failure, Migrated};
use crate::steps::carry::Route;

/// What is told at the end, added to from all parts of the flow.
#[derive(Debug)]
pub(super) struct Tally(Mutex<Migrated>);

impl Tally {
    pub(super) fn new(moved: Migrated) -> Self {
        Self(Mutex::new(moved))
    }

    pub(super) fn get(&self) -> MutexGuard<'_, Migrated> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn into_inner(self) -> Migrated {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Migration<'_> {
    /// Carries everything, a batch after the other.
    pub(super) async fn carry_in_turn(
        &self,
        route: &Route<'_>,
        survey: &Survey,
        log: &mut Log,
        known: &Known,
        moved: &Tally,
    ) -> Result<(), Failure> {
        let (run, mut walk) = (log.run.clone(), self.walk(route, known));
        while let Some(Decided { entries, writes }) = self.next(&mut walk, survey, log, known, moved).await? {
            if self.watch.stopped() {
                moved.get().stopped = true;
                break;
            }
            let done = self.write(&run, writes, false).await;
            // What the target took is written down whatever became of the rest. It is made to last together with the
            // next intents: a crash before that finds it in the target.
            log.note(&done.steps)?;
            if let Some(failure) = done.tell(&mut moved.get())? {
                log.sync()?;
                return Err(failure);
            }
            self.watch.step(entries);
        }
        log.sync()
    }

    /// Carries everything, each part of the work as soon as the one before it is done.
    pub(super) async fn carry_at_once(
        &self,
        route: &Route<'_>,
        survey: &Survey,
        log: &mut Log,
        known: &Known,
        moved: &Tally,
    ) -> Result<(), Failure> {
        let (run, notes) = (log.run.clone(), log.notes());
        // Each has room for one, which is taken before that is made.
        let (decided, to_write) = mpsc::channel::<Decided>(1);
        let (written, to_read) = mpsc::channel(1);
        let prepare = async {
            let (decided, mut walk) = (decided, self.walk(route, known));
            while let Ok(room) = decided.reserve().await {
                let Some(next) = self.next(&mut walk, survey, log, known, moved).await? else { break };
                if self.watch.stopped() {
                    moved.get().stopped = true;
                    break;
                }
                room.send(next);
            }
            Ok::<_, Failure>(())
        };
        let write = async {
            // Gone with this part, so that those before and after it end as well.
            let (mut to_write, written) = (to_write, written);
            while let Some(Decided { entries, writes }) = to_write.recv().await {
                if self.watch.stopped() {
                    moved.get().stopped = true;
                    break;
                }
                let Ok(room) = written.reserve().await else { break };
                let (mut outcome, taken) = self.hand_over(&run, writes, false).await;
                // What the target took is written down whatever became of the rest. It is made to last together with the
                // next intents: a crash before that finds it in the target.
                notes.note(&std::mem::take(&mut outcome.steps))?;
                let fatal = outcome.fatal.is_some();
                room.send((entries, outcome, taken));
                if fatal {
                    break;
                }
            }
            Ok(())
        };
        let read_back = async {
            let mut to_read = to_read;
            while let Some((entries, outcome, taken)) = to_read.recv().await {
                let done = self.read_back(outcome, taken).await;
                notes.note(&done.steps)?;
                if let Some(failure) = done.tell(&mut moved.get())? {
                    return Err(failure);
                }
                self.watch.step(entries);
            }
            Ok(())
        };
        let (prepared, written, read) = Box::pin(join3(prepare, write, read_back)).await;
        log.sync()?;
        read.and(written).and(prepared)
    }
}
