package import Foundation

/// A program that runs beside this one, with the descriptors that it is given and no other.
///
/// `Process` learns of an end by a socket, which a program inherits that another thread starts at
/// the same moment; as long as that one runs, the end is not seen, and who waits for it waits for
/// ever. It also starts programs with whatever signals the calling thread blocks.
///
/// One thread at a time.
package final class ChildProcess {
  /// Its number.
  package let identifier: pid_t
  #if os(Linux)
    private typealias CloseFrom =
      @convention(c) (
        UnsafeMutablePointer<posix_spawn_file_actions_t>, Int32
      ) -> Int32
    /// Closes all other descriptors in the program; of glibc 2.34, in no header that Swift sees.
    private static let closeFrom = dlsym(nil, "posix_spawn_file_actions_addclosefrom_np").map {
      unsafeBitCast($0, to: CloseFrom.self)
    }
  #endif

  /// How it ended, as `waitpid` tells; nil as long as that is not known.
  private var status: Int32?

  /// Starts a program in a process group of its own, so that Ctrl-C is this one's alone.
  ///
  /// - Parameters:
  ///   - path: The program.
  ///   - arguments: Its arguments, without its name.
  ///   - input: What becomes its standard input and output.
  ///   - errors: What becomes its standard error.
  /// - Throws: `POSIXError` where it cannot be started.
  package init(_ path: String, _ arguments: [String], inputAndOutput input: Int32, errors: Int32)
    throws
  {
    // Beyond those that they become, which may be closed in this program.
    let (input, errors) = (fcntl(input, F_DUPFD_CLOEXEC, 3), fcntl(errors, F_DUPFD_CLOEXEC, 3))
    defer {
      close(input)
      close(errors)
    }
    guard input >= 0, errors >= 0 else { throw POSIXError(.EMFILE) }
    #if os(Linux)
      var (actions, attributes) = (posix_spawn_file_actions_t(), posix_spawnattr_t())
      let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
    #else
      var actions: posix_spawn_file_actions_t?
      var attributes: posix_spawnattr_t?
      let flags =
        POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
        | POSIX_SPAWN_CLOEXEC_DEFAULT
    #endif
    posix_spawn_file_actions_init(&actions)
    posix_spawnattr_init(&attributes)
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
    posix_spawn_file_actions_adddup2(&actions, input, STDOUT_FILENO)
    posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO)
    #if os(Linux)
      _ = Self.closeFrom?(&actions, 3)
    #endif
    var (none, usual) = (sigset_t(), sigset_t())
    sigemptyset(&none)
    sigemptyset(&usual)
    for signal in [SIGPIPE, SIGINT, SIGTERM, SIGHUP] { sigaddset(&usual, signal) }
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &usual)
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(&attributes, Int16(flags))

    var words = ([path] + arguments).map { strdup($0) } + [nil]
    defer { words.forEach { free($0) } }
    var identifier: pid_t = 0
    let error = posix_spawn(&identifier, path, &actions, &attributes, &words, environ)
    guard error == 0 else { throw POSIXError(POSIXErrorCode(rawValue: error) ?? .EINVAL) }
    self.identifier = identifier
  }

  /// Whether it has not ended yet.
  package var isRunning: Bool {
    wait(WNOHANG)
    return status == nil
  }

  /// Ends it at once, and returns when it has ended.
  package func kill() {
    if isRunning { _ = Foundation.kill(identifier, SIGKILL) }
    wait(0)
  }

  /// Waits until it has ended.
  ///
  /// - Parameter limit: For how long at most.
  /// - Returns: Whether it has ended.
  package func waitForEnd(atMost limit: Duration) -> Bool {
    let deadline = ContinuousClock.now + limit
    while isRunning, ContinuousClock.now < deadline { usleep(2000) }
    return !isRunning
  }

  /// How it ended, in words; nil while it runs.
  package var ending: String? {
    status.map { status in
      // The lowest seven bits are the signal that ended it, above the lowest eight is its status.
      status & 0x7f == 0
        ? "ended with status \(status >> 8 & 0xff)" : "ended by signal \(status & 0x7f)"
    }
  }

  private func wait(_ options: Int32) {
    guard status == nil else { return }
    var status: Int32 = 0
    var result: pid_t
    repeat { result = waitpid(identifier, &status, options) } while result < 0 && errno == EINTR
    // Who is no child any more, because this program ignores ends, has ended too.
    if result != 0 { self.status = result < 0 ? 0 : status }
  }
}
