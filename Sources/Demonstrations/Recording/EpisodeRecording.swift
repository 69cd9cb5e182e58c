package import EnvironmentInterface
package import Naming

/// An episode while it is written down, step by step.
package struct EpisodeRecording {
  private let seed: UInt64
  private var series: [Series]
  private let names: [String]
  private var actions: Series
  private var states: Series?
  /// Whether the environment's states are kept.
  package let keepsStates: Bool
  /// The reward of each step so far.
  package private(set) var rewards: [Float] = []
  private var dones: [Bool] = []
  /// For each sub-task the number of steps after which it was complete; -1 for not yet.
  package private(set) var completionSteps: [Int]
  /// Whether the task is done.
  package private(set) var isSuccess = false

  /// The number of steps so far.
  package var count: Int { rewards.count }

  /// Starts an episode's recording.
  ///
  /// - Parameters:
  ///   - description: The environment's spaces.
  ///   - observations: The names of the observations to keep.
  ///   - keepsStates: Whether the environment's states are kept too.
  ///   - seed: The seed of the episode.
  /// - Throws: `UnknownName`.
  package init(
    of description: EnvironmentDescription, observations: [String], keepsStates: Bool, seed: UInt64
  ) throws(UnknownName) {
    self.seed = seed
    names = observations
    series = []
    for name in observations {
      guard let space = description.observations.first(where: { $0.name == name }) else {
        throw UnknownName(
          kind: "observation of \(description.name)", name: name,
          known: description.observations.map(\.name))
      }
      series.append(
        Series(
          shape: space.shape, elements: space.elementType == .uint8 ? .uint8([]) : .float32([])))
    }
    actions = Series(shape: description.action.shape, elements: .float32([]))
    self.keepsStates = keepsStates
    states = keepsStates ? Series(shape: [], elements: .float32([])) : nil
    completionSteps = Array(repeating: -1, count: description.subtasks.count)
  }

  /// Adds one step: what was seen before it, what was done, what came of it.
  package mutating func append(
    observation: ObservationFrame, state: [Float]?, action: [Float], result: StepResult
  ) {
    for (index, name) in names.enumerated() {
      if let value = observation[name] { series[index].append(value) }
    }
    // Empty where a simulator elsewhere does not save its states.
    if let state, !state.isEmpty {
      states?.shape = [state.count]
      states?.append(.float32(state))
    }
    actions.append(.float32(action))
    rewards.append(result.reward)
    dones.append(result.isFinished)
    for subtask in result.completed
    where completionSteps.indices.contains(subtask) && completionSteps[subtask] < 0 {
      completionSteps[subtask] = count
    }
    isSuccess = isSuccess || result.isSuccess
  }

  /// The finished episode.
  package func episode(behaviour: [String: String], choices: [String: String] = [:]) -> Episode {
    Episode(
      actions: actions, observations: Dictionary(uniqueKeysWithValues: zip(names, series)),
      rewards: rewards, dones: dones, states: states?.shape.isEmpty == true ? nil : states,
      attributes: EpisodeAttributes(
        seed: seed, success: isSuccess, behaviour: behaviour, choices: choices,
        completionSteps: completionSteps))
  }
}

extension Series {
  /// Adds one step's value; a value of the other element type is not added.
  fileprivate mutating func append(_ value: ObservationValue) {
    switch (elements, value) {
    case (.float32(var values), .float32(let more)):
      // The old array is let go first, so that appending does not copy it.
      elements = .float32([])
      values += more
      elements = .float32(values)
    case (.uint8(var values), .uint8(let more)):
      elements = .uint8([])
      values += more
      elements = .uint8(values)
    default: break
    }
  }
}
