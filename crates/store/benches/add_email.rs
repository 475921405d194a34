//! How fast mail is understood and kept.
//!
//!     raw mail -- wire::mime::read, search text --> parse
//!              -- Blobs::put (compressed, synced) -> blobs
//!              -- both, then emails::add, 25 in a commit as a pull does --> kept, on SQLite and PostgreSQL
//!
//! The mails are those of the sandbox's Japanese and English office, each with a Message-ID of its own, so that
//! every one is new. PostgreSQL is measured where `TEGATA_TEST_POSTGRES` names a server.

use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use sandbox::corpus;
use store::emails;
use store::testing::TestStore;
use tokio::runtime::Runtime;
use wire::mime::Address;

#[path = "../tests/it/scene.rs"]
#[expect(
    dead_code,
    unused_macros,
    reason = "the tests' scene offers more than is measured here"
)]
mod scene;

use scene::Mailbox;

/// Mails that are committed together (`sync::pull`).
const BATCH: usize = 25;

/// Mails without end, no two alike.
struct Mails {
    corpus: Vec<Vec<u8>>,
    given: usize,
}

impl Mails {
    fn new() -> Mails {
        let to = Address {
            name: Some("佐藤花子".to_owned()),
            email: "alice@example.com".to_owned(),
        };
        let mails = corpus::mails(7, 1_000, &to, store::testing::START / 1_000);
        let corpus: Vec<Vec<u8>> = mails.into_iter().map(|mail| mail.raw).collect();
        let octets: usize = corpus.iter().map(Vec::len).sum();
        eprintln!(
            "{} mails, {} octets in the mean",
            corpus.len(),
            octets / corpus.len()
        );
        Mails { corpus, given: 0 }
    }

    fn batch(&mut self) -> Vec<Vec<u8>> {
        (0..BATCH).map(|_| self.next()).collect()
    }

    fn next(&mut self) -> Vec<u8> {
        let raw = &self.corpus[self.given % self.corpus.len()];
        self.given += 1;
        // The first Message-ID counts.
        let own = format!("Message-ID: <{}@bench.example>\r\n", self.given);
        [own.as_bytes(), raw].concat()
    }
}

fn understand(batch: &[Vec<u8>]) -> usize {
    let read = batch.iter().map(|raw| {
        let message = wire::mime::read(raw);
        wire::mime::search_text(raw, &message).len() + message.preview.len()
    });
    read.sum()
}

async fn put(test: &TestStore, batch: &[Vec<u8>]) -> Duration {
    let began = Instant::now();
    for raw in batch {
        test.store.blobs().put(raw).await.expect("the blob is kept");
    }
    began.elapsed()
}

async fn keep(test: &TestStore, mailbox: &Mailbox, first: usize, batch: &[Vec<u8>]) -> Duration {
    let (account, inbox) = (mailbox.account, mailbox.inbox);
    let began = Instant::now();
    let mut ready = Vec::new();
    for (number, raw) in batch.iter().enumerate() {
        let uid = i64::try_from(first + number).expect("few mails");
        ready.push((scene::at(inbox, uid), scene::read_mail(test, raw).await));
    }
    let added = test
        .store
        .write(move |tx| {
            Box::pin(async move {
                let mut added = 0;
                for (place, email) in &ready {
                    let done = emails::add(tx, account, email, Some(*place)).await?;
                    added += usize::from(done.is_new);
                }
                Ok(added)
            })
        })
        .await;
    let took = began.elapsed();
    assert_eq!(added.expect("the batch is kept"), BATCH);
    took
}

fn add_email(c: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime");
    let mut mails = Mails::new();
    let mut group = c.benchmark_group("add_email");
    group.throughput(Throughput::Elements(BATCH as u64));
    let batch = mails.batch();
    group.bench_function("parse", |b| b.iter(|| understand(&batch)));
    group.sample_size(30);
    let mut kept_on = |name: &str, postgres: Option<&str>| {
        let test = runtime.block_on(TestStore::open(postgres));
        if postgres.is_none() {
            group.bench_function("blobs", |b| {
                b.iter_custom(|times| {
                    let put = |_| runtime.block_on(put(&test, &mails.batch()));
                    (0..times).map(put).sum()
                });
            });
        }
        let mailbox = runtime.block_on(scene::mailbox(&test));
        group.bench_function(name, |b| {
            b.iter_custom(|times| {
                let keep = |_| {
                    let first = mails.given + 1;
                    runtime.block_on(keep(&test, &mailbox, first, &mails.batch()))
                };
                (0..times).map(keep).sum()
            });
        });
        runtime.block_on(test.close());
    };
    kept_on("sqlite", None);
    if std::env::var(testing::postgres::VARIABLE).is_ok() {
        let database = testing::postgres::database().expect("a server is named");
        kept_on("postgres", Some(&database.url));
    }
    group.finish();
}

criterion_group!(benches, add_email);
criterion_main!(benches);
