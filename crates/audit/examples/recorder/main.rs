//! Records as fast as it can and says on standard output which records are durable, until it is killed. For crash tests.
//! Arguments: the log's folder, the signer's memory, a word that makes this run's records its own, how many tasks.
#![expect(clippy::unwrap_used, reason = "a test tool")]
mod signer;

use std::{io::Write as _, path::PathBuf, sync::Arc, time::Duration};

use audit::{Event, Kind, Log, LogOptions, Record as _};
use types::UnixMillis;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, dir, memory, word, tasks] = arguments.as_slice() else { panic!("usage: recorder DIR MEMORY WORD TASKS") };
    let signer = Arc::new(signer::TestSigner::new(PathBuf::from(memory)));
    let options =
        LogOptions { checkpoint_every: Duration::from_millis(5), segment_bytes_max: 64 << 10, ..LogOptions::default() };
    let (log, _) = Log::open(&PathBuf::from(dir), signer, options).unwrap();
    let log = Arc::new(log);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut running = tokio::task::JoinSet::new();
        for task in 0..tasks.parse::<u32>().unwrap() {
            let (log, word) = (log.clone(), word.clone());
            running.spawn(async move {
                for n in 0_u64.. {
                    let name = format!("{word}-{task}-{n}");
                    let event = Event::platform(UnixMillis(n), Kind::Platform, "test", name.as_str());
                    let receipt = log.record(&event);
                    let Ok(receipt) = receipt else {
                        // The disk is full: say so and stay, so that the test can look.
                        println!("refused {} {}", log.is_healthy(), log.status().stopped.is_some());
                        return;
                    };
                    let index = receipt.index();
                    match receipt.durable().await {
                        Ok(()) => println!("{index} {name}"),
                        Err(_) => println!("failed {} {}", log.is_healthy(), log.status().stopped.is_some()),
                    }
                    std::io::stdout().flush().unwrap();
                }
            });
        }
        while running.join_next().await.is_some() {}
    });
}
