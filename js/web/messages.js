// MessageChannel and MessagePort; streams that are moved to the other side.
(function (host, shared) {
  const KEY = Symbol();
  class MessagePort extends EventTarget {
    #other = null; #queue = []; #started = false; #closed = false; #moved = false; #busy = false;
    constructor(key) { if (key !== KEY) throw new TypeError("a MessagePort comes from a MessageChannel"); super(); }
    static {
      shared.entangle = (a, b) => { a.#other = b; b.#other = a; };
      shared.movePort = (port) => {
        if (port.#moved) throw shared.domError("DataCloneError", "the port was moved already");
        const next = new MessagePort(KEY);
        next.#queue = port.#queue;
        next.#closed = port.#closed;
        if (port.#other) shared.entangle(next, port.#other);
        [port.#moved, port.#other, port.#queue] = [true, null, []];
        return next;
      };
      shared.startPort = (port) => { port.start(); };
    }
    postMessage(message, options) {
      const transfer = Array.isArray(options) ? options : options?.transfer ?? [];
      if (transfer.includes(this)) throw shared.domError("DataCloneError", "a port cannot be sent through itself");
      const [data, moved] = shared.clone(message, transfer);
      const other = this.#other;
      if (!other || other.#closed) return;
      other.#queue.push({ data, ports: moved.filter((item) => item instanceof MessagePort) });
      other.#deliver();
    }
    start() { this.#started = true; this.#deliver(); }
    close() {
      if (this.#closed) return;
      this.#closed = true;
      const other = this.#other;
      this.#other = null;
      if (other) { other.#other = null; shared.task(() => other.dispatchEvent(new Event("close"))); }
    }
    // One message a turn, so that what it causes comes before the next.
    #deliver() {
      if (!this.#started || this.#busy || this.#queue.length === 0) return;
      this.#busy = true;
      shared.task(() => {
        this.#busy = false;
        const message = this.#queue.shift();
        if (message === undefined || this.#closed) return;
        this.#deliver();
        this.dispatchEvent(new MessageEvent("message", message));
      });
    }
  }
  shared.tag(MessagePort, "MessagePort");
  shared.handler(MessagePort.prototype, "message");
  shared.handler(MessagePort.prototype, "messageerror");
  const { set } = Object.getOwnPropertyDescriptor(MessagePort.prototype, "onmessage");
  Object.defineProperty(MessagePort.prototype, "onmessage", {
    ...Object.getOwnPropertyDescriptor(MessagePort.prototype, "onmessage"),
    set(value) { set.call(this, value); shared.startPort(this); },
  });
  shared.moved.push([MessagePort, shared.movePort]);

  class MessageChannel {
    #ports = [new MessagePort(KEY), new MessagePort(KEY)];
    constructor() { shared.entangle(...this.#ports); }
    get port1() { return this.#ports[0]; }
    get port2() { return this.#ports[1]; }
  }
  shared.tag(MessageChannel, "MessageChannel");
  return { MessageChannel, MessagePort };
})
