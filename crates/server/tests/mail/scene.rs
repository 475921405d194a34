//! A program at a sandbox, its administrator, a member, and the member's mailboxes.

use std::time::Duration;

use sandbox::browser::Choice;
use sandbox::{Fault, FaultKind, NewPerson, Options, ProviderKind, Sandbox};
use serde_json::{Value, json};
use testing::program::{Client, Jmap, Setup, Tegata, connect, google, microsoft, register};
use testing::wait_for;

pub const ALICE: &str = "alice@example.com";
pub const BOB: &str = "bob@example.com";
pub const CAROL: &str = "carol@contoso.example";
pub const ICHIRO: &str = "ichiro@contoso.example";
pub const INFO: &str = "info@contoso.example";

/// Both providers, with a person of each.
pub const BOTH: [(ProviderKind, &str); 2] = [
    (ProviderKind::Google, ALICE),
    (ProviderKind::Microsoft, CAROL),
];

/// How long any one thing may take.
pub const PATIENCE: Duration = Duration::from_secs(40);

/// What a test stands on.
pub struct House {
    pub tegata: Tegata,
    pub sandbox: Sandbox,
    pub admin: Client,
    pub member: Client,
    /// Credential ids.
    pub google: String,
    pub microsoft: String,
}

/// A connected mailbox.
pub struct Mailbox {
    pub address: String,
    /// The account, here and in JMAP.
    pub id: String,
    pub jmap: Jmap,
}

pub async fn sandbox() -> Sandbox {
    let started = sandbox::start(Options::default()).await;
    started.expect("the sandbox starts")
}

impl House {
    pub async fn new() -> House {
        let sandbox = sandbox().await;
        let tegata = Tegata::start(env!("CARGO_BIN_EXE_tegata"), Setup::with(&sandbox));
        House::of(tegata, sandbox).await
    }

    /// Moves in: two people and both credentials, for people of any organisation.
    pub async fn of(tegata: Tegata, sandbox: Sandbox) -> House {
        let admin = tegata.administrator().await;
        let member = tegata.member("hanako").await;
        let google = register(&admin, &google()).await;
        let mut body = microsoft();
        body["tenant"] = json!("organizations");
        let microsoft = register(&admin, &body).await;
        House {
            tegata,
            sandbox,
            admin,
            member,
            google,
            microsoft,
        }
    }

    /// The credential for an address.
    pub fn credential(&self, address: &str) -> &str {
        if address.contains("contoso") {
            &self.microsoft
        } else {
            &self.google
        }
    }

    /// Consents and waits for the checks, all of which must go well.
    pub async fn connect(&self, address: &str) -> Mailbox {
        let done = self.try_connect(address).await;
        assert_eq!(done["state"], "done", "{done}");
        for step in steps(&done) {
            assert_eq!(step["outcome"], "ok", "{done}");
        }
        self.mailbox(address, &done).await
    }

    /// Consents and waits for the checks, however they end.
    pub async fn try_connect(&self, address: &str) -> Value {
        let credential = self.credential(address);
        connect(&self.member, credential, address, Choice::allow(address)).await
    }

    /// The mailbox of a round trip that is done.
    pub async fn mailbox(&self, address: &str, done: &Value) -> Mailbox {
        let id = text(&done["account_id"]);
        let jmap = Jmap::open(&self.member).await;
        Mailbox {
            address: address.to_owned(),
            id,
            jmap,
        }
    }

    /// `GET /api/accounts/{id}`
    pub async fn account(&self, id: &str) -> Value {
        self.member.get(&format!("/api/accounts/{id}")).await.ok()
    }

    /// Waits until `side` of an account has this status: the account.
    pub async fn until(&self, id: &str, side: &str, status: &str) -> Value {
        let what = format!("{side} = {status}");
        wait_for(&what, PATIENCE, async || {
            let now = self.account(id).await;
            (now[side]["status"] == status).then_some(now)
        })
        .await
    }

    /// A fault that stands at one provider.
    pub fn fault(&self, kind: FaultKind, provider: ProviderKind) {
        self.sandbox.fault(Fault::new(kind).at(provider));
    }

    /// Lets the access tokens of one person end now.
    pub fn end_access_of(&self, address: &str) {
        self.sandbox
            .fault(Fault::new(FaultKind::ExpireAccess).of(address));
    }

    /// A person whom no earlier fault has touched, connected and live.
    pub async fn newcomer(&self, provider: ProviderKind, number: usize) -> Mailbox {
        let domain = match provider {
            ProviderKind::Google => "example.com",
            ProviderKind::Microsoft => "contoso.example",
        };
        let address = format!("person{number}@{domain}");
        let person = NewPerson::new(provider, &address, "Somebody");
        self.sandbox.add_person(person);
        let mailbox = self.connect(&address).await;
        self.until(&mailbox.id, "sync", "live").await;
        mailbox
    }

    /// What the sandbox says of the newest grant of an address.
    pub fn there(&self, address: &str) -> Value {
        let state = self.sandbox.state();
        let all = state["grants"].as_array().cloned().unwrap_or_default();
        let mut newest_first = all.into_iter().rev();
        newest_first
            .find(|grant| grant["address"] == address)
            .unwrap_or(Value::Null)
    }

    /// `counts` of the sandbox's state.
    pub fn count(&self, name: &str) -> u64 {
        self.sandbox.state()["counts"][name].as_u64().unwrap_or(0)
    }

    /// Mail for an inbox at the provider.
    pub fn deliver(&self, address: &str, subject: &str) {
        let delivered = self.sandbox.deliver(address, &mail(address, subject));
        delivered.expect("the sandbox knows the address");
    }

    /// The raw messages of a folder at the provider that have this subject.
    pub fn at_provider(&self, address: &str, folder: Option<&str>, subject: &str) -> Vec<Value> {
        let messages = self.sandbox.messages(address, folder);
        let line = format!("Subject: {subject}\r\n");
        let items = messages["items"].as_array().cloned().unwrap_or_default();
        let with = |item: &Value| item["raw"].as_str().is_some_and(|raw| raw.contains(&line));
        items.into_iter().filter(with).collect()
    }

    /// Forces the next login to refresh: the provider lets the access tokens end now.
    pub fn end_access_tokens(&self, provider: ProviderKind) {
        self.fault(FaultKind::ExpireAccess, provider);
    }
}

impl Mailbox {
    /// The newest emails: id, subject, keywords, mailboxIds, preview, size.
    pub async fn emails(&self) -> Vec<Value> {
        let query =
            json!({ "sort": [{ "property": "receivedAt", "isAscending": false }], "limit": 100 });
        self.found(query).await
    }

    async fn found(&self, query: Value) -> Vec<Value> {
        let ids = self.jmap.call(&self.id, "Email/query", query).await["ids"].clone();
        let wanted = [
            "id",
            "subject",
            "keywords",
            "mailboxIds",
            "preview",
            "size",
            "messageId",
            "blobId",
        ];
        let get = json!({ "ids": ids, "properties": wanted });
        let got = self.jmap.call(&self.id, "Email/get", get).await;
        got["list"].as_array().cloned().unwrap_or_default()
    }

    /// Those with this subject.
    pub async fn with_subject(&self, subject: &str) -> Vec<Value> {
        let all = self.emails().await;
        all.into_iter()
            .filter(|email| email["subject"] == subject)
            .collect()
    }

    /// Waits for the email with this subject.
    pub async fn arrived(&self, subject: &str) -> Value {
        let what = format!("the mail {subject:?} at {}", self.address);
        wait_for(&what, PATIENCE, async || {
            self.with_subject(subject).await.into_iter().next()
        })
        .await
    }

    /// The Mailbox of a role, once the folders are known.
    pub async fn folder(&self, role: &str) -> Value {
        wait_for(&format!("the mailbox for {role}"), PATIENCE, async || {
            let got = self
                .jmap
                .call(&self.id, "Mailbox/get", json!({ "ids": null }))
                .await;
            let all = got["list"].as_array().cloned().unwrap_or_default();
            all.into_iter().find(|folder| folder["role"] == role)
        })
        .await
    }

    /// The emails in the Mailbox of a role.
    pub async fn in_folder(&self, role: &str) -> Vec<Value> {
        let folder = self.folder(role).await;
        let query = json!({ "filter": { "inMailbox": folder["id"] }, "limit": 500 });
        self.found(query).await
    }

    /// Sets keywords.
    pub async fn mark(&self, email: &Value, keyword: &str, on: bool) {
        let id = text(&email["id"]);
        let value = if on { json!(true) } else { Value::Null };
        let update = json!({ "update": { id.clone(): { format!("keywords/{keyword}"): value } } });
        let set = self.jmap.call(&self.id, "Email/set", update).await;
        assert!(set["updated"].get(&id).is_some(), "{set}");
    }

    /// Orders a mail: the submission's id.
    pub async fn send(&self, to: &str, subject: &str) -> String {
        self.send_from(&self.address, to, subject).await
    }

    /// The same with another address in From.
    pub async fn send_from(&self, from: &str, to: &str, subject: &str) -> String {
        let (drafts, sent) = (self.folder("drafts").await, self.folder("sent").await);
        let (drafts, sent) = (text(&drafts["id"]), text(&sent["id"]));
        let identities = self
            .jmap
            .call(&self.id, "Identity/get", json!({ "ids": null }))
            .await;
        let identity = identities["list"][0]["id"].clone();
        let draft = json!({
            "mailboxIds": { drafts.clone(): true }, "keywords": { "$draft": true, "$seen": true },
            "from": [{ "email": from }], "to": [{ "email": to }], "subject": subject,
            "textBody": [{ "partId": "1", "type": "text/plain" }],
            "bodyValues": { "1": { "value": "お見積りをお送りします。" } },
        });
        let moved = json!({ "#send": {
            format!("mailboxIds/{drafts}"): null, format!("mailboxIds/{sent}"): true, "keywords/$draft": null,
        } });
        let answers = self
            .jmap
            .calls(json!([
                ["Email/set", { "accountId": self.id, "create": { "mail": draft } }, "0"],
                ["EmailSubmission/set", {
                    "accountId": self.id, "create": { "send": { "emailId": "#mail", "identityId": identity } },
                    "onSuccessUpdateEmail": moved,
                }, "1"],
            ]))
            .await;
        let id = answers[1][1]["created"]["send"]["id"].as_str();
        id.unwrap_or_else(|| panic!("not accepted: {answers}"))
            .to_owned()
    }

    pub async fn submission(&self, id: &str) -> Value {
        let got = self
            .jmap
            .call(&self.id, "EmailSubmission/get", json!({ "ids": [id] }))
            .await;
        got["list"][0].clone()
    }

    /// Waits for the provider's reply about a recipient.
    pub async fn reply(&self, submission: &str, to: &str) -> Value {
        wait_for("the reply to a submission", PATIENCE, async || {
            let now = self.submission(submission).await;
            let status = now["deliveryStatus"][to].clone();
            let said = status["smtpReply"]
                .as_str()
                .is_some_and(|said| !said.is_empty());
            said.then_some(status)
        })
        .await
    }
}

/// A plain mail.
pub fn mail(to: &str, subject: &str) -> Vec<u8> {
    let id: String = subject
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    format!(
        "From: Sender <sender@elsewhere.example>\r\nTo: {to}\r\nSubject: {subject}\r\n\
         Date: Mon, 23 Nov 2026 09:00:00 +0900\r\nMessage-ID: <{id}@elsewhere.example>\r\n\r\nHello.\r\n"
    )
    .into_bytes()
}

/// The steps of a round trip or a check.
pub fn steps(of: &Value) -> Vec<Value> {
    of["steps"].as_array().cloned().unwrap_or_default()
}

/// The step of this name.
pub fn step(of: &Value, name: &str) -> Value {
    let found = steps(of).into_iter().find(|step| step["name"] == name);
    found.unwrap_or_else(|| panic!("no step {name}: {of}"))
}

/// The cause of the step of this name.
pub fn cause(of: &Value, name: &str) -> String {
    text(&step(of, name)["advice"]["cause_id"])
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
