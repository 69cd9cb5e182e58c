public import Drawing
public import EnvironmentInterface

/// Where agents went from one common start: a panel for each agent, a line for each episode.
public struct PathPicture {
  /// One agent's episodes.
  public struct Panel: Sendable {
    /// Who acted.
    public var title: String
    /// Episodes × steps × 2, in the scene's units.
    public var paths: [[[Float]]]

    /// Creates a panel.
    public init(title: String, paths: [[[Float]]]) {
      self.title = title
      self.paths = paths
    }
  }

  /// What stands above.
  public var title: String
  /// The agents.
  public var panels: [Panel]
  /// The longest side of a panel in pixels.
  public var panelSide = 360.0
  /// How many panels stand side by side at most; more fill further rows.
  public var panelsInRow = 5

  /// Creates a picture.
  public init(title: String, panels: [Panel]) {
    self.title = title
    self.panels = panels
  }

  /// Draws the picture.
  ///
  /// - Parameter scene: The start, drawn beneath the lines.
  /// - Returns: The picture.
  /// - Throws: ``/Drawing/DrawingError`` for a picture that would be too large.
  public func canvas(over scene: Scene) throws(DrawingError) -> Canvas {
    let columns = PanelGrid.columns(for: panels.count, atMost: panelsInRow)
    let grid = try PanelGrid(
      title: title, panels: panels.map(\.title), columns: columns,
      panel: PanelGrid.panel(for: scene, longestSide: panelSide))
    for (index, panel) in panels.enumerated() {
      let placement = grid.draw(scene, row: index / columns, column: index % columns)
      grid.canvas.clipped(to: placement.frame) {
        for (index, path) in panel.paths.enumerated() {
          let color = Palette.series[index % Palette.series.count]
          let points = path.filter { $0.count == 2 }.map {
            placement.pixel(.init(Double($0[0]), Double($0[1])))
          }
          grid.canvas.draw(
            Scene.Shape(.line(points), stroke: Palette.paper.opacity(0.55), strokeWidth: 3.4))
          grid.canvas.draw(
            Scene.Shape(.line(points), stroke: color.opacity(0.85), strokeWidth: 1.7))
          if let end = points.last {
            grid.canvas.draw(
              Scene.Shape(
                .circle(center: end, radius: 4), fill: color, stroke: Palette.paper,
                strokeWidth: 1.2))
          }
        }
      }
    }
    return grid.canvas
  }
}
