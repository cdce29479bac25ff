//! Programs from outside that tests run, on the loopback alone: nginx and redis-server for our clients; curl, nc and
//! Python for our servers.
//!
//! `cargo xtask test` gets them, and says where they are. Without it they are looked for where it puts them, and on the
//! `PATH`. What starts one answers `None` where there is none, and the test is to return: it is skipped then, except in
//! CI.
#![allow(dead_code, reason = "each of the tests that share this uses a part")]

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long a server may take to answer, and a client to end. Both take milliseconds unless something is wrong.
const BOUND: Duration = Duration::from_secs(10);

/// How often a server is started anew when another program was quicker to take its port.
const ATTEMPTS: usize = 5;

/// A server that runs until this is dropped, with a folder of its own.
pub(crate) struct Server {
    child: Child,
    address: SocketAddr,
    folder: Folder,
}

/// An nginx that serves these files, each with its path below the root and its text.
pub(crate) fn nginx(files: &[(&str, &str)]) -> Option<Server> {
    let nginx = find("nginx", &["nginx"])?;
    // All paths are relative to the folder. In one process, and without temporary files elsewhere, it needs no rights;
    // if it has root's, it is not to become a user who may not enter the folder.
    let configuration = |address| {
        format!(
            "daemon off; master_process off; user root; pid pid; error_log stderr; events {{ }}
            http {{
                access_log off; default_type text/plain;
                client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
                uwsgi_temp_path uwsgi; scgi_temp_path scgi;
                server {{
                    listen {address}; root root;
                    location = /process_id {{ return 200 \"process_id:$pid\\r\\n\"; }}
                }}
            }}"
        )
    };
    let prepare = |folder: &Path, address| {
        for (path, text) in files {
            let file = folder.join("root").join(path);
            fs::create_dir_all(file.parent().expect("it is in the root"))?;
            fs::write(file, text)?;
        }
        fs::write(folder.join("nginx.conf"), configuration(address))?;
        let mut command = Command::new(&nginx);
        command.args(["-e", "stderr", "-c", "nginx.conf", "-p"]).arg(folder);
        Ok(command)
    };
    Some(Server::start(prepare, "GET /process_id HTTP/1.0\r\n\r\n"))
}

/// A redis-server with nothing in it, which keeps nothing.
pub(crate) fn redis() -> Option<Server> {
    let redis = find("redis-server", &["redis-server"])?;
    let prepare = |folder: &Path, address: SocketAddr| {
        let (host, port) = (address.ip().to_string(), address.port().to_string());
        let mut command = Command::new(&redis);
        command.args(["--bind", &host, "--port", &port, "--save", "", "--appendonly", "no", "--dir"]).arg(folder);
        Ok(command)
    };
    Some(Server::start(prepare, "INFO server\r\nQUIT\r\n"))
}

impl Server {
    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Starts a command made for a folder and an address, and asks until an answer says `process_id:` and the right
    /// number. No server says which port the system gave it, so it is told one that was free a moment ago, and may be
    /// another's by now.
    fn start(prepare: impl Fn(&Path, SocketAddr) -> io::Result<Command>, question: &str) -> Server {
        let mut said = String::new();
        for _ in 0..ATTEMPTS {
            let mut server = Server::spawn(&prepare).expect("a server starts");
            let deadline = Instant::now() + BOUND;
            while server.child.try_wait().expect("it is a child").is_none() {
                if server.answers(question) {
                    return server;
                }
                assert!(Instant::now() < deadline, "no answer from {} in {BOUND:?}: {}", server.address, server.said());
                sleep(Duration::from_millis(5));
            }
            said = server.said();
        }
        panic!("a server ended before it answered, {ATTEMPTS} times: {said}");
    }

    fn spawn(prepare: impl Fn(&Path, SocketAddr) -> io::Result<Command>) -> io::Result<Server> {
        let folder = Folder::new()?;
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let log = File::create(folder.0.join("log"))?;
        let mut command = prepare(&folder.0, address)?;
        let child = command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).spawn()?;
        Ok(Server { child, address, folder })
    }

    fn answers(&self, question: &str) -> bool {
        let ask = || {
            let mut stream = TcpStream::connect_timeout(&self.address, BOUND)?;
            stream.set_read_timeout(Some(BOUND))?;
            stream.write_all(question.as_bytes())?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer)?;
            io::Result::Ok(answer)
        };
        ask().is_ok_and(|answer| answer.contains(&format!("process_id:{}\r\n", self.child.id())))
    }

    fn said(&self) -> String {
        fs::read_to_string(self.folder.0.join("log")).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Either fails only if it is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a client said until it ended.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs curl, without the settings that its user may have.
pub(crate) fn curl(arguments: &[&str]) -> Option<Answer> {
    let curl = find("curl", &["curl"])?;
    Some(run(Command::new(curl).arg("--disable").args(["--noproxy", "*"]).args(arguments), ""))
}

/// Runs netcat with something to send.
pub(crate) fn nc(arguments: &[&str], input: &str) -> Option<Answer> {
    let nc = find("nc", &["nc.openbsd", "nc"])?;
    Some(run(Command::new(nc).args(arguments), input))
}

/// Runs some lines of Python, which find the arguments after the first of `sys.argv`.
pub(crate) fn python(snippet: &str, arguments: &[&str]) -> Option<Answer> {
    let python = find("python", &["python3"])?;
    Some(run(Command::new(python).args(["-c", snippet]).args(arguments), ""))
}

/// Runs a client to its end. What it reads and writes are files, which never fill up as a pipe does.
fn run(command: &mut Command, input: &str) -> Answer {
    let folder = Folder::new().expect("a folder");
    let [stdin, stdout, stderr] = ["stdin", "stdout", "stderr"].map(|name| folder.0.join(name));
    fs::write(&stdin, input).expect("a file in it");
    let output = |path: &Path| File::create(path).expect("a file in it");
    command.stdin(File::open(&stdin).expect("it is there")).stdout(output(&stdout)).stderr(output(&stderr));
    let mut child = command.spawn().expect("a client starts");
    let deadline = Instant::now() + BOUND;
    let status = loop {
        match child.try_wait().expect("it is a child") {
            Some(status) => break Some(status),
            None if Instant::now() > deadline => break None,
            None => sleep(Duration::from_millis(2)),
        }
    };
    let said = |path: &Path| String::from_utf8_lossy(&fs::read(path).expect("it is there")).into_owned();
    let Some(status) = status else {
        let _ = child.kill();
        let _ = child.wait();
        panic!("{command:?} runs on after {BOUND:?}, and said {:?} and {:?}", said(&stdout), said(&stderr));
    };
    Answer { code: status.code(), stdout: said(&stdout), stderr: said(&stderr) }
}

/// Where a program is, by its name and what its file may be called: as a variable says, as `cargo xtask` has put it, or
/// on the machine.
fn find(name: &str, files: &[&str]) -> Option<PathBuf> {
    let variable = format!("COGEN_{}", name.to_uppercase().replace('-', "_"));
    let said = std::env::var_os(variable).map(PathBuf::from);
    let fetched = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.cogen/tools/bin").join(name);
    let path = std::env::var_os("PATH").unwrap_or_default();
    // Folders for servers, which the `PATH` of a user who is not root may lack.
    let folders = std::env::split_paths(&path).chain(["/usr/local/sbin", "/usr/sbin"].map(PathBuf::from));
    let on_machine = folders.flat_map(|folder| files.iter().map(move |file| folder.join(file)));
    let found = said.into_iter().chain([fetched]).chain(on_machine).find(|path| path.is_file());
    if found.is_none() {
        assert!(
            std::env::var_os("CI").is_none(),
            "CI skips no test, and this one needs {name}: `cargo xtask setup` gets it"
        );
        eprintln!("skipped: it needs {name}, which `cargo xtask setup` gets");
    }
    found
}

/// A folder that goes with whatever it is for.
struct Folder(PathBuf);

impl Folder {
    fn new() -> io::Result<Folder> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("outside-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        // One of a process that had the same number and was killed.
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path)?;
        Ok(Folder(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
