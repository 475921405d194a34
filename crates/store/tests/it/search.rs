//! Full text: the same hits on both databases. The expectations are written once, so both are held to them.

use store::emails::query::{Condition, Field, Filter, From, Query, query};
use store::testing::TestStore;

use crate::scene::{Mailbox, at, mailbox, pull, raw};

async fn hits(t: &TestStore, m: &Mailbox, field: Field, text: &str) -> Vec<String> {
    let question = Query {
        filter: Some(Filter::Is(Condition::Contains(field, text.to_owned()))),
        sort: Vec::new(),
        collapse_threads: false,
        from: From::Position(0),
        limit: 100,
        total: false,
    };
    let account = m.account;
    let page = read!(t, tx => query(tx, account, &question).await).expect("no refusal");
    let mut subjects: Vec<String> = Vec::new();
    for id in page.ids {
        subjects.push(
            crate::scene::email(t, m, id)
                .await
                .message
                .headers
                .message_id[0]
                .clone(),
        );
    }
    subjects.sort();
    subjects
}

async fn filled(t: &TestStore) -> Mailbox {
    let m = mailbox(t).await;
    let mails = [
        ("1", "東京都庁の会議", "明日の会議は都庁で行います。"),
        ("2", "京都の紅葉", "京都は今が見頃です。東山へ。"),
        ("3", "ﾃｽﾄ送信", "半角カナのテストです。"),
        (
            "4",
            "会議 in Tokyo",
            "Meeting about the budget in tokyo, room O'Brien \"B\".",
        ),
        ("5", "Quarterly", "report: nothing else. 50% off_now!"),
        ("6", "大阪", "新しい首都。"),
    ];
    for (uid, (id, subject, body)) in mails.iter().enumerate() {
        pull(
            t,
            &m,
            at(m.inbox, uid as i64),
            &raw(
                id,
                "Cc: =?utf-8?B?6Yi05pyo?= <suzuki@example.jp>\r\n",
                subject,
                body,
            ),
        )
        .await;
    }
    m
}

on_both! {
    async fn japanese_and_english_queries_find_what_they_should(t) {
        let m = filled(t).await;
        let expected: [(&str, &[&str]); 18] = [
            ("東京", &["1"]),
            ("京都", &["1", "2"]),
            ("都庁で", &["1"]),
            ("ﾃｽﾄ", &["3"]),
            ("テスト", &["3"]),
            ("会議 tokyo", &["4"]),
            ("TOKYO", &["4"]),
            ("'; DROP TABLE emails; --\" OR *", &[]),
            ("都", &["1", "2", "6"]),
            ("meet", &["4"]),
            ("\"meet\"", &[]),
            ("\"budget in tokyo\"", &["4"]),
            ("\"tokyo in budget\"", &[]),
            ("O'Brien", &["4"]),
            ("京都 紅葉", &["2"]),
            ("紅葉京都", &[]),
            // A phrase does not run from one field into the next.
            ("\"quarterly report\"", &[]),
            ("quarterly report", &["5"]),
        ];
        for (text, wanted) in expected {
            assert_eq!(hits(t, &m, Field::Text, text).await, wanted, "{text}");
        }
    }

    async fn hostile_queries_are_only_words(t) {
        let m = filled(t).await;
        for text in ["\"", "\"\"\"", "NEAR(a b)", "subject:京都", "a:*", "&|!<->", "\\'", "(((", "{body}: x", "\u{0}", "%_", "😀", "・", "-会議", "x'); --"] {
            hits(t, &m, Field::Text, text).await;
        }
        let long = "あ".repeat(5000);
        assert!(hits(t, &m, Field::Body, &long).await.is_empty());
        let words: String = (0..500).map(|number| format!("w{number} ")).collect();
        assert!(hits(t, &m, Field::Text, &words).await.is_empty());
    }

    async fn a_field_is_searched_alone(t) {
        let m = filled(t).await;
        assert_eq!(hits(t, &m, Field::Subject, "会議").await, ["1", "4"]);
        assert_eq!(hits(t, &m, Field::Body, "会議").await, ["1"]);
        assert_eq!(hits(t, &m, Field::From, "bob").await.len(), 6);
        assert_eq!(hits(t, &m, Field::Cc, "鈴木").await.len(), 6);
        assert!(hits(t, &m, Field::To, "鈴木").await.is_empty());
        assert_eq!(hits(t, &m, Field::To, "alice@example.com").await.len(), 6);
    }

    async fn what_is_removed_is_not_found_any_more(t) {
        let m = filled(t).await;
        let id = read!(t, tx => store::emails::by_message_id(tx, m.account, "2").await).unwrap();
        write!(t, tx => store::emails::remove(tx, m.account, id).await);
        assert_eq!(hits(t, &m, Field::Text, "京都").await, ["1"]);
    }

    async fn nobody_finds_anothers_mail(t) {
        let m = filled(t).await;
        let other = Mailbox { account: store::AccountId([9; 16]), ..m };
        assert!(hits(t, &other, Field::Text, "京都").await.is_empty());
    }
}
