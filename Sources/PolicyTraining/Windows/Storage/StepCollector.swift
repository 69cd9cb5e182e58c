import Demonstrations
import Foundation
import PolicyRuntime

/// Takes in episodes step by step: into memory as long as they fit, then into a scratch file.
///
/// Numbers are kept as recorded, angles and quaternions as features: scales are known when all were
/// seen.
final class StepCollector {
  /// The spaces of every step.
  let columns: StepColumns
  let layout: StepLayout
  let meanings: [ValueMeaning]
  let parts: [[FeatureScale.Part]]
  private(set) var ranges: [ColumnRanges]
  /// For each space the lengths of its quaternions, in their order.
  private(set) var lengths: [[QuaternionLengths]]
  private(set) var starts: [Int] = []
  private(set) var places: [DemonstrationPlace] = []
  private var longest = 0
  private(set) var count = 0
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
  ///   - meanings: What the values of each are, the action's last.
  ///   - limit: The bytes that may be held in memory.
  /// - Throws: ``WindowError/outOfMemory(bytes:)``.
  init(_ columns: StepColumns, meanings: [ValueMeaning], limit: Int) throws {
    self.columns = columns
    self.meanings = meanings
    self.limit = limit
    let spaces = columns.spaces
    parts = zip(meanings, spaces).map { $0.parts(width: $1.width) }
    ranges = spaces.map { ColumnRanges(width: $0.width) }
    lengths = parts.map { $0.filter(\.isQuaternion).map { _ in QuaternionLengths() } }
    let wide = zip(parts, spaces).map { parts, space in
      parts.flatMap { part in
        Array(repeating: space.isWide && part.isNumber, count: part.featureWidth)
      }
    }
    layout = StepLayout(
      features: wide.dropLast().reduce(0) { $0 + $1.count }, actions: wide.last?.count ?? 0,
      images: columns.images, isWide: wide.flatMap { $0 })
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
    places.append(place)
    longest = max(longest, episode.count)
    var step = 0
    while step < episode.count {
      let piece = step..<step + (try makeRoom(for: episode.count - step))
      try write(piece, of: episode.count, values, images, to: memory.start + filled, place)
      filled += piece.count * layout.rawStride
      step = piece.upperBound
    }
    count += episode.count
  }

  /// All steps, scaled where they are in memory.
  ///
  /// - Parameters:
  ///   - normalizer: The scales.
  ///   - notes: What was read.
  /// - Returns: The steps.
  /// - Throws: ``WindowError``.
  func records(_ normalizer: Normalizer, notes: ReadingNotes) throws -> StepRecords {
    let scaling = StepScaling(normalizer, isWide: layout.isWide)
    if scratch != nil {
      try flush()
      try memory.resize(to: 0)
    } else {
      scaling.apply(
        to: memory.start, from: UnsafeRawPointer(memory.start), count: count, layout: layout)
      try memory.resize(to: count * layout.stride)
    }
    return StepRecords(
      layout: layout, normalizer: normalizer, scaling: scaling, count: count, starts: starts,
      longest: longest, limit: limit, memory: memory, scratch: scratch, notes: notes)
  }

  /// The values of a feature as they were recorded, step after step.
  ///
  /// - Throws: ``WindowError`` where they cannot be read from disk.
  func column(_ feature: Int) throws -> [Double] {
    let offset =
      StepLayout.featureOffset
      + layout.isWide[..<feature].reduce(0) { $0 + ($1 ? 8 : 4) }
    let isWide = layout.isWide[feature]
    func value(_ record: UnsafeRawPointer) -> Double {
      isWide
        ? record.loadUnaligned(fromByteOffset: offset, as: Double.self)
        : Double(record.loadUnaligned(fromByteOffset: offset, as: Float.self))
    }
    var values: [Double] = []
    values.reserveCapacity(count)
    if let scratch {
      try flush()
      let block = max(1, Self.stagingBytes / layout.rawStride)
      let buffer = try StepMemory(capacity: block * layout.rawStride)
      for first in stride(from: 0, to: count, by: block) {
        let steps = min(block, count - first)
        try scratch.read(
          into: UnsafeMutableRawBufferPointer(
            start: buffer.start, count: steps * layout.rawStride), at: first * layout.rawStride)
        for step in 0..<steps {
          values.append(value(UnsafeRawPointer(buffer.start + step * layout.rawStride)))
        }
      }
    } else {
      for step in 0..<count {
        values.append(value(UnsafeRawPointer(memory.start + step * layout.rawStride)))
      }
    }
    return values
  }

  /// Makes room in memory.
  ///
  /// - Returns: For how many of `steps` there is room, at least 1.
  private func makeRoom(for steps: Int) throws(WindowError) -> Int {
    let stride = layout.rawStride
    let needed = filled + steps * stride
    if needed <= memory.capacity { return steps }
    if scratch == nil, needed <= limit {
      try memory.resize(to: min(limit, max(needed, memory.capacity + memory.capacity / 2)))
      return steps
    }
    if scratch == nil || filled + stride > memory.capacity {
      if scratch == nil { scratch = try ScratchFile() }
      try flush()
      let staging = max(Self.stagingBytes, stride)
      if memory.capacity != staging { try memory.resize(to: staging) }
    }
    return min(steps, (memory.capacity - filled) / stride)
  }

  private func flush() throws(WindowError) {
    try scratch?.write(UnsafeRawBufferPointer(start: memory.start, count: filled), at: written)
    written += filled
    filled = 0
  }

  /// Writes some steps of an episode, one record after another.
  private func write(
    _ steps: Range<Int>, of count: Int, _ values: [Series.Elements], _ images: [[UInt8]],
    to records: UnsafeMutableRawPointer, _ place: DemonstrationPlace
  ) throws {
    for step in steps {
      let record = records + (step - steps.lowerBound) * layout.rawStride
      record.storeBytes(of: Int32(step), as: Int32.self)
      record.storeBytes(of: Int32(count - 1 - step), toByteOffset: 4, as: Int32.self)
    }
    var offset = StepLayout.featureOffset
    for (space, elements) in values.enumerated() {
      let column = columns.spaces[space]
      if parts[space].allSatisfy(\.isNumber) {
        let source = RawValues(elements, isWide: column.isWide)
        offset += source.write(
          steps, width: column.width, to: records + offset, stride: layout.rawStride)
      } else {
        offset += try write(steps, space, elements, to: records + offset, place)
      }
    }
    for (bytes, format) in zip(images, columns.images) {
      let size = format.keptCount
      bytes.withUnsafeBytes { bytes in
        guard let start = bytes.baseAddress else { return }
        for step in steps {
          (records + offset + (step - steps.lowerBound) * layout.rawStride)
            .copyMemory(from: start + step * size, byteCount: size)
        }
      }
      offset += size
    }
  }

  /// Writes a space of which some values become features at once.
  ///
  /// - Returns: The bytes of a step.
  private func write(
    _ steps: Range<Int>, _ space: Int, _ elements: Series.Elements,
    to records: UnsafeMutableRawPointer, _ place: DemonstrationPlace
  ) throws -> Int {
    let column = columns.spaces[space]
    let series = Series(shape: [column.width], elements: elements)
    let values = (0..<column.width).map { series.column($0) }
    var size = 0
    for step in steps {
      var target = records + (step - steps.lowerBound) * layout.rawStride
      let start = target
      var (index, quaternion) = (0, 0)
      for part in parts[space] {
        if part.isNumber, column.isWide {
          target.storeBytes(of: values[index][step], as: Double.self)
          target += MemoryLayout<Double>.stride
        } else {
          func store(_ feature: Double) {
            target.storeBytes(of: Float(feature), as: Float.self)
            target += MemoryLayout<Float>.stride
          }
          if part.isNumber { store(values[index][step]) }
          guard part.forEachFeature({ values[index + $0][step] }, { store($1) }) else {
            throw WindowError.noRotation(
              name: "\(place), step \(step) of '\(column.name)'", index: index)
          }
          if part.isQuaternion {
            lengths[space][quaternion].include(
              SIMD4(
                values[index][step], values[index + 1][step], values[index + 2][step],
                values[index + 3][step]))
            quaternion += 1
          }
        }
        index += part.width
      }
      size = target - start
    }
    return size
  }
}

/// The numbers of an episode in the width that records have them.
private enum RawValues {
  case narrow([Float])
  case wide([Double])

  init(_ elements: Series.Elements, isWide: Bool) {
    switch elements {
    case .float32(let values) where !isWide: self = .narrow(values)
    case .float32(let values): self = .wide(values.map { Double($0) })
    case .float64(let values): self = isWide ? .wide(values) : .narrow(values.map { Float($0) })
    case .uint8(let bytes):
      self = isWide ? .wide(bytes.map { Double($0) }) : .narrow(bytes.map { Float($0) })
    }
  }

  /// Writes the values of some steps.
  ///
  /// - Returns: The bytes of a step.
  func write(
    _ steps: Range<Int>, width: Int, to target: UnsafeMutableRawPointer, stride: Int
  ) -> Int {
    switch self {
    case .narrow(let values): Self.copy(values, steps, width, target, stride)
    case .wide(let values): Self.copy(values, steps, width, target, stride)
    }
  }

  private static func copy<Value>(
    _ values: [Value], _ steps: Range<Int>, _ width: Int, _ target: UnsafeMutableRawPointer,
    _ stride: Int
  ) -> Int {
    let size = width * MemoryLayout<Value>.stride
    values.withUnsafeBytes { bytes in
      guard let start = bytes.baseAddress else { return }
      for step in steps {
        (target + (step - steps.lowerBound) * stride)
          .copyMemory(from: start + step * size, byteCount: size)
      }
    }
    return size
  }
}

extension FeatureScale.Part {
  /// Whether it is four numbers that are a rotation.
  var isQuaternion: Bool { if case .quaternion = self { true } else { false } }

  /// Whether it is one number, which is scaled.
  var isNumber: Bool {
    switch self {
    case .number, .discrete: true
    default: false
    }
  }
}
