extension Normalizer {
  /// Where the values of ``relative`` stand.
  package var relativePlaces: [RelativePlace] {
    (relative ?? []).compactMap { pair in
      guard let (scale, value, feature) = place(of: pair.observation),
        let seen = scale.numberFeature(of: pair.index),
        let acted = action.numberFeature(of: pair.action)
      else { return nil }
      let (here, there) = (scale.span(at: seen), action.span(at: acted))
      return RelativePlace(
        action: pair.action, actionFeature: acted, value: value + pair.index,
        feature: feature + seen,
        ratio: action.isConstant(at: acted) || scale.isConstant(at: seen) ? 0 : Float(here / there))
    }
  }

  /// The features that networks are not shown.
  package var unseenFeatures: [Range<Int>] {
    (unseen ?? []).compactMap { name in
      place(of: name).map { $0.feature..<$0.feature + $0.scale.featureWidth }
    }
  }

  /// The scale by which actions are kept until their distances are taken: that of distances, about
  /// the middle of where one was.
  ///
  /// A normalised distance is the kept number less the normalised position times
  /// ``RelativePlace/ratio``.
  package var keptAction: FeatureScale {
    var ends = action.ends
    for (pair, place) in zip(relative ?? [], relativePlaces) {
      guard let scale = self.place(of: pair.observation)?.scale,
        let feature = scale.numberFeature(of: pair.index)
      else { continue }
      let middle = scale.ends[feature][0] / 2 + scale.ends[feature][1] / 2
      ends[place.actionFeature] += SIMD2(repeating: middle)
    }
    return action.with(ends: ends)
  }

  /// The scale of an observation, and where its values and features begin.
  package func place(of name: String) -> (scale: FeatureScale, value: Int, feature: Int)? {
    var (value, feature) = (0, 0)
    for scale in observations {
      if scale.name == name { return (scale, value, feature) }
      value += scale.width
      feature += scale.featureWidth
    }
    return nil
  }

  func checkRelative() throws {
    func fail(_ reason: String) -> WindowError {
      .malformedNormalizer(name: ValueMarks.actions, reason: reason)
    }
    var taken: Set<Int> = []
    for pair in relative ?? [] {
      guard action.numberFeature(of: pair.action) != nil, taken.insert(pair.action).inserted else {
        throw fail("\(pair): the value of the action is no number of its own")
      }
      guard let scale = place(of: pair.observation)?.scale,
        scale.numberFeature(of: pair.index) != nil
      else { throw fail("\(pair): there is no such number among the observations") }
    }
    for name in unseen ?? [] where place(of: name) == nil {
      throw fail("there is no observation '\(name)' that networks are not shown")
    }
  }
}

extension FeatureScale {
  /// The feature of a value that is a number; nil for others.
  package func numberFeature(of wanted: Int) -> Int? {
    var (value, feature) = (0, 0)
    for part in parts {
      if value == wanted { if case .number = part { return feature } else { return nil } }
      value += part.width
      feature += part.featureWidth
    }
    return nil
  }

  /// For each value that is a number the two that become −1 and 1; zeros for others.
  package var valueEnds: [SIMD2<Double>] {
    var (values, feature): ([SIMD2<Double>], Int) = ([], 0)
    for part in parts {
      switch part {
      case .number, .discrete: values.append(ends[feature])
      case .angle, .quaternion: values += Array(repeating: .zero, count: part.width)
      }
      feature += part.featureWidth
    }
    return values
  }

  /// What lies between the two values of a feature that become −1 and 1.
  fileprivate func span(at feature: Int) -> Double { ends[feature][1] - ends[feature][0] }
}
