//! What each row would do, against what is here.

use std::collections::{BTreeMap, HashMap, HashSet};

use access::people::is_login;
use provider::Providers;
use provider::consent::tidy_address;
use store::accounts;
use store::credentials::{self, Access, Credential};
use store::pending_accounts::{self, NewPending};
use store::users::{self, User};
use store::{CredentialId, PendingAccountId, UserId};

use super::columns::{Column, Row};
use super::{Remark, Say};

/// What is here already, by what a row can name it with. All texts are lower case but アカウントID.
pub(super) struct House {
    users: Vec<User>,
    by_login: HashMap<String, usize>,
    by_address: HashMap<String, usize>,
    credentials: Vec<Credential>,
    /// Owner and mailbox of what is connected.
    connected: HashSet<(UserId, String)>,
    by_key: HashMap<String, PendingAccountId>,
    by_mailbox: HashMap<(UserId, String), PendingAccountId>,
    /// Provider name by name and label.
    providers: HashMap<String, String>,
}

impl House {
    pub(super) async fn read(tx: &mut store::Tx, providers: &Providers) -> store::Result<House> {
        let mut names = HashMap::new();
        for profile in providers.profiles().values() {
            names.insert(profile.name.to_lowercase(), profile.name.clone());
            names.insert(profile.label.to_lowercase(), profile.name.clone());
        }
        let users = users::list(tx).await?;
        let numbered = || users.iter().enumerate();
        let by_login = numbered().map(|(at, user)| (user.login.to_lowercase(), at));
        let by_address = numbered()
            .filter(|(_, user)| !user.address.is_empty())
            .map(|(at, user)| (user.address.to_lowercase(), at));
        let (by_login, by_address) = (by_login.collect(), by_address.collect());
        let connected = accounts::all(tx)
            .await?
            .into_iter()
            .map(|account| (account.owner_id, account.mailbox_address.to_lowercase()))
            .collect();
        let (mut by_key, mut by_mailbox) = (HashMap::new(), HashMap::new());
        for pending in pending_accounts::list(tx, None).await? {
            if !pending.of.key.is_empty() {
                by_key.insert(pending.of.key.clone(), pending.id);
            }
            let mailbox = pending.of.mailbox_address.to_lowercase();
            by_mailbox.insert((pending.of.user_id, mailbox), pending.id);
        }
        Ok(House {
            by_login,
            by_address,
            users,
            credentials: credentials::list(tx).await?,
            connected,
            by_key,
            by_mailbox,
            providers: names,
        })
    }

    fn user(&self, login: &str) -> Option<&User> {
        let at = self.by_login.get(&login.to_lowercase())?;
        self.users.get(*at)
    }
}

/// What becomes of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Add,
    Replace,
    Keep,
}

/// An account to be stored.
#[derive(Debug, Clone)]
pub(super) struct Planned {
    pub(super) change: Change,
    pub(super) login: String,
    /// The pending row that it takes the place of.
    pub(super) replaces: Option<PendingAccountId>,
    credential: CredentialId,
    key: String,
    name: String,
    address: String,
    mailbox: String,
    note: String,
}

impl Planned {
    pub(super) fn pending(&self, user_id: UserId) -> NewPending {
        NewPending {
            user_id,
            credential_id: self.credential,
            key: self.key.clone(),
            name: self.name.clone(),
            address: self.address.clone(),
            mailbox_address: self.mailbox.clone(),
            note: self.note.clone(),
        }
    }
}

/// Somebody who is not here yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Person {
    pub(super) login: String,
    pub(super) name: String,
    pub(super) address: String,
}

#[derive(Default)]
pub(super) struct Judged {
    pub(super) planned: Vec<Planned>,
    pub(super) people: Vec<Person>,
    pub(super) warnings: Vec<Remark>,
    pub(super) errors: Vec<Remark>,
}

pub(super) fn judge(house: &House, rows: &[Row], overwrite: bool, say: Say) -> Judged {
    let mut judged = Judged::default();
    let mut people: BTreeMap<String, Person> = BTreeMap::new();
    let (mut keys, mut mailboxes) = (HashSet::new(), HashSet::new());
    for row in rows {
        let mut faults = Vec::new();
        let mut wrong = |column: Column, ja: &str, en: &str| {
            faults.push(say.remark(row.line, &row.name_of(column, say), ja, en));
        };
        for (column, most) in [
            (Column::Key, 100),
            (Column::Name, 200),
            (Column::Person, 200),
            (Column::Note, 1000),
        ] {
            if row.get(column).chars().count() > most {
                wrong(
                    column,
                    &format!("{most} 文字以内で入力してください。"),
                    &format!("Use at most {most} characters."),
                );
            }
        }
        let form = "メールアドレスを name@example.jp の形式で入力してください。";
        let form_en = "Enter a mail address such as name@example.jp.";
        let address = tidy_address(row.get(Column::Address));
        if address.is_none() {
            wrong(Column::Address, form, form_en);
        }
        let shared = row.get(Column::Mailbox);
        let mailbox = if shared.is_empty() {
            address.clone()
        } else {
            let tidy = tidy_address(shared);
            if tidy.is_none() {
                wrong(Column::Mailbox, form, form_en);
            }
            tidy
        };
        let authentication = row.get(Column::Authentication);
        if !authentication.is_empty() && !authentication.eq_ignore_ascii_case("oauth") {
            wrong(
                Column::Authentication,
                "OAuth だけを取り込めます。基本認証 (パスワード) のアカウントは、OAuth に移行してから取り込んでください。",
                "Only OAuth is imported. Move accounts with basic authentication (password) to OAuth first.",
            );
        }
        let credential = choose_credential(house, row, &mut wrong);
        let login = login_of(house, row, address.as_deref());
        // Without an address there is no login to judge either.
        let judged_by_address = login.is_empty() && address.is_none();
        if !judged_by_address && !is_login(&login) {
            wrong(
                Column::User,
                "空白を含まない 100 文字以内のユーザIDを入力してください。",
                "Enter a login of up to 100 characters without blanks.",
            );
        }
        let key = row.get(Column::Key).to_owned();
        if !key.is_empty() && !keys.insert(key.clone()) {
            wrong(
                Column::Key,
                "同じアカウントIDが前の行にあります。",
                "The same account ID stands on an earlier line.",
            );
        }
        if let Some(mailbox) = &mailbox
            && !mailboxes.insert((login.to_lowercase(), mailbox.to_lowercase()))
        {
            wrong(
                Column::Address,
                "同じ使用者の同じメールボックスが前の行にあります。",
                "The same mailbox of the same user stands on an earlier line.",
            );
        }
        if !faults.is_empty() {
            judged.errors.append(&mut faults);
            continue;
        }
        let (Some(address), Some(mailbox), Some(credential)) = (address, mailbox, credential)
        else {
            continue;
        };
        let user = house.user(&login);
        let (change, replaces) = against(house, user, &key, &mailbox, overwrite);
        // A line that changes nothing invites nobody.
        if user.is_none() && change != Change::Keep {
            people
                .entry(login.to_lowercase())
                .or_insert_with(|| Person {
                    login: login.clone(),
                    name: row.get(Column::Person).to_owned(),
                    address: address.clone(),
                });
        }
        if change == Change::Keep {
            judged.warnings.push(say.remark(
                row.line,
                &row.name_of(Column::Address, say),
                "このメールボックスは登録済みのため、変更しません。",
                "This mailbox is here already and stays as it is.",
            ));
        }
        judged.planned.push(Planned {
            change,
            login: user.map_or(login, |user| user.login.clone()),
            replaces,
            credential,
            key,
            name: row.get(Column::Name).to_owned(),
            address,
            mailbox,
            note: row.get(Column::Note).to_owned(),
        });
    }
    judged.people = people.into_values().collect();
    judged
}

/// 使用者, else who has this address, else the address itself as login.
fn login_of(house: &House, row: &Row, address: Option<&str>) -> String {
    let named = row.get(Column::User);
    if !named.is_empty() {
        return named.to_owned();
    }
    let address = address.unwrap_or_default();
    house
        .by_address
        .get(&address.to_lowercase())
        .and_then(|at| house.users.get(*at))
        .map_or_else(|| address.to_owned(), |user| user.login.clone())
}

/// The credential by its name or ID, or the only one of the provider that people consent to.
fn choose_credential(
    house: &House,
    row: &Row,
    wrong: &mut impl FnMut(Column, &str, &str),
) -> Option<CredentialId> {
    let named = row.get(Column::Credential);
    let provider = row.get(Column::Provider);
    let name = house.providers.get(&provider.to_lowercase());
    if !provider.is_empty() && name.is_none() {
        wrong(
            Column::Provider,
            "このプロバイダは登録されていません。Google Mail または Microsoft Exchange Online を指定してください。",
            "There is no such provider. Use Google Mail or Microsoft Exchange Online.",
        );
        return None;
    }
    let fitting: Vec<&Credential> = house
        .credentials
        .iter()
        .filter(|credential| credential.fields.access == Access::Delegated)
        .filter(|credential| name.is_none_or(|name| credential.fields.provider == *name))
        .filter(|credential| {
            named.is_empty()
                || credential.fields.name == named
                || credential.id.to_string() == named
        })
        .collect();
    match fitting.as_slice() {
        [one] => Some(one.id),
        [] if named.is_empty() => {
            wrong(
                Column::Provider,
                "このプロバイダの OAuth認証情報が登録されていません。先に登録してください。",
                "No OAuth credentials of this provider are registered. Register them first.",
            );
            None
        }
        [] => {
            wrong(
                Column::Credential,
                "この名前の OAuth認証情報がありません。",
                "There are no OAuth credentials of this name.",
            );
            None
        }
        _ if provider.is_empty() && named.is_empty() => {
            wrong(
                Column::Provider,
                "プロバイダを指定してください。",
                "Name the provider.",
            );
            None
        }
        _ => {
            wrong(
                Column::Credential,
                "このプロバイダには OAuth認証情報が複数あります。名前を指定してください。",
                "This provider has several OAuth credentials. Name one.",
            );
            None
        }
    }
}

/// What is known of the same account: by its アカウントID first, then by mailbox and user.
fn against(
    house: &House,
    user: Option<&User>,
    key: &str,
    mailbox: &str,
    overwrite: bool,
) -> (Change, Option<PendingAccountId>) {
    let of_user = user.map(|user| (user.id, mailbox.to_lowercase()));
    if of_user
        .as_ref()
        .is_some_and(|place| house.connected.contains(place))
    {
        return (Change::Keep, None);
    }
    let by_mailbox = || house.by_mailbox.get(of_user.as_ref()?);
    match house.by_key.get(key).or_else(by_mailbox) {
        None => (Change::Add, None),
        Some(known) if overwrite => (Change::Replace, Some(*known)),
        Some(_) => (Change::Keep, None),
    }
}
