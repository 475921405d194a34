//! English stories: the same office writing with partners abroad, and the machines that write to everybody.

use super::story::{Files, Kind, Story, Turn, Who};

const fn them(hours: u32, text: &'static str) -> Turn {
    Turn {
        who: Who::Them,
        hours,
        text,
        files: Files::None,
    }
}

const fn me(hours: u32, text: &'static str) -> Turn {
    Turn {
        who: Who::Me,
        hours,
        text,
        files: Files::None,
    }
}

const fn with(files: Files, turn: Turn) -> Turn {
    Turn { files, ..turn }
}

pub(super) const STORIES: &[Story] = &[
    Story {
        kind: Kind::Partner,
        by: "",
        subject: "Quotation request: {product}",
        label: "Quotes",
        turns: &[
            them(
                0,
                "Hi {me},\n\nWe are planning the next phase of {project} and would like a quotation for {n} units of {product}, delivered to Rotterdam.\n\nCould you also tell us the lead time if we confirm by {day1}? Our budget meeting is on {day2}.\n\nBest regards,\n{them}",
            ),
            with(
                Files::Quotation,
                me(
                    14,
                    "Hi {them},\n\nThank you for your inquiry. Please find our quotation {no} attached.\n\nThe lead time is four weeks from the order. If you confirm by {day1}, we can ship on {day3}. Packing and insurance are included; import duties are not.\n\nLet me know if you need anything else for your meeting.\n\nKind regards,\n{me}",
                ),
            ),
            them(
                30,
                "Hi {me},\n\nThanks, that was quick. Two questions from our finance team:\n\n1. Can the payment term be 45 days instead of 30?\n2. Is the price valid until the end of next month?\n\nBest regards,\n{them}",
            ),
            me(
                12,
                "Hi {them},\n\n1. Yes, 45 days is fine for this order.\n2. Yes. I will send you an updated copy with both dates on it.\n\nKind regards,\n{me}",
            ),
        ],
    },
    Story {
        kind: Kind::Partner,
        by: "daniel.okafor",
        subject: "Shipment {no}: customs documents",
        label: "Shipping",
        turns: &[
            with(
                Files::Table,
                them(
                    0,
                    "Dear {me},\n\nYour shipment {no} ({n} cartons) has arrived at the terminal. To clear customs we still need the packing list with net weights per carton.\n\nI attached what we have so far. Storage is free until {day1}.\n\nRegards,\n{them}\nImport desk",
                ),
            ),
            with(
                Files::Table,
                me(
                    6,
                    "Dear {them},\n\nPlease find the corrected packing list attached. Cartons 7 and 8 were swapped in the first version, sorry about that.\n\nRegards,\n{me}",
                ),
            ),
            them(
                22,
                "Dear {me},\n\nAll good now. The goods were released this morning and are on the truck. Delivery is planned for {day1}, between 9 and 12.\n\nRegards,\n{them}",
            ),
        ],
    },
    Story {
        kind: Kind::Partner,
        by: "",
        subject: "Agenda for our call on {day1}",
        label: "Meetings",
        turns: &[
            them(
                0,
                "Hi {me},\n\nhere is a draft agenda for {day1}, 16:00 your time:\n\n- status of {project} (10 min)\n- open points from the test report (20 min)\n- who visits whom in spring (10 min)\n\nPlease add whatever is missing.\n\nCheers,\n{them}",
            ),
            me(
                4,
                "Hi {them},\n\nLooks good. I would add one point: the translated manual. Our customer has asked for it twice.\n\nTalk to you then!\n{me}",
            ),
        ],
    },
    Story {
        kind: Kind::Newsletter,
        by: "updates",
        subject: "What's new in {product}: release notes for {month}",
        label: "",
        turns: &[them(
            0,
            "Hello,\n\nthis month's update is about the small things:\n\n* Exports finish in the background, and you get a notice when they are ready.\n* Dates follow the format of your region everywhere, including printed reports.\n* The search box keeps what you typed when you come back to it.\n\nWe also fixed a rare case in which a report was sent twice.\n\nThank you for using {product}.",
        )],
    },
    Story {
        kind: Kind::Machine,
        by: "no-reply",
        subject: "[{system}] Backup completed with warnings",
        label: "Alerts",
        turns: &[with(
            Files::Note,
            them(
                0,
                "Job:      nightly-full\nHost:     files01\nStarted:  02:00\nFinished: {time}\nResult:   completed with warnings\n\n3 files were in use and were skipped. They will be retried in the next run.\nThe log is attached.\n\nThis message was sent automatically.",
            ),
        )],
    },
    Story {
        kind: Kind::Partner,
        by: "claire",
        subject: "Incident report: {system} unavailable",
        label: "Incidents",
        turns: &[
            them(
                0,
                "Hello {me},\n\nplease find below our report on yesterday's outage.\n\nSummary: {system} did not accept new connections for 47 minutes.\nCause: a certificate was renewed, but one of the two front ends was not reloaded.\nFix: both front ends now reload on renewal, and a check compares the certificate that is served with the one on disk.\n\nWe are sorry for the trouble. No data was lost.\n\nRegards,\n{them}",
            ),
            me(
                3,
                "Hello {them},\n\nthank you for the clear report. Could you add us to the status page notifications? We heard about it from our users first.\n\nRegards,\n{me}",
            ),
            them(
                1,
                "Done, you and {third} are on the list. Thanks for the hint.\n\n{them}",
            ),
        ],
    },
    Story {
        kind: Kind::Partner,
        by: "",
        subject: "Invoice {no}",
        label: "Invoices",
        turns: &[with(
            Files::Invoice,
            them(
                0,
                "Dear customer,\n\nplease find attached invoice {no} for {product}, due on {day3}.\n\nPayment details are on the second page. Please quote the invoice number.\n\nKind regards,\n{them}\nAccounts",
            ),
        )],
    },
    Story {
        kind: Kind::Partner,
        by: "",
        subject: "Interview feedback: senior field engineer",
        label: "Hiring",
        turns: &[
            them(
                0,
                "Hi {me},\n\nI spoke with the candidate this morning. Strong on diagnostics, honest about what she does not know, and she asked better questions than we did.\n\nI would like to invite her to a second round with you on {day1} or {day2}. Which one suits you?\n\n{them}",
            ),
            me(
                5,
                "Hi {them},\n\n{day2} is better, any time after 15:00 JST. I will prepare a small case from {project}.\n\n{me}",
            ),
        ],
    },
    Story {
        kind: Kind::Machine,
        by: "notice",
        subject: "Your parcel {track} is out for delivery",
        label: "",
        turns: &[them(
            0,
            "Your parcel {track} is out for delivery and should arrive today between 14:00 and 16:00.\n\nIf nobody is in, the driver leaves a card, and you can choose a new date within seven days.",
        )],
    },
    Story {
        kind: Kind::Junk,
        by: "sales",
        subject: "Increase your ranking in 7 days",
        label: "",
        turns: &[them(
            0,
            "Hello Sir/Madam,\n\nI visited your website and found that it is not on the first page. Our team of experts can fix this in seven days.\n\nMay I send you a price list?\n\nRegards,\nMarketing executive",
        )],
    },
];
