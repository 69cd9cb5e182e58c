public import EnvironmentInterface
import Synchronization

extension DemonstrationStore {
  /// Counts and ranges over all episodes, which are all read and checked.
  ///
  /// - Throws: ``DemonstrationError`` for actions that cannot be read or differ in shape, and for
  ///   anything in a file of this package; what else is not usable in files of others is listed.
  public func summary() throws -> DemonstrationSummary {
    var scan = DemonstrationScan(self)
    for index in 0..<count {
      let place = place(of: index)
      let reading = try reading(index, .everything(observations: nil))
      if environment != nil, let damage = reading.leftOut.first { throw damage.error }
      let differences = try scan.include(reading, at: place)
      if environment != nil, let first = differences.first { throw first }
    }
    return scan.summary()
  }

  /// Reads back every byte and checks it.
  ///
  /// Damage to any array or attribute of an episode that this version wrote shows: each has a
  /// checksum. Of other files every number is read; all must be finite and of one shape. What
  /// is not usable, but in order, is listed in the summary.
  ///
  /// - Returns: What was read, and everything that is wrong; nothing stops at the first fault.
  public func verify() -> DemonstrationVerification {
    var scan = DemonstrationScan(self)
    var problems: [String] = []
    var check = environment.map { EpisodeCheck($0) }
    var (with, without) = (0, 0)
    for index in 0..<count {
      do {
        let reading = try reading(index, .everything(observations: nil))
        let differences = try scan.include(reading, at: place(of: index))
        let damage = reading.leftOut.filter { !$0.isForeign }.map(\.error)
        problems += (environment == nil ? damage : differences).map { "\($0)" }
        // What a damaged part lacks is not another fault.
        if damage.isEmpty { try check?.admit(reading.episode, at: place(of: index)) }
        let checksums = try checksums(of: index)
        with += checksums.with
        without += checksums.without
      } catch {
        problems.append("\(error)")
      }
    }
    var summary = scan.summary()
    do {
      let total = try recordedTotal()
      if problems.isEmpty, let total, total != scan.steps {
        let reason = "is \(total), but its episodes have \(scan.steps) steps"
        if environment == nil {
          summary.unused.append(UnusedPart("attribute 'total'", reason))
        } else {
          problems.append("\(path): attribute total \(reason)")
        }
      }
      if environment != nil {
        problems += unusedParts.map { "\(path), \($0.name): \($0.reason)" }
      }
    } catch {
      // A damaged episode may have said so already.
      if !problems.contains("\(error)") { problems.append("\(error)") }
    }
    // Where a part is known to be damaged, the whole is no news.
    if problems.isEmpty { problems += sealProblems() }
    return DemonstrationVerification(
      summary: summary, problems: problems, compared: with, uncompared: without)
  }

  /// The number of episodes in each mask.
  var maskSizes: [String: Int] {
    var sizes: [String: Int] = [:]
    for name in maskNames { sizes[name] = try? episodes(inMask: name).count }
    return sizes
  }

  /// The SHA-256 digest of all arrays of all episodes, as 64 hexadecimal digits.
  ///
  /// Attributes, compression and journal do not enter: equal demonstrations have one digest. It is
  /// computed once.
  ///
  /// - Throws: ``DemonstrationError``.
  public func digest() throws -> String {
    if let known = knownDigest.withLock({ $0 }) { return known }
    return try readAll { _, _ in }
  }

  /// Reads all episodes, each with all that it has, and computes the digest on the way.
  ///
  /// - Parameter body: Called with each episode and its index, in order.
  /// - Returns: The digest.
  /// - Throws: ``DemonstrationError``, or what `body` throws.
  @discardableResult
  private func readAll(_ body: (Episode, Int) throws -> Void) throws -> String {
    var digest = DemonstrationDigest()
    for index in 0..<count {
      let episode = try episode(index)
      digest.update(episode)
      try body(episode, index)
    }
    let text = digest.hexadecimal
    knownDigest.withLock { $0 = text }
    return text
  }

  /// Reads some episodes one after another.
  ///
  /// - Parameters:
  ///   - episodes: Which ones, in this order.
  ///   - names: The observations that each must have.
  ///   - digesting: Whether to compute the digest in the same pass, where the order allows it.
  ///   - body: Called with each episode, which may have more observations, and its place.
  /// - Throws: ``DemonstrationError``, or what `body` throws.
  public func forEachEpisode(
    of episodes: [Int], observations names: [String], digesting: Bool,
    _ body: (Episode, DemonstrationPlace) throws -> Void
  ) throws {
    let wanted = Set(episodes)
    let isOrdered = wanted.isSubset(of: 0..<count) && episodes == wanted.sorted()
    guard digesting, isOrdered, knownDigest.withLock({ $0 == nil }) else {
      for index in episodes { try body(episode(index, observations: names), place(of: index)) }
      return
    }
    try readAll { episode, index in
      guard wanted.contains(index) else { return }
      for name in names where episode.observations[name] == nil {
        throw DemonstrationError.missing(
          place(of: index), name: "obs/\(name)",
          known: episode.observations.keys.sorted().map { "obs/\($0)" })
      }
      try body(episode, place(of: index))
    }
  }

  /// Reads of some episodes, one after another, what a policy learns from and nothing else.
  ///
  /// - Parameters:
  ///   - episodes: Which ones, in this order.
  ///   - names: The observations that each must have, of the same kind of numbers in all.
  ///   - actions: The dataset that stands for the actions.
  ///   - body: Called with each episode, which has no rewards, ends or states, the types of its
  ///     numbers in the file, and its place.
  /// - Throws: ``DemonstrationError``, or what `body` throws.
  package func forEachInput(
    of episodes: [Int], observations names: [String], actions: String = "actions",
    _ body: (Episode, _ types: [String: String], DemonstrationPlace) throws -> Void
  ) throws {
    var types: [String: String] = [:]
    for index in episodes {
      let reading = try reading(index, .inputs(names, actions: actions))
      let place = place(of: index)
      for (name, type) in reading.types {
        let first = types[name] ?? type
        guard first.isFloatingPoint == type.isFloatingPoint else {
          throw DemonstrationError.otherType(
            place.at(name == "actions" ? actions : "obs/\(name)"), actual: type, expected: first)
        }
        types[name] = first
      }
      try body(reading.episode, reading.types, place)
    }
  }

  /// What some episodes have to look at, whether or not all of them have it.
  ///
  /// - Throws: ``DemonstrationError`` for an episode that cannot be opened.
  package func observations(of episodes: [Int]) throws -> [ObservedKey] {
    var order: [String] = []
    var found: [String: ObservedKey] = [:]
    for (position, index) in episodes.enumerated() {
      for key in try keys(of: index) {
        var known =
          found[key.name] ?? ObservedKey(key, lacking: position > 0 ? names[episodes[0]] : nil)
        if found[key.name] == nil { order.append(key.name) }
        known.include(key, in: names[index])
        found[key.name] = known
      }
      for name in order where (found[name]?.episodes ?? 0) <= position {
        if found[name]?.lacking == nil { found[name]?.lacking = names[index] }
      }
    }
    return order.compactMap { found[$0] }
  }

  /// The spaces of observations and actions: as recorded, or derived for a file of others, where
  /// components are named by their index and range over the values that were seen.
  ///
  /// - Throws: ``DemonstrationError``; for one without episodes there is nothing to derive from.
  public func spaces() throws -> (observations: [Space], action: Space) {
    if let environment { return (environment.observations, environment.action) }
    let summary = try summary()
    guard let action = summary.action else { throw DemonstrationError.noEpisodes(path: path) }
    return (summary.observations.filter { $0.lacking == nil }.map(\.space), action.space)
  }
}

/// What reading back a whole store found.
public struct DemonstrationVerification: Sendable, Codable, Hashable {
  /// Counts and ranges of the episodes that could be read.
  public var summary: DemonstrationSummary
  /// Everything that is wrong, each with file, episode, dataset and element.
  public var problems: [String]
  /// How many arrays were compared with their checksums.
  public var compared: Int
  /// How many arrays have no checksum: they were read, are finite, and of one shape.
  public var uncompared: Int

  /// What was done, in words.
  public var method: String {
    let read = "read, finite, of one shape"
    if compared + uncompared == 0 { return "there are no episodes" }
    if uncompared == 0 { return "numbers compared with their checksums" }
    if compared > 0 {
      return "\(compared) arrays compared with their checksums; \(uncompared) of an earlier version"
        + " without: \(read)"
    }
    return summary.controlRate == nil
      ? "a foreign file without checksums: \(read)"
      : "a file of an earlier version without checksums: \(read)"
  }

  /// Whether nothing is wrong.
  public var isSound: Bool { problems.isEmpty }
}
