//! The assume-breach drill for memory: native code in a worker takes all it can get, and dies of it alone.
use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use crate::{
    breach::drill_programs,
    platform::{Platform, Setup, guest},
};

const CEILING_MIB: u64 = 256;
/// Above the ceiling: the executable's own pages, and what the pool had before.
const SLACK_MIB: u64 = 96;

/// The most that any of these processes holds, in MiB.
fn largest(pids: &[u32]) -> u64 {
    let held = |pid: &u32| {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        line.trim().strip_suffix(" kB")?.parse::<u64>().ok()
    };
    pids.iter().filter_map(held).max().unwrap_or(0) >> 10
}

/// Ends the loops beside the test however it ends: a runtime waits for them.
struct Stop(Arc<AtomicBool>);

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_takes_memory_without_end_dies_alone() {
    let programs = drill_programs();
    let config = format!("[runtime]\nworker_memory_mib = {CEILING_MIB}\n");
    let setup = Setup { programs: Some(programs.path().to_owned()), config };
    let platform = Arc::new(Platform::claimed(&setup).await);
    let neighbour = platform.deploy("neighbour", &guest("bench-hello"), "").await;
    assert_eq!(platform.app("neighbour", "GET", "/", Some(&neighbour), "").await.status, 200);
    let of_neighbour = platform.children("work")[0];
    let victim = platform.deploy("victim", &guest("bench-hello"), "").await;
    let (front, keeper) = (platform.children("front")[0], platform.children("keeper")[0]);

    // All the while, another app is called, and every worker is looked at.
    let (stop, most) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let stopping = Stop(stop.clone());
    let calls = {
        let (platform, stop) = (platform.clone(), stop.clone());
        tokio::spawn(async move {
            let (mut good, mut bad) = (0_u32, 0_u32);
            while !stop.load(Ordering::Relaxed) {
                let answer = platform.app("neighbour", "GET", "/", Some(&neighbour), "").await;
                *(if answer.status == 200 { &mut good } else { &mut bad }) += 1;
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            (good, bad)
        })
    };
    let looks = {
        let (platform, stop, most) = (platform.clone(), stop.clone(), most.clone());
        tokio::task::spawn_blocking(move || {
            while !stop.load(Ordering::Relaxed) {
                most.fetch_max(largest(&platform.children("work")), Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(10));
            }
        })
    };

    for payload in ["eat-memory", "eat-heap"] {
        let answer = platform.app("victim", "GET", &format!("/drill/{payload}"), Some(&victim), "").await;
        assert!(!answer.text().contains("GAINED"), "{payload}: {}", answer.text());
        assert!(answer.status.is_server_error(), "{payload}: its worker is gone: {} {}", answer.status, answer.text());
    }
    drop(stopping);
    let ((good, bad), ()) = (calls.await.unwrap(), looks.await.unwrap());
    let most = most.load(Ordering::Relaxed);
    println!("the largest worker held {most} MiB; the neighbour answered {good} calls");
    assert!(most > CEILING_MIB / 2, "the attack took memory: {most} MiB");
    assert!(most <= CEILING_MIB + SLACK_MIB, "{most} MiB is more than the ceiling allows");
    assert!(good > 20 && bad == 0, "another app does not notice: {good} good, {bad} bad");
    assert!(platform.children("work").contains(&of_neighbour), "its worker lives on");
    assert_eq!((platform.children("front")[0], platform.children("keeper")[0]), (front, keeper));

    let ended = platform.audit("action=memory-ceiling&limit=50").await;
    let note = ended[0]["note"].as_str().unwrap();
    assert!(note.contains("`runtime.worker_memory_mib`"), "{note}");
    let lost = platform.audit("action=worker-lost&app=victim&limit=50").await;
    assert!(lost.len() >= 4, "each worker's end is written down, that of the retry too: {lost:?}");
    let mut recovered = false;
    for _ in 0..150 {
        if platform.app("victim", "GET", "/", Some(&victim), "").await.status == 200 {
            recovered = true;
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(recovered, "the app itself comes back");
}
