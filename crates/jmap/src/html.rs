//! The HTML of an email for our own web mail: its HTML parts in one, sanitised here and once more there.

use store::emails::{self, Email};
use store::users::User;
use store::{AccountId, EmailId, Store, accounts};
use wire::mime::{Remote, SanitizeOptions, part_text, sanitize};

/// So much HTML of one email is shown.
const MOST_OCTETS: usize = 8 << 20;

/// The sanitised HTML and how many references to other servers were taken out (none with `remote`).
/// `None` when there is no such email for this person, or it has no HTML: then its text is shown.
pub async fn sanitized(
    store: &Store,
    user: &User,
    account: AccountId,
    email: EmailId,
    remote: bool,
) -> store::Result<Option<(String, usize)>> {
    let user = user.id;
    let found: Option<Email> = store
        .read(move |tx| {
            Box::pin(async move {
                match accounts::rights(tx, account, user).await? {
                    Some(rights) if rights.read => emails::find(tx, account, email).await,
                    _ => Ok(None),
                }
            })
        })
        .await?;
    let Some(found) = found else { return Ok(None) };
    let parts: Vec<_> = found
        .message
        .html_body
        .iter()
        .filter_map(|id| found.message.part(id))
        .collect();
    if !parts.iter().any(|part| part.content_type == "text/html") {
        return Ok(None);
    }
    let Some(raw) = store.blobs().get(found.blob_id).await? else {
        return Ok(None);
    };
    let mut html = String::new();
    for part in parts {
        if html.len() > MOST_OCTETS {
            break;
        }
        match part.content_type.as_str() {
            "text/html" => html.push_str(&part_text(&raw, part).0),
            // Text between the HTML parts: a mailing list's footer.
            "text/plain" => {
                html.push_str(&format!("<pre>{}</pre>", escaped(&part_text(&raw, part).0)))
            }
            _ => {}
        }
        html.push('\n');
    }
    html.truncate(html.floor_char_boundary(MOST_OCTETS));
    let remote = if remote { Remote::Keep } else { Remote::Block };
    let sanitized = sanitize(&html, &SanitizeOptions { remote });
    Ok(Some((sanitized.html, sanitized.blocked_remote)))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
