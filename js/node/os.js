// node:os: constants of the language's side; what would tell of the machine is refused.
(function (host, shared, need) {
  const { all } = need("node:_refused");
  return all("node:os", "arch availableParallelism cpus endianness freemem getPriority homedir hostname loadavg machine networkInterfaces release setPriority tmpdir totalmem uptime userInfo version",
    { EOL: "\n", devNull: "/dev/null", constants: {}, platform: () => "linux", type: () => "Linux", endianness: () => "LE", arch: () => "wasm32", availableParallelism: () => 1 });
})
