//! A program at a sandbox, warm, and the ways in which a row is played on it.

use std::time::Duration;

use sandbox::browser::Choice;
use sandbox::{Fault, NewPerson, Options, ProviderKind, Sandbox};
use serde_json::{Value, json};
use testing::program::{Client, Jmap, Setup, Tegata, connect, google, microsoft, register};
use testing::wait_for;

use crate::row::{Row, Said, Via};
use crate::tally::{Tally, Told};

const PATIENCE: Duration = Duration::from_secs(40);

pub struct Stage {
    tegata: Tegata,
    sandbox: Sandbox,
    admin: Client,
    member: Client,
    provider: ProviderKind,
    /// The credential that is checked.
    checked: String,
    /// The credential by which people connect.
    open: String,
    people: usize,
}

/// A connected mailbox.
pub struct Mailbox {
    pub address: String,
    pub id: String,
}

impl Stage {
    pub async fn of(provider: ProviderKind) -> Stage {
        let started = sandbox::start(Options::default()).await;
        let sandbox = started.expect("the sandbox starts");
        let tegata = Tegata::start(env!("CARGO_BIN_EXE_tegata"), Setup::with(&sandbox));
        let admin = tegata.administrator().await;
        let member = tegata.member("hanako").await;
        let (checked, open) = match provider {
            ProviderKind::Google => {
                let id = register(&admin, &google()).await;
                (id.clone(), id)
            }
            ProviderKind::Microsoft => {
                let mut body = microsoft();
                let named = register(&admin, &body).await;
                body["tenant"] = json!("organizations");
                (named, register(&admin, &body).await)
            }
        };
        Stage {
            tegata,
            sandbox,
            admin,
            member,
            provider,
            checked,
            open,
            people: 0,
        }
    }

    /// Plays rows one after the other, each from a sound state.
    pub async fn play(&mut self, tally: &mut Tally, rows: impl Iterator<Item = Row>) {
        let mut mailbox = None;
        for row in rows {
            if matches!(row.via, Via::Account | Via::Submission) && mailbox.is_none() {
                mailbox = Some(self.newcomer().await);
            }
            let told = match (row.via, &mailbox) {
                (Via::Credential, _) => self.credential(&row).await,
                (Via::Account, Some(mailbox)) => self.account(&row, mailbox).await,
                (Via::Submission, Some(mailbox)) => self.submission(&row, mailbox).await,
                _ => self.connect(&row).await,
            };
            self.sandbox.clear_faults(None);
            tally.count(&row, &told);
        }
    }

    /// Plays rows that end the grant: each with a consent of its own, so many days old.
    pub async fn play_refreshes(
        &mut self,
        tally: &mut Tally,
        days: u32,
        rows: impl Iterator<Item = Row>,
    ) {
        let mailbox = self.newcomer().await;
        for row in rows {
            if days > 0 {
                let earlier =
                    format!("UPDATE grants SET created_at = created_at - {days} * 86400000");
                self.tegata.sql(&earlier).await;
            }
            self.inject(&row, Some(&mailbox.address));
            let told = both(&self.member, &check_of(&mailbox)).await;
            self.sandbox.clear_faults(None);
            tally.count(&row, &told);
            self.consent(&mailbox.address).await;
        }
    }

    fn inject(&self, row: &Row, address: Option<&str>) {
        let Some(reply) = row.said.reply() else {
            return;
        };
        let fault = Fault::reply(reply).at(row.provider);
        self.sandbox.fault(match address {
            Some(address) if !row.said.is_for_everybody() => fault.of(address),
            _ => fault,
        });
    }

    async fn credential(&self, row: &Row) -> Told {
        self.inject(row, None);
        let path = format!("/api/credentials/{}/check", self.checked);
        both(&self.admin, &path).await
    }

    /// Each language meets a mailbox that was sound before.
    async fn account(&self, row: &Row, mailbox: &Mailbox) -> Told {
        Told {
            ja: self.account_in("ja", row, mailbox).await,
            en: self.account_in("en", row, mailbox).await,
        }
    }

    async fn account_in(&self, language: &str, row: &Row, mailbox: &Mailbox) -> Vec<Value> {
        let (path, body) = (check_of(mailbox), json!({}));
        self.inject(row, Some(&mailbox.address));
        let checked = self
            .member
            .in_language(language)
            .post(&path, &body)
            .await
            .ok();
        self.sandbox.clear_faults(None);
        let sound = self.member.post(&path, &body).await.ok();
        assert_eq!(
            advices(&sound),
            Vec::<Value>::new(),
            "{:?}: {sound}",
            row.said
        );
        advices(&checked)
    }

    /// A consent of somebody new, up to the answer that is played.
    async fn connect(&mut self, row: &Row) -> Told {
        let address = self.new_person();
        self.inject(row, None);
        let choice = match row.said {
            Said::Ticked(scopes) => Choice::only(&address, scopes),
            _ => Choice::allow(&address),
        };
        let done = connect(&self.member, &self.open, &address, choice).await;
        assert_eq!(done["state"], "failed", "{:?}: {done}", row.said);
        let path = format!("/api/connect/{}", done["id"].as_str().unwrap_or_default());
        let japanese = self.member.in_language("ja").get(&path).await.ok();
        Told {
            ja: advices(&japanese),
            en: advices(&done),
        }
    }

    /// A mail to a stranger, and what is told of it while it waits or after it was refused.
    async fn submission(&self, row: &Row, mailbox: &Mailbox) -> Told {
        self.inject(row, Some(&mailbox.address));
        let before = self.submissions("en", mailbox).await;
        let known = |one: &Value| before.iter().any(|old| old["id"] == one["id"]);
        self.send(mailbox).await;
        let id = wait_for("the answer to a mail", PATIENCE, async || {
            let now = self.submissions("en", mailbox).await;
            let new = now.into_iter().find(|one| !known(one))?;
            new["advice"].is_object().then(|| new["id"].clone())
        })
        .await;
        Told {
            ja: self.advice_of("ja", mailbox, &id).await,
            en: self.advice_of("en", mailbox, &id).await,
        }
    }

    async fn submissions(&self, language: &str, mailbox: &Mailbox) -> Vec<Value> {
        let path = format!("/api/accounts/{}/submissions", mailbox.id);
        let list = self.member.in_language(language).get(&path).await.ok();
        list["items"].as_array().cloned().unwrap_or_default()
    }

    async fn advice_of(&self, language: &str, mailbox: &Mailbox, id: &Value) -> Vec<Value> {
        let all = self.submissions(language, mailbox).await;
        let found = all.into_iter().find(|one| one["id"] == *id);
        found.map(|one| one["advice"].clone()).into_iter().collect()
    }

    /// What people type from a page of the provider.
    pub async fn page(&self, words: &str) -> Told {
        Told {
            ja: self.page_in("ja", words).await,
            en: self.page_in("en", words).await,
        }
    }

    async fn page_in(&self, language: &str, words: &str) -> Vec<Value> {
        let provider = match self.provider {
            ProviderKind::Google => "google",
            ProviderKind::Microsoft => "microsoft",
        };
        let body = json!({ "provider": provider, "shown": words });
        let client = self.member.in_language(language);
        let told = client.post("/api/page-errors", &body).await.ok();
        vec![told["advice"].clone()]
    }

    async fn send(&self, mailbox: &Mailbox) {
        let jmap = Jmap::open(&self.member).await;
        let folders = jmap
            .call(&mailbox.id, "Mailbox/get", json!({ "ids": null }))
            .await;
        let drafts = folders["list"]
            .as_array()
            .into_iter()
            .flatten()
            .find(|folder| folder["role"] == "drafts")
            .map(|folder| folder["id"].as_str().unwrap_or_default().to_owned())
            .expect("a folder for drafts");
        let identities = jmap
            .call(&mailbox.id, "Identity/get", json!({ "ids": null }))
            .await;
        let identity = identities["list"][0]["id"].clone();
        let draft = json!({
            "mailboxIds": { drafts: true }, "keywords": { "$draft": true },
            "from": [{ "email": mailbox.address }], "to": [{ "email": "guest@elsewhere.example" }],
            "subject": "お見積り", "textBody": [{ "partId": "1", "type": "text/plain" }],
            "bodyValues": { "1": { "value": "お見積りをお送りします。" } },
        });
        let send = json!({ "send": { "emailId": "#mail", "identityId": identity } });
        let answers = jmap
            .calls(json!([
                ["Email/set", { "accountId": mailbox.id, "create": { "mail": draft } }, "0"],
                ["EmailSubmission/set", { "accountId": mailbox.id, "create": send }, "1"],
            ]))
            .await;
        let created = &answers[1][1]["created"]["send"]["id"];
        assert!(created.is_string(), "not accepted: {answers}");
    }

    fn new_person(&mut self) -> String {
        self.people += 1;
        let domain = match self.provider {
            ProviderKind::Google => "example.com",
            ProviderKind::Microsoft => "contoso.example",
        };
        let address = format!("person{}@{domain}", self.people);
        let person = NewPerson::new(self.provider, &address, "Somebody");
        self.sandbox.add_person(person);
        address
    }

    async fn consent(&self, address: &str) -> Value {
        let choice = Choice::allow(address);
        let done = connect(&self.member, &self.open, address, choice).await;
        assert_eq!(done["state"], "done", "{done}");
        done
    }

    /// Somebody whom no earlier row has touched, connected and live.
    async fn newcomer(&mut self) -> Mailbox {
        let address = self.new_person();
        let done = self.consent(&address).await;
        let id = done["account_id"].as_str().expect("an account").to_owned();
        let path = format!("/api/accounts/{id}");
        wait_for("a live mailbox", PATIENCE, async || {
            let now = self.member.get(&path).await.ok();
            (now["sync"]["status"] == "live").then_some(())
        })
        .await;
        Mailbox { address, id }
    }
}

fn check_of(mailbox: &Mailbox) -> String {
    format!("/api/accounts/{}/check", mailbox.id)
}

/// A check in Japanese, and once more in English.
async fn both(client: &Client, path: &str) -> Told {
    let japanese = client.in_language("ja").post(path, &json!({})).await.ok();
    let english = client.in_language("en").post(path, &json!({})).await.ok();
    Told {
        ja: advices(&japanese),
        en: advices(&english),
    }
}

/// The advices of all steps, whatever the steps are called; good news is none.
fn advices(answer: &Value) -> Vec<Value> {
    let steps = answer["steps"].as_array().cloned().unwrap_or_default();
    let bad = |step: &Value| step["outcome"] == "fail" || step["outcome"] == "warn";
    steps
        .iter()
        .filter(|step| bad(step))
        .map(|step| step["advice"].clone())
        .filter(Value::is_object)
        .collect()
}
