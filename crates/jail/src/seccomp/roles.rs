//! One table for each role.
//!
//! | role | allowed | everything else | hostile calls |
//! |---|---|---|---|
//! | work, snapshot, compile | threads, time, own memory, open descriptors, waiting, channel | **killed** (`SIGSYS`) | killed |
//! | bundle | the same, reading files, questions | `ENOSYS` | killed |
//! | mailer | the first, questions | `ENOSYS` | killed |
//! | keeper | the bundler's, changing files, giving way | `ENOSYS` | killed |
//! | front | the keeper's, accepting connections | `ENOSYS` | killed |
//! | supervisor | everything | | `EPERM` |
//!
//! Work, snapshot and compile run code that others wrote: a call outside their table is an attack, and its death is what the
//! supervisor sees and records. Front, keeper, bundler and mailer run only our code and libraries that read what others wrote: an
//! unknown call there is far more likely a library's update than an attacker, so it is refused with the answer that makes
//! libraries fall back, not with an outage.

use seccompiler::{BackendError, SeccompAction};

use super::rules::{Rules, Test};
use super::{Filter, groups, hostile};
use crate::Role;

type Built<T> = Result<T, BackendError>;

const NO_SUCH_CALL: SeccompAction = SeccompAction::Errno(libc::ENOSYS.unsigned_abs());
const NOT_PERMITTED: SeccompAction = SeccompAction::Errno(libc::EPERM.unsigned_abs());

/// The filters of `role` in the order in which they are loaded; `own` is this process's id.
pub(super) fn filters(role: Role, own: u32) -> Built<Vec<Filter>> {
    match role {
        Role::Supervisor => supervisor(),
        Role::Front => own_code(changing_files(base(Role::Front, own)?)?.always(groups::ACCEPT), own),
        Role::Keeper => own_code(stepping_back(changing_files(base(Role::Keeper, own)?)?)?, own),
        Role::Bundle => own_code(reading_files(base(Role::Bundle, own)?)?, own),
        // No call that makes or connects a socket: the one that it has is all it gets.
        Role::Mailer => own_code(base(Role::Mailer, own)?, own),
        Role::Compile | Role::Snapshot | Role::Work => foreign_code(role, own),
    }
}

/// Work, snapshot and compile: a table, and death outside it.
fn foreign_code(role: Role, own: u32) -> Built<Vec<Filter>> {
    let absent = absent_calls()?;
    let no_terminal = no_terminal()?;
    let invalid = invalid_arguments()?;
    // A call with two answers gets the harsher one, so what answers an error must be allowed by the table.
    let table = base(role, own)?.and(&absent).and(&no_terminal).and(&invalid);
    Ok(vec![
        refuse(absent, NO_SUCH_CALL),
        refuse(no_terminal, SeccompAction::Errno(libc::ENOTTY.unsigned_abs())),
        refuse(invalid, SeccompAction::Errno(libc::EINVAL.unsigned_abs())),
        Filter { rules: table, hit: SeccompAction::Allow, miss: SeccompAction::KillProcess },
    ])
}

/// Front, keeper, bundler and mailer: a table, mostly with files, an error outside it, and death for what is hostile.
fn own_code(table: Rules, own: u32) -> Built<Vec<Filter>> {
    let table = table.always(groups::QUESTIONS).one_of(libc::SYS_ioctl, 1, &[TCGETS])?;
    let hostile = Rules::default()
        .always(hostile::SYSTEM)
        .always(hostile::SYSTEM_HERE)
        .always(hostile::CHILD)
        .always(hostile::CHILD_HERE)
        // A new process rather than a new thread.
        .when(libc::SYS_clone, &[Test::Bits(0, bit(libc::CLONE_THREAD), 0)])?
        .when(libc::SYS_tgkill, &[Test::IsNot(0, own)])?;
    Ok(vec![
        refuse(hostile, SeccompAction::KillProcess),
        Filter { rules: table, hit: SeccompAction::Allow, miss: NO_SUCH_CALL },
    ])
}

/// Supervisor: everything but the list, since what it starts inherits this and closes the rest itself.
fn supervisor() -> Built<Vec<Filter>> {
    let named = [hostile::SYSTEM, hostile::SYSTEM_HERE].concat();
    let mut denied = Rules::default().always(&named).always(&hostile::through_x32(&named)).always(hostile::SYSTEM_X32);
    // Namespaces by `clone`: each bit alone is enough to refuse.
    for namespace in NAMESPACES {
        denied = denied.when(libc::SYS_clone, &[Test::Bits(0, bit(namespace), bit(namespace))])?;
    }
    // `clone3` keeps its flags in memory, where they cannot be tested; libc falls back to `clone`.
    let absent = Rules::default().always(&[libc::SYS_clone3]).always(&hostile::through_x32(&[libc::SYS_clone3]));
    Ok(vec![refuse(denied, NOT_PERMITTED), refuse(absent, NO_SUCH_CALL)])
}

/// What every child of the supervisor needs to live as a tokio process on inherited descriptors.
fn base(role: Role, own: u32) -> Built<Rules> {
    let mut rules = Rules::default();
    for group in [
        groups::THREADS,
        groups::TIME,
        groups::MEMORY,
        groups::DESCRIPTORS,
        groups::WAITING,
        groups::CHANNEL,
        groups::OLDER,
    ] {
        rules = rules.always(group);
    }
    let rules = new_threads(own_signals(rules, own)?)?;
    let rules = if role.never_executes_new_memory() { data_memory(rules)? } else { guest_memory(rules)? };
    let rules = descriptor_flags(channel_options(rules)?)?;
    // Reading a limit of one's own: no process named, no new value passed.
    rules.when(libc::SYS_prlimit64, &[Test::Is(0, 0), Test::Null(2)])
}

/// `abort` and `raise` signal the own process; no other.
fn own_signals(rules: Rules, own: u32) -> Built<Rules> {
    rules.when(libc::SYS_tgkill, &[Test::Is(0, own)])
}

const NAMESPACES: [i32; 7] = [
    libc::CLONE_NEWCGROUP,
    libc::CLONE_NEWIPC,
    libc::CLONE_NEWNET,
    libc::CLONE_NEWNS,
    libc::CLONE_NEWPID,
    libc::CLONE_NEWUSER,
    libc::CLONE_NEWUTS,
];

/// `clone` for a thread that shares everything with its maker, and with no namespace of its own; names for threads.
fn new_threads(rules: Rules) -> Built<Rules> {
    let shared = [libc::CLONE_FILES, libc::CLONE_FS, libc::CLONE_SIGHAND, libc::CLONE_THREAD, libc::CLONE_VM];
    let shared = shared.into_iter().fold(0, |bits, flag| bits | bit(flag));
    let never =
        NAMESPACES.into_iter().chain([libc::CLONE_PTRACE, libc::CLONE_VFORK]).fold(0, |bits, flag| bits | bit(flag));
    rules.when(libc::SYS_clone, &[Test::Bits(0, shared | never, shared)])?.one_of(
        libc::SYS_prctl,
        0,
        &[bit(libc::PR_SET_NAME), bit(libc::PR_GET_NAME)],
    )
}

/// Memory that never becomes executable.
fn data_memory(rules: Rules) -> Built<Rules> {
    let exec = bit(libc::PROT_EXEC);
    rules.when(libc::SYS_mmap, &[Test::Bits(2, exec, 0)])?.when(libc::SYS_mprotect, &[Test::Bits(2, exec, 0)])
}

/// Memory of a process that publishes compiled code: written first, executable afterwards, never both at once.
fn guest_memory(rules: Rules) -> Built<Rules> {
    let (exec, write) = (bit(libc::PROT_EXEC), bit(libc::PROT_WRITE));
    rules
        .when(libc::SYS_mmap, &[Test::Bits(2, exec, 0)])?
        .when(libc::SYS_mprotect, &[Test::Bits(2, exec, 0)])?
        .when(libc::SYS_mprotect, &[Test::Bits(2, exec | write, exec)])
}

/// Sockets: options of the socket itself and of TCP; pairs of stream sockets, which lead nowhere but to each other (tokio
/// wakes itself with one). Not pairs of datagram sockets: those can send to any name.
fn channel_options(rules: Rules) -> Built<Rules> {
    /// `SOCK_TYPE_MASK` of the kernel: the rest of the argument is flags.
    const TYPE: u32 = 0xf;
    rules
        .one_of(libc::SYS_setsockopt, 1, &[bit(libc::SOL_SOCKET), bit(libc::IPPROTO_TCP)])?
        .when(libc::SYS_socketpair, &[Test::Is(0, bit(libc::AF_UNIX)), Test::Bits(1, TYPE, bit(libc::SOCK_STREAM))])
}

/// `fcntl` and `ioctl` by command. `F_SETOWN`, `F_SETSIG` and `FIOSETOWN` stay out: they make the kernel signal others.
fn descriptor_flags(rules: Rules) -> Built<Rules> {
    let commands = [
        libc::F_DUPFD_CLOEXEC,
        libc::F_GETFD,
        libc::F_SETFD,
        libc::F_GETFL,
        libc::F_SETFL,
        libc::F_ADD_SEALS,
        libc::F_GET_SEALS,
    ];
    let rules = rules.one_of(libc::SYS_fcntl, 1, &commands.map(bit))?;
    rules.one_of(libc::SYS_ioctl, 1, &[FIONBIO, FIOCLEX, PAGEMAP_SCAN])
}

/// Non-blocking and close-on-exec, as the standard library sets them; the same numbers on both architectures.
const FIONBIO: u32 = 0x5421;
const FIOCLEX: u32 = 0x5451;
/// Which of one's own pages are dirty (Linux 6.7): wasmtime's pool clears only those. `<linux/fs.h>`.
const PAGEMAP_SCAN: u32 = 0xc060_6610;
/// "Is this a terminal?"
const TCGETS: u32 = 0x5401;

/// Files by name, opened for reading only: not made, not emptied, not written.
fn reading_files(rules: Rules) -> Built<Rules> {
    let changing = bit(libc::O_ACCMODE | libc::O_CREAT | libc::O_TRUNC);
    let only_reading = |flags| [Test::Bits(flags, changing, bit(libc::O_RDONLY))];
    let rules = rules.always(groups::READING).always(groups::OLDER_READING).when(libc::SYS_openat, &only_reading(2))?;
    #[cfg(target_arch = "x86_64")]
    let rules = rules.when(libc::SYS_open, &only_reading(1))?;
    Ok(rules)
}

/// Files by name, and locks on them as SQLite takes them.
fn changing_files(rules: Rules) -> Built<Rules> {
    let commands =
        [libc::F_GETLK, libc::F_SETLK, libc::F_SETLKW, libc::F_OFD_GETLK, libc::F_OFD_SETLK, libc::F_OFD_SETLKW];
    let reading = [groups::READING, groups::OLDER_READING].concat();
    let changing = [groups::WRITING, groups::OLDER_WRITING, &[libc::SYS_close_range, libc::SYS_pipe2]].concat();
    rules.always(&reading).always(&changing).one_of(libc::SYS_fcntl, 1, &commands.map(bit))
}

/// A thread puts itself last, and no other, and no process: see [`crate::step_back`].
fn stepping_back(rules: Rules) -> Built<Rules> {
    // PRIO_PROCESS is 0; as whom 0 names the calling thread.
    let last = u32::try_from(crate::limits::LAST).unwrap_or_default();
    rules.when(libc::SYS_setpriority, &[Test::Is(0, 0), Test::Is(1, 0), Test::Is(2, last)])
}

/// Calls that libraries try first and do without.
/// * `clone3` starts threads in newer libc; its flags are in memory and cannot be tested, `clone` follows.
/// * `statx` and `newfstatat` are how the standard library learns an open file's size; they also take a path, which
///   would tell a worker which files exist. `fstat` is allowed and takes none.
fn absent_calls() -> Built<Rules> {
    Ok(Rules::default().always(&[libc::SYS_clone3, libc::SYS_newfstatat, libc::SYS_statx]))
}

/// Log libraries ask whether their output is a terminal before they colour it.
fn no_terminal() -> Built<Rules> {
    Rules::default().one_of(libc::SYS_ioctl, 1, &[TCGETS])
}

/// Allocators name their memory with `PR_SET_VMA`; kernels without that feature answer this.
fn invalid_arguments() -> Built<Rules> {
    Rules::default().one_of(libc::SYS_prctl, 0, &[bit(libc::PR_SET_VMA)])
}

/// A filter that answers `answer` to what `rules` match and nothing to the rest.
fn refuse(rules: Rules, answer: SeccompAction) -> Filter {
    Filter { rules, hit: answer, miss: SeccompAction::Allow }
}

/// A constant of libc as the register that the kernel compares: the same bits, without a sign.
fn bit(constant: i32) -> u32 {
    u32::from_ne_bytes(constant.to_ne_bytes())
}
