import EnvironmentInterface
import Foundation

/// Writes episodes in robomimic's layout.
enum EpisodeWriter {
  /// Creates the group `data` with the environment's attributes.
  static func createData(
    in root: borrowing HDF5Group, for description: EnvironmentDescription, plan: RecordingPlan?
  ) throws {
    let data = try root.createGroup(Layout.data)
    try data.setAttribute(Layout.total, Int64(0))
    try data.setAttribute(Layout.environment, json(EnvironmentArguments(description)))
    try data.setAttribute(Layout.description, json(description))
    if let plan { try data.setAttribute(Layout.plan, json(plan)) }
    try data.seal()
  }

  /// Writes an episode as a new group of `data`.
  ///
  /// - Returns: The checksums of its datasets by their names, such as `obs/state`.
  @discardableResult
  static func write(
    _ episode: Episode, as name: String, in data: borrowing HDF5Group
  ) throws -> [String: String] {
    let demo = try data.createGroup(name)
    try demo.setAttribute(Layout.samples, Int64(episode.count))
    try write(episode.attributes, to: demo)
    try demo.seal()
    let count = episode.count
    var checksums: [String: String] = [:]
    checksums["actions"] = try write(episode.actions, as: "actions", in: demo, count: count)
    let observations = try demo.createGroup("obs")
    for (name, series) in episode.observations.sorted(by: { $0.key < $1.key }) {
      checksums["obs/\(name)"] = try write(series, as: name, in: observations, count: count)
    }
    checksums["rewards"] = try demo.write("rewards", dimensions: [count], episode.rewards)
    checksums["dones"] = try demo.write(
      "dones", dimensions: [count], episode.dones.map { $0 ? UInt8(1) : 0 })
    if let states = episode.states {
      checksums["states"] = try write(states, as: "states", in: demo, count: count)
    }
    return checksums
  }

  /// JSON with sorted keys, so that equal values give equal bytes.
  static func json(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  private static func write(
    _ series: Series, as name: String, in group: borrowing HDF5Group, count: Int
  ) throws -> String? {
    switch series.elements {
    case .float32(let values):
      try group.write(name, dimensions: [count] + series.shape, values)
    case .float64(let values):
      try group.write(name, dimensions: [count] + series.shape, values)
    case .uint8(let values):
      try group.write(name, dimensions: [count] + series.shape, values)
    }
  }

  private static func write(_ attributes: EpisodeAttributes, to demo: borrowing HDF5Group) throws {
    if let seed = attributes.seed { try demo.setAttribute(Layout.seed, seed) }
    if let success = attributes.success { try demo.setAttribute(Layout.success, success) }
    if !attributes.behaviour.isEmpty {
      try demo.setAttribute(Layout.behaviour, json(attributes.behaviour))
    }
    if !attributes.choices.isEmpty {
      try demo.setAttribute(Layout.choices, json(attributes.choices))
    }
    if !attributes.completionSteps.isEmpty {
      try demo.setAttribute(Layout.completionSteps, attributes.completionSteps.map { Int64($0) })
    }
    if let name = attributes.recordedBy { try demo.setAttribute(Layout.recordedBy, name) }
    if let time = attributes.recordedAt { try demo.setAttribute(Layout.recordedAt, time) }
  }
}
