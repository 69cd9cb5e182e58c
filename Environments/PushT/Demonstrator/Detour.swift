import Physics

/// The agent's way to a place beside the T without touching it.
struct Detour {
  /// The distance that the agent's centre keeps from the T, in pixels.
  static let clearance: Float = 20
  /// The distance to which it backs off first.
  private static let retreat: Float = 22

  /// Places diagonally off the T's outer corners, in its frame, in turn round it.
  private static let corners: [SIMD2<Float>] = [
    [-82, -22], [82, -22], [82, 52], [37, 142], [-37, 142], [-82, 52],
  ]

  /// Which of the corners see each other.
  private static let isVisible: [[Bool]] = corners.map { a in
    corners.map { TShape.isClear(from: a, to: $0, by: clearance) }
  }

  private let pose: TPose
  private let agent: SIMD2<Float>
  private let exit: SIMD2<Float>
  /// For each corner the length of the shortest way from the exit, infinite for none, and the
  /// corner before it on that way.
  private var lengths: [Float]
  private var previous: [Int?]

  /// Finds the ways of an agent round the T in a pose.
  init(from agent: SIMD2<Float>, round pose: TPose) {
    self.pose = pose
    self.agent = agent
    var exit = pose.local(agent)
    for _ in 0..<12 {
      let distance = TShape.distance(to: exit)
      if distance >= Self.retreat { break }
      exit += TShape.outward(at: exit) * (Self.retreat - distance + 0.5)
    }
    self.exit = exit
    previous = Self.corners.map { _ in nil }
    let isInside = pose.placed(Self.corners).map {
      min($0.x, $0.y) >= 0 && max($0.x, $0.y) <= PushTField.size
    }
    lengths = zip(Self.corners, isInside).map { corner, isInside in
      isInside && TShape.isClear(from: exit, to: corner, by: Self.clearance)
        ? (corner - exit).length : .infinity
    }
    // At most one corner is settled for good in each round.
    for _ in Self.corners {
      for i in Self.corners.indices where lengths[i].isFinite {
        for j in Self.corners.indices where isInside[j] && Self.isVisible[i][j] {
          let length = lengths[i] + (Self.corners[j] - Self.corners[i]).length
          if length < lengths[j] { (lengths[j], previous[j]) = (length, i) }
        }
      }
    }
  }

  /// The corners of the shortest way to a place, from the agent's to the place itself.
  ///
  /// - Parameter place: A place in the T's frame.
  /// - Returns: Places in the workspace; nil where there is no way.
  func way(to place: SIMD2<Float>) -> [SIMD2<Float>]? {
    var places = [exit, place]
    if !TShape.isClear(from: exit, to: place, by: Self.clearance) {
      let reaching = Self.corners.indices.filter {
        lengths[$0].isFinite
          && TShape.isClear(from: Self.corners[$0], to: place, by: Self.clearance)
      }
      func total(_ i: Int) -> Float { lengths[i] + (place - Self.corners[i]).length }
      guard let last = reaching.min(by: { total($0) < total($1) }) else { return nil }
      places = [place]
      var corner: Int? = last
      while let index = corner {
        places.insert(Self.corners[index], at: 0)
        corner = previous[index]
      }
      places.insert(exit, at: 0)
    }
    return [agent] + pose.placed(places)
  }
}
