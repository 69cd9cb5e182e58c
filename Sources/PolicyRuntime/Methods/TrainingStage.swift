public import Neural

/// A later part of a training: what comes before stands still from then on, and its weights are
/// the averaged ones.
public struct TrainingStage {
  /// After which share of all steps it begins, in 0…1.
  public let share: Double
  /// Compiles it, given the weights that stand still.
  ///
  /// Its constants are taken from the data; a task whose constants are given keeps these weights'.
  public let make: (_ weights: Weights) throws -> MethodTraining

  /// Creates a part.
  public init(after share: Double, _ make: @escaping (_ weights: Weights) throws -> MethodTraining)
  {
    self.share = share
    self.make = make
  }

  /// The number of steps that are taken before it, of `total`.
  public func firstStep(of total: Int) -> Int { Int((share * Double(total)).rounded()) }
}

/// A number that is watched in training, with what is wrong with it.
public struct TrainingFigure: Sendable, Hashable {
  /// What it is called in metrics, such as `active_units`.
  public let name: String
  /// The number.
  public let value: Double
  /// What is wrong and what would help; nil where all is well.
  public let warning: String?

  /// Creates a figure.
  public init(_ name: String, _ value: Double, warning: String? = nil) {
    self.name = name
    self.value = value
    self.warning = warning
  }
}

/// What looks at weights in training besides the loss; one thread at a time.
public struct TrainingWatch {
  /// What the weights give.
  public let figures: (_ weights: Weights) throws -> [TrainingFigure]

  /// Creates a watch.
  public init(_ figures: @escaping (_ weights: Weights) throws -> [TrainingFigure]) {
    self.figures = figures
  }
}
