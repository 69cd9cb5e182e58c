extension FeatureScale {
  /// Whether each feature changes at all: one that does not has no density.
  public var variesByFeature: [Bool] {
    var feature = 0
    return parts.flatMap { part in
      defer { feature += part.featureWidth }
      switch part {
      case .number, .discrete: return [!Map(ends[feature], arithmetic).isConstant]
      default: return Array(repeating: true, count: part.featureWidth)
      }
    }
  }

  /// For each feature the length of a value's unit in the scaled one's, (high − low)/2, so that
  /// ln p of values is ln p of features less the sum of its logarithms.
  ///
  /// Nil where features are not values one for one, as those of angles and quaternions.
  public var unitLengths: [Double]? {
    guard parts.allSatisfy({ $0.featureWidth == $0.width }) else { return nil }
    return ends.map { $0[1] / 2 - $0[0] / 2 }
  }
}
