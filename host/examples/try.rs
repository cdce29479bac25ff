use cogen::*;
fn main() {
    let dir = "/tmp/g/echo/target/wasm32-wasip2/release";
    let kind = std::env::args().nth(1).unwrap_or("mio".into());
    let kind = ReactorKind::ALL.iter().find(|k| k.name() == kind).unwrap().clone();
    let max = std::env::args().nth(2).map_or(4096, |m| m.parse().unwrap());
    let mut engine = Engine::builder().workers(1).reactor(kind).max_coroutines(max)
        .program("echo", Program::from_file(format!("{dir}/echo_bytes.wasm")))
        .program("srv", Program::from_file(format!("{dir}/srv.wasm")).allow_network())
        .on_event(|e| match e { Event::Output { bytes, .. } => print!("{}", String::from_utf8_lossy(bytes)), Event::Failed(r) => println!("{} {}", r.program, r.outcome), _ => {} })
        .build().unwrap();
    engine.spawn("srv", "127.0.0.1:7777").unwrap();
    println!("{:?}", engine.run());
}
