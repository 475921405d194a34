//! What must not leak, and everything that was seen to leave the program.
//!
//!     requests, cookies, answers, sandbox -> secrets ----------+
//!     answers, command output, log, database, backup -> seen --+-> `leaks`, when the program's value is dropped
//!
//! The log is standard output and error, so panics are in it; the database is its files and every cell of every
//! table (the audit log is one of them), on either kind. A secret is also looked for as a form would carry it,
//! and in what base64 in the log says. A secret is learnt where it comes up, so that no test has to think of it. What always holds: an answer
//! may hold a secret of a kind only when giving it is that answer's purpose.

mod dump;

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sandbox::Issued;
use serde_json::Value;

pub(crate) use dump::Data;

/// What a secret is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    ClientSecret,
    Password,
    AccessToken,
    RefreshToken,
    Cookie,
    Csrf,
    ApiToken,
    Invitation,
    /// `state` and `code` of a consent.
    Consent,
}

/// Shorter ones would be found by chance.
const SHORTEST: usize = 8;
/// Of one answer this much is kept.
const MOST: usize = 4 << 20;

struct Seen {
    what: String,
    allowed: Vec<Kind>,
    text: String,
}

/// The books of one program.
#[derive(Default)]
pub(crate) struct Watch {
    secrets: Mutex<Vec<(Kind, String)>>,
    seen: Mutex<Vec<Seen>>,
    issued: Mutex<Option<Issued>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What an answer is there to give.
fn purpose(method: &str, path: &str) -> Vec<Kind> {
    let path = path.split('?').next().unwrap_or_default();
    let ends = |end: &str| path.ends_with(end);
    match method {
        _ if ends("/access-token") => vec![Kind::AccessToken],
        "GET" if ends("/api/me") => vec![Kind::Csrf],
        "POST" if ends("/api/sign-in") || ends("/invitations/redeem") => vec![Kind::Csrf],
        "POST" if ends("/api/tokens") => vec![Kind::ApiToken],
        "POST" if ends("/api/invitations") || ends("/reset") => vec![Kind::Invitation],
        "POST" if ends("/api/reconnect-links") => vec![Kind::Invitation],
        "POST" if ends("/api/connect") || ends("/api/reconnect/begin") => vec![Kind::Consent],
        "GET" if ends("/admin-consent") => vec![Kind::Consent],
        _ => Vec::new(),
    }
}

impl Watch {
    pub(crate) fn follow(&self, issued: Issued) {
        *lock(&self.issued) = Some(issued);
    }

    pub(crate) fn plant(&self, kind: Kind, secret: &str) {
        let known = (kind, secret.to_owned());
        let mut secrets = lock(&self.secrets);
        if secret.len() >= SHORTEST && !secrets.contains(&known) {
            secrets.push(known);
        }
    }

    /// Learns what a request carries.
    pub(crate) fn request(&self, body: &Value) {
        for (member, kind) in [
            ("password", Kind::Password),
            ("current_password", Kind::Password),
            ("new_password", Kind::Password),
            ("client_secret", Kind::ClientSecret),
            ("next_secret", Kind::ClientSecret),
        ] {
            if let Some(secret) = body[member].as_str() {
                self.plant(kind, secret.trim());
            }
        }
    }

    /// Keeps an answer, and learns the secrets that it is there to give.
    pub(crate) fn answer(&self, method: &str, path: &str, headers: &str, body: &[u8]) {
        let text = String::from_utf8_lossy(&body[..body.len().min(MOST)]);
        let allowed = purpose(method, path);
        if let Ok(json) = serde_json::from_str::<Value>(&text) {
            self.learn(&allowed, &json);
        }
        lock(&self.seen).push(Seen {
            what: format!("{method} {path}"),
            allowed,
            text: format!("{headers}{text}"),
        });
    }

    fn learn(&self, allowed: &[Kind], json: &Value) {
        let learn = |kind, value: &Value| {
            if let (true, Some(secret)) = (allowed.contains(&kind), value.as_str()) {
                self.plant(kind, secret);
            }
        };
        learn(Kind::Csrf, &json["csrf_token"]);
        learn(Kind::ApiToken, &json["token"]);
        let mut urls = vec![&json["url"], &json["authorization_url"]];
        urls.extend(
            json["items"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|item| &item["url"]),
        );
        for url in urls.into_iter().filter_map(Value::as_str) {
            if allowed.contains(&Kind::Invitation)
                && let Some((_, token)) = url.split_once('#')
            {
                self.plant(Kind::Invitation, token);
            }
            if allowed.contains(&Kind::Consent) {
                self.consent_url(url);
            }
        }
    }

    /// Learns `state` and `code` of an authorization or callback URL.
    pub(crate) fn consent_url(&self, url: &str) {
        let Ok(url) = url::Url::parse(url) else {
            return;
        };
        for (name, value) in url.query_pairs() {
            if name == "state" || name == "code" {
                self.plant(Kind::Consent, &value);
            }
        }
    }

    /// Keeps what a command printed.
    pub(crate) fn output(&self, arguments: &[&str], output: &std::process::Output) {
        let printed = String::from_utf8_lossy(&output.stdout);
        let allowed = match arguments {
            ["token", ..] => vec![Kind::AccessToken],
            ["user", "token", ..] => {
                self.plant(Kind::ApiToken, printed.trim());
                vec![Kind::ApiToken]
            }
            ["user", "add", ..] => {
                if let Some((_, token)) = printed.trim().split_once('#') {
                    self.plant(Kind::Invitation, token);
                }
                vec![Kind::Invitation]
            }
            _ => Vec::new(),
        };
        lock(&self.seen).push(Seen {
            what: format!("tegata {}", arguments.join(" ")),
            allowed,
            text: format!("{printed}{}", String::from_utf8_lossy(&output.stderr)),
        });
    }

    fn secrets(&self) -> Vec<(Kind, String)> {
        let mut all = lock(&self.secrets).clone();
        if let Some(issued) = &*lock(&self.issued) {
            all.extend(issued.access().into_iter().map(|t| (Kind::AccessToken, t)));
            all.extend(
                issued
                    .refresh()
                    .into_iter()
                    .map(|t| (Kind::RefreshToken, t)),
            );
        }
        all
    }

    /// A sentence for each secret that stands where it must not: in what was seen, in the log, in the
    /// database, in a backup.
    pub(crate) fn leaks(&self, log: &str, data: Option<&Data>, backup: &[u8]) -> Vec<String> {
        let mut secrets = self.secrets();
        let forms: Vec<_> = secrets
            .iter()
            .map(|(kind, secret)| (*kind, secret, in_a_form(secret)))
            .filter(|(_, secret, form)| form != *secret)
            .map(|(kind, _, form)| (kind, form))
            .collect();
        secrets.extend(forms);
        let needles = Needles::new(secrets);
        let mut found = Vec::new();
        let mut search = |what: &str, text: &str, allowed: &[Kind]| {
            for (kind, secret) in needles.within(text) {
                if !allowed.contains(kind) {
                    found.push(format!("{kind:?} {secret:?} stands in {what}"));
                }
            }
        };
        search("the log", log, &[]);
        search("the log, in base64", &decoded(log), &[]);
        for seen in &*lock(&self.seen) {
            search(&seen.what, &seen.text, &seen.allowed);
        }
        search("a backup", &String::from_utf8_lossy(backup), &[]);
        if let Some(Data::File(path)) = data {
            for ending in ["", "-wal", "-journal", "-shm"] {
                let path = format!("{}{ending}", path.display());
                let bytes = std::fs::read(&path).unwrap_or_default();
                // Which of them may stand where, the cells tell.
                let allowed = [Kind::Csrf, Kind::Invitation];
                search(&path, &String::from_utf8_lossy(&bytes), &allowed);
            }
        }
        for (column, text) in data.map(dump::columns).unwrap_or_default() {
            search(
                &format!("the column {column}"),
                &text,
                may_stand_in(&column),
            );
        }
        found
    }
}

/// What a column is there to keep.
fn may_stand_in(column: &str) -> &'static [Kind] {
    match column.split('.').next().unwrap_or_default() {
        // The token against forgery is no key by itself: it is kept as it is.
        "login_sessions" if column.ends_with(".csrf_token") => &[Kind::Csrf],
        // A one-use link goes out as a mail, and a mail that was sent is a mail that is kept.
        "emails" => &[Kind::Invitation],
        _ => &[],
    }
}

/// As a form or a query would carry it.
fn in_a_form(secret: &str) -> String {
    url::form_urlencoded::byte_serialize(secret.as_bytes()).collect()
}

/// Secrets by their first octets: thousands of them are searched for in one pass.
struct Needles {
    secrets: Vec<(Kind, String)>,
    by_start: HashMap<[u8; SHORTEST], Vec<usize>>,
    /// Whether a secret begins with these two octets: most places of a text are passed by with that.
    begins: Vec<bool>,
}

impl Needles {
    fn new(secrets: Vec<(Kind, String)>) -> Needles {
        let mut by_start: HashMap<_, Vec<usize>> = HashMap::new();
        let mut begins = vec![false; 1 << 16];
        for (place, (_, secret)) in secrets.iter().enumerate() {
            if let Some(start) = secret.as_bytes().first_chunk() {
                begins[pair(start)] = true;
                by_start.entry(*start).or_default().push(place);
            }
        }
        Needles {
            secrets,
            by_start,
            begins,
        }
    }

    /// The secrets that stand in a text, each once.
    fn within(&self, text: &str) -> Vec<&(Kind, String)> {
        let bytes = text.as_bytes();
        let mut places: Vec<usize> = Vec::new();
        for (at, start) in bytes.windows(SHORTEST).enumerate() {
            if !self.begins[pair(start)] {
                continue;
            }
            let Some(known) = <&[u8; SHORTEST]>::try_from(start)
                .ok()
                .and_then(|start| self.by_start.get(start))
            else {
                continue;
            };
            let stands =
                |place: &&usize| bytes[at..].starts_with(self.secrets[**place].1.as_bytes());
            places.extend(known.iter().filter(stands));
        }
        places.sort_unstable();
        places.dedup();
        places
            .into_iter()
            .map(|place| &self.secrets[place])
            .collect()
    }
}

fn pair(start: &[u8]) -> usize {
    usize::from(start[0]) << 8 | usize::from(start[1])
}

/// What long runs of base64 in a text say: an XOAUTH2 line hides a token from a plain search.
fn decoded(text: &str) -> String {
    let is_base64 = |c: char| c.is_ascii_alphanumeric() || "+/=".contains(c);
    text.split(|c| !is_base64(c))
        .filter(|run| run.len() >= 24)
        .filter_map(|run| STANDARD.decode(run).ok())
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .collect::<Vec<_>>()
        .join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(path: &str, body: &str) -> Vec<String> {
        let watch = Watch::default();
        watch.plant(Kind::ClientSecret, "s3cret-value");
        watch.answer("POST", path, "", body.as_bytes());
        watch.leaks("", None, b"")
    }

    #[test]
    fn a_secret_in_an_answer_or_in_base64_in_the_log_is_a_leak() {
        assert_eq!(
            given("/api/credentials", "{\"x\":\"s3cret-value\"}").len(),
            1
        );
        assert!(given("/api/credentials", "{}").is_empty());
        let watch = Watch::default();
        watch.plant(Kind::AccessToken, "ya29.token");
        let line = STANDARD.encode("user=a@b\x01auth=Bearer ya29.token\x01\x01");
        assert_eq!(watch.leaks(&format!("sent {line}"), None, b"").len(), 1);
    }

    #[test]
    fn a_token_is_learnt_from_the_answer_that_gives_it_and_is_a_leak_anywhere_else() {
        let watch = Watch::default();
        let body = "{\"token\":\"tgt_0123456789\"}";
        watch.answer("POST", "/gsession/api/tokens", "", body.as_bytes());
        assert!(watch.leaks("", None, b"").is_empty());
        watch.answer("GET", "/gsession/api/tokens", "", body.as_bytes());
        assert_eq!(watch.leaks("", None, b"").len(), 1);
    }

    /// The proof that the watch sees: a secret that was put there on purpose is found, wherever that is.
    #[tokio::test]
    async fn a_secret_that_is_written_on_purpose_is_found_everywhere() {
        use sqlx::Connection as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tegata.db");
        let options = sqlx::sqlite::SqliteConnectOptions::new()
            .filename(&path)
            .create_if_missing(true);
        let mut connection = sqlx::SqliteConnection::connect_with(&options)
            .await
            .unwrap();
        let secret = "1//planted refresh/token".repeat(400);
        // Long enough for several pages of the file, where no search of its octets finds it whole.
        sqlx::raw_sql(
            "CREATE TABLE audit (id BLOB, detail TEXT); CREATE TABLE emails (message TEXT);",
        )
        .execute(&mut connection)
        .await
        .unwrap();
        sqlx::query("INSERT INTO audit (id, detail) VALUES (x'00', $1)")
            .bind(format!("{{\"x\":\"{secret}\"}}"))
            .execute(&mut connection)
            .await
            .unwrap();
        sqlx::query("INSERT INTO emails (message) VALUES ('your link: #one-time-link-token')")
            .execute(&mut connection)
            .await
            .unwrap();
        let watch = Watch::default();
        watch.plant(Kind::RefreshToken, &secret);
        watch.plant(Kind::Invitation, "one-time-link-token");
        let data = Data::File(path);
        let leaks = watch.leaks("", Some(&data), b"");
        assert_eq!(leaks.len(), 1, "{leaks:?}");
        assert!(leaks[0].ends_with("the column audit.detail"), "{leaks:?}");
        sqlx::query("UPDATE audit SET detail = 'one-time-link-token'")
            .execute(&mut connection)
            .await
            .unwrap();
        assert_eq!(watch.leaks("", Some(&data), b"").len(), 1);
        sqlx::query("UPDATE audit SET detail = '{}'")
            .execute(&mut connection)
            .await
            .unwrap();
        connection.close().await.unwrap();
        assert_eq!(watch.leaks("", Some(&data), b"").len(), 0);
        let watch = Watch::default();
        watch.plant(Kind::ClientSecret, "GOCSPX~a b/c");
        for said in ["at GOCSPX~a b/c", "client_secret=GOCSPX%7Ea+b%2Fc&x"] {
            assert_eq!(watch.leaks(said, None, b"").len(), 1, "{said}");
            assert_eq!(watch.leaks("", None, said.as_bytes()).len(), 1, "{said}");
        }
    }
}
