//! How much of a socket's speed is left when mail comes through our IMAP reader.
//!
//!     server thread, everything in memory --> loopback, no TLS --> our Connection, each body dropped
//!                                                              --> a bare read into one buffer
//!
//! One UID FETCH of 20,000 whole messages: sizes drawn from a log-normal distribution (median 6 kB, mean near
//! 27 kB) with fixed chance. Timed from the command to its tagged answer; both read the same octets.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use sync::imap::{Connection, Limits};
use sync::net::{Target, Tls};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::runtime::Runtime;
use wire::imap::{FetchItem, SequenceSet};

const MESSAGES: u32 = 20_000;
const GREETING: &str = "* PREAUTH [CAPABILITY IMAP4rev1 IDLE] ready\r\n";
/// As large as the buffer of our connection.
const BUFFER: usize = 64 * 1024;

/// The untagged answer, and the octets of messages in it.
struct Answer {
    bytes: Vec<u8>,
    messages: u64,
}

/// Numbers that are the same on every machine (SplitMix64), as fractions of one.
struct Chance(u64);

impl Chance {
    fn fraction(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Box and Muller's normal distribution, as the exponent of a size.
    fn size(&mut self) -> usize {
        let (a, b) = (self.fraction().max(1e-12), self.fraction());
        let normal = (-2.0 * a.ln()).sqrt() * (std::f64::consts::TAU * b).cos();
        let size = 6_000.0 * (1.734 * normal).exp();
        size.clamp(400.0, 20_000_000.0) as usize
    }
}

fn answer() -> Answer {
    let line = "Content like that of an attachment, in lines of seventy-eight octets each....\r\n";
    let mut chance = Chance(1);
    let mut bytes = Vec::with_capacity(600 << 20);
    let mut messages = 0;
    for number in 1..=MESSAGES {
        let head = format!(
            "From: Alice <alice@example.com>\r\nTo: bob@example.com\r\nSubject: {number}\r\n\
             Message-ID: <{number}@example.com>\r\nDate: Mon, 23 Nov 2026 09:00:00 +0900\r\n\r\n"
        );
        let size = chance.size().max(head.len());
        let row = format!("* {number} FETCH (UID {number} BODY[] {{{size}}}\r\n");
        bytes.extend_from_slice(row.as_bytes());
        bytes.extend_from_slice(head.as_bytes());
        let rest = size - head.len();
        bytes.extend(line.as_bytes().iter().cycle().take(rest));
        bytes.extend_from_slice(b")\r\n");
        messages += size as u64;
    }
    Answer { bytes, messages }
}

/// Answers every command with the prepared answer, until the client goes.
fn serve(stream: TcpStream, answer: &Answer) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    (&stream).write_all(GREETING.as_bytes())?;
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    while let Some(line) = lines.next().transpose()? {
        let tag = line.split(' ').next().unwrap_or_default();
        (&stream).write_all(&answer.bytes)?;
        (&stream).write_all(done(tag).as_bytes())?;
    }
    Ok(())
}

fn done(tag: &str) -> String {
    format!("{tag} OK FETCH completed\r\n")
}

fn start(answer: Arc<Answer>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a port");
    let address = listener.local_addr().expect("it is bound");
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answer = answer.clone();
            // A client that goes in the middle ends its own thread only.
            std::thread::spawn(move || serve(stream, &answer));
        }
    });
    address
}

async fn ours(address: SocketAddr, answer: &Answer) -> Duration {
    let target = Target {
        host: address.ip().to_string(),
        port: address.port(),
        tls: Tls::Off,
        ca_file: None,
        proxy: None,
        allow_private_addresses: true,
        tap: None,
    };
    let mut limits = Limits::default();
    // Into nothing: no message is to be spilled to the disk.
    limits.bodies.memory = 64 << 20;
    let mut connection = Connection::open(&target, limits).await.expect("a greeting");
    let began = Instant::now();
    let items = [FetchItem::Uid, FetchItem::whole()];
    let all = SequenceSet::of(1..=MESSAGES);
    let mut run = connection.fetch(&all, &items, None);
    let (mut count, mut octets) = (0, 0);
    while let Some(mut row) = run.next().await.expect("a row") {
        let body = row.take_body("").expect("a body");
        count += 1;
        octets += body.len();
    }
    let took = began.elapsed();
    assert_eq!((count, octets), (MESSAGES, answer.messages));
    took
}

async fn bare(address: SocketAddr, answer: &Answer) -> Duration {
    let mut stream = tokio::net::TcpStream::connect(address)
        .await
        .expect("it listens");
    stream.set_nodelay(true).expect("an option");
    let mut greeting = vec![0; GREETING.len()];
    stream.read_exact(&mut greeting).await.expect("a greeting");
    let mut buffer = vec![0; BUFFER];
    let mut left = answer.bytes.len() + done("T1").len();
    let began = Instant::now();
    let command = b"T1 UID FETCH 1:20000 (UID BODY.PEEK[])\r\n";
    stream.write_all(command).await.expect("it listens on");
    while left > 0 {
        let read = stream.read(&mut buffer).await.expect("octets");
        assert!(read > 0, "the server hung up");
        left -= read;
    }
    began.elapsed()
}

fn imap_fetch(c: &mut Criterion) {
    let answer = Arc::new(answer());
    let mean = answer.messages / u64::from(MESSAGES);
    eprintln!("{MESSAGES} messages, {mean} octets in the mean");
    let address = start(answer.clone());
    let runtime = Runtime::new().expect("a runtime");
    let mut group = c.benchmark_group("imap_fetch");
    group.sample_size(15);
    group.measurement_time(Duration::from_secs(20));
    group.throughput(Throughput::Bytes(answer.bytes.len() as u64));
    group.bench_function("bare_read", |b| {
        b.iter_custom(|times| {
            (0..times)
                .map(|_| runtime.block_on(bare(address, &answer)))
                .sum()
        });
    });
    group.bench_function("our_reader", |b| {
        b.iter_custom(|times| {
            (0..times)
                .map(|_| runtime.block_on(ours(address, &answer)))
                .sum()
        });
    });
    group.finish();
}

criterion_group!(benches, imap_fetch);
criterion_main!(benches);
