import ExternalEnvironments
import Foundation
import Testing

/// Programs that are started beside this one.
@Suite struct ChildProcessTests {
  /// Runs a line of the shell and gives what it wrote, and how it ended.
  private func output(of line: String) throws -> (text: String, ending: String?) {
    let path = FileManager.default.temporaryDirectory
      .appendingPathComponent("child-\(UUID().uuidString)").path
    let file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    let kept = FileHandle(fileDescriptor: file, closeOnDealloc: true)
    try FileManager.default.removeItem(atPath: path)
    let process = try ChildProcess("/bin/sh", ["-c", line], inputAndOutput: file, errors: file)
    #expect(process.waitForEnd(atMost: .seconds(60)))
    try kept.seek(toOffset: 0)
    let text = String(decoding: try kept.readToEnd() ?? Data(), as: UTF8.self)
    return (text, process.ending)
  }

  @Test func `its input, output and complaints are what it is given, and it says how it ended`()
    throws
  {
    let (text, ending) = try output(of: "echo out; echo err >&2; exit 7")
    #expect(text == "out\nerr\n")
    #expect(ending == "ended with status 7")
  }

  #if os(Linux)
    @Test func `it has no descriptor of this program, also none that others would inherit`() throws
    {
      let open = dup(STDERR_FILENO)
      defer { close(open) }
      // 3 is what the shell reads the folder by.
      let (text, _) = try output(of: "cd /proc/$$/fd && echo [0-9]*")
      #expect(text == "0 1 2 3\n", "this program has \(open)")
    }
  #endif

  @Test func `signals end it, whatever the thread blocks that started it`() throws {
    var (all, before) = (sigset_t(), sigset_t())
    sigfillset(&all)
    pthread_sigmask(SIG_BLOCK, &all, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    let (text, ending) = try output(of: "kill -TERM $$; echo alive")
    #expect(text.isEmpty)
    #expect(ending == "ended by signal \(SIGTERM)")
  }

  @Test func `an end is seen while a program lives that was started at the same moment`() throws {
    // One of each pair lives until the end: no start may make it keep the other's.
    let rounds = 16
    DispatchQueue.concurrentPerform(iterations: 2 * rounds) { index in
      let null = open("/dev/null", O_RDWR | O_CLOEXEC)
      defer { close(null) }
      let seconds = index.isMultiple(of: 2) ? "600" : "0"
      guard
        let process = try? ChildProcess("/bin/sleep", [seconds], inputAndOutput: null, errors: null)
      else {
        Issue.record("not started")
        return
      }
      if seconds == "0" {
        #expect(process.waitForEnd(atMost: .seconds(60)))
      } else {
        #expect(process.isRunning)
      }
      process.kill()
      #expect(!process.isRunning)
    }
  }

  @Test func `what cannot be started is an error`() {
    #expect(throws: POSIXError.self) {
      _ = try ChildProcess("/nowhere/nothing", [], inputAndOutput: 0, errors: 2)
    }
  }
}
