use std::collections::HashSet;

use wire::mime::{Address, part_text, read};

use super::*;

const NOW: i64 = 1_795_401_600;

fn corpus(count: usize) -> Vec<CorpusMail> {
    mails(
        7,
        count,
        &Address::named("佐藤 花子", "hanako@example.jp"),
        NOW,
    )
}

#[test]
fn the_same_seed_tells_the_same_mails_and_another_one_others() {
    assert_eq!(corpus(120), corpus(120));
    assert_ne!(
        mails(8, 120, &Address::bare("alice@example.jp"), NOW),
        corpus(120)
    );
    assert_eq!(corpus(0).len(), 0);
    assert_eq!(corpus(301).len(), 301);
}

#[test]
fn every_mail_reads_without_a_problem_and_leaves_no_blank() {
    for mail in corpus(400) {
        let message = read(&mail.raw);
        assert!(message.headers.date.is_some() && message.headers.message_id.len() == 1);
        assert!(!message.headers.from.is_empty() && !message.headers.to.is_empty());
        let subject = message.headers.subject.clone().unwrap_or_default();
        assert!(
            !subject.is_empty() && !subject.contains(['{', '\u{FFFD}']),
            "{subject}"
        );
        for part in message
            .parts()
            .into_iter()
            .filter(|part| part.content_type.starts_with("text/") && part.name.is_none())
        {
            let (text, problem) = part_text(&mail.raw, part);
            assert!(!problem && !text.contains('\u{FFFD}'), "{subject}: {text}");
            assert!(
                part.content_type == "text/html" || !text.contains('{'),
                "{subject}: {text}"
            );
        }
        assert!(
            mail.internal_date_unix <= NOW + 60,
            "{subject} is from the future"
        );
    }
}

#[test]
fn all_charsets_folders_threads_and_files_occur() {
    let all = corpus(400);
    let charsets: HashSet<String> = all
        .iter()
        .flat_map(|mail| {
            read(&mail.raw)
                .parts()
                .into_iter()
                .filter_map(|part| part.charset.clone())
                .collect::<Vec<_>>()
        })
        .collect();
    for charset in ["UTF-8", "ISO-2022-JP", "Shift_JIS", "EUC-JP", "us-ascii"] {
        assert!(charsets.contains(charset), "{charset} in {charsets:?}");
    }
    let folders: HashSet<&str> = all.iter().map(|mail| mail.folder).collect();
    assert_eq!(folders.len(), 5, "{folders:?}");
    let messages: Vec<_> = all.iter().map(|mail| read(&mail.raw)).collect();
    let ids: HashSet<&String> = messages
        .iter()
        .flat_map(|message| &message.headers.message_id)
        .collect();
    assert_eq!(ids.len(), 400);
    let replies: Vec<_> = messages
        .iter()
        .filter(|message| !message.headers.references.is_empty())
        .collect();
    assert!(replies.len() > 80);
    assert!(
        replies
            .iter()
            .all(|reply| reply.headers.references.iter().all(|id| ids.contains(id)))
    );
    let files: HashSet<&str> = messages
        .iter()
        .flat_map(|message| message.parts())
        .filter(|part| part.name.is_some())
        .map(|part| part.content_type.as_str())
        .collect();
    for kind in ["application/pdf", "image/png", "text/csv", "text/plain"] {
        assert!(files.contains(kind), "{kind}");
    }
    assert!(
        messages
            .iter()
            .any(|message| message.html_body != message.text_body)
    );
}

#[test]
fn one_mail_at_least_holds_characters_outside_of_plain_jis() {
    let found = corpus(1);
    let message = read(&found.first().expect("a mail").raw);
    assert_eq!(
        message.headers.subject.as_deref(),
        Some("①お打ち合わせ日程 ②お見積りの件（㈱髙橋商店）")
    );
    assert!(
        message
            .headers
            .from
            .first()
            .is_some_and(|from| from.name.as_deref() == Some("髙橋﨑子"))
    );
    assert!(message.preview.contains("㈱髙橋商店"));
}
