import EnvironmentInterface
import Naming

/// What can be wrong with a file of demonstrations, in reading and in recording.
public enum DemonstrationError: Error, CustomStringConvertible, Sendable, Hashable {
  /// There is no such file.
  case missingFile(path: String)
  /// A file that cannot be opened, for a reason that is not in its contents.
  case unreadable(path: String, reason: String)
  /// A file that is something else.
  case notHDF5(path: String)
  /// A file or folder of another tool's format.
  case foreign(path: String, format: String, remedy: String)
  /// A file that ends too early.
  case truncated(path: String, reason: String)
  /// HDF5 cannot make sense of a part.
  case damaged(DemonstrationPlace, reason: String)
  /// A dataset whose values were never stored, or whose storage is gone.
  case absent(DemonstrationPlace, reason: String)
  /// A part that is there and cannot be used, or lies in another file that is not followed.
  case unusable(DemonstrationPlace, reason: String)
  /// A dataset of another kind of numbers than earlier episodes have.
  case otherType(DemonstrationPlace, actual: String, expected: String)
  /// A group or dataset that must be there is not.
  case missing(DemonstrationPlace, name: String, known: [String])
  /// A dataset whose elements are not numbers.
  case wrongElements(DemonstrationPlace, found: String)
  /// A dataset whose values have another shape than asked.
  case wrongShape(DemonstrationPlace, actual: [Int], expected: [Int], because: String)
  /// A dataset with another number of steps than the episode has.
  case wrongCount(DemonstrationPlace, actual: Int, expected: Int, because: String)
  /// A dataset that claims more than its file can hold.
  case tooLarge(DemonstrationPlace, shape: [Int])
  /// A NaN or an infinity at [step, element].
  case notFinite(DemonstrationPlace, step: Int, element: Int)
  /// An episode without a step.
  case emptyEpisode(DemonstrationPlace)
  /// A file without an episode.
  case noEpisodes(path: String)
  /// An episode that is not there.
  case unknownEpisode(path: String, index: Int, count: Int)
  /// A mask that names an episode that is not there, or a mask that is not there.
  case unknownMask(path: String, name: String, known: [String])
  /// A store that was recorded with something else than what is to be added.
  case differs(path: String, differences: [String])
  /// Another process is recording into the store.
  case busy(path: String, processIdentifier: String)
  /// An episode of a journal that is damaged and was renamed, so that the others go on.
  case setAside(path: String, reason: String)
  /// A file that cannot be written.
  case unwritable(path: String, reason: String)
  /// Appending after the end.
  case closed(path: String)
  /// Taking back an episode where the recorder has added none.
  case nothingToRemove(path: String)

  /// What is wrong, where, and what would be right.
  public var description: String {
    switch self {
    case .missingFile(let path): "\(path): there is no such file"
    case .unreadable(let path, let reason): "\(path): cannot be opened: \(reason)"
    case .notHDF5(let path): "\(path): is not an HDF5 file; demonstrations are read from .hdf5"
    case .foreign(let path, let format, let remedy):
      "\(path): is \(format), which is not read as it is: \(remedy)"
    case .truncated(let path, let reason):
      "\(path): the HDF5 file is cut short (\(reason)); copy it again from its source"
    case .damaged(let place, let reason): "\(place): HDF5 cannot read this: \(reason)"
    case .absent(let place, let reason): "\(place): its values are not there: \(reason)"
    case .unusable(let place, let reason): "\(place): \(reason)"
    case .otherType(let place, let actual, let expected):
      "\(place): holds \(actual), but earlier episodes hold \(expected); all must be of one kind"
    case .missing(let place, let name, let known): Self.missing(place, name, known)
    case .wrongElements(let place, let found): "\(place): holds \(found), but numbers are needed"
    case .wrongShape(let place, let actual, let expected, let reason):
      "\(place): a step has shape \(actual), expected \(expected) (\(reason))"
    case .wrongCount(let place, let actual, let expected, let reason):
      "\(place): has \(actual) steps, expected \(expected) (\(reason))"
    case .tooLarge(let place, let shape):
      "\(place): claims the shape \(shape), more than its file can hold"
    case .notFinite(let place, let step, let element):
      "\(place): has a NaN or infinite value at [\(step), \(element)]; all values must be finite"
    case .emptyEpisode(let place):
      "\(place): the episode has no steps; an episode needs at least one"
    case .noEpisodes(let path): "\(path): there are no episodes in it"
    case .unknownEpisode(let path, let index, let count):
      "\(path): there is no episode \(index); the last of its \(count) is \(count - 1)"
    case .unknownMask(let path, let name, let known):
      "\(path): there is no mask '\(name)'"
        + (known.isEmpty ? "; the file has none" : Self.suggestion(name, known))
    case .differs(let path, let differences):
      "\(path): cannot be continued, its episodes differ from the new ones: "
        + differences.joined(separator: "; ") + "; record into another file"
    case .busy(let path, let process):
      "\(path): another process (\(process)) is recording into it; wait for it to end, or stop it"
    case .setAside(let path, let reason):
      "\(reason); the damaged episode was set aside as \(path)"
    case .unwritable(let path, let reason): "\(path): cannot be written: \(reason)"
    case .closed(let path): "\(path): the recording is closed; open it again to add episodes"
    case .nothingToRemove(let path):
      "\(path): there is nothing to take back; only episodes saved since it was opened can be"
    }
  }

  private static func missing(_ place: DemonstrationPlace, _ name: String, _ known: [String])
    -> String
  {
    "\(place): has no '\(name)'"
      + (known.isEmpty ? "; there is nothing of that kind" : suggestion(name, known))
  }

  private static func suggestion(_ name: String, _ known: [String]) -> String {
    let nearest = nearestName(to: name, among: known).map { " (did you mean '\($0)'?)" } ?? ""
    return "\(nearest); it has: \(known.joined(separator: ", "))"
  }
}
