//! A proxy before an AWS that lets one call, or some of a hundred, go wrong.
//!
//! ```text
//! fault_proxy --upstream http://127.0.0.1:5000 --at 7 --fault kill --when after --report calls.ndjson -- terraform apply
//! ```
//!
//! runs the command with `AWS_ENDPOINT_URL` set to the proxy, in a process group of its own; `kill` kills that group. It
//! ends with the command's exit code, 137 where the command was killed. Without a command it prints its endpoint and
//! serves until its standard input ends; `kill` kills the process of `--pid` then. At the end it writes every call as a
//! line of JSON (`number`, `action`, `change`, `fault`) to the file of `--report`.

#[cfg(unix)]
fn main() -> std::process::ExitCode {
    unix::main()
}

#[cfg(not(unix))]
fn main() {}

#[cfg(unix)]
mod unix {
    use std::io::{self, Read as _};
    use std::net::SocketAddr;
    use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
    use std::path::PathBuf;
    use std::process::{Command, ExitCode};
    use std::time::Duration;

    use clap::{Parser, ValueEnum};
    use ironwright_tests::proxy::Proxy;
    use ironwright_tests::proxy::fault::{Chosen, Counted, Fault, Rule, When};

    /// A proxy before an AWS that lets calls go wrong.
    #[derive(Parser)]
    struct Arguments {
        /// Where the AWS is.
        #[arg(long, value_name = "http://HOST:PORT")]
        upstream: String,
        /// Where to listen; port 0 is any free one.
        #[arg(long, default_value = "127.0.0.1:0")]
        listen: SocketAddr,
        /// Which call meets the fault; the first is 1.
        #[arg(long, value_name = "K", requires = "fault")]
        at: Option<usize>,
        /// How many of a hundred calls meet the fault.
        #[arg(long, value_name = "N", requires = "fault", conflicts_with = "at")]
        percent: Option<u8>,
        /// Which ones those are.
        #[arg(long, default_value_t = 0)]
        seed: u64,
        /// What happens.
        #[arg(long, value_enum)]
        fault: Option<Name>,
        /// When a process is killed or a call is delayed.
        #[arg(long, value_enum, default_value = "before")]
        when: Moment,
        /// How long a call is delayed.
        #[arg(long, value_name = "MILLISECONDS", default_value_t = 1000)]
        delay: u64,
        /// Which calls are numbered.
        #[arg(long, value_enum, default_value = "all")]
        count: Numbered,
        /// The process to kill, where no command is given; a negative number is a group of processes.
        #[arg(long, allow_negative_numbers = true, conflicts_with = "command")]
        pid: Option<i32>,
        /// Where to write the calls, as lines of JSON.
        #[arg(long, value_name = "FILE")]
        report: Option<PathBuf>,
        /// What to run through the proxy.
        #[arg(last = true)]
        command: Vec<String>,
    }

    #[derive(Clone, Copy, ValueEnum)]
    enum Name {
        /// The answer is lost.
        Lose,
        /// The connection is reset; the call does not arrive.
        Reset,
        /// The call is refused as one too many; it does not arrive.
        Throttle,
        /// The call is carried out, and answered by an HTTP 500.
        Fail,
        /// The call takes longer.
        Delay,
        /// The client is killed.
        Kill,
    }

    #[derive(Clone, Copy, ValueEnum)]
    enum Moment {
        /// Before the call is forwarded.
        Before,
        /// After it was carried out, before it is answered.
        After,
    }

    #[derive(Clone, Copy, ValueEnum)]
    enum Numbered {
        /// All of them.
        All,
        /// Those that change something.
        Changes,
        /// Those that change nothing.
        Reads,
    }

    impl Arguments {
        fn rule(&self) -> Option<Rule> {
            let chosen = match (self.at, self.percent) {
                (Some(number), _) => Chosen::Number(number),
                (None, Some(percent)) => Chosen::Percent(percent, self.seed),
                (None, None) => return None,
            };
            let counted = match self.count {
                Numbered::All => Counted::All,
                Numbered::Changes => Counted::Changes,
                Numbered::Reads => Counted::Reads,
            };
            let when = match self.when {
                Moment::Before => When::Before,
                Moment::After => When::After,
            };
            let fault = match self.fault? {
                Name::Lose => Fault::Lose,
                Name::Reset => Fault::Reset,
                Name::Throttle => Fault::Throttle,
                Name::Fail => Fault::Fail,
                Name::Delay => Fault::Delay(when, Duration::from_millis(self.delay)),
                Name::Kill => Fault::Kill(when),
            };
            Some(Rule { counted, chosen, fault })
        }
    }

    pub(super) fn main() -> ExitCode {
        let arguments = Arguments::parse();
        run(&arguments).unwrap_or_else(|error| {
            eprintln!("fault_proxy: {error}");
            ExitCode::FAILURE
        })
    }

    fn run(arguments: &Arguments) -> io::Result<ExitCode> {
        let proxy = Proxy::start_at(arguments.listen, &arguments.upstream, arguments.rule())?;
        let code = match arguments.command.split_first() {
            Some((program, words)) => lead(&proxy, Command::new(program).args(words))?,
            None => serve(&proxy, arguments.pid)?,
        };
        proxy.settle();
        if let Some(report) = &arguments.report {
            let lines: String = proxy.calls().iter().map(|call| call.json() + "\n").collect();
            std::fs::write(report, lines)?;
        }
        Ok(code)
    }

    /// Runs `command` through the proxy, to its end.
    fn lead(proxy: &Proxy, command: &mut Command) -> io::Result<ExitCode> {
        let mut child = command.env("AWS_ENDPOINT_URL", proxy.endpoint()).process_group(0).spawn()?;
        proxy.aim(-i32::try_from(child.id()).map_err(io::Error::other)?);
        let status = child.wait()?;
        let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(1);
        Ok(ExitCode::from(u8::try_from(code).unwrap_or(1)))
    }

    /// Serves whoever comes, until standard input ends.
    fn serve(proxy: &Proxy, victim: Option<i32>) -> io::Result<ExitCode> {
        println!("{}", proxy.endpoint());
        if let Some(victim) = victim {
            proxy.aim(victim);
        }
        io::stdin().read_to_end(&mut Vec::new())?;
        Ok(ExitCode::SUCCESS)
    }
}
