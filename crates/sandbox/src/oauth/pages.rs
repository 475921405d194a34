//! The pages a person clicks through: plain forms, Japanese or English, no script.
//!
//! They follow the providers' order and words, not their looks: each says that it is a sandbox.
//! A page's main element carries `data-page`, an error page's also `data-error` with the code.

use crate::ProviderKind;
use crate::people::Person;

/// Language and provider of a page.
#[derive(Clone, Copy)]
pub(crate) struct Look {
    pub(crate) japanese: bool,
    pub(crate) provider: ProviderKind,
}

impl Look {
    pub(crate) fn say<'a>(&self, japanese: &'a str, english: &'a str) -> &'a str {
        if self.japanese { japanese } else { english }
    }
    fn brand(&self) -> &'static str {
        match self.provider {
            ProviderKind::Google => "Google",
            ProviderKind::Microsoft => "Microsoft",
        }
    }
}

pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

const STYLE: &str = "body{font:16px/1.6 system-ui,sans-serif;background:#eef1f4;color:#1d2733;margin:0}\
main{max-width:30rem;margin:8vh auto;background:#fff;border-radius:10px;padding:2rem;box-shadow:0 1px 6px #0002}\
h1{font-size:1.35rem;margin:.2rem 0 1rem}.brand{color:#5a6b7d;font-size:.85rem}\
button{font:inherit;padding:.5rem 1.2rem;border-radius:6px;border:1px solid #9fb0c2;background:#fff;cursor:pointer}\
button.main{background:#1f5fbf;border-color:#1f5fbf;color:#fff}\
button.row{display:block;width:100%;text-align:left;margin:.4rem 0}button.link{border:0;color:#1f5fbf;text-decoration:underline;padding:.3rem 0}\
button.hint{border-color:#1f5fbf;border-width:2px}small{color:#5a6b7d}label{display:block;margin:.6rem 0}\
.foot{display:flex;gap:.6rem;justify-content:flex-end;margin-top:1.5rem}pre{white-space:pre-wrap;font-size:.85rem;background:#f5f7f9;padding:.8rem}";

fn page(look: Look, name: &str, error: Option<&str>, title: &str, body: &str) -> String {
    let language = if look.japanese { "ja" } else { "en" };
    let error = error.map_or_else(String::new, |e| format!(" data-error=\"{}\"", escape(e)));
    format!(
        "<!doctype html><html lang=\"{language}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <title>{title}</title><style>{STYLE}</style></head>\
         <body><main data-page=\"{name}\"{error}><div class=\"brand\">{} sandbox</div>\
         <h1>{title}</h1>{body}</main></body></html>",
        look.brand(),
        title = escape(title),
    )
}

fn form(sitting: &str, body: &str) -> String {
    format!(
        "<form method=\"post\" action=\"/decide\"><input type=\"hidden\" name=\"sitting\" \
         value=\"{}\">{body}</form>",
        escape(sitting)
    )
}

pub(crate) fn choose_account(
    look: Look,
    sitting: &str,
    app: &str,
    people: &[Person],
    hint: Option<&str>,
) -> String {
    let (title, lead) = match look.provider {
        ProviderKind::Google => (
            look.say("アカウントの選択", "Choose an account"),
            if look.japanese {
                format!("「{app}」に移動")
            } else {
                format!("to continue to {app}")
            },
        ),
        ProviderKind::Microsoft => (
            look.say("アカウントを選択する", "Pick an account"),
            app.to_owned(),
        ),
    };
    let mut rows = String::new();
    for person in people {
        let hinted =
            hint.is_some_and(|h| h.eq_ignore_ascii_case(&person.address) || h == person.subject);
        rows.push_str(&format!(
            "<button class=\"row{}\" name=\"account\" value=\"{address}\">{}<br>\
             <small>{address}</small></button>",
            if hinted { " hint" } else { "" },
            escape(&person.name),
            address = escape(&person.address),
        ));
    }
    let cancel = match look.provider {
        ProviderKind::Google => String::new(),
        ProviderKind::Microsoft => format!(
            "<div class=\"foot\"><button name=\"decision\" value=\"back\">{}</button></div>",
            look.say("戻る", "Back")
        ),
    };
    let body = form(sitting, &format!("<p>{}</p>{rows}{cancel}", escape(&lead)));
    page(look, "choose-account", None, title, &body)
}

/// Google's warning for an app that was not verified.
pub(crate) fn unverified(look: Look, sitting: &str, app: &str) -> String {
    let app = escape(app);
    let lead = look.say(
        "アプリが Google アカウントのプライベートな情報へのアクセスを求めています。デベロッパーが確認を受けるまで、このアプリは使用しないでください。",
        "The app is requesting access to sensitive info in your Google Account. Until the developer verifies this app with Google, you shouldn't use it.",
    );
    let go = if look.japanese {
        format!("{app}（安全ではないページ）に移動")
    } else {
        format!("Go to {app} (unsafe)")
    };
    let body = form(
        sitting,
        &format!(
            "<p>{lead}</p><details><summary>{}</summary><button class=\"link\" name=\"proceed\" \
             value=\"1\">{go}</button></details><div class=\"foot\"><button class=\"main\" \
             name=\"decision\" value=\"refuse\">{}</button></div>",
            look.say("詳細", "Advanced"),
            look.say("安全なページに戻る", "Back to safety"),
        ),
    );
    let title = look.say(
        "このアプリは Google で確認されていません",
        "Google hasn’t verified this app",
    );
    page(look, "unverified-app", None, title, &body)
}

/// Google's list of permissions, each with a box that starts empty.
pub(crate) fn google_consent(
    look: Look,
    sitting: &str,
    app: &str,
    address: &str,
    scopes: &[String],
) -> String {
    let title = if look.japanese {
        format!("{app} が Google アカウントへのアクセスを求めています")
    } else {
        format!("{app} wants access to your Google Account")
    };
    let mut boxes = String::new();
    for scope in scopes {
        let words = match scope.as_str() {
            "https://mail.google.com/" => look.say(
                "Gmail のすべてのメールの閲覧、作成、送信、完全な削除",
                "Read, compose, send, and permanently delete all your email from Gmail",
            ),
            other => other,
        };
        boxes.push_str(&format!(
            "<label><input type=\"checkbox\" name=\"scope\" value=\"{}\"> {}</label>",
            escape(scope),
            escape(words)
        ));
    }
    let body = form(
        sitting,
        &format!(
            "<p><small>{}</small></p><p>{}</p>{boxes}<div class=\"foot\"><button name=\"decision\" \
             value=\"refuse\">{}</button><button class=\"main\" name=\"decision\" \
             value=\"allow\">{}</button></div>",
            escape(address),
            escape(&if look.japanese {
                format!("{app} がアクセスできる情報を選択してください")
            } else {
                format!("Select what {app} can access")
            }),
            look.say("キャンセル", "Cancel"),
            look.say("続行", "Continue"),
        ),
    );
    page(look, "consent", None, &title, &body)
}

/// Microsoft's list of permissions: all or nothing.
pub(crate) fn microsoft_consent(
    look: Look,
    sitting: &str,
    app: &str,
    address: &str,
    scopes: &[String],
    for_organisation: bool,
) -> String {
    let title = if for_organisation {
        look.say(
            "アクセス許可が要求されています（組織用のレビュー）",
            "Permissions requested: Review for your organization",
        )
    } else {
        look.say("アクセス許可が要求されています", "Permissions requested")
    };
    let mut rows = String::new();
    for scope in scopes {
        let name = scope.rsplit('/').next().unwrap_or(scope);
        let words = match name {
            "IMAP.AccessAsUser.All" => look.say(
                "IMAP 経由でのメールボックスの読み取りと書き込み",
                "Read and write access to mailboxes via IMAP",
            ),
            "SMTP.Send" => look.say(
                "SMTP AUTH を使用したメールの送信",
                "Send emails from mailboxes using SMTP AUTH",
            ),
            "offline_access" => look.say(
                "アクセス権を与えたデータへのアクセスの管理",
                "Maintain access to data you have given it access to",
            ),
            "openid" => look.say("サインイン", "Sign you in"),
            "profile" => look.say("基本的なプロファイルの表示", "View your basic profile"),
            "email" => look.say("メール アドレスの表示", "View your email address"),
            other => other,
        };
        rows.push_str(&format!("<li>{}</li>", escape(words)));
    }
    let body = form(
        sitting,
        &format!(
            "<p><small>{}</small></p><p><b>{}</b></p><ul>{rows}</ul><div class=\"foot\">\
             <button name=\"decision\" value=\"refuse\">{}</button><button class=\"main\" \
             name=\"decision\" value=\"allow\">{}</button></div>",
            escape(address),
            escape(app),
            look.say("キャンセル", "Cancel"),
            look.say("承諾", "Accept"),
        ),
    );
    page(look, "consent", None, title, &body)
}

/// Microsoft: only an administrator may say yes.
pub(crate) fn need_admin(look: Look, sitting: &str, app: &str) -> String {
    let body = form(
        sitting,
        &format!(
            "<p><b>{}</b></p><p>{}</p><p><small>AADSTS90094</small></p><div class=\"foot\"><button \
             name=\"decision\" value=\"refuse\">{}</button></div>",
            escape(app),
            look.say(
                "このアプリは、管理者のみが付与できる、組織内のリソースへのアクセス許可を必要とします。使用する前に、管理者にこのアプリへのアクセス許可の付与を依頼してください。",
                "needs permission to access resources in your organization that only an admin can grant. Please ask an admin to grant permission to this app before you can use it.",
            ),
            look.say("同意せずにアプリケーションに戻る", "Return to the application without granting consent"),
        ),
    );
    let title = look.say("管理者の承認が必要", "Need admin approval");
    page(look, "need-admin", Some("AADSTS90094"), title, &body)
}

/// An error that the provider shows itself and never sends back.
pub(crate) fn error(look: Look, code: &str, title: &str, detail: &str) -> String {
    let body = format!("<pre>{}</pre>", escape(detail));
    page(look, "error", Some(code), title, &body)
}
