import FlyingSocks

#if os(Linux)
  /// Waits for sockets by epoll, which wakes at once; the portable pool asks every few
  /// milliseconds.
  typealias EventPool = SocketPool<ePoll>

  extension EventPool {
    /// A pool of its own for one server.
    static var forSockets: EventPool { .ePoll(maxEvents: 128) }
  }
#else
  /// Waits for sockets by kqueue, which wakes at once.
  typealias EventPool = SocketPool<kQueue>

  extension EventPool {
    /// A pool of its own for one server.
    static var forSockets: EventPool { .kQueue(maxEvents: 128) }
  }
#endif
