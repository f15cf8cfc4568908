//! A platform of one's own on this machine: the supervisor as a child of this process, spoken to through its host socket.
use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, bail};
use client::{Address, Client};

use crate::config::Config;

/// A started supervisor, and how to speak to its platform.
pub(crate) struct Platform {
    child: Child,
    /// Address of the console.
    pub(crate) console: String,
    /// As the user whom the data folder belongs to.
    pub(crate) operator: Client,
}

impl Platform {
    /// Starts one, and waits until it serves. It logs from `level` on, unless `SERVICEFUL_LOG` says otherwise.
    ///
    /// # Errors
    /// Why it did not start.
    #[expect(clippy::disallowed_methods, reason = "`up` and `test` start the supervisor")]
    pub(crate) fn start(config: &Config, level: &str) -> anyhow::Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg("supervise")
            .env("SERVICEFUL_LOG", std::env::var("SERVICEFUL_LOG").unwrap_or_else(|_| level.to_owned()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("the supervisor cannot be started")?;
        let mut input = child.stdin.take().context("the supervisor has no standard input")?;
        input.write_all(toml::to_string(config)?.as_bytes())?;
        drop(input);
        let output = child.stdout.take().context("the supervisor has no standard output")?;
        let mut lines = BufReader::new(output).lines();
        let ready = loop {
            match lines.next() {
                Some(line) => {
                    let said: serde_json::Value = serde_json::from_str(&line?).unwrap_or_default();
                    if said.get("ready").and_then(serde_json::Value::as_bool) == Some(true) {
                        break said;
                    }
                }
                None => {
                    let _ = child.wait();
                    bail!("the platform did not start; its own words stand above");
                }
            }
        };
        // Later lines (after a restart of the front) say nothing new, but the pipe must stay open.
        std::thread::spawn(move || lines.for_each(drop));
        let console = ready.get("console").and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
        let host = console.split_once("://").map_or("", |(_, host)| host);
        let socket = Address::Socket { path: Arc::new(config.host_socket()), host: host.into() };
        Ok(Self { child, console, operator: Client::new(socket, None) })
    }

    /// An error if it has ended by itself.
    pub(crate) fn check(&mut self) -> anyhow::Result<()> {
        if let Some(status) = self.child.try_wait()? {
            bail!("the platform ended by itself ({status})");
        }
        Ok(())
    }

    /// Ends it, and waits for that.
    pub(crate) async fn end(mut self) {
        let pid = i32::try_from(self.child.id()).ok().and_then(rustix::process::Pid::from_raw);
        if let Some(pid) = pid {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        }
        for _ in 0..300 {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
