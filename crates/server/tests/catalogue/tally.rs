//! What was named right, and the line of the figures.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::sync::Mutex;

use serde_json::Value;

use crate::row::Row;

/// The advices that were met, Japanese and English.
pub struct Told {
    pub ja: Vec<Value>,
    pub en: Vec<Value>,
}

impl Told {
    /// What is wrong with it; nothing when the row is named right in both languages.
    pub fn misses(&self, row: &Row) -> Vec<String> {
        let mut misses = Vec::new();
        if row.cause.is_empty() {
            if let Some(advice) = self.ja.first() {
                misses.push(format!(
                    "nothing is wrong, yet {} is told",
                    advice["cause_id"]
                ));
            }
            return misses;
        }
        for (language, advices, words) in [("ja", &self.ja, row.ja), ("en", &self.en, row.en)] {
            let found = advices
                .iter()
                .find(|advice| advice["cause_id"] == row.cause);
            let Some(advice) = found else {
                let told: Vec<&Value> = advices.iter().map(|advice| &advice["cause_id"]).collect();
                misses.push(format!(
                    "{language}: {} is wanted, {told:?} is told",
                    row.cause
                ));
                continue;
            };
            if advice["who"] != row.who {
                misses.push(format!(
                    "{language}: {} acts, not {}",
                    advice["who"], row.who
                ));
            }
            let again = advice["retry_after"].as_u64();
            if !row.again.fits(again) {
                misses.push(format!(
                    "{language}: again in {again:?}, not {:?}",
                    row.again
                ));
            }
            let cure = advice["cure"].as_str().unwrap_or_default();
            for word in words {
                if !cure.contains(word) {
                    misses.push(format!("{language}: no {word:?} in {cure:?}"));
                }
            }
            let said = one_line(advice["provider_said"].as_str().unwrap_or_default());
            let verbatim = row.said.verbatim();
            if !said.contains(&verbatim) {
                misses.push(format!("{language}: no {verbatim:?} in {said:?}"));
            }
        }
        misses
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Counts the rows of a section.
pub struct Tally {
    section: &'static str,
    injected: usize,
    wrong: Vec<String>,
    by: Vec<&'static str>,
}

impl Tally {
    pub fn of(section: &'static str) -> Tally {
        Tally {
            section,
            injected: 0,
            wrong: Vec::new(),
            by: Vec::new(),
        }
    }

    pub fn count(&mut self, row: &Row, told: &Told) {
        self.injected += 1;
        let by = row.via.name();
        if !self.by.contains(&by) {
            self.by.push(by);
        }
        let misses = told.misses(row);
        if !misses.is_empty() {
            let words = misses.join("\n    ");
            self.wrong.push(format!("{:?}\n    {words}", row.said));
        }
    }

    /// Writes the figures.
    ///
    /// # Panics
    /// With every row that was named wrong.
    pub fn close(self) {
        let right = self.injected - self.wrong.len();
        let by = self.by.join(", ");
        let line = format!(
            "| {} | {} | {right} | {by} |\n",
            self.section, self.injected
        );
        print!("{line}");
        write_down(&line);
        assert!(
            self.wrong.is_empty(),
            "{} of {} are named wrong:\n{}",
            self.wrong.len(),
            self.injected,
            self.wrong.join("\n")
        );
    }
}

/// Adds a line to the table of `TEGATA_FIGURES`.
fn write_down(line: &str) {
    static TURN: Mutex<()> = Mutex::new(());
    let Ok(path) = std::env::var("TEGATA_FIGURES") else {
        return;
    };
    let _turn = TURN
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    let mut text = String::new();
    if let Ok(mut new) = OpenOptions::new().create_new(true).write(true).open(&path) {
        text.push_str("| section of the catalogue | faults injected | named right | by |\n|---|---|---|---|\n");
        let _ = new.flush();
    }
    text.push_str(line);
    let mut file = OpenOptions::new()
        .append(true)
        .open(&path)
        .expect("the figures can be written");
    file.write_all(text.as_bytes())
        .expect("the figures can be written");
}
