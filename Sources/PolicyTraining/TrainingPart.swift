import Neural
import PolicyRuntime

/// The part of a training that is under way: most have one, a method of several stages several.
struct TrainingPart {
  /// What trains.
  private(set) var training: MethodTraining
  /// The first of its steps.
  private(set) var start = 0
  private let total: Int

  init(_ training: MethodTraining, steps: Int) {
    self.training = training
    total = steps
  }

  /// The first step of the next part; nil for none.
  private var nextStart: Int? {
    training.next.map { max($0.firstStep(of: total), start) }
  }

  /// The steps of the part that the step after `step` belongs to.
  func steps(after step: Int) -> Range<Int> {
    guard let nextStart else { return start..<max(total, start + 1) }
    // The next part is entered before its first step is taken.
    return step < nextStart ? start..<nextStart : nextStart..<max(total, nextStart + 1)
  }

  /// Compiles the part that the next step belongs to, if it is not under way.
  ///
  /// Parameters that are not trained from then on take their averaged values, which policies use.
  mutating func enter(_ state: OptimiserState, _ table: ParameterTable) throws {
    while let nextStart, let next = training.next, state.step >= nextStart {
      let following = try next.make(Weights(copying: state.average))
      let moving = following.parameters ?? 0..<table.trainedExtent
      for range in [0..<moving.lowerBound, moving.upperBound..<table.trainedExtent] {
        (state.weights.pointer + range.lowerBound).update(
          from: state.average.pointer + range.lowerBound, count: max(range.count, 0))
      }
      state.take(following.constants, table)
      (training, start) = (following, nextStart)
    }
  }
}

extension OptimiserState {
  /// Writes constants by their names.
  func take(_ constants: [String: [Float]], _ table: ParameterTable) {
    for parameter in table.parameters where parameter.isConstant {
      for buffer in [weights, average] {
        let place = UnsafeMutableBufferPointer(
          start: buffer.pointer + parameter.offset, count: parameter.count)
        _ = place.update(fromContentsOf: constants[parameter.name] ?? [])
      }
    }
  }
}
