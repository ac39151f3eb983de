use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What the columns of exports mean. `GET /v1/exports/dictionary`
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ExportDictionary {
    /// The columns of all tables, each table's in its order.
    pub columns: Vec<ExportColumn>,
}

/// One column of an export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExportColumn {
    /// The table: `dispatch`, `vacancy`, `signal` or `placement`.
    pub table: String,
    /// Its name, the same in every format.
    pub column: String,
    /// `text`, `integer`, `boolean` or `time` (RFC 3339 in Beijing time).
    #[serde(rename = "type")]
    pub kind: String,
    /// What is counted or written, as `people` or `GB/T 2260`.
    pub unit: String,
    /// What it means, in Chinese.
    pub zh: String,
    /// What it means, in English.
    pub en: String,
    /// Where it comes from: events, or a table of codes.
    pub source: String,
}
