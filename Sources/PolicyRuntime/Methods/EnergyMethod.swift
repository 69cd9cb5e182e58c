import Diffusion
public import Naming
public import Neural

/// How an energy-based policy is trained and sampled.
public struct EnergyConfiguration: Codable, Sendable, Hashable {
  /// How actions of low energy are found.
  public enum Search: String, NamedChoice {
    /// Random actions, resampled by their energies and moved by shrinking noise.
    case derivativeFree = "derivative-free"
    /// Steps down the energy's gradient with noise.
    case langevin

    /// What is chosen, for messages.
    public static var kindOfChoice: String { "search for low energies" }
  }

  /// Uniform actions from which the true one is told in training.
  public var counterExamples: Int
  /// How actions are found.
  public var search: Search
  /// Actions that a derivative-free search compares for each decision.
  public var samples: Int
  /// Rounds of a derivative-free search.
  public var rounds: Int
  /// The standard deviation of the first round's noise, in normalised actions.
  public var noise: Double
  /// By what the noise is multiplied after each round.
  public var shrinkage: Double
  /// Steps of Langevin's search.
  public var langevinSteps: Int
  /// The size of Langevin's first step; it falls with the square of the steps that remain.
  public var langevinStep: Double

  /// Creates a configuration: Implicit BC's, with fewer samples.
  public init(
    counterExamples: Int = 256, search: Search = .derivativeFree, samples: Int = 256,
    rounds: Int = 3, noise: Double = 0.33, shrinkage: Double = 0.5, langevinSteps: Int = 100,
    langevinStep: Double = 0.1
  ) {
    self.counterExamples = counterExamples
    self.search = search
    self.samples = samples
    self.rounds = rounds
    self.noise = noise
    self.shrinkage = shrinkage
    self.langevinSteps = langevinSteps
    self.langevinStep = langevinStep
  }

  /// Checks the ranges.
  ///
  /// - Throws: ``ImitationError/optionOutOfRange(name:value:range:)``.
  func validate() throws(ImitationError) {
    let check = ImitationError.check
    try check("counter-examples", counterExamples, 1...65_536)
    try check("energy samples", samples, 2...65_536)
    try check("energy rounds", rounds, 0...1000)
    try check("Langevin steps", langevinSteps, 1...100_000)
    let sizes = [
      ("the energy search's noise", noise), ("its shrinkage", shrinkage),
      ("Langevin's step", langevinStep),
    ]
    for (name, value) in sizes where !(value > 0 && value <= 1) {
      throw .optionOutOfRange(name: name, value: "\(value)", range: "more than 0 and at most 1")
    }
  }
}

/// Implicit behaviour cloning: the backbone gives an energy to a window and a chunk, low where
/// people would act so.
///
/// Training tells the demonstrated chunk from uniform counter-examples (InfoNCE), so that e^(−E) is
/// proportional to the density of chunks; a decision draws from that density. Uniform
/// counter-examples cover a chunk of many dimensions thinly.
///
/// Source: Florence et al., "Implicit behavioral cloning", CoRL 2021, section 3 and appendix B.
public struct EnergyMethod: Method {
  /// The name by which it is chosen.
  public static let name = "ebm"
  /// What it learns.
  public static let summary = "an energy of each chunk (Implicit BC)"

  /// How it is trained and sampled.
  public var energy: EnergyConfiguration

  /// Creates the method with the published search.
  public init() { self.init(energy: EnergyConfiguration()) }

  /// Creates the method.
  public init(energy: EnergyConfiguration) { self.energy = energy }

  /// Checks the ranges.
  public func validate() throws { try energy.validate() }

  /// The demonstrated chunk and its counter-examples.
  public var rowsPerWindow: Int { energy.counterExamples + 1 }

  /// Declares the backbone with the chunk as a further input and one output.
  public func network(_ design: NetworkDesign, _ scope: ParameterScope) -> PolicyNetwork {
    PolicyNetwork(
      design, noisyActions: design.shape.horizons.prediction, outputs: 1, scope)
  }

  /// InfoNCE: −ln(e^(−E(o, a)) / Σ e^(−E(o, a′))), the sum over a and its counter-examples a′.
  public func training(_ network: PolicyNetwork, _ task: TrainingTask) throws -> MethodTraining {
    let group = rowsPerWindow
    let (actions, recorded) = record(network)
    let program = TrainingProgram(
      minimising: recorded.output.contrast(group: group), table: task.table,
      batch: task.batch * group, group: group)
    let windows = try WindowInputs(program, network, recorded.inputs, task)
    return MethodTraining(
      program, source: EnergySource(program, windows, actions: actions, group: group))
  }

  /// Compiles the energy and the search.
  public func decider(
    _ network: PolicyNetwork, weights: Weights, options: DeciderOptions
  ) throws -> any Decider {
    let (actions, recorded) = record(network)
    switch energy.search {
    case .derivativeFree:
      let samples = options.capacity * energy.samples
      try DecidingMemory.check(
        recorded.output, samples: samples, observations: options.capacity)
      let program = InferenceProgram(
        computing: recorded.output, weights: weights, samples: samples,
        observations: options.capacity, precision: options.precision)
      return EnergyDecider(
        program, recorded.inputs, actions: actions, energy, network.shape)
    case .langevin:
      let program = TrainingProgram(
        minimising: recorded.output, table: ParameterTable(), batch: options.capacity,
        gradientsOf: [actions])
      return LangevinDecider(
        program, recorded.inputs, actions: actions, weights: weights, energy, network.shape)
    }
  }

  /// Records the energy of a window and of a chunk.
  private func record(_ network: PolicyNetwork) -> (actions: Node, energy: RecordedNetwork) {
    let graph = Graph()
    let actions = graph.input(
      "actions", shape: [network.shape.horizons.prediction, network.shape.actionWidth])
    return (actions, network(graph, noisyActions: actions))
  }
}
