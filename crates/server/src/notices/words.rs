//! What a notice says: in the reader's language, in plain words, with cause and cure from the catalogue.
//!
//! Only these words are sent; no mail and no secret comes into them but the reconnect link, which is made for this
//! mail alone and stored nowhere else.

use provider::advice::{Advice, Language};
use provider::cause::to_case;
use store::notices::{Kind, New, Notice};
use store::users::User;

use crate::endings::shown_name;

/// A notice in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// The subject line.
    pub title: String,
    /// Lines, with LF.
    pub text: String,
}

/// What the words need besides the notice.
#[derive(Debug, Clone, Copy, Default)]
pub struct Around<'a> {
    /// The address people type, without a slash at its end.
    pub public_url: &'a str,
    /// The reader's name; empty: no salutation.
    pub name: &'a str,
    /// The reconnect link, where one helps.
    pub link: Option<&'a str>,
    /// The mail goes to the very mailbox that stopped.
    pub to_itself: bool,
}

/// The languages of a person: the chosen one, or both where none was chosen.
pub fn languages(user: &User) -> Vec<Language> {
    match user.language.as_deref().and_then(Language::from_tag) {
        Some(language) => vec![language],
        None => vec![Language::Ja, Language::En],
    }
}

/// The mail's words for a person.
pub fn for_person(notice: &Notice, user: &User, around: &Around<'_>) -> Words {
    let around = Around {
        name: shown_name(user),
        ..*around
    };
    let all: Vec<Words> = languages(user)
        .into_iter()
        .map(|language| words(&notice.of, language, &around))
        .collect();
    let join = |part: fn(&Words) -> &String, between: &str| {
        let parts: Vec<&str> = all.iter().map(|words| part(words).as_str()).collect();
        parts.join(between)
    };
    Words {
        title: format!("[Tegata] {}", join(|words| &words.title, " / ")),
        text: join(
            |words| &words.text,
            "\n\n----------------------------------------\n\n",
        ),
    }
}

/// The words of a notice in one language.
pub fn words(of: &New, language: Language, around: &Around<'_>) -> Words {
    let advice = advice(of, language);
    let title = title(of, language);
    let mut parts: Vec<String> = Vec::new();
    if !around.name.is_empty() {
        parts.push(match language {
            Language::Ja => format!("{} 様", around.name),
            Language::En => format!("Dear {},", around.name),
        });
    }
    parts.push(match language {
        Language::Ja => format!("{title}。"),
        Language::En => format!("{title}."),
    });
    if let Some(advice) = &advice {
        parts.push(match language {
            Language::Ja => format!("原因: {}\n対処: {}", advice.cause, advice.cure),
            Language::En => format!("Why: {}\nWhat to do: {}", advice.cause, advice.cure),
        });
    }
    parts.extend(kept(of.kind, language).map(str::to_owned));
    if let Some(link) = around.link {
        parts.push(match language {
            Language::Ja => {
                format!("次のリンクから再接続できます (ログイン不要、1 回だけ有効):\n{link}")
            }
            Language::En => {
                format!("Reconnect by this link (no sign-in to Tegata; it works once):\n{link}")
            }
        });
    }
    if let Some(card) = advice.as_ref().and_then(|advice| advice.card.as_deref()) {
        let page = format!("{}{card}", around.public_url);
        parts.push(match language {
            Language::Ja => format!("Tegata の画面: {page}"),
            Language::En => format!("The page in Tegata: {page}"),
        });
    }
    if around.to_itself {
        parts.push(
            match language {
                Language::Ja => {
                    "ほかの宛先がわからないため、止まっているメールボックス自身に送りました。再接続するまでは、プロバイダのウェブメールでだけ読めます。"
                }
                Language::En => {
                    "No other address is known, so this went to the mailbox that stopped. Until it is reconnected, only the provider's own web mail shows it."
                }
            }
            .to_owned(),
        );
    }
    parts.push(match language {
        Language::Ja => format!(
            "このメールは Tegata ({}) が自動で送信しました。同じ出来事は 1 回だけ通知します。返信は読まれません。",
            around.public_url
        ),
        Language::En => format!(
            "Sent by Tegata ({}) by itself, once for this event. Nobody reads answers.",
            around.public_url
        ),
    });
    Words {
        title,
        text: parts.join("\n\n"),
    }
}

/// Cause and cure, where the notice has a cause.
pub fn advice(of: &New, language: Language) -> Option<Advice> {
    of.cause
        .as_ref()
        .map(|cause| to_case(cause).advise(language))
}

/// One line, without a full stop.
pub fn title(of: &New, language: Language) -> String {
    let value = |name: &str| of.values.get(name).map_or("", String::as_str);
    let (name, date) = (value("name"), value("date"));
    let whole_app = of.kind == Kind::GrantEnds && value("whole_app") == "1";
    match (of.kind, language) {
        (Kind::SecretEnds, Language::Ja) => {
            format!("認証情報「{name}」のシークレットの有効期限は {date} です")
        }
        (Kind::SecretEnds, Language::En) => {
            format!("The client secret of the credential {name} ends on {date}")
        }
        (Kind::GrantEnds, Language::Ja) if whole_app => {
            format!("認証情報「{name}」の許可は 7 日ごとに切れます")
        }
        (Kind::GrantEnds, Language::En) if whole_app => {
            format!("The permissions of the credential {name} end after 7 days")
        }
        (Kind::GrantEnds, Language::Ja) => format!("{name} の許可は {date} に切れます"),
        (Kind::GrantEnds, Language::En) => format!("The permission for {name} ends on {date}"),
        (Kind::GrantDied, Language::Ja) => {
            format!("{name} の送受信が止まっています。再接続が必要です")
        }
        (Kind::GrantDied, Language::En) => {
            format!("{name} has stopped and needs to be reconnected")
        }
        (Kind::SecretSwitched, Language::Ja) => {
            format!("認証情報「{name}」が、もう一方のシークレットに切り替わりました")
        }
        (Kind::SecretSwitched, Language::En) => {
            format!("The credential {name} switched to its other client secret")
        }
        (Kind::CredentialBroken, Language::Ja) => {
            format!("認証情報「{name}」が拒否され、そのメールボックスが止まっています")
        }
        (Kind::CredentialBroken, Language::En) => {
            format!("The credential {name} is refused, and its mailboxes have stopped")
        }
    }
}

/// What is not lost.
fn kept(kind: Kind, language: Language) -> Option<&'static str> {
    match (kind, language) {
        (Kind::GrantDied, Language::Ja) => Some(
            "その間に届いたメールはプロバイダに残っています。再接続すると、止まったところから続きます。",
        ),
        (Kind::GrantDied, Language::En) => Some(
            "Mail that comes meanwhile stays at the provider. Reconnecting goes on where it stopped.",
        ),
        (Kind::CredentialBroken, Language::Ja) => Some(
            "正しいシークレットを登録すると、すべてのメールボックスが自動で復旧します。利用者の操作は要りません。",
        ),
        (Kind::CredentialBroken, Language::En) => Some(
            "A good secret brings all mailboxes back by themselves. Their owners need to do nothing.",
        ),
        _ => None,
    }
}
