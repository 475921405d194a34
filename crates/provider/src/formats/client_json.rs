//! The client file that Google's console offers for download.
//!
//! The right file has a member `web`. A desktop client (`installed`) cannot come back to a web
//! address, and a service account's key is another thing altogether: both are refused with the
//! step that leads to the right one (providers.md 7.1).

use secrecy::SecretString;
use serde::Deserialize;

use super::{Field, Finding, messages as say};

/// The real file is about 500 bytes.
const LARGEST: usize = 64 * 1024;

/// What the form takes from the file.
#[derive(Debug, Clone)]
pub struct GoogleClient {
    pub client_id: String,
    pub client_secret: SecretString,
    /// What is registered at Google: compare it with ours.
    pub redirect_uris: Vec<String>,
}

#[derive(Deserialize)]
struct Document {
    web: Option<Web>,
    installed: Option<serde::de::IgnoredAny>,
    r#type: Option<String>,
}

#[derive(Deserialize)]
struct Web {
    client_id: Option<String>,
    client_secret: Option<String>,
    #[serde(default)]
    redirect_uris: Vec<String>,
}

/// Reads the text of the file.
pub fn google_json(text: &str) -> Result<GoogleClient, Finding> {
    let refuse = |message: say::Message| Err(message.at(Field::ClientId));
    if text.len() > LARGEST {
        return refuse(say::JSON_UNREADABLE);
    }
    let Ok(document) = serde_json::from_str::<Document>(text.trim_start_matches('\u{feff}')) else {
        return refuse(say::JSON_UNREADABLE);
    };
    if document.r#type.as_deref() == Some("service_account") {
        return refuse(say::SERVICE_ACCOUNT);
    }
    let Some(web) = document.web else {
        return refuse(if document.installed.is_some() {
            say::DESKTOP_CLIENT
        } else {
            say::JSON_UNREADABLE
        });
    };
    let (Some(client_id), Some(client_secret)) = (web.client_id, web.client_secret) else {
        // Later downloads hold no secret: Google shows it only once.
        return refuse(say::JSON_WITHOUT_SECRET);
    };
    Ok(GoogleClient {
        client_id,
        client_secret: client_secret.into(),
        redirect_uris: web.redirect_uris,
    })
}
