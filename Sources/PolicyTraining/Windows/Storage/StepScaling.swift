import PolicyRuntime

/// Scales the features and actions of records, to the same bits as ``FeatureScale`` does.
struct StepScaling: Sendable {
  private enum Kind: Sendable {
    /// A cosine, a sine or a part of a rotation.
    case asItIs
    /// A number, in 32 bits: from [low, low + span] to [−1, 1].
    case scaled(low: Float, span: Float)
    /// A constant, which becomes 0.
    case zero
    /// A number, in 64 bits.
    case mapped(FeatureScale.Map)
  }

  private let kinds: [Kind]
  private let isWide: [Bool]

  /// The scaling of a normaliser's features, then its action's.
  init(_ normalizer: Normalizer, isWide: [Bool]) {
    var kinds: [Kind] = []
    var kindsBefore = 0
    for scale in normalizer.observations + [normalizer.keptAction] {
      for part in scale.parts {
        let feature = kinds.count - kindsBefore
        switch part {
        case .angle, .quaternion:
          kinds += Array(repeating: .asItIs, count: part.featureWidth)
        case .number, .discrete:
          kinds.append(Self.kind(scale, feature))
        }
      }
      kindsBefore = kinds.count
    }
    self.kinds = kinds
    self.isWide = isWide
  }

  private static func kind(_ scale: FeatureScale, _ feature: Int) -> Kind {
    let map = scale.map(at: feature)
    if map.isConstant { return .zero }
    guard scale.arithmetic == .float else { return .mapped(map) }
    return .scaled(low: scale.low[feature], span: scale.high[feature] - scale.low[feature])
  }

  /// The number of features, the action's included.
  var count: Int { kinds.count }

  /// Scales a run of records.
  ///
  /// - Parameters:
  ///   - records: Room for `count` scaled records.
  ///   - raw: The records as they were read, which may lie in the same place.
  ///   - count: How many.
  ///   - layout: Where things stand in them.
  func apply(
    to records: UnsafeMutableRawPointer, from raw: UnsafeRawPointer, count: Int, layout: StepLayout
  ) {
    guard layout.rawExcess > 0 || UnsafeRawPointer(records) != raw else {
      for step in 0..<count {
        let values = layout.values(records + step * layout.stride)
        for index in kinds.indices { scale(values + index, index) }
      }
      return
    }
    for step in 0..<count {
      narrow(raw + step * layout.rawStride, records + step * layout.stride, layout)
    }
  }

  @inline(__always)
  private func scale(_ place: UnsafeMutablePointer<Float>, _ index: Int) {
    switch kinds[index] {
    case .asItIs: break
    case .scaled(let low, let span): place.pointee = (place.pointee - low) / span * 2 - 1
    case .zero: place.pointee = 0
    case .mapped(let map): place.pointee = map.scaled(Double(place.pointee))
    }
  }

  /// Scales one record into a place that does not begin behind it.
  private func narrow(
    _ raw: UnsafeRawPointer, _ record: UnsafeMutableRawPointer, _ layout: StepLayout
  ) {
    record.copyMemory(from: raw, byteCount: StepLayout.featureOffset)
    var source = raw + StepLayout.featureOffset
    let values = layout.values(record)
    for index in kinds.indices {
      if isWide[index] {
        let value = source.loadUnaligned(as: Double.self)
        source += MemoryLayout<Double>.stride
        values[index] =
          switch kinds[index] {
          case .asItIs: Float(value)
          case .scaled(let low, let span): (Float(value) - low) / span * 2 - 1
          case .zero: 0
          case .mapped(let map): map.scaled(value)
          }
      } else {
        values[index] = source.loadUnaligned(as: Float.self)
        source += MemoryLayout<Float>.stride
        scale(values + index, index)
      }
    }
    let start = StepLayout.featureOffset + kinds.count * MemoryLayout<Float>.stride
    (record + start).copyMemory(from: source, byteCount: layout.imageBytes)
  }
}
