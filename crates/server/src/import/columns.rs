//! From a file's bytes to rows: character set, header line, columns by name.

use super::{MOST_LINES, Remark, Say};

/// A file to begin with: header and two accounts, with the mark by which Excel knows UTF-8.
pub const SAMPLE: &str = "\u{feff}アカウントID,アカウント名,メールアドレス,共有メールボックス,認証形式,プロバイダ,認証情報,使用者,氏名,備考\r\n\
sales-hanako,営業 佐藤,hanako@example.jp,,OAuth,Google Mail,,hanako,佐藤 花子,\r\n\
info,お問い合わせ,ichiro@example.co.jp,info@example.co.jp,OAuth,Microsoft Exchange Online,,ichiro,鈴木 一郎,共有メールボックス\r\n";

/// A column that is understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    Key,
    Name,
    Address,
    Mailbox,
    Authentication,
    Provider,
    Credential,
    User,
    Person,
    Note,
}

/// Column, name in Japanese, name in English.
const COLUMNS: [(Column, &str, &str); 10] = [
    (Column::Key, "アカウントID", "account_id"),
    (Column::Name, "アカウント名", "name"),
    (Column::Address, "メールアドレス", "address"),
    (Column::Mailbox, "共有メールボックス", "mailbox_address"),
    (Column::Authentication, "認証形式", "authentication"),
    (Column::Provider, "プロバイダ", "provider"),
    (Column::Credential, "認証情報", "credential"),
    (Column::User, "使用者", "user"),
    (Column::Person, "氏名", "person"),
    (Column::Note, "備考", "note"),
];

/// One account of a file.
#[derive(Debug, Clone, Default)]
pub(super) struct Row {
    pub(super) line: u64,
    cells: Vec<(Option<usize>, String)>,
    names: std::sync::Arc<Vec<String>>,
}

impl Row {
    /// The text of a column, without blanks around it; empty where the file has no such column.
    pub(super) fn get(&self, column: Column) -> &str {
        let at = COLUMNS.iter().position(|(known, ..)| *known == column);
        self.cells
            .iter()
            .find(|(of, _)| *of == at)
            .map_or("", |(_, text)| text.trim())
    }

    /// The column as the file names it; one that it does not have, in the caller's language.
    pub(super) fn name_of(&self, column: Column, say: Say) -> String {
        let at = COLUMNS.iter().position(|(known, ..)| *known == column);
        let place = self.cells.iter().position(|(of, _)| *of == at);
        place
            .and_then(|place| self.names.get(place).cloned())
            .or_else(|| at.map(|at| say.either(COLUMNS[at].1, COLUMNS[at].2).to_owned()))
            .unwrap_or_default()
    }
}

/// UTF-8 where the bytes are that, else Windows-31J, as Japanese Excel and the original write it.
fn decode(bytes: &[u8]) -> Option<String> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text.trim_start_matches('\u{feff}').to_owned()),
        Err(_) => {
            let decoded = wire::mime::decode_charset(bytes, Some("windows-31j"));
            (!decoded.text.contains('\u{fffd}')).then_some(decoded.text)
        }
    }
}

/// Line numbers as an editor counts them. The reader's own are one too low after CRLF.
struct Lines<'a> {
    text: &'a [u8],
    at: usize,
    line: u64,
}

impl Lines<'_> {
    fn of(text: &str) -> Lines<'_> {
        Lines {
            text: text.as_bytes(),
            at: 0,
            line: 1,
        }
    }

    /// The line of a record that begins at an offset, line ends before it skipped. Offsets only grow.
    fn at(&mut self, byte: u64) -> u64 {
        let byte = usize::try_from(byte).unwrap_or(usize::MAX);
        while let Some(octet) = self.text.get(self.at) {
            if self.at >= byte && !matches!(octet, b'\r' | b'\n') {
                break;
            }
            self.line += u64::from(*octet == b'\n');
            self.at += 1;
        }
        self.line
    }
}

/// The rows of a file, with what should be known of its columns.
pub(super) fn read_rows(bytes: &[u8], say: Say) -> Result<(Vec<Row>, Vec<Remark>), Vec<Remark>> {
    let Some(text) = decode(bytes) else {
        return Err(vec![say.remark(
            1,
            "",
            "文字コードを判別できません。UTF-8 または Windows-31J (Shift_JIS) で保存してください。",
            "The character set is not known. Save the file as UTF-8 or Windows-31J (Shift_JIS).",
        )]);
    };
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut records = reader.records();
    let header = match records.next() {
        Some(Ok(header)) => header,
        _ => {
            return Err(vec![say.remark(
                1,
                "",
                "ファイルが空です。1 行目に項目名が必要です。",
                "The file is empty. Its first line must name the columns.",
            )]);
        }
    };
    let names: Vec<String> = header.iter().map(|name| name.trim().to_owned()).collect();
    let places: Vec<Option<usize>> = names
        .iter()
        .map(|name| {
            COLUMNS
                .iter()
                .position(|(_, ja, en)| name == ja || name.eq_ignore_ascii_case(en))
        })
        .collect();
    let address = COLUMNS
        .iter()
        .position(|(column, ..)| *column == Column::Address);
    if !places.contains(&address) {
        return Err(vec![say.remark(
            1,
            "",
            "1 行目に項目「メールアドレス」(または address) がありません。サンプルファイルの 1 行目を使ってください。",
            "The first line names no column メールアドレス (or address). Use the first line of the sample file.",
        )]);
    }
    let mut warnings: Vec<Remark> = names
        .iter()
        .zip(&places)
        .filter(|(name, place)| place.is_none() && !name.is_empty())
        .map(|(name, _)| {
            say.remark(
                1,
                name,
                "この項目は取り込みません。",
                "This column is not imported.",
            )
        })
        .collect();
    let (mut rows, mut errors) = (Vec::new(), Vec::new());
    let mut lines = Lines::of(&text);
    let names = std::sync::Arc::new(names);
    for record in records {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                let line = error.position().map_or(0, |at| lines.at(at.byte()));
                errors.push(say.remark(
                    line,
                    "",
                    "この行を読み取れません。引用符を確認してください。",
                    "This line cannot be read. Check its quotation marks.",
                ));
                break;
            }
        };
        let line = record.position().map_or(0, |at| lines.at(at.byte()));
        if record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        if rows.len() >= MOST_LINES {
            errors.push(say.remark(
                line,
                "",
                "50,000 行までです。ファイルを分けてください。",
                "At most 50,000 lines. Split the file.",
            ));
            break;
        }
        let cells = places
            .iter()
            .zip(record.iter())
            .map(|(place, cell)| (*place, cell.to_owned()))
            .collect();
        rows.push(Row {
            line,
            cells,
            names: names.clone(),
        });
    }
    if rows.is_empty() && errors.is_empty() {
        warnings.push(say.remark(
            1,
            "",
            "取り込むアカウントがありません。",
            "There is no account in this file.",
        ));
    }
    if errors.is_empty() {
        Ok((rows, warnings))
    } else {
        Err(errors)
    }
}
