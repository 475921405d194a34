//! Reads what IMAP clients send (RFC 9051, 6; CONDSTORE, MOVE, LIST-EXTENDED, ESEARCH, X-GM-EXT-1).
//!
//! Serves the sandbox today and the gateway later. A [`CommandReader`] collects a line with its literals,
//! [`parse_command`] gives it a meaning. Strict where a client of ours would be wrong, mild about spaces.

mod args;
mod search;

pub(super) use self::args::date_time;
use super::command::{Command, CommandBody, Unprinted};
pub use super::command_reader::{CommandEvent, CommandLimits, CommandReadError, CommandReader};
use super::cursor::{Cursor, ParseError};

/// Why a line is not a command. Answer `BAD` with `tag`, or `* BAD` when there is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{error}")]
pub struct CommandError {
    pub tag: Option<String>,
    /// The command's name when it could be read, upper case.
    pub name: Option<String>,
    pub error: ParseError,
}

/// Parses one line of [`CommandEvent::Line`]: no line end at its end, literals inline.
pub fn parse_command(line: &[u8]) -> Result<Command, CommandError> {
    let mut cursor = Cursor::strict(line);
    let mut known = CommandError {
        tag: None,
        name: None,
        error: ParseError {
            at: 0,
            what: "a command",
        },
    };
    match read(&mut cursor, &mut known) {
        Ok(command) => Ok(command),
        Err(error) => Err(CommandError { error, ..known }),
    }
}

fn read(c: &mut Cursor, known: &mut CommandError) -> Result<Command, ParseError> {
    let tag = c.atom()?;
    if tag.contains(['+', '*', '%']) || tag.len() > 256 {
        return c.fail("a tag");
    }
    known.tag = Some(tag.clone());
    c.space()?;
    let mut name = c.atom()?.to_ascii_uppercase();
    known.name = Some(name.clone());
    let uid = name == "UID";
    if uid {
        c.space()?;
        name = c.atom()?.to_ascii_uppercase();
        known.name = Some(format!("UID {name}"));
        if !matches!(
            name.as_str(),
            "FETCH" | "STORE" | "SEARCH" | "COPY" | "MOVE" | "EXPUNGE"
        ) {
            return c.fail("a command that goes with UID");
        }
    }
    let body = body(c, &name, uid)?;
    c.expect_end()?;
    Ok(Command { tag, body })
}

fn body(c: &mut Cursor, name: &str, uid: bool) -> Result<CommandBody, ParseError> {
    Ok(match name {
        "CAPABILITY" => CommandBody::Capability,
        "NOOP" => CommandBody::Noop,
        "LOGOUT" => CommandBody::Logout,
        "CHECK" => CommandBody::Check,
        "CLOSE" => CommandBody::Close,
        "UNSELECT" => CommandBody::Unselect,
        "IDLE" => CommandBody::Idle,
        "NAMESPACE" => CommandBody::Namespace,
        "STARTTLS" => CommandBody::StartTls,
        "ID" => args::id(c)?,
        "ENABLE" => CommandBody::Enable(args::atoms(c)?),
        "COMPRESS" => {
            c.space()?;
            CommandBody::Compress(c.atom()?.to_ascii_uppercase())
        }
        "AUTHENTICATE" => {
            c.space()?;
            let mechanism = c.atom()?.to_ascii_uppercase();
            let initial = if c.at_end() {
                None
            } else {
                c.space()?;
                Some(Unprinted::new(c.atom()?))
            };
            CommandBody::Authenticate { mechanism, initial }
        }
        "LOGIN" => {
            let user = args::astring(c)?;
            CommandBody::Login {
                user,
                password: Unprinted::new(args::astring(c)?),
            }
        }
        "SELECT" | "EXAMINE" => args::select(c, name == "EXAMINE")?,
        "CREATE" => {
            let mailbox = args::mailbox(c)?;
            args::skip_parameters(c)?;
            CommandBody::Create { mailbox }
        }
        "DELETE" => CommandBody::Delete {
            mailbox: args::mailbox(c)?,
        },
        "RENAME" => CommandBody::Rename {
            from: args::mailbox(c)?,
            to: args::mailbox(c)?,
        },
        "SUBSCRIBE" => CommandBody::Subscribe {
            mailbox: args::mailbox(c)?,
        },
        "UNSUBSCRIBE" => CommandBody::Unsubscribe {
            mailbox: args::mailbox(c)?,
        },
        "LIST" | "LSUB" | "XLIST" => args::list(c, name)?,
        "STATUS" => {
            let mailbox = args::mailbox(c)?;
            c.space()?;
            CommandBody::Status {
                mailbox,
                items: args::upper_atoms_in_parens(c)?,
            }
        }
        "APPEND" => args::append(c)?,
        "EXPUNGE" if uid => CommandBody::Expunge {
            uids: Some(args::set(c)?),
        },
        "EXPUNGE" => CommandBody::Expunge { uids: None },
        "SEARCH" => search::search(c, uid)?,
        "FETCH" => args::fetch(c, uid)?,
        "STORE" => args::store(c, uid)?,
        "COPY" => CommandBody::Copy {
            uid,
            set: args::set(c)?,
            mailbox: args::mailbox(c)?,
        },
        "MOVE" => CommandBody::Move {
            uid,
            set: args::set(c)?,
            mailbox: args::mailbox(c)?,
        },
        "GETQUOTAROOT" => CommandBody::GetQuotaRoot {
            mailbox: args::mailbox(c)?,
        },
        "GETQUOTA" => CommandBody::GetQuota {
            root: args::astring(c)?,
        },
        _ => return c.fail("a command this server knows"),
    })
}

#[cfg(test)]
mod tests;
