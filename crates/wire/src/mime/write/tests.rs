use proptest::prelude::*;

use super::*;
use crate::mime::{part_bytes, part_text, read};

const CHANCE: [u8; 16] = [7; 16];

fn draft() -> Draft {
    Draft {
        from: vec![Address::named("佐藤 花子", "hanako@example.jp")],
        to: vec![
            Address::named("Suzuki, Taro", "taro@example.jp"),
            Address::bare("bob@example.jp"),
        ],
        bcc: vec![Address::bare("secret@example.jp")],
        subject: "御見積書のご送付（①㈱髙橋商事様）と、次回お打ち合わせの日程につきまして".into(),
        references: vec!["a@x".into(), "b@x".into()],
        date: DateTime {
            unix: 1_795_401_600,
            offset_minutes: 540,
        },
        message_id: "m@example.jp".into(),
        text: Some("お世話になっております。\n.\nFrom here\n".into()),
        ..Draft::default()
    }
}

fn lines_are_sound(raw: &[u8]) {
    assert!(raw.is_ascii() && !raw.contains(&0));
    for line in raw
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
    {
        assert!(line.ends_with(b"\r"), "a bare line feed");
        assert!(line.len() <= 998);
        assert!(
            !line
                .get(..line.len() - 1)
                .unwrap_or_default()
                .contains(&b'\r'),
            "a bare carriage return"
        );
    }
}

#[test]
fn a_plain_draft_reads_as_it_was_written() {
    let draft = draft();
    let raw = draft.to_bytes(&CHANCE);
    lines_are_sound(&raw);
    let message = read(&raw);
    assert_eq!(message.headers.from, draft.from);
    assert_eq!(message.headers.to, draft.to);
    assert_eq!(message.headers.bcc, draft.bcc);
    assert_eq!(
        message.headers.subject.as_deref(),
        Some(draft.subject.as_str())
    );
    assert_eq!(
        (message.headers.message_id, message.headers.references),
        (vec!["m@example.jp".to_owned()], draft.references.clone())
    );
    assert_eq!(message.headers.date, Some(draft.date));
    let (text, problem) = part_text(&raw, &message.structure);
    assert_eq!(
        (text.trim_end(), problem),
        (draft.text.as_deref().unwrap_or_default().trim_end(), false)
    );
}

#[test]
fn submission_carries_no_bcc_and_the_recipients_do() {
    let raw = draft().for_submission(&CHANCE);
    assert!(
        !String::from_utf8_lossy(&raw)
            .to_lowercase()
            .contains("secret")
    );
    assert_eq!(draft().recipients().len(), 3);
    let odd = Draft {
        to: vec![Address::bare("鈴木@example.jp"), Address::bare("bob")],
        ..draft()
    };
    assert_eq!(odd.unsendable().len(), 2);
    assert!(read(&odd.to_bytes(&CHANCE)).headers.to.is_empty());
}

#[test]
fn text_html_pictures_and_files_get_the_smallest_tree_that_holds_them() {
    let file = Attachment {
        name: Some("御見積書①（最終版・社外秘につき取扱注意）.pdf".into()),
        content_type: "application/pdf".into(),
        bytes: vec![0, 255, 13, 10],
        ..Attachment::default()
    };
    let picture = Attachment {
        content_type: "image/png".into(),
        cid: Some("p@x".into()),
        inline: true,
        bytes: vec![1],
        name: None,
    };
    let draft = Draft {
        html: Some("<p>本文 <img src=\"cid:p@x\"></p>".into()),
        attachments: vec![file.clone(), picture],
        ..draft()
    };
    let raw = draft.to_bytes(&CHANCE);
    lines_are_sound(&raw);
    let message = read(&raw);
    let kinds: Vec<_> = message
        .parts()
        .iter()
        .map(|part| part.content_type.clone())
        .collect();
    assert_eq!(
        kinds,
        [
            "multipart/mixed",
            "multipart/alternative",
            "text/plain",
            "multipart/related",
            "text/html",
            "image/png",
            "application/pdf"
        ]
    );
    let read_file = message
        .parts()
        .into_iter()
        .find(|part| part.content_type == "application/pdf")
        .expect("the file");
    assert_eq!(read_file.name, file.name);
    assert_eq!(part_bytes(&raw, read_file), file.bytes);
    assert_eq!(draft.to_bytes(&CHANCE), raw);
    assert_ne!(draft.to_bytes(&[8; 16]), raw);
}

#[test]
fn no_text_can_become_a_header_field() {
    for evil in [
        "x\r\nBcc: eve@example.com",
        "x\rBcc: eve@example.com",
        "x\nBcc: eve@example.com",
        "x\r\n\r\nbody",
        "あ\r\nBcc: eve@example.com",
    ] {
        let attachment = Attachment {
            name: Some(evil.into()),
            content_type: evil.into(),
            cid: Some(evil.into()),
            ..Attachment::default()
        };
        let draft = Draft {
            from: vec![Address::named(evil, evil)],
            sender: Some(Address::named(evil, format!("a@b{evil}"))),
            subject: evil.into(),
            references: vec![evil.into()],
            in_reply_to: vec![evil.into()],
            message_id: evil.into(),
            extra: vec![
                ("X-A".into(), evil.into()),
                (evil.into(), "x".into()),
                ("bcc".into(), "eve@example.com".into()),
                ("X:Y".into(), "x".into()),
            ],
            attachments: vec![attachment],
            text: Some("x".into()),
            ..Draft::default()
        };
        let raw = draft.to_bytes(&CHANCE);
        lines_are_sound(&raw);
        let text = String::from_utf8_lossy(&raw).to_lowercase();
        assert!(!text.contains("\nbcc"), "{text}");
        assert!(read(&raw).headers.bcc.is_empty());
    }
}

#[test]
fn long_words_names_and_lists_are_folded_and_read_back() {
    let draft = Draft {
        subject: "x".repeat(5_000),
        to: (0..300)
            .map(|n| Address::named(format!("宛先 {n}"), format!("user{n}@example.jp")))
            .collect(),
        text: Some(format!(
            "{}\r\nab \r\n{}",
            "y".repeat(3_000),
            "é".repeat(20)
        )),
        ..Draft::default()
    };
    let raw = draft.to_bytes(&CHANCE);
    lines_are_sound(&raw);
    let message = read(&raw);
    assert_eq!(message.headers.to, draft.to);
    assert_eq!(message.headers.subject, Some(draft.subject));
    assert_eq!(
        part_text(&raw, &message.structure).0.trim_end(),
        draft.text.unwrap_or_default().replace("\r\n", "\n")
    );
}

#[test]
fn a_message_id_holds_chance_and_a_clean_domain() {
    assert_eq!(
        new_message_id(&[0xAB; 16], "example.jp"),
        format!("{}@example.jp", "ab".repeat(16))
    );
    assert!(new_message_id(&CHANCE, "<\r\n>").ends_with("@invalid"));
}

#[test]
fn an_attached_mail_stays_one_and_a_domain_in_other_letters_becomes_ascii() {
    let attached = Attachment {
        content_type: "message/rfc822".into(),
        bytes: b"Subject: in\n\nx\n".to_vec(),
        ..Attachment::default()
    };
    let draft = Draft {
        to: vec![Address::bare("taro@例え.jp")],
        attachments: vec![attached],
        ..draft()
    };
    let raw = draft.to_bytes(&CHANCE);
    lines_are_sound(&raw);
    let message = read(&raw);
    assert_eq!(message.headers.to, [Address::bare("taro@xn--r8jz45g.jp")]);
    let inner = message
        .parts()
        .into_iter()
        .find(|part| part.content_type == "message/rfc822")
        .expect("the mail");
    assert_eq!(
        read(&part_bytes(&raw, inner)).headers.subject.as_deref(),
        Some("in")
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_comes_back(subject in "\\PC{0,200}", name in "\\PC{0,80}", text in "(\\PC|\n){0,400}", file in "\\PC{1,60}") {
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let draft = Draft {
            from: vec![Address::named(name.clone(), "a@example.jp")],
            subject: subject.clone(),
            text: Some(text.clone()),
            attachments: vec![Attachment { name: Some(file.clone()), content_type: "text/csv".into(), bytes: b"1,2\n".to_vec(), ..Attachment::default() }],
            ..Draft::default()
        };
        let raw = draft.for_submission(&CHANCE);
        lines_are_sound(&raw);
        let message = read(&raw);
        prop_assert_eq!(words(&message.headers.subject.unwrap_or_default()), words(&subject));
        prop_assert_eq!(words(message.headers.from.first().and_then(|from| from.name.as_deref()).unwrap_or_default()), words(&name));
        let csv = message.structure.sub_parts.get(1).expect("the file");
        prop_assert_eq!(words(csv.name.as_deref().unwrap_or_default()), words(&file));
        let body = message.structure.sub_parts.first().expect("the text");
        prop_assert_eq!(part_text(&raw, body).0, text);
    }
}
