//! Why a deployment in a test failed, with all that is known of it as text. No secret is in that text.

use std::fmt::Write;

use ironwright_core::{Address, Diagnostic, Diagnostics};
use ironwright_engine::{EngineError, Failure, Report};

/// Why a deployment failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeployError {
    /// The function that makes the app returned an error.
    #[error("the program did not make an app: {0}")]
    Program(String),
    /// The program is wrong, or the cloud could not be read.
    #[error("{}", problems(.0))]
    Diagnostics(Diagnostics),
    /// Some of it was not done: the cloud refused it, or it waited for what was refused.
    #[error("{}", summary(.0))]
    Incomplete(Box<Report>),
}

impl DeployError {
    /// All that is wrong, as diagnostics with address and source line.
    pub fn diagnostics(&self) -> Diagnostics {
        match self {
            Self::Program(_) => Diagnostics::new(),
            Self::Diagnostics(diagnostics) => diagnostics.clone(),
            Self::Incomplete(report) => {
                let of = |failure: &Failure| {
                    let diagnostic = failure.error.diagnostic(&failure.address);
                    failure.source.iter().fold(diagnostic, Diagnostic::source)
                };
                report.failed.iter().map(of).collect()
            }
        }
    }

    /// The codes with which the cloud refused a resource: `InvalidVpcID.NotFound`.
    pub fn codes(&self, address: &str) -> Vec<&str> {
        match self {
            Self::Incomplete(report) => {
                let here = report.failed.iter().filter(|failure| failure.address.as_str() == address);
                here.map(|failure| failure.error.code.as_str()).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The resources that were not started, since something they need failed.
    pub fn not_started(&self) -> Vec<&Address> {
        match self {
            Self::Incomplete(report) => report.not_started.iter().map(|waiting| &waiting.address).collect(),
            _ => Vec::new(),
        }
    }
}

impl From<EngineError> for DeployError {
    fn from(error: EngineError) -> Self {
        Self::Diagnostics(error.diagnostics())
    }
}

impl From<Diagnostics> for DeployError {
    fn from(diagnostics: Diagnostics) -> Self {
        Self::Diagnostics(diagnostics)
    }
}

fn problems(diagnostics: &Diagnostics) -> String {
    let count = match diagnostics.len() {
        1 => "one problem".to_owned(),
        count => format!("{count} problems"),
    };
    format!("the program cannot be deployed: {count}\n{diagnostics}")
}

fn summary(report: &Report) -> String {
    let mut text = "the deployment is not complete".to_owned();
    let mut line = |words: String| {
        let _ = write!(text, "\n{words}");
    };
    for failure in &report.failed {
        let source = failure.source.as_ref().map(|source| format!(" ({source})")).unwrap_or_default();
        line(format!("{}: {} failed: {}{source}", failure.address, failure.action, failure.error));
    }
    for waiting in &report.not_started {
        let why = waiting.because_of.as_ref().map(|first| format!(", since {first} failed")).unwrap_or_default();
        line(format!("{}: {} was not started{why}", waiting.address, waiting.action));
    }
    for done in &report.done {
        line(format!("{}: {} is done", done.address, done.action));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use ironwright_core::Source;
    use ironwright_engine::{Action, Done, ErrorKind, NotStarted, ProviderError};

    fn incomplete() -> DeployError {
        let failure = Failure {
            address: "web/server".into(),
            type_name: "AWS::EC2::Instance".to_owned(),
            action: Action::Create,
            error: ProviderError::new(ErrorKind::Refused, "InvalidAMIID.NotFound", "the image does not exist"),
            source: Some(Source { file: "src/main.rs".into(), line: 14 }),
            live: None,
        };
        let waiting =
            NotStarted { address: "web/address".into(), action: Action::Create, because_of: Some("web/server".into()) };
        let done =
            Done { address: "web/firewall".into(), action: Action::Create, physical_id: Some("sg-1".to_owned()) };
        DeployError::Incomplete(Box::new(Report {
            done: vec![done],
            failed: vec![failure],
            not_started: vec![waiting],
            ..Report::default()
        }))
    }

    #[test]
    fn a_failure_says_what_failed_what_waits_and_what_is_done() {
        assert_eq!(
            incomplete().to_string(),
            "the deployment is not complete\n\
             web/server: create failed: InvalidAMIID.NotFound: the image does not exist (src/main.rs:14)\n\
             web/address: create was not started, since web/server failed\n\
             web/firewall: create is done"
        );
    }

    #[test]
    fn a_failure_can_be_asked() {
        let error = incomplete();
        assert_eq!(error.codes("web/server"), ["InvalidAMIID.NotFound"]);
        assert_eq!(error.codes("web/firewall"), [""; 0]);
        assert_eq!(error.not_started(), [&Address::new("web/address")]);
        assert!(error.diagnostics().to_string().contains("src/main.rs:14"));
    }

    #[test]
    fn problems_of_the_program_are_counted_and_listed() {
        let problem = Diagnostic::error("duplicate-address", "this address is taken").at(&"web/server".into());
        let error = DeployError::from(Diagnostics::from(problem));
        assert_eq!(error.to_string(), "the program cannot be deployed: one problem\nweb/server: this address is taken");
        assert_eq!(DeployError::Program("no zone".to_owned()).to_string(), "the program did not make an app: no zone");
    }
}
