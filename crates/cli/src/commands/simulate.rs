//! `simulate`: serves a simulated cloud over HTTP until it is interrupted.

use std::io;
use std::sync::Arc;

use ironwright_core::facts::FactSource;
use ironwright_core::{Diagnostic, Diagnostics};
use ironwright_engine::SystemClock;
use ironwright_served::{Cloud, Server};
use ironwright_simulated::{CloudError, SimulatedCloud};

use crate::arguments::SimulateArguments;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::render::diagnostics;
use crate::render::json::{FORMAT, Line};
use crate::session::runtime;
use crate::signals;
use crate::source_lines::FromWorkingDirectory;
use crate::target::Embedded;
use crate::terminal::Terminal;

/// Serves until a signal comes.
pub(crate) fn run(arguments: &SimulateArguments, facts: &'static dyn FactSource, terminal: &Terminal) -> Exit {
    if arguments.json {
        terminal.line(&Line::Version { format: FORMAT, ironwright: env!("CARGO_PKG_VERSION") }.text());
    }
    match serve(arguments, facts, terminal) {
        Ok(()) => Exit::Done,
        Err(error) => {
            complain(arguments, terminal, &error.diagnostics);
            error.exit
        }
    }
}

fn serve(
    arguments: &SimulateArguments,
    facts: &'static dyn FactSource,
    terminal: &Terminal,
) -> Result<(), CommandError> {
    let facts: Arc<dyn FactSource> = Arc::new(Embedded(facts));
    let simulated = match &arguments.dir {
        Some(folder) => SimulatedCloud::in_folder(facts.clone(), folder).map_err(|error| unusable(&error))?,
        None => SimulatedCloud::in_memory(facts.clone()),
    };
    let clock = Arc::new(SystemClock::new());
    let cloud = Cloud::new(simulated, facts, arguments.faults.clone(), arguments.seed, clock);
    runtime()?.block_on(async {
        let server = Server::bind(arguments.listen, cloud).await.map_err(|error| deaf(arguments, &error))?;
        let address = server.address().map_err(|error| deaf(arguments, &error))?;
        let end = signals::asked_to_stop();
        announce(arguments, terminal, &format!("http://{address}"));
        server.serve(end).await;
        Ok(())
    })
}

fn unusable(error: &CloudError) -> Diagnostic {
    Diagnostic::error("cloud-unusable", error.to_string())
        .help("make the folder writable, say another with `--dir DIR`, or leave it out for a cloud in memory")
}

fn deaf(arguments: &SimulateArguments, error: &io::Error) -> Diagnostic {
    let message = format!("nobody can listen at {}: {error}", arguments.listen);
    Diagnostic::error("address-unusable", message).help("say another address, or a free port: `--listen 127.0.0.1:0`")
}

fn announce(arguments: &SimulateArguments, terminal: &Terminal, endpoint: &str) {
    if arguments.json {
        terminal.line(&Line::Serving { endpoint }.text());
        return;
    }
    let place = match &arguments.dir {
        Some(folder) => format!("in {}", folder.display()),
        None => "in memory: it ends with this process".to_owned(),
    };
    terminal.print(&format!(
        "{endpoint}\n\n\
         The simulated cloud, {place}. Nothing real is created.\n\
         It speaks Cloud Control for every type, and tells who one is. For instance:\n\n  \
         export AWS_ENDPOINT_URL={endpoint} AWS_REGION=us-west-2\n  \
         export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test\n  \
         aws cloudcontrol list-resources --type-name AWS::EC2::VPC\n\n\
         Ctrl-C ends it.\n"
    ));
}

fn complain(arguments: &SimulateArguments, terminal: &Terminal, problems: &Diagnostics) {
    if arguments.json {
        problems.iter().for_each(|problem| terminal.line(&Line::Diagnostic(problem).text()));
    } else {
        terminal.complain(&diagnostics::diagnostics(problems, &FromWorkingDirectory::default(), terminal.width()));
    }
}
