//! What the platform itself does after the doors are closed; each must keep working.

use std::io::{IoSlice, IoSliceMut, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags,
    recvmsg, sendmsg,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::tools::{Before, Outcome};

/// Does the work of that name; `None` if there is none. Anything that fails panics, which the tests see.
pub(crate) fn perform(deed: &str, before: &mut Before) -> Option<Outcome> {
    match deed {
        "nothing" => {}
        "descriptor-passing" => receive_descriptor(before),
        "threads-and-clocks" => threads_and_clocks(),
        "tokio" => tokio_runtime(before),
        "publish-code" => publish_code(),
        "image-memory" => image_memory(),
        "abort" => std::process::abort(),
        "caught-panic" => assert!(std::panic::catch_unwind(|| panic!("expected")).is_err(), "the panic was lost"),
        "store" => store(&before.with),
        "accept-inherited" => accept_inherited(before),
        "terminal" => assert!(!std::io::IsTerminal::is_terminal(&std::io::stdout()), "tests read this through a pipe"),
        "spawn-child" => spawn_child(),
        _ => return None,
    }
    Some(Outcome::Done)
}

/// An artefact arrives as a descriptor over the channel and is read.
fn receive_descriptor(before: &Before) {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    let descriptors = [before.memfd.as_fd()];
    assert!(ancillary.push(SendAncillaryMessage::ScmRights(&descriptors)), "there is room for one");
    sendmsg(&before.pair.0, &[IoSlice::new(b"!")], &mut ancillary, SendFlags::NOSIGNAL).unwrap();

    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let mut byte = [0];
    recvmsg(&before.pair.1, &mut [IoSliceMut::new(&mut byte)], &mut ancillary, RecvFlags::CMSG_CLOEXEC).unwrap();
    let received: Vec<OwnedFd> = ancillary
        .drain()
        .filter_map(|message| if let RecvAncillaryMessage::ScmRights(fds) = message { Some(fds) } else { None })
        .flatten()
        .collect();
    let size = usize::try_from(rustix::fs::fstat(&received[0]).unwrap().st_size).unwrap();
    let mut bytes = vec![0; size];
    assert_eq!(rustix::io::pread(&received[0], &mut bytes, 0), Ok(size));
    assert_eq!(bytes, b"artefact bytes");
}

fn threads_and_clocks() {
    let start = Instant::now();
    let threads: Vec<_> = (0_u64..8)
        .map(|number| {
            std::thread::Builder::new()
                .name(format!("guest-{number}"))
                .spawn(move || {
                    std::thread::sleep(Duration::from_millis(2));
                    let block = vec![1_u8; 8 << 20];
                    block.iter().map(|byte| u64::from(*byte)).sum::<u64>() + number
                })
                .unwrap()
        })
        .collect();
    let sum: u64 = threads.into_iter().map(|thread| thread.join().unwrap()).sum();
    assert_eq!(sum, 8 * (8 << 20) + 28);
    assert!(start.elapsed() >= Duration::from_millis(2), "the clock stands still");
}

/// A runtime with every driver, built and used after the jail.
fn tokio_runtime(before: &Before) {
    let (one, two) = (before.pair.0.try_clone().unwrap(), before.pair.1.try_clone().unwrap());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async move {
        one.set_nonblocking(true).unwrap();
        two.set_nonblocking(true).unwrap();
        let mut one = tokio::net::UnixStream::from_std(one).unwrap();
        let mut two = tokio::net::UnixStream::from_std(two).unwrap();
        let echo = tokio::spawn(async move {
            let mut bytes = vec![0; 500_000];
            two.read_exact(&mut bytes).await.unwrap();
            two.write_all(&bytes).await.unwrap();
        });
        let (mut read, mut write) = one.split();
        let mut back = vec![0; 500_000];
        let sent = vec![7; 500_000];
        let (sent, received) = tokio::join!(write.write_all(&sent), read.read_exact(&mut back));
        sent.unwrap();
        received.unwrap();
        echo.await.unwrap();
        assert!(back.iter().all(|byte| *byte == 7), "bytes changed on the way");
        tokio::time::sleep(Duration::from_millis(3)).await;
        assert_eq!(tokio::task::spawn_blocking(|| 42).await.unwrap(), 42);
        assert!(tokio::time::timeout(Duration::from_millis(1), std::future::pending::<()>()).await.is_err());
    });
    runtime.shutdown_timeout(Duration::from_secs(1));
}

/// As wasmtime publishes a compiled function: written, then made executable and no longer writable, then run.
fn publish_code() {
    #[cfg(target_arch = "x86_64")]
    const RETURN_42: &[u8] = &[0xb8, 42, 0, 0, 0, 0xc3]; // mov eax, 42; ret
    #[cfg(target_arch = "aarch64")]
    const RETURN_42: &[u8] = &[0x40, 0x05, 0x80, 0x52, 0xc0, 0x03, 0x5f, 0xd6]; // mov w0, #42; ret
    // SAFETY: a fresh page, written before it becomes executable, called with the signature of the code in it.
    let answer = unsafe {
        let kind = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        let page = libc::mmap(std::ptr::null_mut(), 4096, libc::PROT_READ | libc::PROT_WRITE, kind, -1, 0);
        assert_ne!(page, libc::MAP_FAILED);
        std::ptr::copy_nonoverlapping(RETURN_42.as_ptr(), page.cast::<u8>(), RETURN_42.len());
        assert_eq!(libc::mprotect(page, 4096, libc::PROT_READ | libc::PROT_EXEC), 0);
        std::mem::transmute::<*mut libc::c_void, extern "C" fn() -> u32>(page)()
    };
    assert_eq!(answer, 42);
}

/// As wasmtime keeps the first image of a guest's memory: a sealed memfd, mapped privately into a reserved slot.
fn image_memory() {
    use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};
    let image = memfd_create("image", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING).unwrap();
    rustix::io::write(&image, &[9_u8; 4096]).unwrap();
    fcntl_add_seals(&image, SealFlags::GROW | SealFlags::SHRINK | SealFlags::WRITE | SealFlags::SEAL).unwrap();
    // SAFETY: a reservation of this function's own, replaced page by page within its bounds and unmapped at the end.
    unsafe {
        let reserved = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
        let slot = libc::mmap(std::ptr::null_mut(), 1 << 32, libc::PROT_NONE, reserved, -1, 0);
        assert_ne!(slot, libc::MAP_FAILED);
        let fixed = libc::MAP_PRIVATE | libc::MAP_FIXED;
        let descriptor = std::os::fd::AsRawFd::as_raw_fd(&image);
        assert_eq!(libc::mmap(slot, 4096, libc::PROT_READ | libc::PROT_WRITE, fixed, descriptor, 0), slot);
        slot.cast::<u8>().write(1);
        assert_eq!(slot.cast::<u8>().add(1).read(), 9);
        assert_eq!(libc::madvise(slot, 4096, libc::MADV_DONTNEED), 0);
        assert_eq!(slot.cast::<u8>().read(), 9, "the image comes back");
        assert_eq!(libc::munmap(slot, 1 << 32), 0);
    }
}

/// The calls of a store with a journal: create, lock, append, sync, rename, list, shrink, delete.
fn store(folder: &str) {
    let folder = std::path::Path::new(folder);
    let path = folder.join("data.db");
    let mut file = std::fs::File::create(&path).unwrap();
    file.lock().unwrap();
    file.write_all(b"0123456789").unwrap();
    file.sync_data().unwrap();
    file.sync_all().unwrap();
    file.set_len(4).unwrap();
    file.unlock().unwrap();
    assert_eq!(file.metadata().unwrap().len(), 4);
    rustix::fs::fcntl_lock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive).unwrap();
    rustix::fs::fallocate(&file, rustix::fs::FallocateFlags::empty(), 0, 100).unwrap();
    std::fs::create_dir(folder.join("checkpoints")).unwrap();
    std::fs::rename(&path, folder.join("checkpoints/data.db")).unwrap();
    std::fs::copy(folder.join("checkpoints/data.db"), folder.join("copy.db")).unwrap();
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), 2);
    std::fs::remove_file(folder.join("copy.db")).unwrap();
    std::fs::remove_dir_all(folder.join("checkpoints")).unwrap();
}

fn accept_inherited(before: &mut Before) {
    let (mut server, _) = before.listener.accept().unwrap();
    server.set_nodelay(true).unwrap();
    server.write_all(b"hello").unwrap();
    drop(server);
    let mut text = String::new();
    before.client.take().unwrap().read_to_string(&mut text).unwrap();
    assert_eq!(text, "hello");
}

/// The supervisor starts children, which may lock themselves further.
fn spawn_child() {
    let me = std::env::current_exe().unwrap();
    let run = |deed: &str| std::process::Command::new(&me).args(["work", "both", "strict", deed]).output().unwrap();
    let well = run("tokio");
    assert!(String::from_utf8_lossy(&well.stdout).contains("done"), "{well:?}");
    let badly = run("tcp-socket");
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&badly.status), Some(libc::SIGSYS), "{badly:?}");
}
