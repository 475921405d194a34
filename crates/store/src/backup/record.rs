//! Records inside the stream: what they hold, whatever database it came from.
//!
//!     record = kind (u8) | length (u32) | payload
//!     'H' head, JSON   'R' rows: table number (u16), deflated values   'B' blob: id (32), as it is kept   'E' totals, JSON
//!     value  = 0 | 1 number (i64) | 2 length (u32), text | 3 length (u32), octets
//!
//! A row has as many values as the head gives its table columns. Numbers are big endian.

use std::io::{Read, Write};

use flate2::Compression;

use super::{Head, Totals};
use crate::db::Value;
use crate::error::{Error, Result};
use crate::id::BlobId;

/// Rows are gathered up to this many octets.
const BATCH: usize = 256 << 10;
/// No record is longer: the largest blob and some room.
const LONGEST: u32 = (crate::blobs::MAX_SIZE + (1 << 20)) as u32;
/// Rows of one record, unpacked: a batch and one row that may be as large as a blob.
const LONGEST_ROWS: u64 = crate::blobs::MAX_SIZE as u64 + (64 << 20);

/// A record.
pub(super) enum Record {
    Head(Head),
    Rows(usize, Vec<Vec<Value>>),
    Blob(BlobId, Vec<u8>),
    End(Totals),
}

fn io(error: &std::io::Error) -> Error {
    Error::Backup(error.to_string())
}

fn odd() -> Error {
    Error::Backup(
        "the backup is sealed well, but what it holds makes no sense to this version".into(),
    )
}

/// Writes records.
pub(super) struct Writer<W> {
    pub(super) out: W,
    table: u16,
    rows: Vec<u8>,
}

impl<W: Write> Writer<W> {
    pub(super) fn new(out: W) -> Writer<W> {
        Writer {
            out,
            table: 0,
            rows: Vec::new(),
        }
    }

    fn record(&mut self, kind: u8, parts: &[&[u8]]) -> Result<()> {
        let length: usize = parts.iter().map(|part| part.len()).sum();
        let length = u32::try_from(length)
            .ok()
            .filter(|length| *length <= LONGEST)
            .ok_or_else(|| Error::Backup("a row or blob is too large for a backup".into()))?;
        let mut write = || -> std::io::Result<()> {
            self.out.write_all(&[kind])?;
            self.out.write_all(&length.to_be_bytes())?;
            parts.iter().try_for_each(|part| self.out.write_all(part))
        };
        write().map_err(|error| Error::Backup(format!("the backup could not be written: {error}")))
    }

    pub(super) fn head(&mut self, head: &Head) -> Result<()> {
        let json = serde_json::to_vec(head).map_err(|_| odd())?;
        self.record(b'H', &[&json])
    }

    pub(super) fn row(&mut self, table: usize, values: &[Value]) -> Result<()> {
        let table = u16::try_from(table).map_err(|_| odd())?;
        if table != self.table {
            self.end_rows()?;
            self.table = table;
        }
        for value in values {
            put(&mut self.rows, value)?;
        }
        if self.rows.len() >= BATCH {
            self.end_rows()?;
        }
        Ok(())
    }

    pub(super) fn end_rows(&mut self) -> Result<()> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), Compression::fast());
        let packed = encoder
            .write_all(&self.rows)
            .and_then(|()| encoder.finish())
            .map_err(|error| io(&error))?;
        self.rows.clear();
        let table = self.table.to_be_bytes();
        self.record(b'R', &[&table, &packed])
    }

    pub(super) fn blob(&mut self, id: BlobId, packed: &[u8]) -> Result<()> {
        self.record(b'B', &[&id.0, packed])
    }

    pub(super) fn end(&mut self, totals: &Totals) -> Result<()> {
        let json = serde_json::to_vec(totals).map_err(|_| odd())?;
        self.record(b'E', &[&json])
    }
}

fn put(out: &mut Vec<u8>, value: &Value) -> Result<()> {
    let (kind, bytes): (u8, &[u8]) = match value {
        Value::NullInt | Value::NullText | Value::NullBlob => {
            out.push(0);
            return Ok(());
        }
        Value::Int(number) => {
            out.push(1);
            out.extend_from_slice(&number.to_be_bytes());
            return Ok(());
        }
        Value::Text(text) => (2, text.as_bytes()),
        Value::Blob(bytes) => (3, bytes),
    };
    out.push(kind);
    let length = u32::try_from(bytes.len()).map_err(|_| odd())?;
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(bytes);
    Ok(())
}

/// Reads records. `columns[table]`: how many, as the head says.
pub(super) struct Reader<R> {
    source: R,
    columns: Vec<usize>,
}

impl<R: Read> Reader<R> {
    pub(super) fn new(source: R) -> Reader<R> {
        Reader {
            source,
            columns: Vec::new(),
        }
    }

    /// The next record.
    ///
    /// Errors: [`Error::Backup`], also where the stream ends.
    pub(super) fn next(&mut self) -> Result<Record> {
        let mut start = [0; 5];
        self.source
            .read_exact(&mut start)
            .map_err(|error| io(&error))?;
        let length = u32::from_be_bytes([start[1], start[2], start[3], start[4]]);
        if length > LONGEST {
            return Err(odd());
        }
        let mut payload = Vec::new();
        self.source
            .by_ref()
            .take(u64::from(length))
            .read_to_end(&mut payload)
            .map_err(|error| io(&error))?;
        if payload.len() != length as usize {
            return Err(odd());
        }
        match start[0] {
            b'H' => {
                let head: Head = serde_json::from_slice(&payload).map_err(|_| odd())?;
                self.columns = head
                    .tables
                    .iter()
                    .map(|table| table.columns.len())
                    .collect();
                Ok(Record::Head(head))
            }
            b'R' => self.rows(&payload),
            b'B' if payload.len() >= 32 => {
                let bytes = payload.split_off(32);
                let id = payload.as_slice().try_into().map_err(|_| odd())?;
                Ok(Record::Blob(BlobId(id), bytes))
            }
            b'E' => Ok(Record::End(
                serde_json::from_slice(&payload).map_err(|_| odd())?,
            )),
            _ => Err(odd()),
        }
    }

    fn rows(&self, payload: &[u8]) -> Result<Record> {
        let (table, packed) = payload.split_at_checked(2).ok_or_else(odd)?;
        let table = usize::from(u16::from_be_bytes([table[0], table[1]]));
        let columns = *self
            .columns
            .get(table)
            .filter(|n| **n > 0)
            .ok_or_else(odd)?;
        let mut bytes = Vec::new();
        flate2::read::DeflateDecoder::new(packed)
            .take(LONGEST_ROWS)
            .read_to_end(&mut bytes)
            .map_err(|_| odd())?;
        let mut rest = bytes.as_slice();
        let mut rows = Vec::new();
        while !rest.is_empty() {
            let row = (0..columns).map(|_| get(&mut rest)).collect::<Option<_>>();
            rows.push(row.ok_or_else(odd)?);
        }
        Ok(Record::Rows(table, rows))
    }

    /// After the totals nothing follows, and the last chunk was there.
    pub(super) fn at_end(&mut self) -> Result<()> {
        match self.source.read(&mut [0]) {
            Ok(0) => Ok(()),
            Ok(_) => Err(odd()),
            Err(error) => Err(io(&error)),
        }
    }
}

fn get(rest: &mut &[u8]) -> Option<Value> {
    let (kind, after) = rest.split_first()?;
    *rest = after;
    Some(match kind {
        0 => Value::NullInt,
        1 => {
            let (number, after) = rest.split_first_chunk::<8>()?;
            *rest = after;
            Value::Int(i64::from_be_bytes(*number))
        }
        2 | 3 => {
            let (length, after) = rest.split_first_chunk::<4>()?;
            let (bytes, after) = after.split_at_checked(u32::from_be_bytes(*length) as usize)?;
            *rest = after;
            if *kind == 2 {
                Value::Text(String::from_utf8(bytes.to_vec()).ok()?)
            } else {
                Value::Blob(bytes.to_vec())
            }
        }
        _ => return None,
    })
}
