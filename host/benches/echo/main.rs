//! What a server costs that sends back what it gets: 64 bytes there and back over TCP on the loopback, by the number of
//! connections.
//!
//! `cargo xtask peers && cargo bench --bench echo` prints a table. Each server runs in a process of its own on one
//! core, and the clients on another. They are measured in rounds, all servers in turn, so that what disturbs the
//! machine disturbs all; printed are the medians of the rounds, the spread of the throughput, and ratios of the
//! medians.
#![allow(missing_docs, reason = "a bench")]

mod cores;
mod load;
mod servers;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Parser;
use cores::Cores;
use load::{Clients, Sample};
use rustix::process::{Resource, getrlimit, setrlimit};
use servers::{Running, SERVERS, Server};

#[derive(Parser)]
#[command(name = "echo", about = "What an echo over TCP costs, by server and number of connections")]
struct Arguments {
    /// How many connections there are at a time
    #[arg(long, value_delimiter = ',', default_values_t = [1, 64, 1_000, 10_000])]
    connections: Vec<usize>,
    /// How often each server is measured
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// How long each time
    #[arg(long, default_value_t = 2.0)]
    seconds: f64,
    /// Which servers, instead of all
    #[arg(long, value_delimiter = ',')]
    servers: Vec<String>,
    /// What this program starts itself with, for one of the servers
    #[arg(long, hide = true)]
    serve: Option<String>,
    /// What cargo says to every bench
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<()> {
    match &arguments.serve {
        Some(name) => find(name)?.serve(arguments.connections.iter().copied().max().unwrap_or_default()),
        None => measure(arguments),
    }
}

fn find(name: &str) -> Result<&'static Server> {
    let names = SERVERS.iter().map(|server| server.name).collect::<Vec<_>>().join(", ");
    SERVERS.iter().find(|server| server.name == name).with_context(|| format!("no server is named {name}, but {names}"))
}

fn measure(arguments: &Arguments) -> Result<()> {
    allow_descriptors()?;
    let cores = Cores::take()?;
    let duration = Duration::from_secs_f64(arguments.seconds);
    println!("{HEAD}");
    for &count in &arguments.connections {
        let running = start(&chosen(&arguments.servers)?, count, &cores);
        let mut samples: Vec<_> = running.iter().map(|_| Vec::new()).collect();
        for _ in 0..arguments.rounds {
            for ((name, process), samples) in running.iter().zip(&mut samples) {
                let sample = sample(process, count, duration);
                samples.push(sample.with_context(|| format!("{name}, {count} connections"))?);
            }
        }
        print_rows(count, running.iter().map(|(name, _)| *name), &samples);
    }
    Ok(())
}

/// Those of the servers that can be had here, each for so many connections.
fn start(servers: &[&'static Server], connections: usize, cores: &Cores) -> Vec<(&'static str, Running)> {
    let start = |server: &&'static Server| match server.start(cores, connections) {
        Ok(process) => Some((server.name, process)),
        Err(error) => {
            eprintln!("leaving out {}: {error:#}", server.name);
            None
        }
    };
    servers.iter().filter_map(start).collect()
}

fn chosen(names: &[String]) -> Result<Vec<&'static Server>> {
    if names.is_empty() { Ok(SERVERS.iter().collect()) } else { names.iter().map(|name| find(name)).collect() }
}

/// Both sides need one for each connection: the servers inherit what is allowed here.
fn allow_descriptors() -> Result<()> {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    Ok(setrlimit(Resource::Nofile, limit)?)
}

fn sample(server: &Running, count: usize, duration: Duration) -> Result<Sample> {
    Clients::connect(server.address, count)?.run(duration, || server.used())
}

const HEAD: &str = "\
| connections | server | round trips/s | least to most | ratio | server's CPU, us each | ratio | p50, us | p99, us | max, us |
|---|---|---|---|---|---|---|---|---|---|";

/// What is printed of a server's rounds.
struct Row {
    throughput: f64,
    least: f64,
    most: f64,
    /// Microseconds of the processor for each round trip.
    used: f64,
    p50: f64,
    p99: f64,
    max: f64,
}

impl Row {
    fn of(samples: &[Sample]) -> Row {
        let throughputs = || samples.iter().map(|sample| sample.round_trips as f64 / sample.elapsed.as_secs_f64());
        let latency =
            |quantile| samples.iter().map(move |sample| sample.latencies.value_at_quantile(quantile) as f64 / 1e3);
        Row {
            throughput: median(throughputs()),
            least: throughputs().fold(f64::INFINITY, f64::min),
            most: throughputs().fold(0.0, f64::max),
            used: median(samples.iter().map(|sample| sample.used.as_secs_f64() * 1e6 / sample.round_trips as f64)),
            p50: median(latency(0.5)),
            p99: median(latency(0.99)),
            max: latency(1.0).fold(0.0, f64::max),
        }
    }
}

fn print_rows<'a>(count: usize, names: impl Iterator<Item = &'a str>, samples: &[Vec<Sample>]) {
    let rows: Vec<_> = samples.iter().map(|samples| Row::of(samples)).collect();
    for (name, row) in names.zip(&rows) {
        let Row { throughput, least, most, used, p50, p99, max } = row;
        let (by_throughput, by_used) = (throughput / rows[0].throughput, used / rows[0].used);
        println!(
            "| {count} | {name} | {throughput:.0} | {least:.0} to {most:.0} | {by_throughput:.2} | {used:.2} | {by_used:.2} \
             | {p50:.0} | {p99:.0} | {max:.0} |"
        );
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
