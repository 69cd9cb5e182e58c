import ArgumentParser
import Demonstrations

/// A size of memory, as in `--memory 512M`.
struct MemorySize: ExpressibleByArgument {
  let count: ByteCount

  /// Reads a number with a unit; nil for anything else.
  init?(argument: String) {
    guard let count = ByteCount(parsing: argument) else { return nil }
    self.count = count
  }
}
