//! Between the store's causes and the catalogue's cases, and the contract's *step*.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::intervals::Cause;

use crate::advice::{Case, Language};

/// What is stored of a case.
pub fn to_cause(case: &Case) -> Cause {
    let mut cause = Cause::new(&case.cause_id);
    cause.provider_said.clone_from(&case.provider_said);
    cause.values.clone_from(&case.facts);
    if let Some(seconds) = case.retry_after {
        cause
            .values
            .insert("retry_after".into(), seconds.to_string());
    }
    cause
}

/// The case of what was stored.
pub fn to_case(cause: &Cause) -> Case {
    let mut case = Case::new(&cause.id);
    case.provider_said.clone_from(&cause.provider_said);
    case.facts.clone_from(&cause.values);
    case.retry_after = case
        .facts
        .remove("retry_after")
        .and_then(|seconds| seconds.parse().ok());
    case
}

/// How a step of a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It works.
    Ok,
    /// It works, and something should be known.
    Warn,
    /// It does not work.
    Fail,
    /// It was not tried, because an earlier step failed.
    Skip,
    /// It is being tried.
    Running,
}

/// One step of a check, as it is stored: in no language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// `consent`, `token`, `imap`, …
    pub name: String,
    /// What was checked: an address, a host, a provider.
    pub subject: String,
    /// How it ended.
    pub outcome: Outcome,
    /// How long it took.
    pub ms: u64,
    /// What the provider said, also when it went well.
    #[serde(default)]
    pub provider_said: Option<String>,
    /// Why it failed, and what helps.
    #[serde(default)]
    pub case: Option<Case>,
}

impl Step {
    /// A step that went well.
    pub fn ok(name: &str, subject: impl Into<String>, ms: u64) -> Step {
        Step {
            name: name.into(),
            subject: subject.into(),
            outcome: Outcome::Ok,
            ms,
            provider_said: None,
            case: None,
        }
    }

    /// A step that is being tried.
    pub fn running(name: &str, subject: impl Into<String>) -> Step {
        Step {
            outcome: Outcome::Running,
            ..Step::ok(name, subject, 0)
        }
    }

    /// A step that was not tried.
    pub fn skip(name: &str, subject: impl Into<String>) -> Step {
        Step {
            outcome: Outcome::Skip,
            ..Step::ok(name, subject, 0)
        }
    }

    /// A step that did not work.
    pub fn fail(name: &str, subject: impl Into<String>, ms: u64, case: Case) -> Step {
        Step {
            outcome: Outcome::Fail,
            provider_said: case.provider_said.clone(),
            case: Some(case),
            ..Step::ok(name, subject, ms)
        }
    }

    /// A step that worked, with something that should be known.
    pub fn warn(name: &str, subject: impl Into<String>, ms: u64, case: Case) -> Step {
        Step {
            outcome: Outcome::Warn,
            ..Step::fail(name, subject, ms, case)
        }
    }

    /// With the provider's words.
    pub fn said(mut self, words: &str) -> Step {
        let words: String = words.chars().take(2000).collect();
        self.provider_said = (!words.is_empty()).then_some(words);
        self
    }

    /// The contract's *step*, in a language.
    pub fn to_json(&self, language: Language) -> Value {
        json!({
            "name": self.name, "subject": self.subject, "outcome": self.outcome, "ms": self.ms,
            "provider_said": self.provider_said, "advice": self.case.as_ref().map(|case| case.advise(language)),
        })
    }
}

/// Puts a step in the place of an earlier one with the same name and subject, or behind the others.
pub fn put(steps: &mut Vec<Step>, step: Step) {
    match steps
        .iter_mut()
        .find(|old| old.name == step.name && old.subject == step.subject)
    {
        Some(old) => *old = step,
        None => steps.push(step),
    }
}

/// Where the steps of a check go as they happen: into a list, and to whoever follows.
#[derive(Default)]
pub struct Told {
    steps: Vec<Step>,
    follower: Option<tokio::sync::mpsc::UnboundedSender<Step>>,
}

impl Told {
    /// For somebody who follows. A follower that goes away does not stop the check.
    pub fn to(follower: tokio::sync::mpsc::UnboundedSender<Step>) -> Told {
        Told {
            steps: Vec::new(),
            follower: Some(follower),
        }
    }

    /// Tells a step; it takes the place of an earlier one with the same name and subject.
    pub fn tell(&mut self, step: Step) {
        if let Some(follower) = &self.follower {
            let _ = follower.send(step.clone());
        }
        put(&mut self.steps, step);
    }

    /// All that was told.
    pub fn into_steps(self) -> Vec<Step> {
        self.steps
    }
}
