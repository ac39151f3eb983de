//! Which form a table's file has.

/// The forms in which a table can come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Office Open XML workbook (ECMA-376), as Excel and WPS save it.
    Xlsx,
    /// Workbook of Excel 97 to 2003 (MS-XLS), as older offices still save it.
    Xls,
    /// Separated values (RFC 4180), by comma, tab or semicolon, in UTF-8,
    /// UTF-16 or GB 18030.
    Csv,
    /// One JSON object a line.
    Ndjson,
}

impl Format {
    /// The media types that [`Format::of`] knows, for a refusal's text.
    pub const MEDIA_TYPES: &'static str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet, application/vnd.ms-excel, text/csv, application/x-ndjson";

    /// The form of a body with this `Content-Type`; parameters such as
    /// `charset` are passed over. `None` for a type that says nothing of a
    /// table. A packed or a compound file is a workbook whatever it is called:
    /// browsers send `application/vnd.ms-excel` for all three.
    pub fn of(media_type: &str, bytes: &[u8]) -> Option<Self> {
        let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let looks = Self::sniff(bytes);
        match essence.as_str() {
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" => {
                Some(if looks == Self::Xls { looks } else { Self::Xlsx })
            }
            "application/vnd.ms-excel" | "application/octet-stream" | "text/plain" => Some(looks),
            "text/csv" | "application/csv" | "text/tab-separated-values" => {
                Some(if looks == Self::Ndjson { Self::Csv } else { looks })
            }
            "application/x-ndjson"
            | "application/ndjson"
            | "application/jsonl"
            | "application/jsonlines"
            | "application/x-jsonlines" => Some(Self::Ndjson),
            _ => None,
        }
    }

    /// The form that the first bytes look like. Never fails: what is neither
    /// a packed file, nor a compound one, nor JSON is taken for CSV.
    pub fn sniff(bytes: &[u8]) -> Self {
        if bytes.starts_with(ZIP) {
            return Self::Xlsx;
        }
        if bytes.starts_with(COMPOUND_FILE) {
            return Self::Xls;
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

/// How a compound file begins (MS-CFB 2.2): an `.xls`, or a workbook with a
/// password.
pub(crate) const COMPOUND_FILE: &[u8] = &[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1];

/// UTF-8's byte order mark, which Excel puts before "CSV UTF-8".
pub(crate) const BOM: &[u8] = &[0xEF, 0xBB, 0xBF];
