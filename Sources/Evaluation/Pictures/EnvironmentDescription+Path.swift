import Demonstrations
import EnvironmentInterface

extension EnvironmentDescription {
  /// Where the agent was at each step, N × 2: the first two components of a flat observation that
  /// are named …x and …y; where there are none, two-dimensional actions; else nothing.
  ///
  /// - Parameters:
  ///   - episode: The episode.
  ///   - names: The observations that may be looked at.
  /// - Returns: Positions in the scene's units.
  func path(of episode: Episode, lookingAt names: [String]) -> [[Float]]? {
    let position = observations.first { space in
      names.contains(space.name) && space.components.count >= 2
        && space.components[0].name.hasSuffix("x") && space.components[1].name.hasSuffix("y")
    }
    let series = position.flatMap { episode.observations[$0.name] } ?? episode.actions
    guard position != nil || series.width == 2, case .float32(let values) = series.elements
    else { return nil }
    return stride(from: 0, to: values.count, by: series.width).map { [values[$0], values[$0 + 1]] }
  }
}
