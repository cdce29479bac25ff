//! The servers that are measured, each in a process of its own.

#[path = "ours.rs"]
mod ours;
#[path = "peers/tokio.rs"]
mod tokio_peer;

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use crate::cores::Cores;

/// All of them; the others are compared with the first. One more is a line here, and a file with a function that prints
/// the port that it listens on, and then echoes until the process is killed.
pub(crate) const SERVERS: &[Server] = &[
    Server { name: "tokio", most: None, what: What::Function(tokio_peer::serve) },
    Server { name: "cogen", most: None, what: What::Function(ours::serve) },
    Server { name: "cogen-io-uring", most: None, what: What::Function(ours::serve_by_io_uring) },
    Server { name: "cogen-std-net", most: Some(1), what: What::Function(ours::serve_by_std_net) },
    Server { name: "cogen-poll", most: Some(1_000), what: What::Function(ours::serve_by_poll) },
    Server { name: "go", most: None, what: What::Program("echo-go") },
];

/// A server that can be measured.
pub(crate) struct Server {
    pub(crate) name: &'static str,
    /// How many connections it can serve at a time, if that is bounded.
    most: Option<usize>,
    what: What,
}

enum What {
    /// A function of this program, which starts itself once more for it.
    Function(fn(usize) -> Result<()>),
    /// A program that `cargo xtask peers` builds.
    Program(&'static str),
}

impl Server {
    /// Serves so many connections in this process, which was started for that.
    pub(crate) fn serve(&self, connections: usize) -> Result<()> {
        match self.what {
            What::Function(serve) => serve(connections).with_context(|| format!("the server {} ended", self.name)),
            What::Program(name) => bail!("{name} is a program of its own"),
        }
    }

    /// Starts it on the server's core, for so many connections.
    pub(crate) fn start(&self, cores: &Cores, connections: usize) -> Result<Running> {
        if let Some(most) = self.most.filter(|&most| most < connections) {
            bail!("it serves {most} at a time");
        }
        let mut command = match self.what {
            What::Function(_) => {
                let mut again = Command::new(std::env::current_exe()?);
                again.args(["--serve", self.name, "--connections", &connections.to_string()]);
                again
            }
            What::Program(name) => {
                let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.cogen/tools/bin").join(name);
                ensure!(program.exists(), "{} is not there; `cargo xtask peers` builds it", program.display());
                Command::new(program)
            }
        };
        command.stdin(Stdio::null()).stdout(Stdio::piped()).env("GOMAXPROCS", "1");
        let child = cores.for_server(|| command.spawn())?.with_context(|| format!("cannot start {}", self.name))?;
        let mut running = Running { child, address: (Ipv4Addr::LOCALHOST, 0).into() };
        let port = running.port().with_context(|| format!("no port from {}", self.name))?;
        running.address.set_port(port);
        Ok(running)
    }
}

/// A server that runs until this is dropped.
pub(crate) struct Running {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Running {
    /// The port that it prints.
    fn port(&mut self) -> Result<u16> {
        let mut line = String::new();
        BufReader::new(self.child.stdout.as_mut().expect("it is piped")).read_line(&mut line)?;
        line.trim().parse().with_context(|| format!("it printed {line:?}"))
    }

    /// The time that it has used of the processor until now, in user and kernel, to a hundredth of a second.
    pub(crate) fn used(&self) -> Result<Duration> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The name of the program comes before, in parentheses, and may have spaces in it.
        let fields: Vec<_> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks = |field: usize| fields.get(field).and_then(|ticks| ticks.parse::<u64>().ok());
        let ticks = ticks(11).zip(ticks(12)).map(|(user, kernel)| user + kernel).context("a stat of another form")?;
        Ok(Duration::from_secs(ticks) / u32::try_from(rustix::param::clock_ticks_per_second())?)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Either fails only if it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
