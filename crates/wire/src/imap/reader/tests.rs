use super::*;

/// Feeds `input` in pieces of `size` and collects every event.
fn read(input: &[u8], size: usize, limits: ReadLimits) -> Result<Vec<ReadEvent>, ReadError> {
    let mut reader = ResponseReader::new(limits);
    let mut events = Vec::new();
    for piece in input.chunks(size) {
        reader.feed(piece);
        while let Some(event) = reader.next_event()? {
            events.push(event);
        }
    }
    Ok(events)
}

fn lines(events: &[ReadEvent]) -> Vec<String> {
    let line = |e: &ReadEvent| match e {
        ReadEvent::Response(raw) => Some(String::from_utf8_lossy(&raw.line).into_owned()),
        _ => None,
    };
    events.iter().filter_map(line).collect()
}

#[test]
fn lines_are_the_same_in_any_piece_size_and_with_a_lone_lf() {
    let input = b"* OK ready\r\n* 1 FETCH (BODY[] {4}\r\na\r\nb UID 1)\r\n* LIST () \"/\" {3}\na b\na1 OK done {5}\r\n+ idling {3}\r\n";
    let wanted = [
        "* OK ready",
        "* 1 FETCH (BODY[] {4}\r\na\r\nb UID 1)",
        "* LIST () \"/\" {3}\r\na b",
        "a1 OK done {5}",
        "+ idling {3}",
    ];
    for size in 1..input.len() {
        assert_eq!(
            lines(&read(input, size, ReadLimits::default()).expect("small")),
            wanted,
            "{size}"
        );
    }
}

#[test]
fn a_large_literal_goes_out_in_pieces_and_leaves_a_marker() {
    let limits = ReadLimits {
        line: 200,
        inline_literal: 8,
        literal: 1000,
    };
    let body = b"0123456789\r\n".repeat(20);
    let mut input = format!("* 3 FETCH (UID 9 BODY[] {{{}}}\r\n", body.len()).into_bytes();
    input.extend_from_slice(&body);
    input.extend_from_slice(b" FLAGS ())\r\n* 4 EXISTS\r\n");
    for size in [1, 7, 64, 4096] {
        let events = read(&input, size, limits).expect("within the limits");
        let mut data = Vec::new();
        for event in &events {
            if let ReadEvent::LiteralData(bytes) = event {
                data.extend_from_slice(bytes);
            }
        }
        assert_eq!(data, body);
        assert_eq!(
            events.first(),
            Some(&ReadEvent::LiteralStart { index: 0, len: 240 })
        );
        assert!(events.contains(&ReadEvent::LiteralEnd { index: 0 }));
        assert_eq!(
            lines(&events),
            ["* 3 FETCH (UID 9 BODY[] {240}\r\n FLAGS ())", "* 4 EXISTS"]
        );
    }
}

#[test]
fn five_announced_gigabytes_are_refused_and_the_message_can_be_named() {
    let mut reader = ResponseReader::new(ReadLimits::default());
    reader.feed(b"* 3 FETCH (UID 9 BODY[] {5368709120}\r\n");
    let wanted = ReadError::LiteralTooLarge {
        announced: 5_368_709_120,
        limit: 100 * 1024 * 1024,
    };
    assert_eq!(reader.next_event(), Err(wanted));
    assert_eq!(
        reader.line_so_far(),
        b"* 3 FETCH (UID 9 BODY[] {5368709120}"
    );
    reader.feed(b"more");
    assert_eq!(
        reader.next_event(),
        Err(wanted),
        "a reader that is out of step stays so"
    );
    let mut reader = ResponseReader::new(ReadLimits::default());
    reader.feed(b"* 3 FETCH (BODY[] {99999999999999999999999999}\r\n");
    assert!(matches!(
        reader.next_event(),
        Err(ReadError::LiteralTooLarge { .. })
    ));
}

#[test]
fn a_line_of_ten_megabytes_is_a_clear_error() {
    let input = vec![b'x'; 10 * 1024 * 1024];
    let wanted = ReadError::LineTooLong { limit: 1024 * 1024 };
    assert_eq!(read(&input, 64 * 1024, ReadLimits::default()), Err(wanted));
    let mut ended = vec![b'x'; 2 * 1024 * 1024];
    ended.push(b'\n');
    assert_eq!(
        read(&ended, ended.len(), ReadLimits::default()),
        Err(wanted)
    );
}

#[test]
fn many_inline_literals_cannot_outgrow_the_line() {
    let limits = ReadLimits {
        line: 100,
        inline_literal: 30,
        literal: 30,
    };
    let mut input = b"* 1 FETCH (".to_vec();
    for _ in 0..10 {
        input.extend_from_slice(b"X {30}\r\n");
        input.extend_from_slice(&[b'z'; 30]);
    }
    input.extend_from_slice(b")\r\n");
    let events = read(&input, 13, limits);
    assert_eq!(events, Err(ReadError::LineTooLong { limit: 100 }));
}
