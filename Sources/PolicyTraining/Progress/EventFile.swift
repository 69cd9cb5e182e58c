import Foundation
package import PolicyRuntime

/// The metrics of a training as TensorBoard reads them, in a file of the checkpoint folder.
///
/// The file only grows while a training runs, so that TensorBoard can follow it. A resumed training
/// cuts it off behind the checkpoint, so that no step stands in it twice, and adds what is missing
/// from the checkpoint's own lines. It holds times of the clock, so its bytes are those of one run.
package struct EventFile {
  /// The file's name; TensorBoard looks for `tfevents` in names.
  package static let name = "events.out.tfevents.dpolicy"

  private let path: String
  private let clock: () -> Double
  private var file: FileHandle?
  /// Entries that are not yet in the file.
  private var pending: [TrainingEvent] = []
  /// When which step was last reported by this process.
  private var last: (time: Double, step: Int)?

  /// Continues the file of a folder, or begins one that is made by the first ``write()``.
  ///
  /// - Parameters:
  ///   - folder: The checkpoint folder, which need not be there yet.
  ///   - metrics: The lines of the checkpoint that is resumed; none for a new training.
  ///   - step: The step of that checkpoint.
  ///   - clock: Tells the seconds since 1970.
  /// - Throws: ``ImitationError/cannotWrite(path:reason:)``.
  package init(
    in folder: String, after metrics: [TrainingMetrics], step: Int,
    clock: @escaping () -> Double = { Date().timeIntervalSince1970 }
  ) throws {
    path = "\(folder)/\(Self.name)"
    self.clock = clock
    last = (clock(), step)
    var lastStep = -1
    if step > 0, let data = FileManager.default.contents(atPath: path) {
      let kept = EventRecords(data).prefix(while: { $0.step <= step })
      lastStep = kept.last?.step ?? -1
      try Self.attempt(path) {
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        try file.truncate(atOffset: UInt64(kept.last?.end ?? 0))
        self.file = file
      }
    }
    if lastStep < 0 { pending.append(TrainingEvent(wallTime: clock())) }
    pending += metrics.filter { $0.step > lastStep }.map {
      TrainingEvent(wallTime: clock(), step: $0.step, scalars: $0.scalars)
    }
  }

  /// Adds a line of metrics: at once where the file is there, else with the first ``write()``.
  ///
  /// - Throws: ``ImitationError/cannotWrite(path:reason:)``.
  package mutating func append(_ line: TrainingMetrics) throws {
    let now = clock()
    var scalars = line.scalars
    if let last, now > last.time {
      let rate = Double(line.step - last.step) / (now - last.time)
      scalars.append(.init("train/steps_per_second", Float(rate)))
    }
    last = (now, line.step)
    pending.append(TrainingEvent(wallTime: now, step: line.step, scalars: scalars))
    if file != nil { try write() }
  }

  /// Brings what is pending into the file; call once its folder is there.
  ///
  /// - Throws: ``ImitationError/cannotWrite(path:reason:)``.
  package mutating func write() throws {
    guard !pending.isEmpty else { return }
    let data = pending.reduce(into: Data()) { $0.append($1.record) }
    try Self.attempt(path) {
      if file == nil {
        try Data().write(to: URL(fileURLWithPath: path))
        file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
      }
      try file?.seekToEnd()
      try file?.write(contentsOf: data)
    }
    pending = []
  }

  /// Closes the file; what the system could not keep of it is an error.
  ///
  /// - Throws: ``ImitationError/cannotWrite(path:reason:)``.
  package mutating func close() throws {
    try Self.attempt(path) { try file?.close() }
    file = nil
  }

  private static func attempt(_ path: String, _ body: () throws -> Void) throws {
    do {
      try body()
    } catch {
      throw ImitationError.cannotWrite(path: path, reason: CheckpointFolder.reason(error))
    }
  }
}

extension TrainingMetrics {
  /// The numbers of the line under the names that TensorBoard shows.
  fileprivate var scalars: [TrainingEvent.Scalar] {
    [
      .init("train/loss", Float(loss)), .init("train/gradient_norm", Float(gradientNorm)),
      .init("train/learning_rate", learningRate),
    ] + (validationLoss.map { [.init("validation/loss", Float($0))] } ?? [])
      + (figures ?? [:]).sorted { $0.key < $1.key }.map {
        .init("watch/\($0.key)", Float($0.value))
      }
  }
}

/// The whole and sound entries at the beginning of an event file, in order.
struct EventRecords: Sequence, IteratorProtocol {
  /// The step of an entry, and where it ends in the file.
  struct Entry {
    var step: Int
    var end: Int
  }

  private let bytes: [UInt8]
  private var offset = 0

  init(_ data: Data) {
    bytes = [UInt8](data)
  }

  mutating func next() -> Entry? {
    guard bytes.count - offset >= 16 else { return nil }
    let head = bytes[offset..<offset + 8]
    let length = head.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    guard CRC32C.masked(head) == word(at: offset + 8), length <= UInt64(bytes.count - offset - 16)
    else { return nil }
    let message = bytes[offset + 12..<offset + 12 + Int(length)]
    guard CRC32C.masked(message) == word(at: message.endIndex) else { return nil }
    offset = message.endIndex + 4
    return Entry(step: step(of: message), end: offset)
  }

  private func word(at index: Int) -> UInt32 {
    bytes[index..<index + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) }
  }

  /// The step of a message of ours: the number after the nine bytes of the time, 0 if left out.
  private func step(of message: ArraySlice<UInt8>) -> Int {
    let rest = message.dropFirst(9)
    guard rest.first == 0x10 else { return 0 }
    var step: UInt64 = 0
    for (place, byte) in rest.dropFirst().prefix(10).enumerated() {
      step |= UInt64(byte & 0x7F) << UInt64(7 * place)
      if byte < 0x80 { break }
    }
    return Int(truncatingIfNeeded: step)
  }
}
