import Foundation
import TestSupport
import Testing

/// How long work shows how far it is: a bar that no terminal wraps, plain lines elsewhere.
@Suite struct ProgressTests {
  private let folder: Scratch

  init() throws { folder = try Scratch() }

  /// What a training writes to a terminal of some columns within two seconds, before Ctrl-C.
  private func shown(columns: Int) throws -> [Substring] {
    let script = """
      import pty, os, sys, fcntl, termios, struct, time, signal, select
      child, terminal = pty.fork()
      if child == 0:
        os.chdir(sys.argv[2])
        time.sleep(0.3)
        os.execv(sys.argv[1], [sys.argv[1], "train", "--demos", "push.hdf5", "--steps", "100000000",
          "--hidden-width", "8", "--depth", "1", "--batch", "8", "--output", sys.argv[3]])
      fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, int(sys.argv[3]), 0, 0))
      end, seen = time.time() + 30, b""
      while time.time() < end and seen.count(b"\\r") < 12:
        if select.select([terminal], [], [], 0.1)[0]: seen += os.read(terminal, 65536)
      os.kill(child, signal.SIGINT)
      try:
        while os.read(terminal, 65536): pass
      except OSError: pass
      os.waitpid(child, 0)
      sys.stdout.buffer.write(seen)
      """
    let output = try Python.output(script, Tool.path, folder.path, "\(columns)")
    return output.split { $0 == "\r" || $0 == "\n" || $0 == "\r\n" }.filter {
      $0.contains("train ")
    }
  }

  @Test(.enabled(if: Python.path != nil, "needs Python"), arguments: [20, 33, 60, 120])
  func `no line is as wide as the terminal, and all have a share or a bar`(columns: Int) throws {
    let recorded = try Tool.run(
      ["record", "--environment", "push", "--expert", "--episodes", "2", "--output", "push.hdf5"],
      in: folder)
    #expect(recorded.status == 0, "\(recorded.errors)")
    let lines = try shown(columns: columns).map {
      $0.replacingOccurrences(of: "\u{1B}[K", with: "")
    }
    #expect(lines.count > 3)
    for line in lines {
      #expect(line.count < columns, "\(line.count) of \(columns): \(line)")
      #expect(line.contains("%") || line.contains("/100000000 steps"), "\(line)")
    }
    if columns == 120 { #expect(lines.contains { $0.contains("left") && $0.contains("loss") }) }
  }
}
