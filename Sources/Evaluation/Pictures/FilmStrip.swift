public import Demonstrations
public import Drawing
public import EnvironmentInterface

/// Episodes as rows of pictures, the time running to the right.
public struct FilmStrip {
  /// One episode.
  public struct Row: Sendable {
    /// Who acted.
    public var title: String
    /// The states at the times that are shown.
    public var states: [[Float]]

    /// Creates a row.
    public init(title: String, states: [[Float]]) {
      self.title = title
      self.states = states
    }

    /// Creates a row of a recorded episode, shown at evenly spaced times.
    ///
    /// - Throws: ``EvaluationError/missing(what:where:)`` for an episode without states.
    public init(title: String, of episode: Episode, frames: Int = 6) throws(EvaluationError) {
      guard let states = episode.states, case .float32(let values) = states.elements,
        states.count > 0
      else { throw .missing(what: "states to show", where: "the episode '\(title)'") }
      let count = max(1, min(frames, states.count))
      self.title = title
      self.states = (0..<count).map { frame in
        let step = count == 1 ? 0 : frame * (states.count - 1) / (count - 1)
        return Array(values[step * states.width..<(step + 1) * states.width])
      }
    }
  }

  /// What stands above.
  public var title: String
  /// The episodes.
  public var rows: [Row]
  /// The longest side of a frame in pixels.
  public var frameSide = 190.0

  /// Creates a film strip.
  public init(title: String, rows: [Row]) {
    self.title = title
    self.rows = rows
  }

  /// Draws the picture.
  ///
  /// - Parameter environment: The environment, which is put into each state.
  /// - Returns: The picture.
  /// - Throws: ``/Drawing/DrawingError`` for a picture that would be too large, and what the
  ///   environment throws at states that are not its own.
  public func canvas(in environment: any Environment) throws -> Canvas {
    let frames = rows.map(\.states.count).max() ?? 0
    guard frames > 0, let first = rows.first(where: { !$0.states.isEmpty })?.states.first else {
      throw EvaluationError.missing(what: "frame", where: "the film strip '\(title)'")
    }
    try environment.restore(first)
    let percent = { (frame: Int) in frames == 1 ? 0 : 100 * frame / (frames - 1) }
    let grid = try PanelGrid(
      title: title, columns: (0..<frames).map { "\(percent($0)) %" }, rows: rows.map(\.title),
      panel: PanelGrid.panel(for: environment.scene, longestSide: frameSide))
    for (index, row) in rows.enumerated() {
      for (frame, state) in row.states.enumerated() {
        try environment.restore(state)
        grid.draw(environment.scene, row: index, column: frame)
      }
    }
    return grid.canvas
  }
}
