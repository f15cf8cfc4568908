//! What functions wrote: the newest lines in memory, more on disk, and followers.
use std::{
    collections::{HashMap, VecDeque},
    fs::{self, File, OpenOptions},
    io::{BufRead, BufReader, Write},
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use gateway::{LogLine, LogPort};
use tokio::sync::broadcast;
use types::AppName;

/// Lines a slow follower may be behind before it loses some.
const FOLLOW_LINES: usize = 1_024;

struct AppLog {
    lines: VecDeque<Arc<LogLine>>,
    followers: broadcast::Sender<Arc<LogLine>>,
    file: Option<File>,
    file_bytes: u64,
}

/// The logs of all apps.
pub struct Logs {
    folder: PathBuf,
    lines_max: usize,
    bytes_max: u64,
    apps: Mutex<HashMap<AppName, AppLog>>,
}

impl Logs {
    /// Keeps logs in `folder/<app>.log`, one JSON object a line; the former half is `<app>.log.1`.
    pub fn new(folder: impl Into<PathBuf>, lines_max: usize, kib_max: u64) -> Self {
        Self { folder: folder.into(), lines_max, bytes_max: kib_max.saturating_mul(1_024) / 2, apps: Mutex::default() }
    }

    fn path(&self, app: &AppName) -> PathBuf {
        self.folder.join(format!("{app}.log"))
    }

    fn with<T>(&self, app: &AppName, act: impl FnOnce(&mut AppLog) -> T) -> T {
        let mut apps = self.apps.lock().unwrap_or_else(PoisonError::into_inner);
        let log = apps.entry(app.clone()).or_insert_with(|| self.open(app));
        act(log)
    }

    /// Finds what an earlier run wrote.
    fn open(&self, app: &AppName) -> AppLog {
        let path = self.path(app);
        let mut lines = VecDeque::new();
        if let Ok(file) = File::open(&path) {
            for line in BufReader::new(file).lines().map_while(Result::ok) {
                if let Ok(line) = serde_json::from_str::<LogLine>(&line) {
                    lines.push_back(Arc::new(line));
                    if lines.len() > self.lines_max {
                        lines.pop_front();
                    }
                }
            }
        }
        let file = OpenOptions::new().create(true).append(true).open(&path).ok();
        let file_bytes = file.as_ref().and_then(|f| f.metadata().ok()).map_or(0, |m| m.len());
        AppLog { lines, followers: broadcast::channel(FOLLOW_LINES).0, file, file_bytes }
    }

    /// Takes one line in. A full disk loses lines on disk, never a request.
    pub fn write(&self, app: &AppName, line: LogLine) {
        let mut json = serde_json::to_vec(&line).unwrap_or_default();
        json.push(b'\n');
        let line = Arc::new(line);
        self.with(app, |log| {
            log.lines.push_back(line.clone());
            if log.lines.len() > self.lines_max {
                log.lines.pop_front();
            }
            let _ = log.followers.send(line);
            if log.file_bytes > self.bytes_max {
                self.turn(app, log);
            }
            if let Some(file) = &mut log.file
                && file.write_all(&json).is_ok()
            {
                log.file_bytes += json.len() as u64;
            }
        });
    }

    /// The file is full: it becomes the former half, and a new one begins.
    fn turn(&self, app: &AppName, log: &mut AppLog) {
        let path = self.path(app);
        let _ = fs::rename(&path, path.with_extension("log.1"));
        log.file = OpenOptions::new().create(true).append(true).open(&path).ok();
        log.file_bytes = 0;
    }

    /// Forgets an app that was removed.
    pub fn remove(&self, app: &AppName) {
        let mut apps = self.apps.lock().unwrap_or_else(PoisonError::into_inner);
        apps.remove(app);
        let path = self.path(app);
        let _ = fs::remove_file(path.with_extension("log.1"));
        let _ = fs::remove_file(path);
    }
}

impl LogPort for Logs {
    fn tail(&self, app: &AppName, tail: usize) -> Vec<LogLine> {
        self.with(app, |log| {
            let skip = log.lines.len().saturating_sub(tail);
            log.lines.iter().skip(skip).map(|line| LogLine::clone(line)).collect()
        })
    }

    fn follow(&self, app: &AppName) -> broadcast::Receiver<Arc<LogLine>> {
        self.with(app, |log| log.followers.subscribe())
    }
}
