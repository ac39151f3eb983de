//! Which form a roster has.

/// The forms in which a roster can come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Office Open XML workbook (ECMA-376), as Excel and WPS save it.
    Xlsx,
    /// Comma-separated values (RFC 4180), UTF-8.
    Csv,
    /// One JSON object a line.
    Ndjson,
}

impl Format {
    /// The media types that [`Format::from_media_type`] knows, for a refusal's text.
    pub const MEDIA_TYPES: &'static str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet, text/csv, application/x-ndjson";

    /// The form that a `Content-Type` names; parameters such as `charset` are
    /// passed over. `None` for a type that says nothing of a roster.
    pub fn from_media_type(media_type: &str) -> Option<Self> {
        let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match essence.as_str() {
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" => Some(Self::Xlsx),
            "text/csv" | "application/csv" => Some(Self::Csv),
            "application/x-ndjson"
            | "application/ndjson"
            | "application/jsonl"
            | "application/jsonlines"
            | "application/x-jsonlines" => Some(Self::Ndjson),
            _ => None,
        }
    }

    /// The form that the first bytes look like. Never fails: what is neither
    /// a packed file, nor an old Office file, nor JSON is taken for CSV.
    pub fn sniff(bytes: &[u8]) -> Self {
        if bytes.starts_with(ZIP) || bytes.starts_with(COMPOUND_FILE) {
            return Self::Xlsx;
        }
        let text = bytes.strip_prefix(BOM).unwrap_or(bytes);
        match text.iter().find(|byte| !byte.is_ascii_whitespace()) {
            Some(b'{') => Self::Ndjson,
            _ => Self::Csv,
        }
    }
}

/// How a zip file begins: its first local file header (APPNOTE 4.3.7).
pub(crate) const ZIP: &[u8] = b"PK\x03\x04";

/// How a compound file begins (MS-CFB 2.2): an old `.xls`, or a workbook with
/// a password.
pub(crate) const COMPOUND_FILE: &[u8] = &[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1];

/// UTF-8's byte order mark, which Excel puts before "CSV UTF-8".
pub(crate) const BOM: &[u8] = &[0xEF, 0xBB, 0xBF];
