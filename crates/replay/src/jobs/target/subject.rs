//! The stream of replays. How far a job has come stands in the stream itself,
//! and a batch is stored only if nothing came after what we know of: so nothing
//! is stored twice, whatever arrives late.

use gongqiao_contract::id::ReplayId;
use gongqiao_stream::{
    Connection, MAX_BATCH, Original,
    repeat::{Repeated, repeat, repeated},
};

use super::Broken;

pub(crate) struct ToSubject {
    writer: Connection,
    job: ReplayId,
    at: Repeated,
}

impl ToSubject {
    pub(crate) async fn open(
        writer: &Connection,
        job: &ReplayId,
        first: u64,
    ) -> Result<(Self, u64), Broken> {
        let at = repeated(writer, job).await?;
        let from = first.max(at.sequence + 1);
        Ok((Self { writer: writer.clone(), job: job.clone(), at }, from))
    }

    pub(crate) fn events(&self) -> u64 {
        self.at.events
    }

    pub(crate) async fn put(&mut self, messages: &[Original]) -> Result<(), Broken> {
        for batch in messages.chunks(MAX_BATCH) {
            let stored = repeat(&self.writer, &self.job, self.at, batch).await?;
            self.at = stored.ok_or(Broken::Overtaken)?;
        }
        Ok(())
    }
}
