//! The IMAP servers: one session per connection, in the manner of Gmail or of Exchange.
//!
//! `wire` reads the commands; every answer is a line written here as it was seen (transcripts.md A,
//! B). A command collects its lines in [`session::Session::out`], which is sent when it is done, or
//! piece by piece for a long FETCH. News of a folder is what differs between the folder and the view
//! that the session has of it ([`news`]).

mod append;
mod authenticate;
mod copy;
mod envelope;
mod fetch;
mod idle;
mod line;
mod list;
pub(crate) mod mime;
mod news;
mod search;
mod section;
mod select;
mod session;
mod store;
mod structure;
mod utf7;
mod words;

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use tokio::io::{AsyncRead, AsyncWrite};
use wire::imap::command::{Command, CommandBody};
use wire::imap::command_parser::{CommandError, parse_command};

use crate::ProviderKind;
use crate::faults::{FaultKind, Protocol, Reply, Scope, imap_command};
use crate::world::World;
use line::{Input, Line};
use session::Session;

/// Octets of a command line that Exchange still takes (transcripts.md B7: 40,407 are too many).
const LONGEST_EXCHANGE_LINE: usize = 16 << 10;

/// What a command leaves behind.
pub(crate) enum After {
    GoOn,
    Close,
}

pub(crate) async fn serve<S>(stream: S, provider: ProviderKind, world: Arc<World>) -> Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut line = Line::new(stream, provider);
    let mut session = Session::new(provider, world);
    let result = run(&mut session, &mut line).await;
    session.leave();
    line.close().await;
    result
}

async fn run<S>(session: &mut Session, line: &mut Line<S>) -> Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let scope = Scope {
        protocol: Some(Protocol::Imap),
        ..Scope::provider(session.provider)
    };
    let (cut, bye, slow) = {
        let mut books = session.world.books();
        (
            books.faults.strike(FaultKind::HangUpAfterBytes, scope),
            books.faults.strike(FaultKind::GreetingBye, scope),
            books.faults.strike(FaultKind::Slow, scope),
        )
    };
    line.budget = cut.map(|fault| fault.bytes.unwrap_or(0));
    if let Some(fault) = slow {
        session.slow(&fault);
        line.delay = session.delay;
    }
    if bye.is_some() {
        let said = match session.provider {
            ProviderKind::Google => "* BYE System error\r\n",
            ProviderKind::Microsoft => "* BYE Connection is closed. 13\r\n",
        };
        return line.send(said.as_bytes()).await;
    }
    let given = session.given("greeting");
    match given {
        Some(Reply::Imap { lines, close, .. }) => {
            line.send(spoken(&lines, "*").as_bytes()).await?;
            if close {
                return Ok(());
            }
        }
        _ => line.send(session.greeting().as_bytes()).await?,
    }
    loop {
        let bytes = match line.next().await? {
            Input::Line(bytes) => bytes,
            Input::Refused => continue,
            Input::End => return Ok(()),
        };
        let after = command(session, line, &bytes).await?;
        line.delay = session.delay;
        let out = std::mem::take(&mut session.out);
        line.send(&out).await?;
        if matches!(after, After::Close) {
            return Ok(());
        }
    }
}

async fn command<S>(session: &mut Session, line: &mut Line<S>, bytes: &[u8]) -> Result<After>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let exchange = session.provider == ProviderKind::Microsoft;
    let Command { tag, body } = match parse_command(bytes) {
        Ok(command) => command,
        Err(error) => return Ok(misread(session, bytes, &error)),
    };
    let login = matches!(body, CommandBody::Authenticate { .. });
    let append = matches!(body, CommandBody::Append { .. });
    if exchange && bytes.len() > LONGEST_EXCHANGE_LINE && !login && !append {
        return Ok(session.bad(&tag, "BAD Command Error. 10"));
    }
    if !login && let Some(after) = given_answer(session, &tag, bytes) {
        return Ok(after);
    }
    match body {
        CommandBody::Capability => {
            session.capability();
            let text = match session.provider {
                ProviderKind::Google => format!("OK Thats all she wrote! {}", session.id),
                ProviderKind::Microsoft => "OK CAPABILITY completed.".to_owned(),
            };
            session.tagged(&tag, &text);
            return Ok(After::GoOn);
        }
        CommandBody::Logout => {
            session.raw(words::bye_logout(session.provider));
            session.done(&tag, "LOGOUT");
            return Ok(After::Close);
        }
        CommandBody::Authenticate { mechanism, initial } => {
            return authenticate::authenticate(session, line, &tag, &mechanism, initial).await;
        }
        CommandBody::Login { .. } => {
            let said = if exchange {
                "NO LOGIN failed."
            } else {
                "NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)"
            };
            session.tagged(&tag, said);
            return Ok(After::GoOn);
        }
        _ => {}
    }
    if let Some(after) = session.hindrance(&tag) {
        return Ok(after);
    }
    match body {
        CommandBody::Idle => return idle::idle(session, line, &tag).await,
        CommandBody::Fetch {
            uid,
            set,
            items,
            changed_since,
        } => {
            let asked = fetch::Asked {
                uid,
                set,
                items,
                changed_since,
            };
            return fetch::fetch(session, line, &tag, asked).await;
        }
        body => simple(session, &tag, body, bytes),
    }
    if std::mem::take(&mut session.long_line) {
        line.send(format!("* OK {}\r\n", "x".repeat(10 << 20)).as_bytes())
            .await?;
    }
    Ok(if session.over {
        After::Close
    } else {
        After::GoOn
    })
}

/// The fault `reply` in the place of a command's answer.
fn given_answer(session: &mut Session, tag: &str, bytes: &[u8]) -> Option<After> {
    let name = imap_command(bytes);
    let may_end = matches!(name.as_str(), "CAPABILITY" | "LOGOUT");
    let given = session
        .given(&name)
        .or_else(|| (session.login.is_some() && !may_end).then(|| session.given("after_login"))?);
    let Reply::Imap { lines, close, .. } = given? else {
        return None;
    };
    session.raw(&spoken(&lines, tag));
    Some(if close { After::Close } else { After::GoOn })
}

/// Given lines, with the command's tag filled in.
pub(crate) fn spoken(lines: &[String], tag: &str) -> String {
    let said = |line: &String| format!("{}\r\n", line.replace("{tag}", tag));
    lines.iter().map(said).collect()
}

/// Commands that need the socket only for their answer.
fn simple(session: &mut Session, tag: &str, body: CommandBody, bytes: &[u8]) {
    let exchange = session.provider == ProviderKind::Microsoft;
    match body {
        CommandBody::Id(_) => {
            if exchange && bytes.trim_ascii_end().ends_with(b"()") {
                session.bad(tag, "BAD Command Argument Error. 11");
                return;
            }
            session.identify();
            session.done(tag, "ID");
        }
        CommandBody::Namespace => {
            session.put("* NAMESPACE ((\"\" \"/\")) NIL NIL");
            session.done(tag, "NAMESPACE");
        }
        CommandBody::Noop | CommandBody::Check => {
            session.show_late();
            session.news(news::Allowed::All);
            session.done(
                tag,
                if matches!(body, CommandBody::Noop) {
                    "NOOP"
                } else {
                    "CHECK"
                },
            );
        }
        CommandBody::Enable(what) if !exchange => session.enable(tag, &what),
        CommandBody::GetQuotaRoot { mailbox } if !exchange => {
            session.put(&format!("* QUOTAROOT \"{mailbox}\" \"\""));
            session.put("* QUOTA \"\" (STORAGE 450 31457280)");
            session.done(tag, "GETQUOTAROOT");
        }
        CommandBody::GetQuota { .. } if !exchange => {
            session.put("* QUOTA \"\" (STORAGE 450 31457280)");
            session.done(tag, "GETQUOTA");
        }
        CommandBody::List(list) => list::list(session, tag, &list),
        CommandBody::Status { mailbox, items } => list::status(session, tag, &mailbox, &items),
        CommandBody::Select {
            mailbox,
            condstore,
            read_only,
        } => {
            session.condstore |= condstore && !exchange;
            select::select(session, tag, &mailbox, read_only);
        }
        CommandBody::Close => select::close(session, tag, true),
        CommandBody::Unselect => select::close(session, tag, false),
        CommandBody::Create { mailbox } => select::create(session, tag, &mailbox),
        CommandBody::Delete { mailbox } => select::delete(session, tag, &mailbox),
        CommandBody::Rename { from, to } => select::rename(session, tag, &from, &to),
        CommandBody::Subscribe { mailbox } => select::subscribe(session, tag, &mailbox, true),
        CommandBody::Unsubscribe { mailbox } => select::subscribe(session, tag, &mailbox, false),
        CommandBody::Append {
            mailbox,
            flags,
            date,
            message,
        } => {
            append::append(session, tag, &mailbox, &flags, date, &message);
        }
        CommandBody::Search {
            uid,
            options,
            charset,
            key,
        } => {
            let asked = search::Asked {
                uid,
                options,
                charset,
                key,
                bytes,
            };
            search::search(session, tag, &asked);
        }
        CommandBody::Store {
            uid,
            set,
            unchanged_since,
            change,
        } => {
            store::store(session, tag, uid, &set, unchanged_since, &change);
        }
        CommandBody::Expunge { uids } => store::expunge(session, tag, uids.as_ref()),
        CommandBody::Copy { uid, set, mailbox } => copy::copy(session, tag, uid, &set, &mailbox),
        CommandBody::Move { uid, set, mailbox } => {
            copy::relocate(session, tag, uid, &set, &mailbox)
        }
        _ => {
            let said = if exchange {
                "BAD Command Error. 12"
            } else {
                "BAD Could not parse command"
            };
            session.bad(tag, said);
        }
    }
}

fn misread(session: &mut Session, bytes: &[u8], error: &CommandError) -> After {
    let Some(tag) = error.tag.as_deref() else {
        session.put(match session.provider {
            ProviderKind::Google => "* BAD [CLIENTBUG] Invalid tag",
            ProviderKind::Microsoft => "* BAD Command Error. 10",
        });
        return After::GoOn;
    };
    let said = match session.provider {
        ProviderKind::Google => "BAD Could not parse command",
        ProviderKind::Microsoft if !bytes.is_ascii() => "BAD Command Error. 11",
        ProviderKind::Microsoft if error.name.is_none() => "BAD Command Error. 10",
        ProviderKind::Microsoft => "BAD Command Argument Error. 11",
    };
    session.bad(tag, said)
}

/// Default of the fault `slow`.
pub(crate) const SLOW: Duration = Duration::from_millis(300);
