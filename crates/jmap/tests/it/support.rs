//! A house with two people and their mailboxes: alice has one with mail, bob another.

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use jmap::JmapState;
use serde_json::{Value, json};
use store::accounts::{self, NewAccount};
use store::api_tokens::{ApiToken, Scope};
use store::credentials::{self, Fields};
use store::emails::{self, NewEmail, Place};
use store::folders::{self, Listed};
use store::grants::{self, Subject, Tokens};
use store::testing::{START, TestStore};
use store::users::{self, NewUser, Role, User};
use store::{AccountId, FolderId, Store};
use tower::ServiceExt;

pub const CORE: &str = "urn:ietf:params:jmap:core";
pub const MAIL: &str = "urn:ietf:params:jmap:mail";
pub const SUBMISSION: &str = "urn:ietf:params:jmap:submission";

pub struct House {
    pub test: TestStore,
    pub router: Router,
    pub alice: User,
    pub bob: User,
    /// alice@example.com
    pub account: String,
    /// bob@example.com
    pub foreign: String,
}

impl House {
    pub async fn new() -> House {
        House::on(None).await
    }

    pub async fn on(postgres: Option<&str>) -> House {
        let test = TestStore::open(postgres).await;
        let (alice, account) = person(&test.store, "alice").await;
        let (bob, foreign) = person(&test.store, "bob").await;
        let state = JmapState {
            store: test.store.clone(),
            public_url: "https://mail.example.com/tegata".to_owned(),
        };
        House {
            router: jmap::router(state),
            test,
            alice,
            bob,
            account: account.to_string(),
            foreign: foreign.to_string(),
        }
    }

    pub fn store(&self) -> &Store {
        &self.test.store
    }

    pub fn account_id(&self) -> AccountId {
        self.account.parse().expect("an id")
    }

    pub fn caller(&self) -> access::Caller {
        access::Caller {
            user: self.alice.clone(),
            session: None,
            token: None,
        }
    }

    /// A caller with an API token of these scopes; the token itself has no row.
    pub fn with_token(&self, scopes: &[Scope]) -> access::Caller {
        let token = ApiToken {
            id: store::ApiTokenId([9; 16]),
            user_id: self.alice.id,
            name: "a program".to_owned(),
            scopes: scopes.to_vec(),
            created_at: START,
            expires_at: None,
            last_used_at: None,
        };
        access::Caller {
            token: Some(token),
            ..self.caller()
        }
    }

    pub async fn send(
        &self,
        mut request: Request<Body>,
        caller: Option<access::Caller>,
    ) -> Response<Body> {
        if let Some(caller) = caller {
            request.extensions_mut().insert(caller);
        }
        self.router
            .clone()
            .oneshot(request)
            .await
            .expect("the router answers")
    }

    pub async fn get(&self, uri: &str) -> Response<Body> {
        let request = Request::get(uri).body(Body::empty()).expect("a request");
        self.send(request, Some(self.caller())).await
    }

    pub async fn post(&self, content_type: &str, body: impl Into<Body>) -> (StatusCode, Value) {
        let request = Request::post("/api")
            .header("content-type", content_type)
            .body(body.into())
            .expect("a request");
        let response = self.send(request, Some(self.caller())).await;
        (response.status(), value(response).await)
    }

    /// A whole request.
    pub async fn request(&self, body: Value) -> (StatusCode, Value) {
        self.post("application/json", body.to_string()).await
    }

    /// The answers of calls.
    pub async fn calls(&self, calls: Value) -> Vec<Value> {
        let (status, answer) = self
            .request(json!({ "using": [CORE, MAIL, SUBMISSION], "methodCalls": calls }))
            .await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        answer["methodResponses"]
            .as_array()
            .expect("answers")
            .clone()
    }

    /// The arguments of the one answer of one call; `accountId` is alice's unless given.
    pub async fn call(&self, name: &str, arguments: Value) -> Value {
        let answer = self.call_or_error(name, arguments).await;
        assert_eq!(answer[0], name, "{answer}");
        answer[1].clone()
    }

    /// The type of a method error.
    pub async fn error(&self, name: &str, arguments: Value) -> String {
        let answer = self.call_or_error(name, arguments).await;
        assert_eq!(answer[0], "error", "{answer}");
        answer[1]["type"].as_str().unwrap_or_default().to_owned()
    }

    async fn call_or_error(&self, name: &str, mut arguments: Value) -> Value {
        if arguments.get("accountId").is_none() {
            arguments["accountId"] = json!(self.account);
        }
        self.calls(json!([[name, arguments, "c0"]])).await.remove(0)
    }

    /// The id of the mailbox with this role.
    pub async fn mailbox(&self, role: &str) -> String {
        self.folder(role).await.to_string()
    }

    pub async fn folder(&self, role: &str) -> FolderId {
        let (account, role) = (self.account_id(), role.to_owned());
        let found = self
            .store()
            .read(move |tx| Box::pin(async move { folders::by_role(tx, account, &role).await }));
        found.await.expect("a store").expect("a folder").id
    }

    /// A mail pulled from upstream into the folder with this role; its id.
    pub async fn mail(&self, role: &str, uid: i64, keywords: &[&str], raw: &str) -> String {
        let folder = self.folder(role).await;
        let raw = raw.replace('\n', "\r\n").into_bytes();
        let blob_id = self.store().blobs().put(&raw).await.expect("a blob");
        let message = wire::mime::read(&raw);
        let new = NewEmail {
            blob_id,
            size: raw.len(),
            received_at: START + uid * 60_000,
            search_text: wire::mime::search_text(&raw, &message),
            message,
            keywords: keywords.iter().map(|word| (*word).to_owned()).collect(),
            gm_msgid: None,
            gm_thrid: None,
            folders: Vec::new(),
            odd: None,
        };
        let account = self.account_id();
        let place = Place {
            folder,
            uidvalidity: 1,
            uid,
        };
        let added = self.store().write(move |tx| {
            Box::pin(async move { emails::add(tx, account, &new, Some(place)).await })
        });
        added.await.expect("a mail").id.to_string()
    }

    pub async fn close(self) {
        drop(self.router);
        self.test.close().await;
    }
}

pub async fn value(response: Response<Body>) -> Value {
    let bytes = response
        .into_body()
        .collect()
        .await
        .expect("a body")
        .to_bytes();
    serde_json::from_slice(&bytes).unwrap_or_else(|_| json!(String::from_utf8_lossy(&bytes)))
}

async fn person(store: &Store, login: &'static str) -> (User, AccountId) {
    let address = format!("{login}@example.com");
    let new = NewUser {
        login: login.to_owned(),
        name: login.to_owned(),
        address: address.clone(),
        role: Role::Member,
        password_hash: Some("$argon2id$test".to_owned()),
    };
    let made = store
        .write(move |tx| Box::pin(async move { Ok(users::add(tx, new).await.expect("a user")) }))
        .await;
    let user = made.expect("a store");
    let owner_id = user.id;
    let account = store
        .write(move |tx| {
            Box::pin(async move {
                let fields = Fields {
                    provider: "google".to_owned(),
                    name: String::new(),
                    client_id: "client".to_owned(),
                    secret_hint: String::new(),
                    secret_ends_on: None,
                    note: String::new(),
                    tenant: String::new(),
                    redirect_path: "/common/cmn270.do".to_owned(),
                    ..credentials::Fields::default()
                };
                let credential = credentials::add(tx, &fields, &"secret".to_owned().into()).await?;
                let subject = Subject {
                    issuer: "https://accounts.google.com".to_owned(),
                    key: login.to_owned(),
                    address: address.clone(),
                    tenant: String::new(),
                };
                let tokens = Tokens {
                    access_token: "access".to_owned().into(),
                    access_ends_at: START + 3_600_000,
                    refresh_token: Some("refresh".to_owned().into()),
                    refresh_ends_at: None,
                    scopes: None,
                };
                let grant_id =
                    grants::consented(tx, owner_id, credential, &subject, &tokens, "mail", START)
                        .await?;
                let new = NewAccount {
                    owner_id,
                    grant_id,
                    provider: "google".to_owned(),
                    address: address.clone(),
                    mailbox_address: address.clone(),
                    sender_address: address.clone(),
                    smtp_user: address.clone(),
                    sender_name: login.to_owned(),
                };
                let account = accounts::connect(tx, new).await?;
                let listed: Vec<Listed> = [
                    ("INBOX", Some("inbox")),
                    ("Drafts", Some("drafts")),
                    ("Sent", Some("sent")),
                    ("Trash", Some("trash")),
                    ("仕事", None),
                    ("仕事/2026", None),
                ]
                .into_iter()
                .map(|(path, role)| Listed {
                    name: path.rsplit('/').next().unwrap_or(path).to_owned(),
                    path: path.to_owned(),
                    wire_name: path.as_bytes().to_vec(),
                    delimiter: "/".to_owned(),
                    role: role.map(str::to_owned),
                    selectable: true,
                })
                .collect();
                folders::take_over(tx, account, &listed).await?;
                Ok(account)
            })
        })
        .await
        .expect("an account");
    (user, account)
}

/// A plain mail.
pub fn plain(id: &str, from: &str, subject: &str, body: &str) -> String {
    format!(
        "From: {from}\nTo: Alice <alice@example.com>\nCc: carol@example.net\nSubject: {subject}\nMessage-ID: <{id}>\n\
         Date: Mon, 23 Nov 2026 11:40:00 +0900\nMIME-Version: 1.0\nContent-Type: text/plain; charset=UTF-8\n\n{body}\n"
    )
}

/// A mail with text, HTML with a picture inside, and a PDF.
pub const RICH: &str = "From: =?UTF-8?B?5L2Q6Jek?= <sato@example.jp>\nTo: Team: alice@example.com, bob@example.com;\n\
Subject: Plan\nMessage-ID: <rich@example.jp>\nX-Tag: one\nX-Tag: two\nList-Unsubscribe: <https://example.jp/u>\n\
MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=m\n\n--m\nContent-Type: multipart/alternative; boundary=a\n\n\
--a\nContent-Type: text/plain; charset=UTF-8\n\n会議です\n--a\nContent-Type: text/html; charset=UTF-8\n\n\
<p>会議<img src=\"https://tracker.example/x.png\"></p><script>alert(1)</script>\n--a--\n--m\n\
Content-Type: application/pdf; name=plan.pdf\nContent-Disposition: attachment; filename=plan.pdf\n\
Content-Transfer-Encoding: base64\n\nJVBERi0xLjQK\n--m--\n";
