"""http1: the least HTTP/1.1 client that can be timed: one kept-alive connection, one request at a time."""
import socket
import time

LARGEST = 64 * 1024 * 1024


class Refused(Exception):
    """No connection, or the other side closed it."""


class Connection:
    def __init__(self, port: int, timeout_s: float = 60.0) -> None:
        try:
            self.socket = socket.create_connection(("127.0.0.1", port), timeout_s)
        except OSError as error:
            raise Refused(str(error)) from error
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *_) -> None:
        self.socket.close()

    def ask(self, method: str, path: str, headers: dict, body: bytes = b"") -> tuple[int, bytes, float]:
        """Status, body, and seconds from the first byte sent to the last received."""
        fields = {**headers, "Content-Length": len(body)} if body or method in ("POST", "PUT") else headers
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        message = f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body
        begun = time.perf_counter()
        try:
            self.socket.sendall(message)
            status, answer = self._answer()
        except OSError as error:
            raise Refused(str(error)) from error
        return status, answer, time.perf_counter() - begun

    def _answer(self) -> tuple[int, bytes]:
        data = b""
        while b"\r\n\r\n" not in data:
            data += self._more()
        head, _, body = data.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        status = int(lines[0].split()[1])
        if fields.get("transfer-encoding", "").lower() == "chunked":
            return status, self._chunks(body)
        length = int(fields.get("content-length", "0"))
        if length > LARGEST:
            raise Refused(f"an answer of {length} bytes")
        while len(body) < length:
            body += self._more()
        return status, body

    def _chunks(self, data: bytes) -> bytes:
        whole = b""
        while len(whole) <= LARGEST:
            while b"\r\n" not in data:
                data += self._more()
            size, _, data = data.partition(b"\r\n")
            length = int(size.split(b";")[0], 16)
            while len(data) < length + 2:
                data += self._more()
            whole, data = whole + data[:length], data[length + 2:]
            if length == 0:
                return whole
        raise Refused("an answer without an end")

    def _more(self) -> bytes:
        part = self.socket.recv(65536)
        if not part:
            raise Refused("the connection was closed")
        return part


def once(port: int, method: str, path: str, headers: dict, body: bytes = b"") -> tuple[int, bytes, float]:
    with Connection(port) as connection:
        return connection.ask(method, path, headers, body)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
