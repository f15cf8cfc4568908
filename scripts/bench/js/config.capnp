# The least workerd that answers HTTP: one worker, one socket whose address the command line replaces. The command line also names
# which of these it is.
using Workerd = import "/workerd/workerd.capnp";

const hello :Workerd.Config = (services = [(name = "main", worker = .helloWorker)], sockets = .sockets);
const json :Workerd.Config = (services = [(name = "main", worker = .jsonWorker)], sockets = .sockets);
const page :Workerd.Config = (services = [(name = "main", worker = .pageWorker)], sockets = .sockets);
const cpu :Workerd.Config = (services = [(name = "main", worker = .cpuWorker)], sockets = .sockets);

const sockets :List(Workerd.Socket) = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")];

const helloWorker :Workerd.Worker = (modules = [(name = "hello.js", esModule = embed "hello.js")], compatibilityDate = "2026-01-01");
const jsonWorker :Workerd.Worker = (modules = [(name = "json.js", esModule = embed "json.js")], compatibilityDate = "2026-01-01");
const pageWorker :Workerd.Worker = (modules = [(name = "page.js", esModule = embed "page.js")], compatibilityDate = "2026-01-01");
const cpuWorker :Workerd.Worker = (modules = [(name = "cpu.js", esModule = embed "cpu.js")], compatibilityDate = "2026-01-01");
