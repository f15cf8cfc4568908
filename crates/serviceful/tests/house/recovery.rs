//! Processes die; the platform goes on, and what was acknowledged stays.
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use serde_json::json;

use crate::platform::{Platform, Setup, guest};

/// Sends idempotent requests all the time; counts good and bad answers.
struct Load {
    stop: Arc<AtomicBool>,
    good: Arc<AtomicUsize>,
    bad: Arc<AtomicUsize>,
    task: tokio::task::JoinHandle<()>,
}

impl Load {
    fn start(platform: Arc<Platform>, token: String) -> Self {
        let (stop, good, bad) =
            (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (stopping, well, badly) = (stop.clone(), good.clone(), bad.clone());
        let task = tokio::spawn(async move {
            let mut headers = http::HeaderMap::new();
            headers.insert("authorization", format!("Bearer {token}").parse().unwrap());
            while !stopping.load(Ordering::Relaxed) {
                match platform.send("good.localhost", "GET", "/", headers.clone(), bytes::Bytes::new()).await {
                    Ok(answer) if answer.status == 200 => well.fetch_add(1, Ordering::Relaxed),
                    _ => badly.fetch_add(1, Ordering::Relaxed),
                };
            }
        });
        Self { stop, good, bad, task }
    }

    async fn end(self) -> (usize, usize) {
        self.stop.store(true, Ordering::Relaxed);
        self.task.await.unwrap();
        (self.good.load(Ordering::Relaxed), self.bad.load(Ordering::Relaxed))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_worker_costs_an_idempotent_caller_nothing() {
    let platform = Arc::new(Platform::claimed(&Setup::default()).await);
    let token = platform.deploy("good", &guest("bench-hello"), "").await;
    let load: Vec<Load> = (0..8).map(|_| Load::start(platform.clone(), token.clone())).collect();
    for _ in 0..10 {
        tokio::time::sleep(Duration::from_millis(150)).await;
        // The oldest is the one at work; the spare takes over.
        platform.signal(platform.children("work")[0], "KILL");
    }
    let (mut good, mut bad) = (0, 0);
    for one in load {
        let (well, badly) = one.end().await;
        (good, bad) = (good + well, bad + badly);
    }
    assert!(good > 100, "{good}");
    assert_eq!(bad, 0, "a request without a body is tried once more ({good} good)");
    let lost = platform.audit("action=worker-lost&limit=50").await;
    assert!(!lost.is_empty(), "each loss is written down");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_keeper_or_front_is_back_by_itself() {
    let platform = Arc::new(Platform::claimed(&Setup::default()).await);
    let token = platform.deploy("good", &guest("bench-hello"), "").await;
    let load: Vec<Load> = (0..4).map(|_| Load::start(platform.clone(), token.clone())).collect();
    for role in ["keeper", "front"] {
        let old = platform.children(role);
        platform.signal(old[0], "KILL");
        let mut answered = false;
        for _ in 0..200 {
            tokio::time::sleep(Duration::from_millis(50)).await;
            let mut headers = http::HeaderMap::new();
            headers.insert("authorization", format!("Bearer {token}").parse().unwrap());
            let answer = platform.send("good.localhost", "GET", "/", headers, bytes::Bytes::new()).await;
            let new = platform.children(role);
            if answer.is_ok_and(|a| a.status == 200) && new.len() == 1 && new != old {
                answered = true;
                break;
            }
        }
        assert!(answered, "{role} did not come back");
    }
    for one in load {
        let (good, bad) = one.end().await;
        // Each waits for one answer at a time: what a client loses with the front is the one that it waits for, and its tries
        // until the new front listens.
        assert!(good > 20, "{good} good, {bad} bad");
    }
    // The new pair still makes and signs: a fresh component is compiled and runs.
    platform.deploy("later", &guest("echo-p2"), "").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_survives_the_loss_of_everything() {
    let mut platform = Platform::claimed(&Setup::default()).await;
    platform.deploy("good", &guest("bench-hello"), "").await;
    for round in 0..5 {
        let (status, made) =
            platform.api("POST", "/api/v1/apps/good/tokens", Some(&json!({"service": format!("s{round}")}))).await;
        assert!(status.is_success());
        let id = made["token"]["id"].as_str().unwrap().to_owned();
        platform.crash_and_restart();
        let (_, list) = platform.api("GET", "/api/v1/apps/good/tokens", None).await;
        assert!(list.to_string().contains(&id), "round {round}: an acknowledged token is there: {list}");
        let token = platform.token("good").await;
        assert_eq!(platform.app("good", "GET", "/", Some(&token), "").await.status, 200, "round {round}");
    }
    let (_, verdict) = platform.api("GET", "/api/v1/audit/verify", None).await;
    assert_eq!(verdict["intact"], true, "{verdict}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_worker_is_stopped_and_the_next_call_starts_another() {
    let setup = Setup { config: "[runtime]\nworker_idle_s = 1\n".to_owned(), ..Setup::default() };
    let platform = Platform::claimed(&setup).await;
    let token = platform.deploy("good", &guest("bench-hello"), "").await;
    assert_eq!(platform.app("good", "GET", "/", Some(&token), "").await.status, 200);
    let mut workers = usize::MAX;
    for _ in 0..80 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        workers = platform.children("work").len();
        if workers == 1 {
            break;
        }
    }
    assert_eq!(workers, 1, "only the spare is left");
    assert_eq!(platform.app("good", "GET", "/", Some(&token), "").await.status, 200);
}

/// The files of the one component in the cache: compiled code, and what the keeper signed about it.
fn cached(platform: &Platform) -> (std::path::PathBuf, std::path::PathBuf) {
    let files = std::fs::read_dir(platform.data().join("artefacts")).unwrap().flatten();
    let files = files.flat_map(|folder| std::fs::read_dir(folder.path()).unwrap().flatten().map(|file| file.path()));
    let (code, rest): (Vec<_>, Vec<_>) = files.partition(|file| file.extension().is_some_and(|e| e == "code"));
    assert_eq!((code.len(), rest.len()), (1, 1), "{code:?} {rest:?}");
    (code[0].clone(), rest[0].clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_cache_entry_is_refused_written_down_and_made_again() {
    let mut platform = Platform::claimed(&Setup::default()).await;
    platform.deploy("good", &guest("bench-hello"), "").await;
    let (code, label) = cached(&platform);
    let good = (std::fs::read(&code).unwrap(), std::fs::read(&label).unwrap());
    let flipped = |bytes: &[u8]| {
        let (mut bytes, middle) = (bytes.to_vec(), bytes.len() / 2);
        bytes[middle] ^= 1;
        bytes
    };
    // The keeper's statement holds the build's name, then the hash and length of the code; its signature follows.
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &good.0);
    let hash = good.1.windows(32).position(|bytes| bytes == digest.as_ref()).unwrap();
    let changed = |at: usize| {
        let mut label = good.1.clone();
        label[at] ^= 1;
        label
    };
    let damages = [
        ("a flipped byte", flipped(&good.0), good.1.clone()),
        ("another build", good.0.clone(), changed(8)),
        ("other code", good.0.clone(), changed(hash)),
        ("no signature of ours", good.0.clone(), changed(hash + 32 + 24)),
        ("no label", good.0.clone(), Vec::new()),
        ("cut off", good.0[..good.0.len() / 2].to_vec(), good.1.clone()),
    ];
    for (at, (what, bad_code, bad_label)) in damages.into_iter().enumerate() {
        platform.stop();
        std::fs::write(&code, bad_code).unwrap();
        std::fs::write(&label, bad_label).unwrap();
        platform.restart();
        let token = platform.token("good").await;
        assert_eq!(platform.app("good", "GET", "/", Some(&token), "").await.status, 200, "{what}");
        assert_eq!(platform.audit("action=artefact-refused&limit=50").await.len(), at + 1, "{what}");
        assert_eq!(std::fs::read(&code).unwrap().len(), good.0.len(), "{what}: it was made again");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_compiler_is_started_again_and_its_component_is_not_blamed() {
    let platform = Arc::new(Platform::claimed(&Setup::default()).await);
    let bytes = std::fs::read(guest("echo-p3")).unwrap();
    let mut killed = 0;
    {
        let deploy = platform.try_deploy("slow", &bytes, "");
        tokio::pin!(deploy);
        let (phase, view) = loop {
            tokio::select! {
                ended = &mut deploy => break ended,
                () = tokio::time::sleep(Duration::from_millis(2)), if killed == 0 => {
                    if let Some(compiler) = platform.children("compile").first() {
                        platform.signal(*compiler, "KILL");
                        killed += 1;
                    }
                }
            }
        };
        assert_eq!(killed, 1, "the compiler was never seen");
        assert_eq!(phase, "ready", "{view}");
    }
    let events = platform.audit("kind=process&action=process-restarted&limit=5").await;
    assert!(events.iter().any(|e| e.to_string().contains("compiler")), "{events:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_front_that_keeps_dying_is_not_started_at_full_speed() {
    let platform = Platform::claimed(&Setup::default()).await;
    let begun = std::time::Instant::now();
    for round in 0..6 {
        // Ready, and then dead again.
        while platform
            .send("console.localhost", "GET", "/api/v1/self", http::HeaderMap::new(), bytes::Bytes::new())
            .await
            .is_err()
        {
            assert!(begun.elapsed() < Duration::from_secs(60), "round {round}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        platform.signal(platform.children("front")[0], "KILL");
    }
    // 40 + 80 + 160 + 320 + 640 ms lie between six deaths in a row.
    assert!(begun.elapsed() > Duration::from_millis(1_200), "{:?}", begun.elapsed());
}

#[test]
fn nothing_is_left_when_up_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let mut up = std::process::Command::new(crate::platform::programs().join("serviceful"))
        .args(["up", "--listen", "127.0.0.1:0"])
        .arg(folder.path())
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(up.stdout.take().unwrap()));
    assert!(lines.any(|line| line.unwrap().contains("claim")), "it did not start");
    let below = |roots: &[u32]| -> Vec<u32> {
        let all = std::fs::read_dir("/proc").unwrap().flatten();
        let pids = all.filter_map(|e| e.file_name().to_string_lossy().parse::<u32>().ok());
        pids.filter(|pid| {
            let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            let parent = stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(1)?.parse().ok());
            parent.is_some_and(|parent: u32| roots.contains(&parent))
        })
        .collect()
    };
    let supervisor = below(&[up.id()]);
    let children = below(&supervisor);
    assert!(!supervisor.is_empty() && children.len() >= 2, "{supervisor:?} {children:?}");
    up.kill().unwrap();
    up.wait().unwrap();
    let all = [supervisor, children].concat();
    for _ in 0..100 {
        if all.iter().all(|pid| !std::path::Path::new(&format!("/proc/{pid}")).exists()) {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("some of {all:?} are still there");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_posture_of_a_keeper_that_was_restarted_is_shown_again() {
    let platform = Platform::claimed(&Setup::default()).await;
    let keeper = async || {
        let (status, posture) = platform.api("GET", "/api/v1/posture", None).await;
        assert_eq!(status, 200);
        let processes = posture["processes"].as_array().unwrap();
        let of_keeper: Vec<_> = processes.iter().filter(|p| p["role"] == "keeper").cloned().collect();
        assert_eq!(of_keeper.len(), 1, "it has its line, running or not");
        of_keeper[0].clone()
    };
    let mut before = keeper().await;
    for _ in 0..100 {
        if before["report"].is_object() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        before = keeper().await;
    }
    assert!(before["report"].is_object(), "{before}");
    let old = platform.children("keeper");
    platform.signal(old[0], "KILL");
    let mut after = serde_json::Value::Null;
    for _ in 0..200 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        if platform.children("keeper").first().is_some_and(|new| *new != old[0]) {
            after = keeper().await;
            if after["report"].is_object() {
                break;
            }
        }
    }
    assert_eq!(after["report"], before["report"], "the new one is confined like the old one, and said so itself");
}
