//! How much of a file is read at most.

/// Bounds on one file. All are checked against what is really there, before
/// anything is built from it; sizes that a file declares are not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the file as sent.
    pub file_bytes: usize,
    /// Bytes that all parts of a workbook unpack to, together.
    pub unpacked_bytes: u64,
    /// Bytes that one part of a workbook that must be held in memory (shared
    /// texts, styles) unpacks to. Worksheets themselves are streamed.
    pub held_bytes: u64,
    /// How many times its packed size one part may unpack to. Deflate reaches
    /// 1,032 (zlib's technical notes), which only a bomb comes near; Apache
    /// POI bounds it at 100, too.
    pub unpack_ratio: u64,
    /// Entries in a workbook's zip directory.
    pub zip_entries: usize,
    /// Rows below the header, those left out (examples) included.
    pub rows: u32,
    /// Characters in one cell of a column that we read.
    pub cell_chars: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_bytes: 32 << 20,
            unpacked_bytes: 512 << 20,
            held_bytes: 128 << 20,
            unpack_ratio: 100,
            zip_entries: 2_000,
            rows: 200_000,
            cell_chars: 1_000,
        }
    }
}
