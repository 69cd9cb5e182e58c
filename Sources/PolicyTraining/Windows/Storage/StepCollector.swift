import Demonstrations
import Foundation
import PolicyRuntime

/// Takes in episodes step by step: into memory as long as they fit, then into a scratch file.
///
/// Values are kept as recorded, angles as cosine and sine: scales are known when all were seen.
final class StepCollector {
  /// The spaces of every step.
  let columns: StepColumns
  private let layout: StepLayout
  private let isAngle: [[Bool]]
  private var ranges: [ValueRange]
  private var starts: [Int] = []
  private var longest = 0
  private var count = 0
  private let limit: Int
  private let memory: StepMemory
  /// The bytes of ``memory`` that hold steps.
  private var filled = 0
  private var scratch: ScratchFile?
  /// The bytes that the scratch file holds.
  private var written = 0

  /// The memory in which steps are collected on their way into the scratch file.
  private static let stagingBytes = 4 << 20

  /// Begins with nothing.
  ///
  /// - Parameters:
  ///   - columns: The spaces of every step.
  ///   - angles: For each observation which of its values are angles.
  ///   - limit: The bytes that may be held in memory.
  /// - Throws: ``WindowError/outOfMemory(bytes:)``.
  init(_ columns: StepColumns, angles: [String: [Int]], limit: Int) throws {
    self.columns = columns
    self.limit = limit
    isAngle = columns.observations.map { column in
      (0..<column.width).map { angles[column.name]?.contains($0) ?? false }
    }
    ranges = (columns.observations + [columns.action]).map { ValueRange(width: $0.width) }
    layout = StepLayout(
      features: isAngle.joined().reduce(0) { $0 + ($1 ? 2 : 1) }, actions: columns.action.width,
      images: columns.images)
    memory = try StepMemory(capacity: 0)
  }

  /// Takes in an episode.
  ///
  /// - Throws: ``DemonstrationError`` for an episode that differs from the first, ``WindowError``
  ///   where memory or disk is full.
  func append(_ episode: Episode, at place: DemonstrationPlace) throws {
    let values = try columns.values(of: episode, at: place)
    let images = try columns.bytes(of: episode, at: place)
    for index in ranges.indices { ranges[index].include(values[index]) }
    starts.append(count)
    longest = max(longest, episode.count)
    var step = 0
    while step < episode.count {
      let piece = step..<step + (try makeRoom(for: episode.count - step))
      for step in piece {
        write(step, of: episode.count, values, images, to: memory.start + filled)
        filled += layout.stride
      }
      step = piece.upperBound
    }
    count += episode.count
  }

  /// All steps, scaled where they are in memory.
  ///
  /// - Parameters:
  ///   - known: The scales; nil to learn them from the steps.
  ///   - angles: For each observation which of its values are angles.
  /// - Returns: The steps.
  /// - Throws: ``WindowError``.
  func records(_ known: Normalizer?, angles: [String: [Int]]) throws -> StepRecords {
    let normalizer =
      try known
      ?? Normalizer(
        observations: zip(columns.observations, ranges).map {
          try $1.scale($0.name, angles: angles[$0.name] ?? [])
        },
        images: columns.images,
        action: ranges[ranges.count - 1].scale(columns.action.name, angles: []))
    let scaling = StepScaling(normalizer)
    if scratch != nil {
      try flush()
      try memory.resize(to: 0)
    } else {
      try memory.resize(to: filled)
      scaling.apply(to: memory.start, count: count, layout: layout)
    }
    return StepRecords(
      layout: layout, normalizer: normalizer, scaling: scaling, count: count, starts: starts,
      longest: longest, limit: limit, memory: memory, scratch: scratch)
  }

  /// Makes room in memory.
  ///
  /// - Returns: For how many of `steps` there is room, at least 1.
  private func makeRoom(for steps: Int) throws(WindowError) -> Int {
    let needed = filled + steps * layout.stride
    if needed <= memory.capacity { return steps }
    if scratch == nil, needed <= limit {
      try memory.resize(to: min(limit, max(needed, memory.capacity + memory.capacity / 2)))
      return steps
    }
    if scratch == nil || filled + layout.stride > memory.capacity {
      if scratch == nil { scratch = try ScratchFile() }
      try flush()
      let staging = max(Self.stagingBytes, layout.stride)
      if memory.capacity != staging { try memory.resize(to: staging) }
    }
    return min(steps, (memory.capacity - filled) / layout.stride)
  }

  private func flush() throws(WindowError) {
    try scratch?.write(UnsafeRawBufferPointer(start: memory.start, count: filled), at: written)
    written += filled
    filled = 0
  }

  private func write(
    _ step: Int, of count: Int, _ values: [[Float]], _ images: [[UInt8]],
    to record: UnsafeMutableRawPointer
  ) {
    record.storeBytes(of: Int32(step), as: Int32.self)
    record.storeBytes(of: Int32(count - 1 - step), toByteOffset: 4, as: Int32.self)
    var feature = layout.values(record)
    for (column, isAngle) in zip(values, isAngle) {
      let start = step * isAngle.count
      for index in isAngle.indices {
        if isAngle[index] {
          (feature[0], feature[1]) = FeatureScale.features(ofAngle: column[start + index])
        } else {
          feature[0] = column[start + index]
        }
        feature += isAngle[index] ? 2 : 1
      }
    }
    let width = columns.action.width
    for index in 0..<width { feature[index] = values[values.count - 1][step * width + index] }
    for (bytes, (format, offset)) in zip(images, zip(columns.images, layout.imageOffsets)) {
      bytes.withUnsafeBytes { bytes in
        UnsafeMutableRawBufferPointer(start: record + offset, count: format.count)
          .copyMemory(
            from: UnsafeRawBufferPointer(
              rebasing: bytes[step * format.count..<(step + 1) * format.count]))
      }
    }
  }
}

/// The smallest and largest of each of a space's values so far.
private struct ValueRange {
  private var low: [Float]
  private var high: [Float]

  init(width: Int) {
    low = [Float](repeating: .infinity, count: width)
    high = [Float](repeating: -.infinity, count: width)
  }

  /// Includes values, step by step.
  mutating func include(_ values: [Float]) {
    var index = 0
    for value in values {
      low[index] = min(low[index], value)
      high[index] = max(high[index], value)
      index += 1
      if index == low.count { index = 0 }
    }
  }

  func scale(_ name: String, angles: [Int]) throws -> FeatureScale {
    try FeatureScale(name: name, angles: angles, low: low, high: high)
  }
}
