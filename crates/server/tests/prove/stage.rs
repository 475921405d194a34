//! What a run stands on: a sandbox, the programs, two hundred connected mailboxes, and a way to ask for their tokens.
//!
//! The grants are put into the store directly, with tokens that the sandbox knows: two hundred consents would take
//! longer than the run. The mail servers are a port that takes connections and says nothing, since mail is not
//! what is proven here; the workers ask for their tokens all the same.

use std::collections::HashMap;
use std::fs;
use std::sync::{Arc, Mutex};

use provider::tokens::step;
use sandbox::{Fault, FaultKind, Given, MICROSOFT_CLIENT_ID, MICROSOFT_CLIENT_SECRET, Sandbox};
use store::credentials::{self, Fields};
use store::grants::{self, Subject, Tokens};
use store::{AccountId, CredentialId, Store, UserId, World, accounts, users};
use testing::postgres::Database;
use testing::program::{Setup, Tegata};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;

use crate::diary::Diary;
use crate::node::Node;
use crate::plan::{GRANTS, Plan, Rule};

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_tegata");
const PERSON: &str = "prover";
/// How long an access token lives: well above what is left of one that is handed out, so that each is refreshed
/// again and again.
const LIFE_MS: u64 = 45_000;

/// A mailbox.
pub struct Seat {
    pub address: String,
    pub account: AccountId,
}

/// Where everything that a task needs is found.
pub struct Ground {
    pub plan: Plan,
    pub sandbox: Arc<Sandbox>,
    pub diary: Arc<Diary>,
    pub seats: Vec<Seat>,
    /// Address to the number of its living grant in the ledger.
    pub current: Mutex<HashMap<String, u64>>,
    /// Where the programs listen.
    pub bases: Vec<String>,
    /// An API token that may ask for access tokens.
    pub key: String,
    /// The first program's configuration, for commands, with `{by}`.
    pub config: String,
    pub folder: std::path::PathBuf,
    database: String,
    user: UserId,
    credential: CredentialId,
}

/// Sets the stage; the nodes do not run yet.
pub async fn set(plan: Plan, database: Option<&Database>) -> (Ground, Vec<Node>) {
    let options = sandbox::Options {
        seed: Some(plan.seed),
        ..sandbox::Options::default()
    };
    let sandbox = Arc::new(sandbox::start(options).await.expect("the sandbox starts"));
    let diary = Arc::new(Diary::default());
    let silence = silent_server().await;
    let setup = Setup {
        store: database.map_or(testing::program::Place::Sqlite, |database| {
            testing::program::Place::Postgres(database.url.clone())
        }),
        sandbox: Some(&sandbox),
        ..Setup::default()
    };
    let mut nodes: Vec<Node> = Vec::new();
    for name in ["a", "b"].into_iter().take(plan.nodes()) {
        let tegata = Tegata::prepare(PROGRAM, &setup);
        if let Some(first) = nodes.first() {
            // The second node has the same key ring and the same blobs.
            let data = first.tegata.folder.join("data");
            std::os::unix::fs::symlink(data, tegata.folder.join("data")).expect("a link is made");
        }
        let written = fs::read_to_string(tegata.folder.join("tegata.toml"));
        let url = &sandbox.microsoft.token_url;
        let config = written
            .expect("the configuration is there")
            .replace(url, &format!("{url}?by={{by}}"))
            .replace(&sandbox.microsoft.imap, &silence)
            .replace(&sandbox.microsoft.smtp, &silence)
            // Who waits for a greeting costs less than who begins TLS, two hundred times at each start.
            .replace("imap_tls = \"implicit\"", "imap_tls = \"starttls\"");
        nodes.push(Node {
            tegata,
            sandbox: Arc::clone(&sandbox),
            diary: Arc::clone(&diary),
            name,
            config,
            lives: 0,
        });
    }
    let first = &nodes[0].tegata;
    let added = ["user", "add", PERSON, "--admin", "--password-stdin"];
    first.done(&added, "correct horse prover\n").await;
    let token = ["user", "token", PERSON, "--scope", "token,mail,admin"];
    let key = first.done(&token, "").await.trim().to_owned();
    set_faults(&plan, &sandbox);
    let url = database.map_or_else(
        || format!("sqlite:{}/data/tegata.db", first.folder.display()),
        |database| database.url.clone(),
    );
    let store = open(&url, &first.folder).await;
    let (user, credential) = prepare_store(&store).await;
    let mut ground = Ground {
        plan,
        sandbox,
        diary,
        seats: Vec::new(),
        current: Mutex::default(),
        bases: nodes.iter().map(|node| node.tegata.base.clone()).collect(),
        key,
        config: nodes[0].config.clone(),
        folder: first.folder.clone(),
        database: url,
        user,
        credential,
    };
    ground.connect_all(&store).await;
    store.close().await;
    (ground, nodes)
}

fn address(number: usize) -> String {
    format!("person{number}@contoso.example")
}

fn set_faults(plan: &Plan, sandbox: &Sandbox) {
    let mut chance = plan.chance(0);
    sandbox.fault(Fault::new(FaultKind::ShortTokens).ms(LIFE_MS));
    for number in 0..GRANTS {
        // Answers take their time, so that a kill finds requests that are open.
        let slow = Fault::new(FaultKind::TokenSlow).ms(chance.between(20, 200));
        sandbox.fault(slow.of(&address(number)));
    }
    if plan.rule == Rule::OldDies {
        sandbox.fault(Fault::new(FaultKind::StrictRotation));
    }
}

/// A port that takes connections and says nothing: `host:port`.
async fn silent_server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let at = listener.local_addr().expect("it is bound").to_string();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut bytes = [0; 256];
                while matches!(stream.read(&mut bytes).await, Ok(1..)) {}
            });
        }
    });
    at
}

async fn open(database: &str, folder: &std::path::Path) -> Store {
    let data = folder.join("data");
    let blobs = format!("file:{}/blobs", data.display());
    let opened = Store::open(database, &blobs, &data.join("tegata.key"), World::real()).await;
    opened.expect("the store opens")
}

async fn prepare_store(store: &Store) -> (UserId, CredentialId) {
    let fields = Fields {
        provider: "microsoft".into(),
        client_id: MICROSOFT_CLIENT_ID.into(),
        tenant: sandbox::MICROSOFT_TENANT_ID.into(),
        redirect_path: "/common/cmn270.do".into(),
        ..Fields::default()
    };
    let made = store
        .write(move |tx| {
            Box::pin(async move {
                let user = users::by_login(tx, PERSON).await?;
                let secret = MICROSOFT_CLIENT_SECRET.to_owned().into();
                let credential = credentials::add(tx, &fields, &secret).await?;
                Ok((user.map(|user| user.id), credential))
            })
        })
        .await;
    let (user, credential) = made.expect("the store takes a credential");
    (user.expect("the person is there"), credential)
}

impl Ground {
    async fn connect_all(&mut self, store: &Store) {
        let given: Vec<(String, Given)> = (0..GRANTS)
            .map(address)
            .map(|address| {
                let given = self.sandbox.give(MICROSOFT_CLIENT_ID, &address);
                (address, given)
            })
            .collect();
        let numbers = given.iter().map(|(address, g)| (address.clone(), g.grant));
        self.current = Mutex::new(numbers.collect());
        let issuer = self.sandbox.microsoft.issuer.clone();
        let (user, credential) = (self.user, self.credential);
        let mut chance = self.plan.chance(300);
        let made = store
            .write(move |tx| {
                Box::pin(async move {
                    let mut seats = Vec::new();
                    for (address, mut given) in given {
                        // They come due one after the other, as after a while.
                        given.expires_in = chance.between(1, given.expires_in as u64) as i64;
                        let grant = consent(tx, user, credential, &issuer, &address, given).await?;
                        let new = accounts::NewAccount {
                            owner_id: user,
                            grant_id: grant,
                            provider: "microsoft".into(),
                            address: address.clone(),
                            mailbox_address: address.clone(),
                            sender_address: address.clone(),
                            smtp_user: address.clone(),
                            sender_name: String::new(),
                        };
                        let account = accounts::connect(tx, new).await?;
                        seats.push(Seat { address, account });
                    }
                    Ok(seats)
                })
            })
            .await;
        self.seats = made.expect("the store takes the mailboxes");
    }

    /// The person of a lost grant consents again; `false` when the store cannot be written just now.
    pub async fn consent_again(&self, address: &str) -> bool {
        let given = self.sandbox.give(MICROSOFT_CLIENT_ID, address);
        let number = given.grant;
        let store = open(&self.database, &self.folder).await;
        let issuer = self.sandbox.microsoft.issuer.clone();
        let (user, credential, whose) = (self.user, self.credential, address.to_owned());
        let made = store
            .write(move |tx| {
                Box::pin(async move { consent(tx, user, credential, &issuer, &whose, given).await })
            })
            .await;
        store.close().await;
        if made.is_ok() {
            self.lock_current().insert(address.to_owned(), number);
        }
        made.is_ok()
    }

    pub fn lock_current(&self) -> std::sync::MutexGuard<'_, HashMap<String, u64>> {
        self.current
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

async fn consent(
    tx: &mut store::Tx,
    user: UserId,
    credential: CredentialId,
    issuer: &str,
    address: &str,
    given: Given,
) -> store::Result<store::GrantId> {
    let subject = Subject {
        issuer: issuer.replace("{tenant}", &given.tenant),
        key: format!("{}/{}", given.tenant, given.object),
        address: address.to_owned(),
        tenant: given.tenant,
    };
    let life = given.expires_in * 1_000;
    let access_ends_at = tx.now() + life;
    let tokens = Tokens {
        access_token: given.access_token.into(),
        access_ends_at,
        refresh_token: Some(given.refresh_token.into()),
        refresh_ends_at: None,
        scopes: None,
    };
    let refresh_at = access_ends_at - step::ahead(life);
    grants::consented(
        tx,
        user,
        credential,
        &subject,
        &tokens,
        &given.scopes,
        refresh_at,
    )
    .await
}
