use super::*;

const MAIL: &[u8] = b"Message-ID: <m1@example.com>\r\nSubject: a\r\n\r\nb\r\n";

fn google() -> Mailbox {
    Mailbox::new(ProviderKind::Google, false, 5)
}

fn count(mailbox: &Mailbox, name: &str) -> usize {
    mailbox
        .find(name)
        .and_then(|at| mailbox.folder(at))
        .map_or(0, |f| f.entries.len())
}

#[test]
fn a_gmail_message_is_in_all_mail_and_in_its_labels() {
    let mut mailbox = google();
    let inbox = mailbox.find("INBOX").unwrap();
    let (number, _) = mailbox
        .add(inbox, MAIL, 0, &["\\Flagged".to_owned()])
        .unwrap();
    assert_eq!(count(&mailbox, "[Gmail]/All Mail"), 1);
    assert_eq!(count(&mailbox, "[Gmail]/Starred"), 1);
    assert_eq!(mailbox.labels(number, inbox), ["\\Starred"]);
    let work = mailbox.label_folder("仕事", true).unwrap();
    mailbox.place(number, work);
    let all = mailbox.role(Role::All).unwrap();
    assert_eq!(
        mailbox.labels(number, all),
        ["\\Inbox", "\\Starred", "仕事"]
    );
}

#[test]
fn moving_to_trash_takes_every_label_and_removal_there_is_for_good() {
    let mut mailbox = google();
    let inbox = mailbox.find("INBOX").unwrap();
    let trash = mailbox.role(Role::Trash).unwrap();
    let (_, uid) = mailbox.add(inbox, MAIL, 0, &[]).unwrap();
    let uid = mailbox.relocate(inbox, uid, trash).unwrap();
    assert_eq!(count(&mailbox, "[Gmail]/All Mail"), 0);
    assert_eq!(count(&mailbox, "[Gmail]/Trash"), 1);
    mailbox.remove(trash, uid);
    assert!(mailbox.messages.is_empty());
}

#[test]
fn removal_from_a_label_leaves_the_message_in_all_mail() {
    let mut mailbox = google();
    let inbox = mailbox.find("INBOX").unwrap();
    let (_, uid) = mailbox.add(inbox, MAIL, 0, &[]).unwrap();
    mailbox.remove(inbox, uid);
    assert_eq!(count(&mailbox, "INBOX"), 0);
    assert_eq!(count(&mailbox, "[Gmail]/All Mail"), 1);
}

#[test]
fn exchange_keeps_six_flags_and_one_place_for_a_message() {
    let mut mailbox = Mailbox::new(ProviderKind::Microsoft, true, 5);
    let inbox = mailbox.find("inbox").unwrap();
    let flags = ["\\Seen".to_owned(), "$Label1".to_owned()];
    let (number, uid) = mailbox.add(inbox, MAIL, 0, &flags).unwrap();
    assert_eq!(
        mailbox.messages[&number].flags.iter().collect::<Vec<_>>(),
        ["\\Seen"]
    );
    let trash = mailbox.find("削除済みアイテム").unwrap();
    mailbox.relocate(inbox, uid, trash);
    assert_eq!(count(&mailbox, "INBOX"), 0);
    assert_eq!(count(&mailbox, "削除済みアイテム"), 1);
}

#[test]
fn a_reply_joins_the_thread_of_what_it_answers() {
    let mut mailbox = google();
    let (first, _) = mailbox.add(0, MAIL, 0, &[]).unwrap();
    let reply = b"Message-ID: <m2@example.com>\r\nIn-Reply-To: <m1@example.com>\r\n\r\nb\r\n";
    let (second, _) = mailbox.add(0, reply, 0, &[]).unwrap();
    assert_eq!(mailbox.messages[&second].thread, first);
}
