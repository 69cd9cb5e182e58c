import EnvironmentInterface
import Naming

/// What can be wrong with windows and with what a normaliser is given.
public enum WindowError: Error, CustomStringConvertible, Sendable, Hashable {
  /// A horizon out of range; no `high` means no upper end.
  case invalidHorizon(name: String, value: Int, low: Int, high: Int?)
  /// A horizon that no episode reaches.
  case horizonTooLong(file: String, name: String, value: Int, longest: Int)
  /// An observation of bytes that is not an image.
  case noImage(file: String, observation: String, shape: [Int])
  /// Bytes where a picture of numbers is expected.
  case otherForm(name: String, form: String)
  /// A number that no picture of a form has.
  case notOfForm(name: String, index: Int, value: Double, form: String)
  /// Crops larger than pictures.
  case cropTooLarge(name: String, crop: [Int], size: [Int])
  /// Numbers where an image is expected.
  case notBytes(observation: String)
  /// No observation is left to look at.
  case noObservations(file: String, known: [String])
  /// A text that is not an angle mark.
  case malformedAngle(text: String)
  /// An angle mark on an observation that is not used.
  case unknownAngle(observation: String, known: [String])
  /// An angle mark on a component that is not there.
  case angleOutOfRange(observation: String, index: Int, width: Int)
  /// A text that marks no values.
  case malformedMark(text: String, right: String)
  /// A mark on values that are not there.
  case markOutOfRange(mark: String, width: Int)
  /// A value with two meanings.
  case markedTwice(value: String)
  /// A discrete value with too many values to be one of a few.
  case notDiscrete(value: String, count: Int, most: Int)
  /// A quaternion of length 0.
  case noRotation(name: String, index: Int)
  /// A value so far from the demonstrations that a network cannot be asked.
  case farOutside(name: String, index: Int)
  /// A picture that is stored otherwise than pictures are read.
  case otherPicture(
    file: String, observation: String, shape: [Int], type: String, reason: String, remedy: String)
  /// An observation that a policy needs is not given.
  case missingObservation(name: String, given: [String])
  /// A value with another number of elements than expected.
  case wrongLength(name: String, actual: Int, expected: Int)
  /// A NaN or an infinity.
  case notFinite(name: String, index: Int)
  /// A normaliser that contradicts itself.
  case malformedNormalizer(name: String, reason: String)
  /// A normaliser made for other demonstrations than these.
  case otherNormalizer(file: String, reason: String)
  /// A fraction outside 0…1.
  case invalidFraction(value: Double)
  /// Too little memory for demonstrations that are read from disk in blocks.
  case memoryTooSmall(bytes: Int, batch: Int, least: Int)
  /// The file that demonstrations are laid out in beside memory cannot be written or read.
  case scratch(folder: String, reason: String)
  /// The system refuses memory.
  case outOfMemory(bytes: Int)

  /// What is wrong and what would be right.
  public var description: String {
    switch self {
    case .invalidHorizon(let name, let value, let low, let high):
      "the \(name) horizon is \(value), but must be "
        + (high.map { "\(low)…\($0)\(name == "action" ? " (the prediction horizon)" : "")" }
          ?? "at least \(low)")
    case .horizonTooLong(let file, let name, let value, let longest):
      "\(file): the \(name) horizon of \(value) is longer than the longest episode"
        + " (\(longest) step\(longest == 1 ? "" : "s"))"
    case .noImage(let file, let observation, let shape):
      "\(file): observation '\(observation)' holds bytes of shape \(shape);"
        + " an image is height × width × channels"
    case .otherForm(let name, let form):
      "image '\(name)' was recorded as \(form); it must be given so"
    case .notOfForm(let name, let index, let value, let form):
      "image '\(name)' has \(value) at index \(index), but was recorded as \(form)"
    case .cropTooLarge(let name, let crop, let size):
      "the random crop of \(crop[0])×\(crop[1]) is larger than the pictures of '\(name)',"
        + " \(size[0])×\(size[1])"
    case .notBytes(let observation):
      "observation '\(observation)' is an image: it must be given as bytes"
    case .noObservations(let file, let known):
      "\(file): no observation is a list of numbers; "
        + (known.isEmpty ? "it has none at all" : "it has: \(known.joined(separator: ", "))")
    case .malformedAngle(let text):
      "'\(text)' names no angle; write NAME.INDEX, such as block_pose.2 or actions.2, and"
        + " NAME.INDEX:degrees for one in degrees"
    case .unknownAngle(let observation, let known):
      "an angle is marked in '\(observation)', which is not there\(suggestion(observation, known))"
    case .angleOutOfRange(let observation, let index, let width):
      "an angle is marked at index \(index) of '\(observation)', which has \(width) values,"
        + " numbered from 0"
    case .malformedMark(let text, let right):
      "'\(text)' marks no values; write \(right)"
    case .markOutOfRange(let mark, let width):
      "\(mark) is marked, but there are \(width) values, numbered from 0"
    case .markedTwice(let value): "\(value) is marked twice; a value has one meaning"
    case .notDiscrete(let value, let count, let most):
      "\(value) is marked as discrete, but has \(count) different values; at most \(most) can be told apart"
    case .noRotation(let name, let index):
      "\(name) has a quaternion of length 0 at index \(index); its length must be 1"
    case .farOutside(let name, let index):
      "\(name) is too far from all that was demonstrated at index \(index) to decide by"
    case .otherPicture(let file, let observation, let shape, let type, let reason, let remedy):
      "\(file): observation '\(observation)' looks like a picture, of shape \(shape) and type"
        + " \(type), but \(reason); \(remedy)"
    case .missingObservation(let name, let given):
      "observation '\(name)' is missing\(suggestion(name, given))"
    case .wrongLength(let name, let actual, let expected):
      "\(name) has \(actual) value\(actual == 1 ? "" : "s"), expected \(expected)"
    case .notFinite(let name, let index):
      "\(name) has a NaN or infinite value at index \(index)"
    case .malformedNormalizer(let name, let reason):
      "the normaliser's entry '\(name)' contradicts itself: \(reason)"
    case .otherNormalizer(let file, let reason):
      "\(file): the normaliser was made for other demonstrations: \(reason)"
    case .invalidFraction(let value): "the fraction is \(value), but must lie in 0…1"
    case .memoryTooSmall(let bytes, let batch, let least):
      "\(ByteCount(bytes)) of memory for demonstrations is too little for batches of \(batch)"
        + " windows; it must be at least \(ByteCount(least))"
    case .scratch(let folder, let reason):
      "\(folder): demonstrations larger than memory are laid out here, but \(reason); set TMPDIR"
        + " to another folder, or allow more memory"
    case .outOfMemory(let bytes):
      "the system does not have \(ByteCount(bytes)) of memory for demonstrations; allow less for"
        + " them, and the rest is read from disk"
    }
  }

  private func suggestion(_ name: String, _ known: [String]) -> String {
    let nearest = nearestName(to: name, among: known).map { " (did you mean '\($0)'?)" } ?? ""
    return "\(nearest); there is: \(known.isEmpty ? "none" : known.joined(separator: ", "))"
  }
}
