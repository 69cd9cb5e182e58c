public import Demonstrations
import Foundation
public import Imitation
import Neural

/// The latents of recorded chunks under a policy, and how well these are brought back.
public struct Encoding: Sendable {
  /// The method's name.
  public let method: String
  /// For each window its episode and step, by the recordings' order.
  public let origins: [Origin]
  /// The numbers of a latent.
  public let latentWidth: Int
  /// Windows × ``latentWidth``.
  public let latents: [Float]
  /// The number of levels of codes and of codes of a level; 0 for a method without.
  public let levels, codesOfLevel: Int
  /// Windows × ``levels``.
  public let codes: [Int]
  /// Windows × (Tp · A): what leads back to the chunk besides the latent; nil where nothing does.
  public let noise: [Float]?
  /// For each window the root mean square of what differs from the chunk, in normalised values.
  public let errors: [Double]

  /// Where a window stands.
  public struct Origin: Sendable, Hashable {
    /// The episode's index in the recordings, and the step in it.
    public let episode, step: Int
  }

  /// Windows that are looked at together.
  private static let block = 256

  /// Encodes the windows of recordings whose chunk was recorded whole.
  ///
  /// - Parameters:
  ///   - checkpoint: The policy.
  ///   - demonstrations: The recordings.
  ///   - limit: The largest number of windows, evenly spread.
  ///   - episodes: The episodes to use; nil for all.
  ///   - threads: How many work; nil for as many as processors. No number depends on it.
  /// - Throws: ``EvaluationError`` for a method without latents or recordings without whole chunks,
  ///   and what reading recordings and compiling the policy throw.
  public init(
    _ checkpoint: Checkpoint, of demonstrations: DemonstrationStore, atMost limit: Int = 10_000,
    episodes: [Int]? = nil, threads: Int? = nil
  ) throws {
    let name = checkpoint.configuration.policy.method.name
    let data = try WindowDataset(
      demonstrations, actions: checkpoint.configuration.actions,
      horizons: checkpoint.shape.horizons, episodes: episodes,
      normalizer: checkpoint.normalizer)
    let windows = try HeldOutWindows(data, atMost: limit, path: demonstrations.path)
    // Whether there are latents at all is known before any is computed.
    let first = try Self.codec(checkpoint, capacity: 1)
    let block = min(Self.block, windows.indices.count)
    var (latents, noise): ([Float], [Float]) = ([], [])
    var (codes, errors): ([Int], [Double]) = ([], [])
    try windows.forEachBlock(of: block, threads: threads ?? OrderedWork.defaultThreads) {
      try Self.codec(checkpoint, capacity: block)
    } room: {
      ($0.observations, $0.images)
    } job: { codec, places, chunks in
      Part(of: chunks, windows: places.count, codec)
    } deliver: { _, part in
      latents += part.latents
      noise += part.noise
      codes += part.codes
      errors += part.errors
    }
    method = name
    origins = windows.indices.map {
      Origin(episode: data.origin(of: $0).episode, step: data.origin(of: $0).step)
    }
    latentWidth = first.latentWidth
    (levels, codesOfLevel) = (first.levels, first.codes)
    self.latents = latents
    self.codes = codes
    self.noise = noise.isEmpty ? nil : noise
    self.errors = errors
  }

  /// The latents, codes and noise of a block of chunks, and how well these are brought back.
  private struct Part: Sendable {
    let latents, noise: [Float]
    let codes: [Int]
    let errors: [Double]

    init(of chunks: [Float], windows: Int, _ codec: any ChunkCodec) {
      latents = codec.latents(of: chunks)
      let rest = codec.noise(of: chunks, latents: latents)
      let back = codec.chunks(of: latents, noise: rest)
      noise = rest ?? []
      codes = codec.levels > 0 ? codec.codes(of: latents) : []
      let width = chunks.count / windows
      errors = (0..<windows).map { row in
        let squares = (row * width..<(row + 1) * width).reduce(0.0) {
          $0 + pow(Double(back[$1]) - Double(chunks[$1]), 2)
        }
        return (squares / Double(width)).squareRoot()
      }
    }
  }

  static func codec(_ checkpoint: Checkpoint, capacity: Int) throws -> any ChunkCodec {
    guard
      let codec = try checkpoint.model().codec(
        weights: checkpoint.weights, options: DeciderOptions(capacity: capacity))
    else {
      throw EvaluationError.missing(
        what: "latents; 'dpolicy encode --help' names the methods that have them",
        where: "a policy of method '\(checkpoint.configuration.policy.method.name)'")
    }
    return codec
  }

  /// How many of the windows have each code, level by level.
  public var uses: [[Int]] {
    (0..<levels).map { level in
      var uses = [Int](repeating: 0, count: codesOfLevel)
      for row in origins.indices { uses[codes[row * levels + level]] += 1 }
      return uses
    }
  }

  /// The standard deviation of each of a latent's numbers.
  public var deviations: [Double] {
    let count = Double(origins.count)
    return (0..<latentWidth).map { column in
      let values = stride(from: column, to: latents.count, by: latentWidth).map {
        Double(latents[$0])
      }
      let mean = values.reduce(0, +) / count
      return (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count).squareRoot()
    }
  }

  /// The root mean square of what differs, over all windows.
  public var error: Double {
    (errors.reduce(0) { $0 + $1 * $1 } / Double(errors.count)).squareRoot()
  }

  /// Writes `latents`, `episode`, `step`, `error`, and where there are any `codes`, `code_uses` and
  /// `noise`, as HDF5.
  ///
  /// - Throws: What writing the file throws.
  public func write(to path: String, policy: String, demonstrations: String) throws {
    let count = origins.count
    try HDF5File.create(path) { root in
      try root.setAttribute("method", method)
      try root.setAttribute("policy", policy)
      try root.setAttribute("demonstrations", demonstrations)
      try root.write("latents", dimensions: [count, latentWidth], latents)
      try root.write("error", dimensions: [count], errors)
      try root.write("episode", dimensions: [count], origins.map { Double($0.episode) })
      try root.write("step", dimensions: [count], origins.map { Double($0.step) })
      if levels > 0 {
        try root.write("codes", dimensions: [count, levels], codes.map { Double($0) })
        try root.write(
          "code_uses", dimensions: [levels, codesOfLevel], uses.joined().map { Double($0) })
      }
      if let noise { try root.write("noise", dimensions: [count, noise.count / count], noise) }
    }
  }
}
