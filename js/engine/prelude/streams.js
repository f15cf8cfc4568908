(function (host, shared) {})
