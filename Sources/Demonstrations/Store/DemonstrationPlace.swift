/// Where in a file of demonstrations something is.
public struct DemonstrationPlace: Sendable, Hashable, CustomStringConvertible {
  /// The path of the file.
  public var file: String
  /// The episode, such as `demo_3`; nil for the file as a whole.
  public var demo: String?
  /// The dataset inside it, such as `obs/state`; nil for the episode as a whole.
  public var dataset: String?

  /// Creates a place.
  public init(file: String, demo: String? = nil, dataset: String? = nil) {
    self.file = file
    self.demo = demo
    self.dataset = dataset
  }

  /// The place of a dataset of the same episode.
  package func at(_ dataset: String) -> DemonstrationPlace {
    DemonstrationPlace(file: file, demo: demo, dataset: dataset)
  }

  /// Gives what HDF5 complains about in `body` this place.
  func naming<R: ~Copyable>(_ body: () throws -> R) throws -> R {
    do { return try body() } catch { throw try self.error(of: error) }
  }

  /// What is said of an error here.
  ///
  /// - Throws: The error itself, where it knows its place already.
  func error(of error: any Error) throws -> DemonstrationError {
    switch error {
    case let failure as HDF5Failure: .damaged(self, reason: failure.reason)
    case let refusal as LinkRefusal: .unusable(self, reason: refusal.reason)
    default: throw error
    }
  }

  /// The file, the episode and the dataset in words.
  public var description: String {
    [file, demo, dataset.map { "dataset '\($0)'" }].compactMap { $0 }.joined(separator: ", ")
  }
}
