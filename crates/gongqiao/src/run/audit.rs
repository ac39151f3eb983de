//! Access records go to the AUDIT stream, and count only when they are on disk.

use gongqiao_stream::{Connection, publish};
use gongqiao_vault::{AuditError, AuditLog, Recording};

pub(crate) struct StreamAudit(pub(crate) Connection);

impl AuditLog for StreamAudit {
    fn record(&self, subject: String, payload: Vec<u8>, _id: String) -> Recording<'_> {
        Box::pin(async move {
            let stored = publish(&self.0, subject, payload.into()).await;
            stored.map(drop).map_err(AuditError::new)
        })
    }
}
