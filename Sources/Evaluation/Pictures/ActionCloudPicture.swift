public import Drawing
public import EnvironmentInterface

/// Actions over the scene that they were decided for.
///
/// There is a column for each agent and a row for each observation. Actions that belong to no mode (land on no toy) are red.
public struct ActionCloudPicture {
  /// One agent's actions.
  public struct Column: Sendable {
    /// Who decided.
    public var title: String
    /// Observations × draws × 2, in the scene's units.
    public var actions: [[[Float]]]

    /// Creates a column.
    public init(title: String, actions: [[[Float]]]) {
      self.title = title
      self.actions = actions
    }
  }

  /// What stands above.
  public var title: String
  /// The agents.
  public var columns: [Column]
  /// The reset seeds of the observations.
  public var seeds: [UInt64]
  /// The longest side of a panel in pixels.
  public var panelSide = 300.0

  /// Creates a picture.
  public init(title: String, columns: [Column], seeds: [UInt64]) {
    self.title = title
    self.columns = columns
    self.seeds = seeds
  }

  /// Draws the picture.
  ///
  /// - Parameter environment: The environment, which is reset to each observation.
  /// - Returns: The picture.
  /// - Throws: ``DrawingError`` for a picture that would be too large.
  public func canvas(in environment: any Environment) throws -> Canvas {
    let scenes = seeds.map { seed in
      environment.reset(seed: seed)
      return environment.scene
    }
    guard let first = scenes.first else {
      throw EvaluationError.missing(what: "observation", where: "the picture '\(title)'")
    }
    let grid = try PanelGrid(
      title: title, columns: columns.map(\.title), rows: seeds.map { _ in "" },
      panel: PanelGrid.panel(for: first, longestSide: panelSide))
    for (row, seed) in seeds.enumerated() {
      environment.reset(seed: seed)
      for (column, agent) in columns.enumerated() where row < agent.actions.count {
        let placement = grid.draw(scenes[row], row: row, column: column)
        grid.canvas.clipped(to: placement.frame) {
          // An agent that always decides the same is one dot, large enough to be seen.
          let isOne = Set(agent.actions[row]).count == 1
          for action in isOne ? Array(agent.actions[row].prefix(1)) : agent.actions[row]
          where action.count == 2 {
            draw(
              action, radius: isOne ? 6 : 1.9, in: environment, at: placement, on: grid.canvas)
          }
        }
      }
    }
    return grid.canvas
  }

  private func draw(
    _ action: [Float], radius: Double, in environment: any Environment,
    at placement: ScenePlacement, on canvas: Canvas
  ) {
    var color = Palette.hit
    if let known = environment as? any KnownActionDistribution, known.mode(of: action) == nil {
      color = Palette.miss
    }
    canvas.draw(
      Scene.Shape(
        .circle(
          center: placement.pixel(.init(Double(action[0]), Double(action[1]))), radius: radius),
        fill: color.opacity(0.6), stroke: Palette.paper.opacity(0.5), strokeWidth: 0.5))
  }
}
