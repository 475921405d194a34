//! JMAP (RFC 8620) through a client, by cookie or by Bearer.

use serde_json::{Value, json};

use super::client::{Answer, Client};

/// A client with its JMAP session.
pub struct Jmap {
    pub client: Client,
    /// The session object.
    pub session: Value,
}

impl Jmap {
    /// Reads the session.
    ///
    /// # Panics
    /// With the answer, when there is none.
    pub async fn open(client: &Client) -> Jmap {
        let session = client.get("/jmap/session").await.is(200).json();
        Jmap {
            client: client.clone(),
            session,
        }
    }

    /// The id of an address's account.
    ///
    /// # Panics
    /// With the session, when it has none of that name.
    #[must_use]
    pub fn account(&self, address: &str) -> String {
        let accounts = self.session["accounts"].as_object().expect("accounts");
        let mut found = accounts.iter().filter(|(_, account)| {
            account["name"]
                .as_str()
                .is_some_and(|name| name.eq_ignore_ascii_case(address))
        });
        let found = found.next();
        found
            .unwrap_or_else(|| panic!("no account {address} in {}", self.session))
            .0
            .clone()
    }

    /// A whole request; the answer as it came.
    pub async fn request(&self, body: &Value) -> Answer {
        self.client.post("/jmap/api", body).await
    }

    /// Several methods with all capabilities; their responses.
    ///
    /// # Panics
    /// With the answer, when it is no 200.
    pub async fn calls(&self, calls: Value) -> Value {
        let using = [
            "urn:ietf:params:jmap:core",
            "urn:ietf:params:jmap:mail",
            "urn:ietf:params:jmap:submission",
        ];
        let body = json!({ "using": using, "methodCalls": calls });
        self.request(&body).await.is(200).json()["methodResponses"].clone()
    }

    /// One method on an account; its arguments.
    ///
    /// # Panics
    /// With the error, when the method fails.
    pub async fn call(&self, account: &str, method: &str, mut arguments: Value) -> Value {
        arguments["accountId"] = json!(account);
        let answers = self.calls(json!([[method, arguments, "0"]])).await;
        assert_eq!(answers[0][0], method, "{answers}");
        answers[0][1].clone()
    }
}
