//! A mailbox as JMAP shows it, and as Dovecot has it on its disk.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use testing::program::Jmap;
use testing::wait_for;

/// How long anything may take that needs no clock to pass.
pub const PATIENCE: Duration = Duration::from_secs(40);

/// 「お見積りの件 ①㈱髙橋商店」 in ISO-2022-JP, with the characters that only Windows puts into it.
pub const SUBJECT: &str = "お見積りの件 ①㈱髙橋商店";
pub const TEXT: &str = "髙橋様、お世話になっております。①の件、㈱佐藤よりお送りします。";

/// That mail as a Japanese Outlook would have sent it.
pub fn japanese(from: &str, to: &str) -> Vec<u8> {
    let subject = "=?ISO-2022-JP?B?GyRCJCo4K0BRJGokTjdvGyhCIBskQi0hLWp8YjY2PiZFORsoQg==?=";
    let text = "\x1b$B|b66MM!\"$*@$OC$K$J$C$F$*$j$^$9!#-!$N7o!\"-j:4F#$h$j$*Aw$j$7$^$9!#\x1b(B";
    let head = "Content-Type: text/plain; charset=ISO-2022-JP\nContent-Transfer-Encoding: 7bit";
    raw(from, to, subject, head, text)
}

/// A mail of one line.
pub fn short(from: &str, to: &str, subject: &str) -> Vec<u8> {
    raw(from, to, subject, "Content-Type: text/plain", "hello")
}

fn raw(from: &str, to: &str, subject: &str, head: &str, text: &str) -> Vec<u8> {
    format!(
        "From: {from}\nTo: {to}\nSubject: {subject}\nMessage-ID: <{}@example.net>\n\
         Date: Mon, 23 Nov 2026 09:00:00 +0900\nMIME-Version: 1.0\n{head}\n\n{text}\n",
        number_of(subject)
    )
    .into_bytes()
}

/// Something that differs where the subject differs.
fn number_of(text: &str) -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

/// The messages of a Maildir folder: file name (its end holds the flags) and content.
pub fn on_disk(folder: &Path) -> Vec<(PathBuf, String)> {
    ["new", "cur"]
        .iter()
        .filter_map(|part| std::fs::read_dir(folder.join(part)).ok())
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        // A message may be renamed between the listing and the reading; it is there at the next look.
        .filter_map(|path| {
            let bytes = std::fs::read(&path).ok()?;
            Some((path, String::from_utf8_lossy(&bytes).into_owned()))
        })
        .collect()
}

/// The subject of a raw mail.
pub fn subject_of(raw: &str) -> Option<String> {
    wire::mime::read(raw.as_bytes()).headers.subject
}

/// The letters that Maildir keeps flags as: `S` seen, `F` flagged.
pub fn flags(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let flags = name.rsplit_once(":2,").map(|(_, flags)| flags.to_owned());
    flags.unwrap_or_default()
}

/// One account, over JMAP.
pub struct Mailbox {
    pub jmap: Jmap,
    pub account: String,
}

impl Mailbox {
    pub async fn call(&self, method: &str, arguments: Value) -> Value {
        self.jmap.call(&self.account, method, arguments).await
    }

    /// The mailbox of a role.
    pub async fn folder(&self, role: &str) -> Value {
        let all = self.call("Mailbox/get", json!({ "ids": null })).await;
        let list = all["list"].as_array().cloned().unwrap_or_default();
        let found = list.into_iter().find(|folder| folder["role"] == role);
        found.unwrap_or_else(|| panic!("no mailbox for {role}: {all}"))
    }

    /// Ids of the emails with this subject, wherever they are.
    pub async fn named(&self, subject: &str) -> Vec<String> {
        let hits = self
            .call(
                "Email/query",
                json!({ "filter": { "subject": subject }, "limit": 10 }),
            )
            .await;
        let ids = hits["ids"].as_array().cloned().unwrap_or_default();
        ids.iter()
            .filter_map(|id| id.as_str().map(str::to_owned))
            .collect()
    }

    /// Waits for the one email with this subject.
    pub async fn arrival(&self, subject: &str) -> String {
        wait_for(subject, PATIENCE, async || {
            self.named(subject).await.into_iter().next()
        })
        .await
    }

    /// Sets or takes away a keyword.
    pub async fn keyword(&self, email: &str, keyword: &str, on: bool) {
        let value = if on { json!(true) } else { Value::Null };
        let update = json!({ "update": { email: { format!("keywords/{keyword}"): value } } });
        let done = self.call("Email/set", update).await;
        assert!(done["updated"].get(email).is_some(), "{done}");
    }

    /// Writes a mail and orders it to be sent: the submission's id.
    pub async fn send(&self, from: &str, to: &str, subject: &str) -> String {
        let (drafts, sent) = (self.folder("drafts").await, self.folder("sent").await);
        let (drafts, sent) = (
            drafts["id"].as_str().unwrap_or_default(),
            sent["id"].as_str().unwrap_or_default(),
        );
        let identities = self.call("Identity/get", json!({ "ids": null })).await;
        let draft = json!({
            "mailboxIds": { drafts: true }, "keywords": { "$draft": true, "$seen": true },
            "from": [{ "name": "佐藤", "email": from }], "to": [{ "email": to }], "subject": subject,
            "textBody": [{ "partId": "1", "type": "text/plain" }],
            "bodyValues": { "1": { "value": "髙橋様\n\nお見積りをお送りします。\n.\n佐藤" } },
        });
        let update = json!({ "#send": {
            format!("mailboxIds/{drafts}"): null, format!("mailboxIds/{sent}"): true, "keywords/$draft": null,
        } });
        let order = json!({ "emailId": "#mail", "identityId": identities["list"][0]["id"] });
        let answers = self
            .jmap
            .calls(json!([
                ["Email/set", { "accountId": self.account, "create": { "mail": draft } }, "0"],
                ["EmailSubmission/set", {
                    "accountId": self.account, "create": { "send": order }, "onSuccessUpdateEmail": update,
                }, "1"],
            ]))
            .await;
        let id = answers[1][1]["created"]["send"]["id"].as_str();
        id.unwrap_or_else(|| panic!("not taken: {answers}"))
            .to_owned()
    }

    /// Waits until the server took the mail: its reply.
    pub async fn taken(&self, submission: &str, to: &str) -> String {
        wait_for("the mail is taken", PATIENCE, async || {
            let got = self
                .call("EmailSubmission/get", json!({ "ids": [submission] }))
                .await;
            let reply = got["list"][0]["deliveryStatus"][to]["smtpReply"].as_str();
            reply.filter(|reply| !reply.is_empty()).map(str::to_owned)
        })
        .await
    }
}
