public import Drawing
public import EnvironmentInterface

/// Actions over the scene that they were decided for.
///
/// There is a column for each agent and a row for each observation; for a single observation and
/// many agents, panels that fill several rows. Actions that belong to no mode (land on no toy) are
/// red.
public struct ActionCloudPicture {
  /// One agent's actions.
  public struct Column: Sendable {
    /// Who decided.
    public var title: String
    /// Rows × draws × 2, in the scene's units.
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
  /// The reset seeds of the rows' observations; the same may stand in several.
  public var seeds: [UInt64]
  /// What stands beside the rows; nothing where there is none.
  public var rowTitles: [String] = []
  /// The longest side of a panel in pixels.
  public var panelSide = 300.0
  /// How many agents stand side by side before those of a single row fill further rows.
  public var panelsInRow = 5

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
  /// - Throws: ``/Drawing/DrawingError`` for a picture that would be too large.
  public func canvas(in environment: any Environment) throws -> Canvas {
    guard let first = seeds.first else {
      throw EvaluationError.missing(what: "observation", where: "the picture '\(title)'")
    }
    environment.reset(seed: first)
    let panel = PanelGrid.panel(for: environment.scene, longestSide: panelSide)
    guard seeds.count == 1, columns.count > panelsInRow else {
      let titles = rowTitles.count == seeds.count ? rowTitles : seeds.map { _ in "" }
      let grid = try PanelGrid(
        title: title, columns: columns.map(\.title), rows: titles, panel: panel)
      for (row, seed) in seeds.enumerated() {
        environment.reset(seed: seed)
        for (column, agent) in columns.enumerated() where row < agent.actions.count {
          draw(agent.actions[row], in: environment, on: grid, row: row, column: column)
        }
      }
      return grid.canvas
    }
    let inRow = PanelGrid.columns(for: columns.count, atMost: panelsInRow)
    let grid = try PanelGrid(
      title: title, panels: columns.map(\.title), columns: inRow, panel: panel)
    for (index, agent) in columns.enumerated() {
      draw(
        agent.actions.first ?? [], in: environment, on: grid, row: index / inRow,
        column: index % inRow)
    }
    return grid.canvas
  }

  /// Draws an agent's actions over the scene in which the environment is.
  private func draw(
    _ actions: [[Float]], in environment: any Environment, on grid: PanelGrid, row: Int,
    column: Int
  ) {
    let placement = grid.draw(environment.scene, row: row, column: column)
    grid.canvas.clipped(to: placement.frame) {
      // An agent that always decides the same is one dot, large and plain enough to be seen.
      let actions = actions.filter { $0.count == 2 }
      let isOne = Set(actions).count == 1
      for action in isOne ? Array(actions.prefix(1)) : actions {
        let color = color(of: action, in: environment).opacity(isOne ? 1 : 0.6)
        grid.canvas.draw(
          Scene.Shape(
            .circle(
              center: placement.pixel(.init(Double(action[0]), Double(action[1]))),
              radius: isOne ? 6 : 1.9),
            fill: color, stroke: Palette.paper.opacity(0.5), strokeWidth: isOne ? 1.5 : 0.5))
      }
    }
  }

  private func color(of action: [Float], in environment: any Environment) -> Scene.Color {
    guard let known = environment as? any KnownActionDistribution else { return Palette.hit }
    return known.mode(of: action) == nil ? Palette.miss : Palette.hit
  }
}
