//! Backups: everything comes back, on either database, made beside work; and nothing of a broken one.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use secrecy::ExposeSecret as _;
use store::audit::{self, Actor};
use store::backup::{self, Kind, LEFT_OUT, Summary, Table, Target};
use store::search::{self, Field};
use store::testing::{START, TestStore};
use store::{BlobId, Error, Store, World, args, check, credentials, grants};

use crate::scene::{Mailbox, at, is_sqlite, mailbox, pull, raw, user};
use crate::submissions::order;

async fn make(store: &Store) -> (Vec<u8>, Summary) {
    backup::make(store, Vec::new(), Box::new(|_| {}))
        .await
        .expect("the backup is made")
}

/// An empty place with the same key file.
struct Place {
    folder: tempfile::TempDir,
    database: String,
    _postgres: Option<testing::postgres::Database>,
}

impl Place {
    /// `None` where PostgreSQL is wished for and not there.
    fn new(source: &TestStore, postgres: bool) -> Option<Place> {
        let folder = testing::temporary_folder("restored");
        let server = if postgres {
            Some(testing::postgres::database()?)
        } else {
            None
        };
        let database = server.as_ref().map_or_else(
            || format!("sqlite:{}/tegata.db", folder.path().display()),
            |server| server.url.clone(),
        );
        std::fs::copy(
            source.folder.join("tegata.key"),
            folder.path().join("tegata.key"),
        )
        .unwrap();
        Some(Place {
            folder,
            database,
            _postgres: server,
        })
    }

    async fn restore_with(
        &self,
        bytes: &[u8],
        key_file: &str,
        replace: bool,
    ) -> store::Result<Summary> {
        let (world, _) = World::for_tests(START, 50);
        let blobs = format!("file:{}/blobs", self.folder.path().display());
        let target = Target {
            database: &self.database,
            blobs: &blobs,
            key_file: &self.folder.path().join(key_file),
            replace,
        };
        backup::restore(&target, bytes, world, Box::new(|_| {})).await
    }

    async fn restore(&self, bytes: &[u8]) -> store::Result<Summary> {
        self.restore_with(bytes, "tegata.key", false).await
    }

    async fn open(&self) -> Store {
        let (world, _) = World::for_tests(START, 51);
        let blobs = format!("file:{}/blobs", self.folder.path().display());
        Store::open(
            &self.database,
            &blobs,
            &self.folder.path().join("tegata.key"),
            world,
        )
        .await
        .expect("what was restored opens")
    }

    fn blob_files(&self) -> usize {
        fn count(folder: &std::path::Path) -> usize {
            std::fs::read_dir(folder).map_or(0, |entries| {
                entries
                    .map(|entry| entry.unwrap().path())
                    .map(|path| if path.is_dir() { count(&path) } else { 1 })
                    .sum()
            })
        }
        count(&self.folder.path().join("blobs"))
    }
}

/// All rows of all tables, each as a line, sorted; what a restore changes on purpose is left out.
async fn dump(store: &Store) -> BTreeMap<String, Vec<String>> {
    store
        .read(|tx| {
            Box::pin(async move {
                let mut all = BTreeMap::new();
                for table in backup::tables(tx).await? {
                    let names: Vec<String> = table
                        .columns
                        .iter()
                        .map(|column| format!("\"{}\"", column.name))
                        .collect();
                    let sql = format!("SELECT {} FROM {}", names.join(", "), table.name);
                    let mut lines = Vec::new();
                    for row in tx.rows(sql, args![]).await? {
                        let mut line = Vec::new();
                        for (index, column) in table.columns.iter().enumerate() {
                            let value = match column.kind {
                                Kind::Number => format!("{:?}", row.get::<Option<i64>>(index)?),
                                Kind::Text => format!("{:?}", row.get::<Option<String>>(index)?),
                                Kind::Octets => format!("{:?}", row.get::<Option<Vec<u8>>>(index)?),
                            };
                            let name = (table.name.as_str(), column.name.as_str());
                            let on_purpose = matches!(
                                name,
                                ("accounts", "modseq" | "log_floor")
                                    | ("submissions", "status" | "undo_status")
                            );
                            if !on_purpose {
                                line.push(format!("{}={value}", column.name));
                            }
                        }
                        let anew = table.name == "changes" && row.get::<i64>(1)? > 1 << 24;
                        if !anew {
                            lines.push(line.join(" "));
                        }
                    }
                    lines.sort();
                    all.insert(table.name, lines);
                }
                Ok(all)
            })
        })
        .await
        .expect("the tables are read")
}

async fn blobs(store: &Store) -> BTreeMap<String, Vec<u8>> {
    let ids = store
        .read(|tx| {
            Box::pin(async move {
                let rows = tx.rows("SELECT DISTINCT id FROM blobs", args![]).await?;
                rows.iter()
                    .map(|row| row.get::<BlobId>(0))
                    .collect::<store::Result<Vec<_>>>()
            })
        })
        .await
        .unwrap();
    let mut all = BTreeMap::new();
    for id in ids {
        let bytes = store.blobs().get(id).await.unwrap().expect("it is kept");
        all.insert(id.to_string(), bytes.to_vec());
    }
    all
}

async fn found(store: &Store, query: &'static str) -> Vec<i64> {
    store
        .read(move |tx| {
            Box::pin(async move {
                let (sql, text) =
                    search::condition(tx, Field::Everything, query, 1).expect("words");
                let rows = tx
                    .rows(
                        format!("SELECT e.seq FROM emails e WHERE {sql} ORDER BY e.seq"),
                        args![text],
                    )
                    .await?;
                rows.iter().map(|row| row.get(0)).collect()
            })
        })
        .await
        .unwrap()
}

/// Puts a row into every table that has none, whatever its columns are, with the ids of rows that are there.
async fn fill_empty_tables(t: &TestStore) {
    let tables: Vec<Table> = read!(t, tx => backup::tables(tx).await);
    // A table that refers to another empty one is filled in a later round.
    for _ in 0..4 {
        for table in tables.clone() {
            let sqlite = is_sqlite(t);
            let _ = t
                .store
                .write(move |tx| {
                    Box::pin(async move {
                        let sql = format!("SELECT COUNT(*) FROM {}", table.name);
                        if tx.number(sql, args![]).await? > 0 {
                            return Ok(());
                        }
                        let sql = if sqlite {
                            "SELECT \"from\", \"table\", COALESCE(\"to\", 'id') FROM pragma_foreign_key_list($1)"
                        } else {
                            "SELECT CAST(a.attname AS TEXT), CAST(CAST(c.confrelid AS regclass) AS TEXT), CAST(f.attname AS TEXT) \
                             FROM pg_constraint c CROSS JOIN LATERAL unnest(c.conkey, c.confkey) AS k (here, there) \
                             JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.here \
                             JOIN pg_attribute f ON f.attrelid = c.confrelid AND f.attnum = k.there \
                             WHERE c.contype = 'f' AND CAST(CAST(c.conrelid AS regclass) AS TEXT) = $1"
                        };
                        let mut parents = BTreeMap::new();
                        for row in tx.rows(sql, args![table.name.as_str()]).await? {
                            let (from, parent, to): (String, String, String) =
                                (row.get(0)?, row.get(1)?, row.get(2)?);
                            let known = tx
                                .row(format!("SELECT {to} FROM {parent} ORDER BY {to} LIMIT 1"), args![])
                                .await?;
                            if let Some(known) = known {
                                parents.insert(from, known.get::<Vec<u8>>(0)?);
                            }
                        }
                        let (mut names, mut values) = (Vec::new(), Vec::new());
                        for column in &table.columns {
                            let name = column.name.as_str();
                            let known = parents.get(name).cloned();
                            values.push(match column.kind {
                                Kind::Number => store::db::Value::Int(i64::MIN + 7),
                                Kind::Text => store::db::Value::Text("「値」 '\"\\\n😀".into()),
                                Kind::Octets => store::db::Value::Blob(
                                    known.unwrap_or_else(|| (0..16).map(|n| 250 + n % 6).collect()),
                                ),
                            });
                            names.push(format!("\"{name}\""));
                        }
                        let marks: Vec<String> =
                            (1..=names.len()).map(|n| format!("${n}")).collect();
                        let sql = format!(
                            "INSERT INTO {} ({}) VALUES ({})",
                            table.name,
                            names.join(", "),
                            marks.join(", ")
                        );
                        tx.execute(sql, &values).await.map(drop)
                    })
                })
                .await;
        }
    }
    let all = dump(&t.store).await;
    let empty: Vec<&String> = all
        .iter()
        .filter(|(_, rows)| rows.is_empty())
        .map(|(table, _)| table)
        .collect();
    assert!(empty.is_empty(), "no row to compare in {empty:?}");
}

async fn a_life(t: &TestStore) -> Mailbox {
    let m = mailbox(t).await;
    user(t, "bob", store::users::Role::Administrator).await;
    for (uid, (subject, body)) in [
        ("東京都庁の会議", "明日の議題です"),
        ("Meeting", "the agenda \u{1F600} 'quoted' \"twice\""),
        ("長い", &"とても長い本文。".repeat(30_000)),
    ]
    .into_iter()
    .enumerate()
    {
        let mail = raw(&format!("{uid}@x"), "", subject, body);
        pull(t, &m, at(m.inbox, uid as i64 + 1), &mail).await;
    }
    order(t, &m, 7).await;
    write!(t, tx => audit::add(tx, &Actor::system(), "test.done", "x", serde_json::json!({"a": [1, null]})).await);
    fill_empty_tables(t).await;
    m
}

async fn comes_back(t: &TestStore, postgres: bool) {
    let Some(place) = Place::new(t, postgres) else {
        return;
    };
    let m = a_life(t).await;
    let (bytes, made) = make(&t.store).await;
    assert!(made.totals.missing_blobs.is_empty());
    for text in ["明日の議題", "agenda", "alice@example.com", "top-secret"] {
        assert!(
            !bytes
                .windows(text.len())
                .any(|part| part == text.as_bytes()),
            "{text}"
        );
    }
    let read = backup::verify(
        &t.folder.join("tegata.key"),
        bytes.as_slice(),
        Box::new(|_| {}),
    );
    assert_eq!(read.unwrap().totals, made.totals);
    let done = place.restore(&bytes).await.expect("it is restored");
    assert_eq!((done.totals, done.unclear), (made.totals, 1));
    let other = place.open().await;
    let (before, after) = (dump(&t.store).await, dump(&other).await);
    assert_eq!(
        before.keys().collect::<Vec<_>>(),
        after.keys().collect::<Vec<_>>()
    );
    for (table, rows) in &before {
        assert!(!rows.is_empty(), "{table}");
        assert_eq!(rows, &after[table], "{table}");
    }
    assert_eq!(blobs(&t.store).await, blobs(&other).await);
    for query in ["京都", "agenda", "議題", "長い本文", "bob"] {
        let expected = found(&t.store, query).await;
        assert!(!expected.is_empty(), "{query}");
        assert_eq!(expected, found(&other, query).await, "{query}");
    }
    let opened = other
        .read(move |tx| {
            Box::pin(async move {
                Ok((
                    grants::refresh_token(tx, m.grant).await?.unwrap(),
                    grants::access_token(tx, m.grant).await?.unwrap(),
                    credentials::secret(tx, m.credential).await?.unwrap(),
                ))
            })
        })
        .await
        .unwrap();
    assert_eq!(opened.0.expose_secret(), "refresh-0");
    assert_eq!(opened.1.expose_secret(), "access-0");
    assert_eq!(opened.2.expose_secret(), "GOCSPX-top-secret");
    // A browser that knew an older state is told so; the state that it gets now holds.
    let states = other
        .read(move |tx| {
            Box::pin(async move {
                use store::changes::{Kind, since, state};
                let now = state(tx, m.account, Kind::Email).await?;
                let old = since(tx, m.account, Kind::Email, 1.into(), None).await?;
                let new = since(tx, m.account, Kind::Email, now.into(), None).await?;
                Ok((old.is_none(), new.is_some_and(|new| new.updated.is_empty())))
            })
        })
        .await
        .unwrap();
    assert_eq!(states, (true, true));
    // What was made to compare is no sound data; the rest is.
    let findings = |all: Vec<String>| -> Vec<String> {
        all.into_iter()
            .filter(|line| !line.contains("connects.verifier"))
            .collect()
    };
    let (here, there) = (
        findings(check::run(&t.store).await.unwrap()),
        findings(check::run(&other).await.unwrap()),
    );
    assert_eq!(here, there);
    other.close().await;
}

/// Takes away what was made only to compare, so that the check at the end finds nothing.
async fn tidy(t: &TestStore) {
    write!(t, tx => {
        tx.execute("DELETE FROM connects", args![]).await
    });
}

on_both! {
    async fn everything_comes_back_on_the_same_kind_of_database(t) {
        comes_back(t, !is_sqlite(t)).await;
        tidy(t).await;
    }

    async fn everything_comes_back_on_the_other_kind_of_database(t) {
        comes_back(t, is_sqlite(t)).await;
        tidy(t).await;
    }

    async fn a_backup_that_is_made_beside_a_writer_is_one_moment(t) {
        let m = mailbox(t).await;
        let stop = Arc::new(AtomicBool::new(false));
        let (end, store, account) = (stop.clone(), t.store.clone(), m);
        let writer = tokio::spawn(async move {
            let mut number = 0;
            while !end.load(Ordering::SeqCst) || number < 20 {
                number += 1;
                let mail = raw(&format!("w{number}@x"), "", "written meanwhile", &format!("mail {number}"));
                let blob_id = store.blobs().put(&mail).await.unwrap();
                let message = wire::mime::read(&mail);
                let search_text = wire::mime::search_text(&mail, &message);
                let new = store::emails::NewEmail {
                    blob_id, size: mail.len(), received_at: START, message, search_text, keywords: Vec::new(),
                    gm_msgid: None, gm_thrid: None, folders: Vec::new(), odd: None,
                };
                store.write(move |tx| Box::pin(async move {
                    audit::add(tx, &Actor::system(), "test.before", number.to_string(), serde_json::json!({})).await?;
                    store::emails::add(tx, account.account, &new, Some(at(account.inbox, number))).await?;
                    audit::add(tx, &Actor::system(), "test.after", number.to_string(), serde_json::json!({})).await
                })).await.unwrap();
            }
            number
        });
        for round in 0..3 {
            let (bytes, made) = make(&t.store).await;
            assert!(made.totals.missing_blobs.is_empty());
            let place = Place::new(t, round == 1 && !is_sqlite(t)).expect("it is there");
            place.restore(&bytes).await.unwrap();
            let other = place.open().await;
            let counts = other.read(|tx| Box::pin(async move {
                let mut counts = Vec::new();
                for sql in [
                    "SELECT COUNT(*) FROM audit WHERE action = 'test.before'",
                    "SELECT COUNT(*) FROM audit WHERE action = 'test.after'",
                    "SELECT COUNT(*) FROM emails",
                    "SELECT COUNT(*) FROM copies",
                ] {
                    counts.push(tx.number(sql, args![]).await?);
                }
                Ok(counts)
            })).await.unwrap();
            assert!(counts.iter().all(|count| *count == counts[0]), "{counts:?}");
            assert_eq!(check::run(&other).await.unwrap(), Vec::<String>::new());
            other.close().await;
        }
        stop.store(true, Ordering::SeqCst);
        assert!(writer.await.unwrap() >= 20);
    }

    async fn a_broken_backup_restores_nothing(t) {
        let m = mailbox(t).await;
        let body = "x".repeat(90_000).replace("xxx", "x1y2z");
        for uid in 1..=3 {
            let noise: String = (0..6_000).map(|_| format!("{:02x}", t.store.world().random::<1>()[0])).collect();
            pull(t, &m, at(m.inbox, uid), &raw(&format!("{uid}@x"), "", "hello", &format!("{noise}{body}"))).await;
        }
        let (bytes, _) = make(&t.store).await;
        assert!(bytes.len() > 20_000, "{}", bytes.len());
        let place = Place::new(t, !is_sqlite(t)).expect("it is there");
        let step = (bytes.len() / 9).max(1);
        let mut broken: Vec<Vec<u8>> = [0, 10, 40, 68, 69, bytes.len() - 17, bytes.len() - 1]
            .into_iter().chain((100..bytes.len()).step_by(step)).map(|at| bytes[..at].to_vec()).collect();
        for at in (70..bytes.len()).step_by(step) {
            let mut flipped = bytes.clone();
            flipped[at] ^= 0x10;
            broken.push(flipped);
        }
        broken.push([bytes.clone(), vec![0]].concat());
        broken.push([bytes.clone(), bytes.clone()].concat());
        for (turn, bytes) in broken.iter().enumerate() {
            let refused = place.restore(bytes).await.unwrap_err();
            assert!(matches!(refused, Error::Backup(_)), "{turn}: {refused}");
            assert_eq!(place.blob_files(), 0, "{turn}");
        }
        // And it is as empty as before: the whole one goes in.
        place.restore(&bytes).await.unwrap();
        let other = place.open().await;
        assert_eq!(check::run(&other).await.unwrap(), Vec::<String>::new());
        other.close().await;
    }

    async fn without_its_key_a_backup_restores_nothing_and_says_why(t) {
        mailbox(t).await;
        let (bytes, _) = make(&t.store).await;
        let place = Place::new(t, !is_sqlite(t)).expect("it is there");
        let text = place.restore_with(&bytes, "none.key", false).await.unwrap_err().to_string();
        assert!(text.contains("is not there") && text.contains("never holds it"), "{text}");
        assert!(!place.folder.path().join("none.key").exists());
        let (world, _) = World::for_tests(0, 99);
        store::seal::KeyRing::load_or_create(&place.folder.path().join("other.key"), &world).unwrap();
        let text = place.restore_with(&bytes, "other.key", false).await.unwrap_err().to_string();
        assert!(text.contains("sealed with another key 1"), "{text}");
        assert_eq!(place.blob_files(), 0);
    }

    async fn a_database_that_holds_data_is_replaced_only_by_order(t) {
        let m = mailbox(t).await;
        pull(t, &m, at(m.inbox, 1), &raw("a@x", "", "first", "one")).await;
        let (bytes, _) = make(&t.store).await;
        let place = Place::new(t, !is_sqlite(t)).expect("it is there");
        place.restore(&bytes).await.unwrap();
        let text = place.restore(&bytes).await.unwrap_err().to_string();
        assert!(text.contains("already holds data") && text.contains("--replace"), "{text}");
        pull(t, &m, at(m.inbox, 2), &raw("b@x", "", "second", "two")).await;
        let (newer, _) = make(&t.store).await;
        // A broken one leaves what is there, also when it was to be replaced.
        place.restore_with(&newer[..newer.len() - 1], "tegata.key", true).await.unwrap_err();
        let other = place.open().await;
        assert_eq!((found(&other, "first").await.len(), found(&other, "second").await.len()), (1, 0));
        other.close().await;
        place.restore_with(&newer, "tegata.key", true).await.unwrap();
        let other = place.open().await;
        assert_eq!((found(&other, "first").await.len(), found(&other, "second").await.len()), (1, 1));
        assert_eq!(check::run(&other).await.unwrap(), Vec::<String>::new());
        other.close().await;
    }

    async fn a_backup_of_a_newer_version_is_refused_with_its_name(t) {
        write!(t, tx => tx.execute(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
             SELECT 999999, 'from the future', success, checksum, execution_time FROM _sqlx_migrations WHERE version = 1",
            args![],
        ).await);
        let (bytes, _) = make(&t.store).await;
        let place = Place::new(t, !is_sqlite(t)).expect("it is there");
        let text = place.restore(&bytes).await.unwrap_err().to_string();
        assert!(text.contains("version 999999") && text.contains("newer than this program's"), "{text}");
        write!(t, tx => tx.execute("DELETE FROM _sqlx_migrations WHERE version = 999999", args![]).await);
    }

    async fn a_blob_that_is_missing_is_told_and_the_rest_comes_back(t) {
        let m = mailbox(t).await;
        let mail = raw("a@x", "", "first", "one");
        pull(t, &m, at(m.inbox, 1), &mail).await;
        let id = BlobId::of(&mail).to_string();
        let path = t.folder.join("blobs").join(&id[1..3]).join(&id[3..5]).join(&id);
        let kept = std::fs::read(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        let (bytes, made) = make(&t.store).await;
        assert_eq!(made.totals.missing_blobs, [id]);
        let place = Place::new(t, !is_sqlite(t)).expect("it is there");
        assert_eq!(place.restore(&bytes).await.unwrap().totals.missing_blobs.len(), 1);
        std::fs::write(&path, kept).unwrap();
    }

    // The schema is asked itself, so this fails when a table is neither taken nor left out for a reason.
    async fn every_table_is_backed_up_or_left_out_for_a_reason(t) {
        let sql = if is_sqlite(t) {
            "SELECT name FROM sqlite_master WHERE type = 'table'"
        } else {
            "SELECT CAST(table_name AS TEXT) FROM information_schema.tables WHERE table_schema = current_schema()"
        };
        let rows = read!(t, tx => tx.rows(sql, args![]).await);
        let taken = make(&t.store).await.1.totals.tables;
        for row in rows {
            let name: String = row.get(0).unwrap();
            let left = LEFT_OUT.iter().any(|(start, why)| name.starts_with(start) && !why.is_empty());
            assert!(taken.contains_key(&name) != left, "{name}");
        }
        assert!(taken.len() > 25, "{taken:?}");
    }
}
