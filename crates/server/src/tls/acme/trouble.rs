//! What stands in the way of a certificate, from the authority's words (RFC 8555, 6.7).

use instant_acme::{Error, Problem};
use serde::{Deserialize, Serialize};
use store::Millis;

/// Where to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The authority cannot reach our port 80 or 443, or we cannot listen on it.
    Port,
    /// The name does not lead to an address.
    Dns,
    /// Somebody else answers in our place.
    Proxy,
    /// Too many orders: the authority wants us to wait.
    RateLimited,
    /// The authority itself cannot be reached or is broken.
    Directory,
    /// The authority does not want to: the name, the account, a CAA record.
    Refused,
    /// Anything else.
    Other,
}

impl Kind {
    /// As it stands in JSON and in the log.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Port => "port",
            Kind::Dns => "dns",
            Kind::Proxy => "proxy",
            Kind::RateLimited => "rate_limited",
            Kind::Directory => "directory",
            Kind::Refused => "refused",
            Kind::Other => "other",
        }
    }

    /// What to look at, in one English sentence.
    pub fn sentence(self) -> &'static str {
        match self {
            Kind::Port => {
                "the authority cannot reach this server: open port 80 (HTTP-01) or 443 (TLS-ALPN-01) to it in firewall and router"
            }
            Kind::Dns => {
                "the name of public_url does not lead here: give it an A or AAAA record that is this server's public address"
            }
            Kind::Proxy => {
                "somebody else answers under the name: a proxy or another server stands in front, or the DNS record names the wrong address; behind a proxy that does TLS write tls = \"off\""
            }
            Kind::RateLimited => "the authority has had too many orders and wants us to wait",
            Kind::Directory => {
                "the authority cannot be reached: look at [acme] directory_url, at [outgoing] proxy and at the way out to port 443"
            }
            Kind::Refused => {
                "the authority does not give a certificate for this name or to this account: look at CAA records and at [acme] contact"
            }
            Kind::Other => "the order did not work",
        }
    }
}

/// One failure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// Where to look.
    pub kind: Kind,
    /// The authority's own words, or the system's.
    pub said: String,
    /// Not before this, says the authority; milliseconds since 1970.
    pub not_before: Option<Millis>,
}

impl Trouble {
    pub(super) fn new(kind: Kind, said: impl Into<String>) -> Trouble {
        Trouble {
            kind,
            said: said.into(),
            not_before: None,
        }
    }

    /// Of a request to the authority that failed.
    pub(super) fn of_request(error: &Error) -> Trouble {
        match error {
            Error::Api(problem) => Trouble::of_problem(problem, false),
            Error::Timeout(_) => Trouble::new(Kind::Directory, "the authority does not get done"),
            Error::Crypto | Error::KeyRejected | Error::Unsupported(_) => {
                Trouble::new(Kind::Other, error.to_string())
            }
            // No answer, or one that is not ACME's.
            _ => Trouble::new(Kind::Directory, error.to_string()),
        }
    }

    /// Of a challenge that the authority looked at and found wanting.
    pub(super) fn of_challenge(problem: &Problem) -> Trouble {
        Trouble::of_problem(problem, true)
    }

    fn of_problem(problem: &Problem, looked: bool) -> Trouble {
        let mut kind = problem.r#type.as_deref().unwrap_or_default();
        if kind.ends_with(":compound") {
            let part = problem
                .subproblems
                .iter()
                .find_map(|it| it.r#type.as_deref());
            kind = part.unwrap_or(kind);
        }
        let mut said = problem.detail.clone().unwrap_or_default();
        for more in problem
            .subproblems
            .iter()
            .filter_map(|it| it.detail.as_deref())
        {
            said += &format!(" ({more})");
        }
        if said.is_empty() {
            said = kind.to_owned();
        }
        let kind = match classify(kind, problem.status, looked) {
            // Pebble 2.4 and others that are written in Go call a name without an address a connection.
            Kind::Port if said.contains("could not resolve") || said.contains("no such host") => {
                Kind::Dns
            }
            kind => kind,
        };
        Trouble::new(kind, said)
    }

    /// Whether another kind of challenge may find a better way.
    pub(super) fn another_way(&self) -> bool {
        matches!(self.kind, Kind::Port | Kind::Proxy)
    }
}

/// `looked`: the authority came to look at a challenge. The same type means another thing then:
/// `unauthorized` is an account without rights in one case, and somebody else's answer in the other.
fn classify(kind: &str, status: Option<u16>, looked: bool) -> Kind {
    let word = kind
        .strip_prefix("urn:ietf:params:acme:error:")
        .unwrap_or_default();
    match word {
        "dns" => Kind::Dns,
        "connection" => Kind::Port,
        "unauthorized" | "tls" | "incorrectResponse" if looked => Kind::Proxy,
        "rateLimited" => Kind::RateLimited,
        "serverInternal" => Kind::Directory,
        "unauthorized"
        | "caa"
        | "rejectedIdentifier"
        | "unsupportedIdentifier"
        | "accountDoesNotExist"
        | "externalAccountRequired"
        | "userActionRequired"
        | "invalidContact"
        | "unsupportedContact" => Kind::Refused,
        _ if status.is_some_and(|status| status >= 500) => Kind::Directory,
        _ => Kind::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(kind: &str) -> Problem {
        let json = serde_json::json!({
            "type": format!("urn:ietf:params:acme:error:{kind}"), "detail": "words",
        });
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn what_the_authority_found_names_where_to_look() {
        for (word, kind) in [
            ("connection", Kind::Port),
            ("dns", Kind::Dns),
            ("unauthorized", Kind::Proxy),
            ("tls", Kind::Proxy),
            ("incorrectResponse", Kind::Proxy),
            ("caa", Kind::Refused),
            ("rateLimited", Kind::RateLimited),
            ("malformed", Kind::Other),
        ] {
            let trouble = Trouble::of_challenge(&problem(word));
            assert_eq!((trouble.kind, &*trouble.said), (kind, "words"), "{word}");
        }
    }

    #[test]
    fn a_name_that_leads_nowhere_is_heard_from_the_words_too() {
        let mut problem = problem("connection");
        problem.detail = Some("dial tcp: lookup a.example.jp: no such host".into());
        assert_eq!(Trouble::of_challenge(&problem).kind, Kind::Dns);
    }

    #[test]
    fn a_refused_request_names_where_to_look() {
        for (word, kind) in [
            ("rateLimited", Kind::RateLimited),
            ("rejectedIdentifier", Kind::Refused),
            ("unauthorized", Kind::Refused),
            ("externalAccountRequired", Kind::Refused),
            ("invalidContact", Kind::Refused),
            ("serverInternal", Kind::Directory),
            ("badCSR", Kind::Other),
        ] {
            let trouble = Trouble::of_request(&Error::Api(problem(word)));
            assert_eq!(trouble.kind, kind, "{word}");
        }
        let silent = Error::Other("no connection".into());
        assert_eq!(Trouble::of_request(&silent).kind, Kind::Directory);
        let page = serde_json::from_str::<u8>("<html>").unwrap_err();
        assert_eq!(Trouble::of_request(&page.into()).kind, Kind::Directory);
    }

    #[test]
    fn subproblems_are_heard_too() {
        let json = serde_json::json!({
            "type": "urn:ietf:params:acme:error:compound", "detail": "Two things.",
            "subproblems": [{ "type": "urn:ietf:params:acme:error:dns", "detail": "No such name" }],
        });
        let trouble = Trouble::of_challenge(&serde_json::from_value(json).unwrap());
        assert_eq!(
            trouble,
            Trouble::new(Kind::Dns, "Two things. (No such name)")
        );
    }

    #[test]
    fn another_challenge_is_tried_where_it_can_help() {
        assert!(Trouble::new(Kind::Port, "").another_way());
        assert!(Trouble::new(Kind::Proxy, "").another_way());
        assert!(!Trouble::new(Kind::Dns, "").another_way());
        assert!(!Trouble::new(Kind::RateLimited, "").another_way());
    }
}
