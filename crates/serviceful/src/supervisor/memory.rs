//! How much memory a worker holds. The supervisor looks, because nobody else can: a process's own word counts for nothing once
//! it is somebody else's, and the front cannot read `/proc`.
use std::{fs::File, io, os::unix::fs::FileExt as _, time::Duration};

/// Between two looks. What a process can take meanwhile is bounded by its resource limit (`jail::limit_work`).
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// A process that is looked at. Through a file that was opened at its start: later it is not dumpable, and then `/proc` may
/// hide it (`ProtectProc=invisible`); and the file never means another process of the same number.
pub(super) struct Watched(File);

impl Watched {
    /// To be called right after the process was started.
    pub(super) fn open(pid: u32) -> io::Result<Self> {
        File::open(format!("/proc/{pid}/statm")).map(Self)
    }

    /// Waits until the process holds more than this; gives what it holds then, in MiB. Never comes for a process that is gone.
    pub(super) async fn passes(self, ceiling_mib: u64) -> u64 {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            match self.resident_mib() {
                Some(held) if held > ceiling_mib => return held,
                Some(_) => {}
                None => std::future::pending().await,
            }
        }
    }

    /// Pages in memory, shared ones included: memory files that are mapped count, too.
    fn resident_mib(&self) -> Option<u64> {
        let mut bytes = [0; 128];
        let count = self.0.read_at(&mut bytes, 0).ok()?;
        let text = std::str::from_utf8(bytes.get(..count)?).ok()?;
        let pages: u64 = text.split(' ').nth(1)?.parse().ok()?;
        let page_bytes = u64::try_from(rustix::param::page_size()).ok()?;
        Some(pages.saturating_mul(page_bytes) >> 20)
    }
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    async fn within_2_s(watched: Watched, ceiling_mib: u64) -> Option<u64> {
        tokio::time::timeout(Duration::from_secs(2), watched.passes(ceiling_mib)).await.ok()
    }

    #[tokio::test]
    async fn a_process_is_found_above_its_ceiling_and_not_below() {
        let me = || Watched::open(std::process::id()).expect("this process is in `/proc`");
        let held = me().resident_mib().expect("a number");
        assert!((1..100_000).contains(&held), "{held}");
        assert!(within_2_s(me(), 0).await.is_some_and(|mib| mib > 0), "above");
        assert_eq!(within_2_s(me(), u64::MAX).await, None, "below");
        assert!(Watched::open(u32::MAX).is_err());
    }

    #[tokio::test]
    #[expect(clippy::disallowed_methods, reason = "a test that starts a process")]
    async fn a_process_that_is_gone_is_never_found() {
        let mut child = Command::new("sleep").arg("60").stdin(Stdio::null()).spawn().expect("a child");
        let watched = Watched::open(child.id()).expect("it is in `/proc`");
        child.kill().expect("ended");
        child.wait().expect("it ended");
        assert_eq!(watched.resident_mib(), None);
        assert_eq!(within_2_s(watched, 0).await, None);
    }
}
