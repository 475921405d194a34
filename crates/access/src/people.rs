//! Inviting people, and one-time links for a first or a new password.

use secrecy::{ExposeSecret, SecretString};
use store::audit::{self, Actor};
use store::invitations::{self, Invitation, Kind};
use store::login_sessions::LoginSession;
use store::users::{self, NewUser, Refusal, Role, User};
use store::{Store, Tx, login_sessions};

use crate::passwords::{self, Weak};
use crate::{begin_session, fingerprint, new_secret};

/// A one-time link for a person. Its token is shown once.
pub struct Link {
    /// For whom.
    pub user: User,
    /// What stands behind `/invitation#`.
    pub token: SecretString,
    /// The row.
    pub invitation: Invitation,
}

/// Adds a person who has no password yet, with the link to set one.
pub async fn invite(
    tx: &mut Tx,
    actor: &Actor,
    login: &str,
    name: &str,
    address: &str,
    role: Role,
) -> Result<Link, Refusal> {
    let new = NewUser {
        login: login.to_owned(),
        name: name.to_owned(),
        address: address.to_owned(),
        role,
        password_hash: None,
    };
    let user = users::add(tx, new).await?;
    audit::add(
        tx,
        actor,
        "user.invited",
        &user.login,
        serde_json::json!({ "role": role.word() }),
    )
    .await?;
    link(tx, user, Kind::Invite).await
}

/// Makes a link with which a known person sets a new password. The old one goes on working until then.
pub async fn reset(tx: &mut Tx, actor: &Actor, id: store::UserId) -> Result<Link, Refusal> {
    let user = users::find(tx, id).await?.ok_or(Refusal::NotFound)?;
    audit::add(
        tx,
        actor,
        "user.reset_link_made",
        &user.login,
        serde_json::json!({}),
    )
    .await?;
    let kind = if user.status == users::Status::Invited {
        Kind::Invite
    } else {
        Kind::Reset
    };
    link(tx, user, kind).await
}

async fn link(tx: &mut Tx, user: User, kind: Kind) -> Result<Link, Refusal> {
    let token = new_secret(tx.world(), "");
    let invitation =
        invitations::add(tx, user.id, kind, &fingerprint(token.expose_secret())).await?;
    Ok(Link {
        user,
        token,
        invitation,
    })
}

/// The person and the kind of a link that still works.
pub async fn look_up(store: &Store, token: &str) -> store::Result<Option<(User, Invitation)>> {
    let hash = fingerprint(token);
    store
        .read(move |tx| {
            Box::pin(async move {
                let Some(invitation) = invitations::find(tx, &hash).await? else {
                    return Ok(None);
                };
                let user = users::find(tx, invitation.user_id).await?;
                Ok(user
                    .filter(|user| user.status != users::Status::Disabled)
                    .map(|user| (user, invitation)))
            })
        })
        .await
}

/// What became of redeeming a link.
pub enum Redeemed {
    /// The password is set and the person is in.
    In {
        /// The cookie's value; shown once.
        cookie: SecretString,
        /// Who.
        user: Box<User>,
        /// The stay.
        session: Box<LoginSession>,
    },
    /// The link was used, has ended, or never was.
    NoSuchLink,
    /// The password cannot be taken; the link still works.
    Weak(Weak),
}

/// Sets the password of a link's person and begins a login session; all older sessions end.
pub async fn redeem(
    store: &Store,
    token: &str,
    password: &SecretString,
    user_agent: String,
    remote_address: String,
) -> store::Result<Redeemed> {
    let Some((user, invitation)) = look_up(store, token).await? else {
        return Ok(Redeemed::NoSuchLink);
    };
    if let Some(weak) = passwords::judge(password, &user.login) {
        return Ok(Redeemed::Weak(weak));
    }
    let hash = passwords::hash(store.world(), password).await;
    store
        .write(move |tx| {
            Box::pin(async move {
                if !invitations::redeem(tx, invitation.id).await? {
                    return Ok(Redeemed::NoSuchLink);
                }
                users::set_password(tx, user.id, &hash).await?;
                login_sessions::end_others(tx, user.id, None).await?;
                let (cookie, session) =
                    begin_session(tx, &user, &user_agent, &remote_address).await?;
                let actor = Actor {
                    name: user.login.clone(),
                    remote_address,
                };
                audit::add(
                    tx,
                    &actor,
                    "user.password_set",
                    &user.login,
                    serde_json::json!({ "by": "link" }),
                )
                .await?;
                let user = users::find(tx, user.id)
                    .await?
                    .ok_or(store::Error::BrokenOff)?;
                Ok(Redeemed::In {
                    cookie,
                    user: Box::new(user),
                    session: Box::new(session),
                })
            })
        })
        .await
}

/// A line of `login,name,address`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Counted from 1.
    pub number: usize,
    /// What is typed at sign-in.
    pub login: String,
    /// Shown to others.
    pub name: String,
    /// Where notices go.
    pub address: String,
}

/// What is wrong with a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Not three fields.
    Fields,
    /// The login is empty, too long or has blanks.
    Login,
    /// The address has no @.
    Address,
    /// The same login stands on an earlier line.
    Twice,
    /// A quotation mark is not closed.
    Quote,
}

/// Most lines of one list.
pub const MOST_LINES: usize = 10_000;

/// Reads a list of people: `login,name,address` or an address alone, a header line allowed, fields may be quoted
/// (RFC 4180).
pub fn read_csv(text: &str) -> Vec<Result<Line, (usize, Fault)>> {
    let mut lines = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for (index, line) in text
        .trim_start_matches('\u{feff}')
        .lines()
        .enumerate()
        .take(MOST_LINES)
    {
        let number = index + 1;
        if line.trim().is_empty()
            || (index == 0 && line.trim().to_lowercase().starts_with("login,"))
        {
            continue;
        }
        lines.push(read_line(number, line).and_then(|line| {
            if seen.insert(line.login.to_lowercase()) {
                Ok(line)
            } else {
                Err((number, Fault::Twice))
            }
        }));
    }
    lines
}

fn read_line(number: usize, line: &str) -> Result<Line, (usize, Fault)> {
    let fields = csv_fields(line).ok_or((number, Fault::Quote))?;
    // An address alone: it is the login too, and the person tells the name later.
    let fields = match fields.as_slice() {
        [address] if address.contains('@') && !address.contains([';', ' ']) => {
            vec![address.clone(), String::new(), address.clone()]
        }
        _ => fields,
    };
    let [login, name, address] =
        <[String; 3]>::try_from(fields).map_err(|_| (number, Fault::Fields))?;
    if !is_login(&login) {
        return Err((number, Fault::Login));
    }
    if !address.is_empty() && !address.contains('@') {
        return Err((number, Fault::Address));
    }
    Ok(Line {
        number,
        login,
        name,
        address,
    })
}

/// Whether a text can be a login: 1 to 100 characters, no blanks, no control characters.
pub fn is_login(login: &str) -> bool {
    (1..=100).contains(&login.chars().count())
        && !login
            .chars()
            .any(|letter| letter.is_whitespace() || letter.is_control())
}

fn csv_fields(line: &str) -> Option<Vec<String>> {
    let mut fields = Vec::new();
    let mut field = String::new();
    let mut quoted = false;
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                field.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(std::mem::take(&mut field).trim().to_owned()),
            other => field.push(other),
        }
    }
    fields.push(field.trim().to_owned());
    (!quoted).then_some(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_people_is_read_with_line_numbers_for_what_is_wrong() {
        let text = "login,name,address\nalice,\"Example, Alice\",alice@example.com\n\nbob;Bob;b@x\nhanako,佐藤 花子,hanako@example.jp\nALICE,x,y@z\nx y,n,a@b\nc,n,nowhere\n\"d,e,f\n";
        let lines = read_csv(text);
        assert_eq!(lines.len(), 7);
        assert_eq!(lines[0].as_ref().unwrap().name, "Example, Alice");
        assert_eq!(lines[1], Err((4, Fault::Fields)));
        assert_eq!(lines[2].as_ref().unwrap().name, "佐藤 花子");
        assert_eq!(lines[3], Err((6, Fault::Twice)));
        assert_eq!(lines[4], Err((7, Fault::Login)));
        assert_eq!(lines[5], Err((8, Fault::Address)));
        assert_eq!(lines[6], Err((9, Fault::Quote)));
    }
}
