//! What no mail should look like and some do: each is taken, and the next one comes through.

use store::emails::{self, NewEmail};
use store::testing::TestStore;

use crate::scene::{Mailbox, at, email, mailbox, pull, raw};

/// Words that differ, of sixty letters each: the longest that are indexed.
fn noise(t: &TestStore, words: usize) -> String {
    let letters: Vec<char> = ('а'..='я').collect();
    let mut text = String::new();
    for _ in 0..words {
        text.extend(
            t.store
                .world()
                .random::<60>()
                .iter()
                .map(|byte| letters[usize::from(*byte) % letters.len()]),
        );
        text.push(' ');
    }
    text
}

fn letters(t: &TestStore, length: usize) -> String {
    let mut text = String::new();
    while text.len() < length {
        text.extend(
            t.store
                .world()
                .random::<64>()
                .iter()
                .map(|byte| char::from(b'a' + byte % 26)),
        );
    }
    text.truncate(length);
    text
}

async fn take(t: &TestStore, m: &Mailbox, uid: i64, mail: &[u8]) -> emails::Email {
    let added = pull(t, m, at(m.inbox, uid), mail).await;
    assert!(added.is_new, "mail {uid}");
    email(t, m, added.id).await
}

on_both! {
    async fn every_odd_mail_is_taken_and_the_next_one_too(t) {
        let m = mailbox(t).await;
        let nested = |depth: usize| {
            let mut mail = String::new();
            for level in 0..depth {
                mail.push_str(&format!("Content-Type: multipart/mixed; boundary=b{level}\r\n\r\n--b{level}\r\n"));
            }
            mail
        };
        let many: String = (0..100_000).map(|number| format!("r{number}@example.com,\r\n ")).collect();
        let references: String = (0..5000).map(|number| format!("<{number}@example.com>\r\n ")).collect();
        let odd: Vec<Vec<u8>> = vec![
            Vec::new(),
            b"\0".to_vec(),
            b"no header at all".to_vec(),
            b"Subject: a\0b\r\nFrom: x\0y <a\0@b>\r\nMessage-ID: <a\0b@c>\r\nReferences: <r\0@c>\r\n\r\nbody\0\0\r\n".to_vec(),
            vec![0; 10_000],
            (0..=255u8).cycle().take(100_000).collect(),
            nested(20_000).into_bytes(),
            format!("To: {many}\r\nSubject: to many\r\n\r\nhello\r\n").into_bytes(),
            raw("refs@example.com", &format!("References: {references}\r\n"), "many references", "x"),
            raw(&format!("{}@example.com", letters(t, 9000)), "", "a long Message-ID", "x"),
            raw("long@example.com", &format!("References: <{}@x>\r\n", letters(t, 9000)), "a long reference", "x"),
            raw("subject@example.com", "", &letters(t, 60_000), "x"),
            raw("words@example.com", "", &noise(t, 3000), &noise(t, 12_000)),
            raw("one@example.com", "", "one word, often", &"word ".repeat(20_000)),
            b"Date: Fri, 99 Foo 999999999999 99:99:99 +9999\r\nSubject: late\r\n\r\n".to_vec(),
            b"Content-Type: text/plain; charset=no-such-charset\r\nSubject: =?x-unknown?B?////?=\r\n\r\n\x80\xff\r\n".to_vec(),
        ];
        for (uid, mail) in odd.iter().enumerate() {
            let found = take(t, &m, uid as i64, mail).await;
            assert_eq!(found.size, mail.len() as i64);
        }
        let last = take(t, &m, 900, &raw("last@example.com", "", "the next one", "comes through")).await;
        assert_eq!(last.message.headers.subject.as_deref(), Some("the next one"));
        assert!(store::check::unreadable_emails(&t.store, m.account).await.unwrap().is_empty());
    }

    async fn what_the_reader_of_mails_would_have_cut_is_taken_too(t) {
        let m = mailbox(t).await;
        let id = letters(t, 9000);
        let mut found = Vec::new();
        for uid in [1, 2] {
            let mut new = crate::scene::read_mail(t, &raw("long@example.com", "", "s", "findme")).await;
            new.message.headers.message_id = vec![id.clone()];
            new.message.headers.references = vec![letters(t, 9000), "あ".repeat(9000)];
            new.message.headers.subject = Some(noise(t, 15_000));
            new.search_text.push_str(&noise(t, 15_000));
            new.keywords = vec!["x".repeat(255); 300];
            found.push(crate::scene::add(t, m.account, new, Some(at(m.inbox, uid))).await.id);
        }
        assert_eq!(found[0], found[1]);
        assert_eq!(read!(t, tx => emails::by_message_id(tx, m.account, &id).await), Some(found[0]));
    }

    async fn a_long_message_id_is_recognised_again(t) {
        let m = mailbox(t).await;
        let id = format!("{}@example.com", letters(t, 3000));
        let mail = raw(&id, "", "a long Message-ID", "x");
        let first = pull(t, &m, at(m.inbox, 1), &mail).await;
        let again = pull(t, &m, at(m.archive, 1), &mail).await;
        assert_eq!(first.id, again.id);
        let known = email(t, &m, first.id).await.message.headers.message_id;
        let Some(id) = known.first().cloned() else { return };
        let found = read!(t, tx => emails::by_message_id(tx, m.account, &id).await);
        assert_eq!(found, Some(first.id));
    }

    async fn times_beyond_all_bounds_are_kept_in_order(t) {
        let m = mailbox(t).await;
        let mut ids = Vec::new();
        for (uid, received_at) in [i64::MIN, -1, 0, 1 << 41, i64::MAX].into_iter().enumerate() {
            let new = crate::scene::read_mail(t, &raw(&format!("{uid}@x"), "", "s", "b")).await;
            let new = NewEmail { received_at, ..new };
            ids.push(crate::scene::add(t, m.account, new, Some(at(m.inbox, uid as i64))).await.id);
        }
        let rows = read!(t, tx => tx.rows("SELECT id FROM emails ORDER BY seq", store::args![]).await);
        let ordered: Vec<store::EmailId> = rows.iter().map(|row| row.get(0).unwrap()).collect();
        assert_eq!(ordered[3..], ids[3..]);
    }
}
