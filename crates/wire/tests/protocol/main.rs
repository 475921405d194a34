//! The protocol parts against what real servers said and against a second implementation.
//!
//! `gmail`, `exchange` and `submission` replay every logged block of facts/transcripts.md, parts A to D (the names of
//! the blocks are in the tests' comments); `oracle` compares with imap-codec on generated input.

mod commands;
mod exchange;
mod gmail;
mod gmail_commands;
mod odd_structures;
mod oracle;
mod submission;

use wire::imap::response::{Response, parse};
use wire::imap::{Code, Fetch, RawResponse, ReadEvent, ReadLimits, ResponseReader, Status};

/// Reads server text (`\n` stands for CRLF) in pieces of `size` octets.
fn read_in_pieces(text: &str, size: usize) -> Vec<Response> {
    let bytes = text.replace('\n', "\r\n").into_bytes();
    let mut reader = ResponseReader::new(ReadLimits::default());
    let mut out = Vec::new();
    for piece in bytes.chunks(size) {
        reader.feed(piece);
        while let Some(event) = reader.next_event().expect("within the limits") {
            match event {
                ReadEvent::Response(raw) => out.push(parse(&raw)),
                other => panic!("no literal of a transcript is streamed: {other:?}"),
            }
        }
    }
    assert_eq!(reader.buffered(), 0, "everything was read");
    out
}

/// Reads server text; every line must be understood, and in any piece size the same.
fn read(text: &str) -> Vec<Response> {
    let whole = read_in_pieces(text, 1 << 20);
    for size in [1, 2, 7, 64] {
        assert_eq!(read_in_pieces(text, size), whole);
    }
    for response in &whole {
        if let Response::Unknown { line, why } = response {
            panic!("{why}: {}", String::from_utf8_lossy(line));
        }
    }
    whole
}

fn one(line: &str) -> Response {
    parse(&RawResponse::of(line))
}

fn status_of(line: &str) -> Status {
    match one(line) {
        Response::Status(status) => status,
        other => panic!("{line}: {other:?}"),
    }
}

fn code_of(line: &str) -> Code {
    status_of(line)
        .code
        .unwrap_or_else(|| panic!("no code in {line}"))
}

fn fetch_of(line: &str) -> Fetch {
    match one(line) {
        Response::Fetch(fetch) => *fetch,
        other => panic!("{line}: {other:?}"),
    }
}

/// Names of the LIST lines, decoded.
fn folder_names(responses: &[Response]) -> Vec<String> {
    let name = |r: &Response| match r {
        Response::List(entry) => Some(wire::imap::utf7::decode(&entry.name)),
        _ => None,
    };
    responses.iter().filter_map(name).collect()
}
