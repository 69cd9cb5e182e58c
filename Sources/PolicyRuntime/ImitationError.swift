/// What can go wrong in training, loading and deciding.
public enum ImitationError: Error, CustomStringConvertible, Sendable, Hashable {
  /// An option outside its range.
  case optionOutOfRange(name: String, value: String, range: String)
  /// A training that cannot fit into this machine.
  case tooLarge(parameters: ByteCount, batch: ByteCount, available: ByteCount)
  /// Deciding for so many samples at once takes more memory than there is.
  case decisionsTooLarge(samples: Int, needed: ByteCount, available: ByteCount)
  /// A setting that a method or backbone does not have, with those that have it.
  case noSetting(name: String, part: String, owners: [String])
  /// Sampling options for a method that does not denoise.
  case doesNotSample(method: String)
  /// The loss or the gradient became NaN or infinite.
  case diverged(step: Int, checkpoint: String?)
  /// A folder that is not a checkpoint.
  case notACheckpoint(path: String, reason: String)
  /// A checkpoint of another version of the format.
  case otherVersion(path: String, found: Int, known: Int)
  /// A file of a checkpoint that is missing, cut short or malformed.
  case malformedCheckpoint(path: String, reason: String)
  /// A training that cannot be resumed as asked.
  case cannotResume(path: String, reason: String)
  /// A training that would go on with other demonstrations than it began with.
  case changedData(path: String, demonstrations: String, then: String, now: String)
  /// A checkpoint that would be overwritten.
  case alreadyThere(path: String)
  /// A folder or file that cannot be written.
  case cannotWrite(path: String, reason: String)
  /// Another process is training into a folder.
  case busy(path: String, process: String)
  /// A policy meets an environment with other spaces.
  case otherSpaces(reason: String)
  /// An agent whose answer cannot be executed.
  case unusableAnswer(seed: UInt64, step: Int, reason: String)
  /// What `act` was given cannot be decided on.
  case malformedWindow(reason: String)

  /// What is wrong, where, and what would be right.
  public var description: String {
    switch self {
    case .optionOutOfRange(let name, let value, let range):
      "\(name) is \(value), but must be \(range)"
    case .tooLarge(let parameters, let batch, let available):
      "training needs at least \(parameters) of memory for parameters and optimiser and"
        + " \(batch) for a batch, but only \(available) is free; a smaller network or batch helps"
    case .decisionsTooLarge(let samples, let needed, let available):
      "deciding for \(samples) samples at once needs \(needed) of memory, but \(available) is free;"
        + " fewer candidates (--candidates), windows at once (--batch-limit) or --threads help"
    case .noSetting(let name, let part, let owners):
      "'\(part)' has no \(name); it belongs to: \(owners.joined(separator: ", "))"
    case .doesNotSample(let method):
      "method '\(method)' does not sample by denoising, so it takes no sampling options"
    case .diverged(let step, let checkpoint):
      "the loss is no longer finite at step \(step); training has stopped. "
        + (checkpoint.map { "The last good checkpoint is kept in \($0). " } ?? "")
        + "A smaller learning rate usually helps"
    case .notACheckpoint(let path, let reason):
      "\(path): not a checkpoint folder: \(reason)"
    case .otherVersion(let path, let found, let known):
      "\(path): a checkpoint of format \(found); this version reads format \(known)"
    case .malformedCheckpoint(let path, let reason):
      "\(path): \(reason)"
    case .cannotResume(let path, let reason):
      "\(path): cannot be resumed: \(reason)"
    case .changedData(let path, let demonstrations, let then, let now):
      "\(path): cannot be resumed: \(demonstrations) has changed since (its digest was \(then) and"
        + " is \(now)); --allow-changed-data goes on with it as it is"
    case .alreadyThere(let path):
      "\(path): there is a checkpoint already; continue it with --resume or choose another folder"
    case .cannotWrite(let path, let reason):
      "\(path): cannot be written: \(reason)"
    case .busy(let path, let process):
      "\(path): another process (\(process)) is training into it; wait for it to end, or stop it"
    case .otherSpaces(let reason):
      "the policy does not fit: \(reason)"
    case .unusableAnswer(let seed, let step, let reason):
      "the agent's answer at step \(step) of the episode with seed \(seed) cannot be used: \(reason)"
    case .malformedWindow(let reason):
      reason
    }
  }

  /// Throws ``optionOutOfRange(name:value:range:)`` unless the value lies in the range.
  public static func check(
    _ name: String, _ value: Int, _ range: ClosedRange<Int>
  ) throws(ImitationError) {
    guard range.contains(value) else {
      throw .optionOutOfRange(
        name: name, value: "\(value)",
        range: range.upperBound == .max
          ? "at least \(range.lowerBound)" : "\(range.lowerBound)…\(range.upperBound)")
    }
  }

  /// Checks that a number is a share of a whole, and neither nothing nor all of it.
  ///
  /// - Throws: ``optionOutOfRange(name:value:range:)``.
  static func checkShare(_ name: String, _ value: Double) throws(ImitationError) {
    guard value > 0, value < 1 else {
      throw .optionOutOfRange(
        name: name, value: "\(value)", range: "more than 0 and less than 1")
    }
  }

  /// Checks that a number is finite and not negative.
  ///
  /// - Throws: ``optionOutOfRange(name:value:range:)``.
  static func checkNotNegative(_ name: String, _ value: Double) throws(ImitationError) {
    guard value >= 0, value.isFinite else {
      throw .optionOutOfRange(name: name, value: "\(value)", range: "at least 0")
    }
  }
}
