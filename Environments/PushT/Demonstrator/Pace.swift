import Physics

/// How fast the agent's target goes, in pixels a second.
struct Pace: Sendable {
  /// On the way to a push.
  var travelling: Float
  /// While pushing.
  var pushing: Float

  /// The targets, one a control step, of going along a way and then straight on for a push.
  ///
  /// The target slows down where the push begins, and runs out where it ends.
  ///
  /// - Parameters:
  ///   - way: The corners of the way; the last one is where the push begins.
  ///   - end: Where the push ends.
  /// - Returns: Places in the workspace, the last ones at the end.
  func targets(along way: [SIMD2<Float>], to end: SIMD2<Float>) -> [SIMD2<Float>] {
    let places = way + [end]
    let lengths = zip(places, places.dropFirst()).map { ($1 - $0).length }
    let total = lengths.reduce(0, +)
    let beginning = total - (lengths.last ?? 0)
    var travelled: Float = 0
    var targets: [SIMD2<Float>] = []
    while travelled < total - 1, targets.count < PushTEnvironment.episodeLimit {
      let speed =
        travelled < beginning
        ? min(travelling, pushing + 3 * (beginning - travelled))
        : min(pushing, 15 + 4 * (total - travelled))
      travelled = min(travelled + speed / PushTWorld.controlRate, total)
      var rest = travelled
      var leg = 0
      while leg < lengths.count - 1, rest > lengths[leg] {
        rest -= lengths[leg]
        leg += 1
      }
      targets.append(places[leg] + (places[leg + 1] - places[leg]).unit * rest)
    }
    // The agent is two tenths of a second behind its target.
    return targets + [end, end]
  }
}
