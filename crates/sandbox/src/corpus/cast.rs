//! Who writes: made-up people at made-up companies, all at domains that nobody can own (RFC 2606).

use super::render::Charset;

/// A correspondent; one person uses one mailer, so charset and signature stay the same.
#[derive(Clone, Copy, Debug)]
pub(super) struct Person {
    pub(super) family: &'static str,
    pub(super) given: &'static str,
    /// Before the `@`.
    pub(super) local: &'static str,
    /// Empty for colleagues, who are at the reader's own domain.
    pub(super) domain: &'static str,
    pub(super) company: &'static str,
    pub(super) unit: &'static str,
    pub(super) charset: Charset,
    pub(super) mailer: &'static str,
}

#[expect(clippy::too_many_arguments, reason = "a row of the table below")]
const fn person(
    family: &'static str,
    given: &'static str,
    local: &'static str,
    domain: &'static str,
    company: &'static str,
    unit: &'static str,
    charset: Charset,
    mailer: &'static str,
) -> Person {
    Person {
        family,
        given,
        local,
        domain,
        company,
        unit,
        charset,
        mailer,
    }
}

const OUTLOOK: &str = "Microsoft Outlook 16.0";
const OLD: &str = "WinBiff [version 3.40 PL3]";
const THUNDERBIRD: &str = "Mozilla Thunderbird";

pub(super) const HOME_COMPANY: &str = "みなと精機株式会社";

pub(super) const TAKAHASHI: Person = person(
    "髙橋",
    "﨑子",
    "takahashi",
    "takahashi-shoten.example.com",
    "㈱髙橋商店",
    "",
    Charset::Jis,
    OLD,
);

pub(super) const CUSTOMERS: &[Person] = &[
    person(
        "石井",
        "直樹",
        "ishii",
        "aoba.example.com",
        "青葉商事株式会社",
        "営業第二部",
        Charset::Jis,
        OUTLOOK,
    ),
    person(
        "森",
        "あゆみ",
        "mori",
        "himawari.example.com",
        "株式会社ひまわり物産",
        "管理部",
        Charset::Utf8,
        OUTLOOK,
    ),
    person(
        "藤田",
        "浩二",
        "k.fujita",
        "tozai-denki.example.com",
        "東西電機株式会社",
        "購買課",
        Charset::Jis,
        OLD,
    ),
    person(
        "岡本",
        "真理",
        "okamoto",
        "midori-print.example.com",
        "有限会社みどり印刷",
        "制作",
        Charset::ShiftJis,
        OLD,
    ),
    person(
        "松本",
        "亮",
        "r-matsumoto",
        "kitahama.example.com",
        "北浜ロジスティクス株式会社",
        "出荷センター",
        Charset::Eight,
        THUNDERBIRD,
    ),
    person(
        "井上",
        "千春",
        "inoue",
        "sakura-jinzai.example.com",
        "株式会社さくら人材",
        "法人営業部",
        Charset::Utf8,
        OUTLOOK,
    ),
    person(
        "前田",
        "翔",
        "maeda",
        "nagisa-soft.example.com",
        "なぎさソフト株式会社",
        "開発本部",
        Charset::Utf8,
        THUNDERBIRD,
    ),
    person(
        "上野",
        "和子",
        "ueno",
        "fuji-kogyo.example.com",
        "富士見工業株式会社",
        "総務部",
        Charset::EucJp,
        OLD,
    ),
];

pub(super) const COLLEAGUES: &[Person] = &[
    person(
        "山田",
        "健一",
        "yamada",
        "",
        HOME_COMPANY,
        "営業部",
        Charset::Jis,
        OUTLOOK,
    ),
    person(
        "鈴木",
        "美咲",
        "misaki.suzuki",
        "",
        HOME_COMPANY,
        "総務部",
        Charset::Utf8,
        OUTLOOK,
    ),
    person(
        "高橋",
        "大輔",
        "d.takahashi",
        "",
        HOME_COMPANY,
        "情報システム部",
        Charset::Utf8,
        THUNDERBIRD,
    ),
    person(
        "中村",
        "由紀",
        "nakamura",
        "",
        HOME_COMPANY,
        "技術部",
        Charset::Jis,
        THUNDERBIRD,
    ),
    person(
        "小林",
        "拓也",
        "t-kobayashi",
        "",
        HOME_COMPANY,
        "品質保証部",
        Charset::Utf8,
        OUTLOOK,
    ),
    person(
        "渡辺",
        "さおり",
        "watanabe",
        "",
        HOME_COMPANY,
        "経理部",
        Charset::Jis,
        OUTLOOK,
    ),
];

pub(super) const PARTNERS: &[Person] = &[
    person(
        "Visser",
        "Anna",
        "a.visser",
        "delta-trade.example.org",
        "Delta Trade BV",
        "Purchasing",
        Charset::Utf8,
        OUTLOOK,
    ),
    person(
        "Okafor",
        "Daniel",
        "daniel.okafor",
        "northquay.example.org",
        "North Quay Logistics",
        "Import desk",
        Charset::Eight,
        THUNDERBIRD,
    ),
    person(
        "Müller",
        "Jürgen",
        "juergen.mueller",
        "stahlwerk.example.org",
        "Stahlwerk Nord GmbH",
        "Einkauf",
        Charset::Eight,
        THUNDERBIRD,
    ),
    person(
        "Bennett",
        "Claire",
        "claire",
        "brightline.example.org",
        "Brightline Systems",
        "Customer success",
        Charset::Utf8,
        OUTLOOK,
    ),
];

pub(super) const SENDERS: &[Person] = &[
    person(
        "なぎさソフト",
        "ニュース",
        "news",
        "nagisa-soft.example.com",
        "なぎさソフト",
        "",
        Charset::Utf8,
        "",
    ),
    person(
        "青葉商事",
        "ご案内",
        "info",
        "aoba.example.com",
        "青葉商事",
        "",
        Charset::Jis,
        "",
    ),
];

pub(super) const MACHINES: &[Person] = &[
    person(
        "Backup",
        "Service",
        "no-reply",
        "alerts.example.org",
        "Backup Service",
        "",
        Charset::Eight,
        "",
    ),
    person(
        "Parcel",
        "Notice",
        "notice",
        "parcels.example.org",
        "Parcel Notice",
        "",
        Charset::Utf8,
        "",
    ),
    person(
        "Brightline",
        "Updates",
        "updates",
        "brightline.example.org",
        "Brightline Systems",
        "",
        Charset::Utf8,
        "",
    ),
];

pub(super) const STRANGERS: &[Person] = &[
    person(
        "お客様",
        "センター",
        "info",
        "login.example.net",
        "お客様センター",
        "",
        Charset::Utf8,
        "",
    ),
    person(
        "Growth",
        "Team",
        "sales",
        "ranking.example.net",
        "Growth Team",
        "",
        Charset::Utf8,
        "",
    ),
];

pub(super) const PROJECTS: &[&str] = &[
    "基幹システム更新",
    "新倉庫立ち上げ",
    "川崎工場の省エネ化",
    "受注Web化",
    "文書電子化",
    "保守契約見直し",
];
pub(super) const PROJECTS_EN: &[&str] = &[
    "the warehouse project",
    "the line 3 upgrade",
    "the service portal",
    "the sensor rollout",
];
pub(super) const PRODUCTS: &[&str] = &[
    "卓上型検査機 KD-20",
    "自動計量機 MS-450",
    "ラベルプリンター LP-8",
    "温湿度記録計 TR-3",
    "搬送ユニット HU-100",
];
pub(super) const PRODUCTS_EN: &[&str] = &[
    "KD-20 inspection units",
    "MS-450 scales",
    "LP-8 label printers",
    "TR-3 loggers",
];
pub(super) const SYSTEMS: &[&str] = &[
    "勤怠システム",
    "販売管理システム",
    "社内ポータル",
    "ファイルサーバー",
];
pub(super) const SYSTEMS_EN: &[&str] = &["customer portal", "file server", "order gateway"];
pub(super) const ROOMS: &[&str] = &["第1会議室", "第3会議室", "5階A会議室", "応接室"];
pub(super) const APPLICANTS: &[&str] = &["木村 遥", "清水 隆", "西田 奈々", "原 優斗"];
