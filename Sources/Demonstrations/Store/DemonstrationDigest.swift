/// A digest of what was demonstrated, whatever file holds it.
///
/// It is the SHA-256 of all arrays of all episodes in order: for each array a line of its name,
/// element type and shape (`actions float32 120 2`), then its elements in little-endian order.
/// The order within an episode is actions, observations by name, rewards, dones, states.
/// Attributes, compression and journal do not enter, so recording the same episodes twice gives one
/// digest.
package struct DemonstrationDigest {
  private var hash = SHA256()

  /// The digest of nothing.
  package init() {}

  /// Adds what a policy learns from of an episode: actions and observations, every bit of them.
  package mutating func update(inputs episode: Episode) {
    update("actions", episode.actions, rounding: false)
    for (name, series) in episode.observations.sorted(by: { $0.key < $1.key }) {
      update("obs/\(name)", series, rounding: false)
    }
  }

  /// Adds an episode with all that it has, numbers in 32 bits.
  mutating func update(_ episode: Episode) {
    update("actions", episode.actions)
    for (name, series) in episode.observations.sorted(by: { $0.key < $1.key }) {
      update("obs/\(name)", series)
    }
    update("rewards", "float32", [episode.rewards.count], episode.rewards)
    update("dones", "uint8", [episode.dones.count], episode.dones.map { $0 ? UInt8(1) : 0 })
    if let states = episode.states { update("states", states) }
  }

  /// The digest of all that was added, as 64 hexadecimal digits.
  package var hexadecimal: String { hash.hexadecimal }

  private mutating func update(_ name: String, _ series: Series, rounding: Bool = true) {
    let shape = [series.count] + series.shape
    switch series.elements {
    case .float32(let values): update(name, "float32", shape, values)
    case .float64 where rounding: update(name, "float32", shape, series.floats)
    case .float64(let values): update(name, "float64", shape, values)
    case .uint8(let values): update(name, "uint8", shape, values)
    }
  }

  private mutating func update<Element>(
    _ name: String, _ type: String, _ shape: [Int], _ values: [Element]
  ) {
    hash.update("\(name) \(type) \(shape.map { "\($0)" }.joined(separator: " "))\n")
    values.withUnsafeBytes { hash.update($0) }
  }
}
