import Diffusion
public import Neural

/// A policy's network and what is done with its answers, as a document for other programs.
public struct NetworkDescription: Encodable, Sendable {
  /// The network: inputs `observation`, `images.i`, and for a denoiser `noisy_actions` and `time`.
  public let graph: GraphDescription
  /// The reverse process; nil for a network that answers at once.
  public let sampling: Sampling?

  /// How noise becomes actions.
  public struct Sampling: Encodable, Sendable {
    /// What the first draws from N(0, 1) are multiplied by.
    let startScale: Float
    /// The steps in order.
    let steps: [Step]
  }

  /// One question to the network and what follows from its answer p: with s the state, m what an
  /// earlier step kept and z noise, first x̂ = clip(clean_state·s + clean_prediction·p), then
  /// s' = state·s + prediction·p + clean·x̂ + memory·m + noise·z; where it keeps something,
  /// m' = kept_state·s + kept_prediction·p + kept_clean·x̂.
  struct Step: Encodable, Sendable {
    let noiseStep: Int
    /// The input `time`.
    let time: [Float]
    let state, prediction, noise, clean, cleanState, cleanPrediction, memory: Float
    let keptState, keptPrediction, keptClean: Float
    let keeps: Bool
    /// nil for none.
    let clip: Float?
  }

  init(
    _ recorded: RecordedNetwork, noisyActions: Node? = nil, time: Node? = nil,
    table: ParameterTable, sampling: Sampling? = nil
  ) {
    let inputs: [(node: Node?, name: String)] =
      [
        (recorded.inputs.observation, "observation"), (noisyActions, "noisy_actions"),
        (time, "time"),
      ] + recorded.inputs.images.enumerated().map { ($1, "images.\($0)") }
    graph = GraphDescription(
      of: recorded.output,
      names: inputs.compactMap { entry in entry.node.map { ($0, entry.name) } }, table: table)
    self.sampling = sampling
  }
}

extension NetworkDescription.Sampling {
  init(_ plan: SamplingPlan, timeFeatures: (Int) -> [Float]) {
    startScale = plan.startScale
    steps = plan.steps.map { step in
      let c = step.coefficients
      return NetworkDescription.Step(
        noiseStep: step.noiseStep, time: timeFeatures(step.noiseStep), state: c.state,
        prediction: c.prediction, noise: c.noise, clean: c.clean, cleanState: c.cleanState,
        cleanPrediction: c.cleanPrediction, memory: c.memory, keptState: c.keptState,
        keptPrediction: c.keptPrediction, keptClean: c.keptClean, keeps: c.keeps,
        clip: c.clip.isFinite ? c.clip : nil)
    }
  }
}
