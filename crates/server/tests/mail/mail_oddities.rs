//! Mail that nobody should write. Each arrives, can be read, and stands in nobody's way.

use serde_json::{Value, json};
use testing::wait_for;

use crate::scene::{ALICE, CAROL, House, Mailbox, PATIENCE};

const ALL: [&str; 18] = [
    "id",
    "blobId",
    "threadId",
    "mailboxIds",
    "keywords",
    "size",
    "receivedAt",
    "messageId",
    "subject",
    "from",
    "to",
    "cc",
    "sentAt",
    "bodyStructure",
    "textBody",
    "htmlBody",
    "attachments",
    "preview",
];

fn head(subject: &str) -> String {
    format!(
        "From: Sender <sender@elsewhere.example>\r\nTo: someone@example.com\r\nSubject: {subject}\r\n\
         Message-ID: <{}@odd.example>\r\nMIME-Version: 1.0\r\n",
        subject.replace(' ', "-")
    )
}

/// The worst ones, each with a name for messages of failures.
fn odd_mails() -> Vec<(&'static str, Vec<u8>)> {
    let text = |text: String| text.into_bytes();
    let nested: String = (0..20_000)
        .map(|n| format!("Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n"))
        .collect();
    let flat: String = (0..20_000)
        .map(|n| format!("--b\r\nContent-Type: text/plain\r\n\r\npart {n}\r\n"))
        .collect();
    let recipients: Vec<String> = (0..100_000)
        .map(|n| format!("person{n}@example.com"))
        .collect();
    let zero = {
        let mut raw =
            text(head("with zero bytes") + "Content-Type: text/plain; charset=utf-8\r\n\r\n");
        raw.extend_from_slice(b"a\0b\0\0c\r\n");
        raw
    };
    let mut wrong =
        text(head("wrong label") + "Content-Type: text/plain; charset=us-ascii\r\n\r\n");
    // Shift_JIS under the name of ASCII.
    wrong.extend_from_slice(&[
        0x82, 0xb1, 0x82, 0xf1, 0x82, 0xc9, 0x82, 0xbf, 0x82, 0xcd, b'\r', b'\n',
    ]);
    let mut unknown =
        text(head("unknown label") + "Content-Type: text/plain; charset=x-no-such-thing\r\n\r\n");
    unknown.extend_from_slice("こんにちは\r\n".as_bytes());
    vec![
        (
            "no headers at all",
            b"\r\njust a body without any header\r\n".to_vec(),
        ),
        ("one word", b"word".to_vec()),
        ("only a line end", b"\r\n".to_vec()),
        (
            "20,000 nested parts",
            text(head("nested parts") + &nested + "the core\r\n"),
        ),
        (
            "20,000 parts side by side",
            text(
                head("flat parts")
                    + "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
                    + &flat
                    + "--b--\r\n",
            ),
        ),
        (
            "100,000 recipients",
            text(
                head("to the whole world")
                    + &format!("Cc: {}\r\n\r\nx\r\n", recipients.join(",\r\n ")),
            ),
        ),
        ("zero bytes", zero),
        (
            "zero bytes in a header",
            b"Subject: ze\0ro\r\nFrom: a\0b@example.com\r\n\r\nx\r\n".to_vec(),
        ),
        ("a wrong charset label", wrong),
        ("an unknown charset label", unknown),
        (
            "a header of a megabyte",
            text(format!("Subject: {}\r\n\r\nx\r\n", "long ".repeat(200_000))),
        ),
        (
            "200,000 references",
            text(
                head("many references")
                    + &format!("References: {}\r\n\r\nx\r\n", "<a@b> ".repeat(200_000)),
            ),
        ),
        (
            "a date in the year 300000",
            text(
                "Date: Mon, 23 Nov 300000 09:00:00 +0900\r\n".to_owned()
                    + &head("far away")
                    + "\r\nx\r\n",
            ),
        ),
    ]
}

async fn total(mailbox: &Mailbox) -> u64 {
    mailbox.folder("inbox").await["totalEmails"]
        .as_u64()
        .unwrap_or(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_odd_mail_arrives_can_be_read_and_lets_the_next_one_through() {
    let house = House::new().await;
    let person = ALICE;
    let mailbox = house.connect(person).await;
    house.until(&mailbox.id, "sync", "live").await;
    for (number, (name, raw)) in odd_mails().into_iter().enumerate() {
        let before = total(&mailbox).await;
        house.sandbox.deliver(person, &raw).expect("delivered");
        wait_for(name, PATIENCE, async || {
            (total(&mailbox).await > before).then_some(())
        })
        .await;
        let next = format!("next after {number}");
        house.deliver(person, &next);
        mailbox.arrived(&next).await;
    }
    everything_can_be_read(&mailbox).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_mails_in_the_first_pull_do_not_hold_it_up() {
    let house = House::new().await;
    let count = odd_mails().len() as u64;
    let person = CAROL;
    for (number, (_, raw)) in odd_mails().into_iter().enumerate() {
        house.sandbox.deliver(person, &raw).expect("delivered");
        house.deliver(person, &format!("between {number}"));
    }
    let mailbox = house.connect(person).await;
    house.until(&mailbox.id, "sync", "live").await;
    assert_eq!(total(&mailbox).await, 2 * count);
    everything_can_be_read(&mailbox).await;
}

async fn everything_can_be_read(mailbox: &Mailbox) {
    let query = json!({ "limit": 100 });
    let ids = mailbox.jmap.call(&mailbox.id, "Email/query", query).await["ids"].clone();
    for id in ids.as_array().into_iter().flatten() {
        let get = json!({ "ids": [id], "properties": ALL, "fetchAllBodyValues": true, "maxBodyValueBytes": 100_000 });
        let got = mailbox.jmap.call(&mailbox.id, "Email/get", get).await;
        let email = &got["list"][0];
        assert_eq!(email["id"], *id, "{got}");
        assert!(
            email["size"].as_u64().is_some_and(|size| size > 0),
            "{}",
            email["subject"]
        );
        assert_ne!(email["blobId"], Value::Null);
        let blob = crate::scene::text(&email["blobId"]);
        let path = format!(
            "/jmap/download/{}/{blob}/mail.eml?type=message/rfc822",
            mailbox.id
        );
        let raw = mailbox.jmap.client.get(&path).await.is(200);
        assert_eq!(raw.bytes.len() as u64, email["size"].as_u64().unwrap_or(0));
    }
}
