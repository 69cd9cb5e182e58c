import ArgumentParser
import Demonstrations

/// Which other files a file of demonstrations may lead to.
struct LinkArguments: ParsableArguments {
  @Flag(help: "Follow links and storage that lie outside the folder of the demonstrations.")
  var followLinks = false

  /// Which files are read.
  var policy: LinkPolicy { followLinks ? .anywhere : .ownFolder }

  /// Opens demonstrations.
  ///
  /// - Throws: `DemonstrationError`.
  func open(_ path: String) throws -> DemonstrationStore {
    try DemonstrationStore(reading: path, following: policy)
  }
}
