import PolicyRuntime

/// Scales the features and actions of records in place, to the same bits as ``FeatureScale`` does.
struct StepScaling: Sendable {
  private enum Kind: UInt8 {
    /// A cosine or sine.
    case asItIs
    /// From [low, low + span] to [−1, 1].
    case scaled
    /// A constant, which becomes 0.
    case zero
  }

  private let kinds: [Kind]
  private let low: [Float]
  private let span: [Float]

  /// The scaling of a normaliser's features, then its action.
  init(_ normalizer: Normalizer) {
    var kinds: [Kind] = []
    var low: [Float] = []
    var span: [Float] = []
    for scale in normalizer.observations + [normalizer.action] {
      kinds += scale.isAngleFeature.enumerated().map { index, isAngle in
        isAngle ? .asItIs : scale.isConstant(at: index) ? .zero : .scaled
      }
      low += scale.low
      span += zip(scale.low, scale.high).map { $1 - $0 }
    }
    (self.kinds, self.low, self.span) = (kinds, low, span)
  }

  /// The number of features and values of an action.
  var count: Int { kinds.count }

  /// Scales the values of a step.
  ///
  /// - Parameters:
  ///   - values: Raw numbers, cosines and sines: ``count`` of them, or those of `range`.
  ///   - range: Which of the step's values they are.
  func apply(to values: UnsafeMutablePointer<Float>, _ range: Range<Int>) {
    for index in range {
      let place = values + (index - range.lowerBound)
      switch kinds[index] {
      case .asItIs: break
      case .scaled: place.pointee = (place.pointee - low[index]) / span[index] * 2 - 1
      case .zero: place.pointee = 0
      }
    }
  }

  /// Scales a run of records.
  func apply(to records: UnsafeMutableRawPointer, count: Int, layout: StepLayout) {
    for step in 0..<count {
      apply(to: layout.values(records + step * layout.stride), 0..<kinds.count)
    }
  }
}
